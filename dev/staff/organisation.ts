import {
  after,
  archivePolicy,
  authority,
  directoryKey,
  encodeStatement,
  newSeed,
  newSigningKey,
  newUuid,
  NIL_UUID,
  recipientPolicy,
  signingKeyOfSeed,
  signStatement,
  splitArchiveKey,
} from '@wardline/crypto'
import type { ArchivePolicy, Authority, NewArchiveKey, Power, SigningKey, Statement } from '@wardline/crypto'
import { bySystem } from '@wardline/platform/server'
import type { KeyLedger, RunningServer } from '@wardline/platform/server'
import { storeArchivePolicy, storeOrganisationKeys } from '@wardline/product/access/policies/server'
import { createOrganisation } from '@wardline/product/access/provisioning/server'
import { acceptTrust } from '@wardline/product/team/devices/server'

/** Where an organisation is founded: a running server and its key ledger. */
export interface Place {
  readonly server: RunningServer
  readonly keys: KeyLedger
}

/** An organisation whose offline keys are at hand, as only a pretend world has them. */
export interface Organisation {
  readonly org: string
  readonly root: SigningKey
  readonly archive: NewArchiveKey
  readonly archivePolicy: Statement<ArchivePolicy>
}

/** Founds an organisation: root, directory key, archive of two in three, an empty recipient policy. */
export async function foundOrganisation(place: Place, it: { org?: string; name?: string } = {}): Promise<Organisation> {
  const org = it.org ?? newUuid()
  const time = place.server.clock.ms()
  const root = await newSigningKey()
  const directorySeed = newSeed()
  const directory = await signingKeyOfSeed(directorySeed)
  const first = after(null, org, time)
  const archive = await splitArchiveKey(2, [newUuid(), newUuid(), newUuid()])
  const period = { ...archive.publicKey, threshold: archive.threshold, custodians: archive.custodians }
  const policy = await signStatement(
    archivePolicy,
    { ...first, period: newUuid(), ...period, from: time, until: time + 365 * 86_400_000 },
    root,
  )
  const certificate = await signStatement(directoryKey, { ...first, publicKey: directory.publicKey }, root)
  const demands = await signStatement(recipientPolicy, { ...first, demands: [] }, root)
  await place.server.db.write(org, bySystem, async (tx) => {
    await createOrganisation(tx, { name: it.name ?? 'Maple Street Dental', zone: 'America/Chicago', preset: 'practice' })
    await storeOrganisationKeys(tx, place.keys, {
      rootPublicKey: root.publicKey,
      directorySeed,
      directoryStatement: encodeStatement(certificate),
    })
    await storeArchivePolicy(tx, encodeStatement(policy))
    await acceptTrust(tx, encodeStatement(demands))
  })
  return { org, root, archive, archivePolicy: policy }
}

/** The root's statement of who holds a power, stored. */
export async function empower(
  place: Place,
  { org, root }: Organisation,
  power: Power,
  people: readonly string[],
  prev: Statement<Authority> | null = null,
): Promise<Statement<Authority>> {
  const made = await signStatement(authority, { ...after(prev, org, place.server.clock.ms()), power, role: NIL_UUID, people }, root)
  await place.server.db.write(org, bySystem, (tx) => acceptTrust(tx, encodeStatement(made)))
  return made
}
