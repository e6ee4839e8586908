import { createHash } from 'node:crypto'
import type { GivesOf, Static } from '@wardline/platform/contract'
import type { Db, Tx } from '@wardline/platform/db'
import { refuse } from '@wardline/platform/server'
import { grantsOfPeople } from '@wardline/product/access/roles/server'
import * as contract from '../contract.ts'
import type { MappedRole } from '../words.ts'
import { isOfficer, rolesAfter } from '../rules.ts'
import { followGroups } from './people.ts'
import { everyMembership, lockMapping, membersOf, putMapping, readGroups, readMapping, readSources } from './queries.ts'

type Mapping = readonly Static<typeof contract.Mapping>[]

/** Feeds, groups and what they give. */
export async function stateOf(db: Db): Promise<GivesOf<typeof contract.directoryState>> {
  const groups = await readGroups(db, null)
  const mapping = Map.groupBy(await readMapping(db), (row) => row.id)
  const members = await membersOf(
    db,
    groups.map((group) => group.id),
  )
  return {
    sources: (await readSources(db)).map((feed) => ({
      id: feed.source,
      kind: feed.kind,
      label: feed.label,
      people: feed.people,
      brakePercent: feed.brake_percent,
      halted: feed.halted_at === null ? null : { at: feed.halted_at.getTime(), leavers: feed.halted_leavers ?? 0 },
    })),
    groups: groups.map((group) => ({
      id: group.id,
      source: group.source,
      name: group.name.slice(0, 300),
      people: members.get(group.id)?.length ?? 0,
      roles: (mapping.get(group.id) ?? []).map((row) => row.role),
    })),
  }
}

/** What a mapping would change, person by person, and a digest of that. */
export async function preview(db: Db, wanted: Mapping): Promise<GivesOf<typeof contract.previewMapping>> {
  const people = await everyMembership(db)
  const grants = await grantsOfPeople(
    db,
    people.map((row) => row.person),
  )
  const present = (await readMapping(db)).map((row) => row.role)
  const managed = [...new Set([...present, ...wanted.flatMap((one) => one.roles)])]
  const gives = new Map(wanted.map((one) => [one.group, one.roles]))
  const changes = people.flatMap((row) => {
    const before = (grants.get(row.person) ?? []).map((grant) => grant.role)
    if (isOfficer(before)) return []
    const after = rolesAfter<string>(before, [...new Set(row.ids.flatMap((id) => gives.get(id) ?? []))], managed)
    const gains = after.filter((role) => !(before as string[]).includes(role)) as MappedRole[]
    const loses = before.filter((role) => !after.includes(role)) as MappedRole[]
    return gains.length + loses.length === 0 ? [] : [{ person: row.person, name: row.name, gains, loses }]
  })
  const told = changes
    .map((it) => [it.person, it.gains.toSorted(), it.loses.toSorted()])
    .toSorted((a, b) => (String(a[0]) < String(b[0]) ? -1 : 1))
  return { changes, digest: createHash('sha256').update(JSON.stringify(told)).digest('hex') }
}

/** Applies a mapping, if it changes exactly what was looked at. Refusal `changes-differ`. */
export async function apply(tx: Tx, wanted: Mapping, digest: string): Promise<number> {
  await lockMapping(tx)
  const now = await preview(tx, wanted)
  if (now.digest !== digest) throw refuse(contract.applyMapping, 'changes-differ')
  const rows = wanted.flatMap((one) => [...new Set(one.roles)].map((role) => ({ id: one.group, role })))
  const dropped = (await readMapping(tx)).map((row) => row.role).filter((role) => !rows.some((row) => row.role === role))
  const people = now.changes.map((it) => it.person)
  await putMapping(tx, rows)
  const changed = await followGroups(tx, people, dropped)
  tx.announce(contract.mappingApplied, { key: 'directory-mapping', payload: { groups: rows.length, people: changed, digest } })
  return changed
}
