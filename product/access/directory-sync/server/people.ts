import { createHash } from 'node:crypto'
import type { Db, Tx } from '@wardline/platform/db'
import { newId } from '@wardline/platform/server'
import {
  changeRoles,
  createPerson,
  deactivatePerson,
  lockPerson,
  ProvisioningRefused,
  reactivatePerson,
} from '@wardline/product/access/provisioning/server'
import { foldName, isSignInName } from '@wardline/product/access/provisioning/rules'
import { grantsOfPeople } from '@wardline/product/access/roles/server'
import * as contract from '../contract.ts'
import type { MappedRole } from '../words.ts'
import { isOfficer, isTooMany, rolesAfter } from '../rules.ts'
import {
  feedPerson,
  groupsOf,
  insertFeedPerson,
  isNameHeld,
  leaveGroups,
  leftWithinTheHour,
  lockSource,
  putMembership,
  readMapping,
  readSources,
  setHalted,
  setLeft,
  updateFeedPerson,
  updateName,
} from './queries.ts'
import type { FeedRow } from './tables.ts'

/** Why the directory's word is not followed. `halted`: too many would leave; an administrator has to look. */
export type DirectoryCode = 'name-held' | 'bad-name' | 'no-such-person' | 'office' | 'halted'

export class DirectoryRefused extends Error {
  readonly code: DirectoryCode
  constructor(code: DirectoryCode) {
    super(`directory: ${code}`)
    this.name = 'DirectoryRefused'
    this.code = code
  }
}

/** What a directory says of a person. */
export interface Said {
  /** Its own unchanging id for them. */
  readonly key: string | null
  readonly userName: string
  readonly name: string
  readonly title: string
  /** Whatever else it said and may ask for again. */
  readonly attributes: Readonly<Record<string, unknown>>
}

const nameOf = (said: Said): string => (said.name.trim() || said.userName).slice(0, 120)
const titleOf = (said: Said): string => said.title.slice(0, 120)

/** Takes a new person from the directory: without roles until a group gives one. Throws DirectoryRefused. */
export async function join(tx: Tx, source: string, said: Said): Promise<string> {
  if (await isNameHeld(tx, said.userName, null)) throw new DirectoryRefused('name-held')
  const wanted = foldName(said.userName)
  if (!isSignInName(wanted)) throw new DirectoryRefused('bad-name')
  const person = newId()
  const made = { person, name: nameOf(said), title: titleOf(said), roles: [] as const }
  // A name that another organisation has is as good as free here: the answer must not tell. The person gets one with an ending.
  const names = [wanted, `${wanted.slice(0, 55)}.${createHash('sha256').update(person).digest('hex').slice(0, 6)}`]
  for (const [i, signInName] of names.entries()) {
    try {
      await createPerson(tx, { ...made, signInName })
      break
    } catch (thrown) {
      if (!(thrown instanceof ProvisioningRefused) || thrown.code !== 'name-taken' || i === names.length - 1) throw thrown
    }
  }
  await insertFeedPerson(tx, { person, source, key: said.key, userName: said.userName, created: true, attributes: said.attributes })
  tx.announce(contract.personJoined, { key: `person|${person}`, payload: { source, person } })
  return person
}

/** Makes a person what the directory says; a colleague of whom it never spoke is its own from now on. Throws DirectoryRefused. */
export async function change(tx: Tx, source: string, person: string, said: Said): Promise<void> {
  const before = await spokenFor(tx, source, person)
  if (await isNameHeld(tx, said.userName, person)) throw new DirectoryRefused('name-held')
  if (before.source === null)
    await insertFeedPerson(tx, { person, source, key: said.key, userName: said.userName, created: false, attributes: said.attributes })
  else await updateFeedPerson(tx, { person, key: said.key, userName: said.userName, attributes: said.attributes })
  await updateName(tx, { person, name: nameOf(said), title: titleOf(said) })
  tx.announce(contract.personChanged, { key: `person|${person}`, payload: { source, person } })
}

/** The person, locked; whoever holds an office is not the directory's, and that it tried is told. Throws DirectoryRefused. */
async function spokenFor(tx: Tx, source: string, person: string): Promise<FeedRow> {
  await lockPerson(tx, person)
  const row = await feedPerson(tx, source, person)
  if (!row) throw new DirectoryRefused('no-such-person')
  return row
}

/**
 * Ends a person's access as the directory says: roles, sessions, codes, groups; conversations follow within the minute (45 CFR
 * 164.308(a)(3)(ii)(C)). Throws DirectoryRefused; `halted` once too many have left within an hour.
 */
export async function leave(tx: Tx, source: string, person: string): Promise<void> {
  await lockSource(tx, source)
  const row = await spokenFor(tx, source, person)
  if (!row.active) return
  const [feed] = await readSources(tx, source)
  const leaving = (await leftWithinTheHour(tx, source)) + 1
  if (feed && !feed.released && isTooMany(leaving, feed.people + leaving - 1, feed.brake_percent)) throw new DirectoryRefused('halted')
  if (row.source === null)
    await insertFeedPerson(tx, { person, source, key: row.key, userName: row.user_name, created: false, attributes: row.attributes })
  await leaveGroups(tx, person)
  await deactivatePerson(tx, person)
  await setLeft(tx, person, true)
  tx.announce(contract.personLeft, { key: `person|${person}`, payload: { source, person } })
}

/** Stops a feed until an administrator has looked. In a transaction of its own, because the one that was too much is undone. */
export async function halt(tx: Tx, source: string, leavers: number | null = null): Promise<void> {
  await lockSource(tx, source)
  const [feed] = await readSources(tx, source)
  if (!feed) return
  const asked = leavers ?? (await leftWithinTheHour(tx, source)) + 1
  await setHalted(tx, source, asked)
  if (feed.halted_at === null)
    tx.announce(contract.feedHalted, { key: `directory|${source}`, payload: { source, leavers: asked, people: feed.people } })
}

/** Lets a person back in who had left. They have the roles that their groups give, and no session. Throws DirectoryRefused. */
export async function comeBack(tx: Tx, source: string, person: string): Promise<void> {
  const row = await spokenFor(tx, source, person)
  if (row.active) return
  await reactivatePerson(tx, person)
  await setLeft(tx, person, false)
  await followGroups(tx, [person])
  tx.announce(contract.personJoined, { key: `person|${person}`, payload: { source, person } })
}

/** Makes these people a group's, and gives everybody concerned what their groups now give. */
export async function setMembers(tx: Tx, group: string, people: readonly string[]): Promise<void> {
  await followGroups(tx, await putMembership(tx, group, people))
}

/**
 * Gives people of the directory the roles that their groups give; `dropped` are roles that groups gave until now. Officers are left as they
 * are, which is told. Returns how many changed.
 */
export async function followGroups(tx: Tx, people: readonly string[], dropped: readonly MappedRole[] = []): Promise<number> {
  const mapping = await readMapping(tx)
  const managed = [...new Set([...mapping.map((row) => row.role), ...dropped])]
  if (managed.length === 0) return 0
  const groups = await groupsOf(tx, people)
  let changed = 0
  for (const person of [...new Set(people)].toSorted()) {
    const row = await lockPerson(tx, person)
    if (!row?.active) continue
    const grants = (await grantsOfPeople(tx, [person])).get(person) ?? []
    const before = grants.map((grant) => grant.role)
    const ids = new Set((groups.get(person) ?? []).map((group) => group.id))
    const given = mapping.filter((one) => ids.has(one.id)).map((one) => one.role)
    const after = rolesAfter(before, given, managed)
    if (after.length === before.length && after.every((role) => before.includes(role))) continue
    if (isOfficer(before)) {
      const source = (await sourceOf(tx, person)) ?? person
      tx.announce(contract.officeSpared, { key: `person|${person}`, payload: { source, person } })
      continue
    }
    const windows = grants.filter((grant) => after.includes(grant.role)).map(({ inForce: _, ...window }) => window)
    await changeRoles(tx, person, after, undefined, windows)
    changed += 1
  }
  return changed
}

const sourceOf = async (db: Db, person: string): Promise<string | null> => {
  for (const feed of await readSources(db)) if (await feedPerson(db, feed.source, person)) return feed.source
  return (await readSources(db))[0]?.source ?? null
}
