/** An organisation that was founded by a key ceremony, with its papers in a folder, and its people at their devices. */
import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { newUuid } from '@wardline/crypto'
import { signIn, sit } from '@wardline/dev/staff'
import type { Desk } from '@wardline/dev/staff'
import type { World } from '@wardline/dev/world'
import { bySystem } from '@wardline/platform/server'
import { createOrganisation, createPerson } from '@wardline/product/access/provisioning/server'
import type { Role } from '@wardline/product/access/roles/server'
import { ceremonyFiles, holdCeremony } from '@wardline/product/compliance/archive/client'
import { storeCeremony, writeCeremony } from '@wardline/product/compliance/archive/server'

/** Somebody of an organisation: a name for people to read, and what they may do. */
export interface Member {
  readonly name: string
  readonly roles: readonly Role[]
}

/** A founded organisation. `people`: ids by name; `papers`: where the ceremony's files lie. */
export interface Founded {
  readonly org: string
  readonly people: ReadonlyMap<string, string>
  readonly papers: string
}

/** Founds an organisation; everybody holds a share of its archive key, administrators and privacy officers are named as such by the root. */
export async function foundByCeremony(
  world: World,
  it: { readonly name: string; readonly members: readonly Member[]; readonly threshold: number; readonly papers: string },
): Promise<Founded> {
  const org = newUuid()
  const people = new Map(it.members.map((member) => [member.name, newUuid()]))
  const named = (role: Role) => it.members.flatMap(({ name, roles }) => (roles.includes(role) ? [people.get(name)!] : []))
  const time = world.server.clock.ms()
  const ceremony = await holdCeremony({
    organisation: org,
    time,
    until: time + 366 * 86_400_000,
    custodians: [...people.values()],
    threshold: it.threshold,
    administrators: named('administrator'),
    archiveOfficers: named('privacy-officer'),
  })
  await world.server.db.write(org, bySystem, async (tx) => {
    await createOrganisation(tx, { name: it.name, zone: 'America/Chicago', preset: 'hospital' })
    for (const { name, roles } of it.members)
      await createPerson(tx, { person: people.get(name)!, signInName: `p.${newUuid().slice(0, 8)}`, name, title: '', roles })
    await storeCeremony(tx, world.keys, ceremony)
  })
  const names = new Map([...people].map(([name, id]) => [id, name]))
  await writeCeremony(it.papers, ceremonyFiles(ceremony, { organisation: it.name, person: (id) => names.get(id) ?? id }))
  return { org, people, papers: it.papers }
}

/** The custodians' files, in the order of their shares. */
export async function shareFilesOf({ papers }: Founded): Promise<string[]> {
  const number = (file: string) => Number(/share-(\d+)-/.exec(file)?.[1])
  const files = (await readdir(papers)).filter((it) => it.startsWith('share-'))
  return files.toSorted((a, b) => number(a) - number(b)).map((it) => path.join(papers, it))
}

/** The share that a custodian's file says. */
export const shareIn = async (file: string): Promise<string> => /^Share:\s*(.+)$/m.exec(await readFile(file, 'utf8'))![1]!

/** A person with a first device in their hand. */
export async function takeSeat(world: World, { org, people }: Founded, name: string): Promise<Desk & { readonly recoveryKey: string }> {
  const desk = await sit(world, await signIn(world, org, people.get(name)!))
  await desk.state((it) => it.status === 'needs-new-person')
  const made = await desk.engine.createIdentity()
  if (!made.ok) throw new Error(made.code)
  await desk.engine.confirmRecoveryKey()
  await desk.state((it) => it.status === 'ready' && it.connection === 'open')
  return { ...desk, recoveryKey: made.value.recoveryKey }
}
