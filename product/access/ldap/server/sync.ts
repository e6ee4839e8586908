import type { Db } from '@wardline/platform/db'
import { bySystem, newId } from '@wardline/platform/server'
import type { Services } from '@wardline/platform/server'
import { isTooMany } from '@wardline/product/access/directory-sync/rules'
import {
  change,
  comeBack,
  DirectoryRefused,
  feedPeople,
  halt,
  insertGroup,
  join,
  leave,
  lockSource,
  membersOf,
  readGroups,
  readSources,
  removeGroup,
  setMembers,
  updateGroup,
} from '@wardline/product/access/directory-sync/server'
import type { Said } from '@wardline/product/access/directory-sync/server'
import type { Entry, Plan } from '../rules.ts'
import { peopleOfGroups, plan } from '../rules.ts'
import type { Snapshot } from './ask.ts'
import { noteWorked } from './queries.ts'

const said = (entry: Entry): Said => ({ key: entry.key, userName: entry.userName, name: entry.name, title: entry.title, attributes: {} })

/** What a snapshot would do, and whether so many would leave that the feed stops. `source` null: there was none yet. */
export async function planOf(db: Db, source: string | null, snapshot: Snapshot): Promise<Plan & { readonly stops: boolean }> {
  const rows = await feedPeople(db, source ?? '00000000-0000-0000-0000-000000000000')
  const known = rows.map((row) => ({
    person: row.person,
    key: row.key,
    userName: row.user_name,
    name: row.name,
    title: row.title,
    active: row.active,
  }))
  const made = plan(known, snapshot.entries)
  const [feed] = source === null ? [] : await readSources(db, source)
  return { ...made, stops: feed !== undefined && !feed.released && isTooMany(made.leaves.length, feed.people, feed.brake_percent) }
}

/**
 * Does what a snapshot says, each person in a transaction of their own; leavers first. If too many would leave, nobody does, and an
 * administrator is asked. Returns how many it did.
 */
export async function follow(services: Pick<Services, 'db'>, org: string, source: string, snapshot: Snapshot): Promise<number> {
  const { db } = services
  const write = <T>(run: Parameters<typeof db.write<T>>[2]) => db.write(org, bySystem, run)
  const todo = await db.read(org, (read) => planOf(read, source, snapshot))
  let done = 0
  /** One person whom the directory's word cannot reach (an officer, a name that is held) stops nobody else. */
  const each = async (run: () => Promise<unknown>) => {
    try {
      await run()
      done += 1
    } catch (thrown) {
      if (!(thrown instanceof DirectoryRefused)) throw thrown
      if (thrown.code === 'halted') await write((tx) => halt(tx, source))
    }
  }
  if (todo.stops) await write((tx) => halt(tx, source, todo.leaves.length))
  else for (const it of todo.leaves) await each(() => write((tx) => leave(tx, source, it.person)))
  for (const { person } of todo.returns) await each(() => write((tx) => comeBack(tx, source, person)))
  for (const { person, entry } of [...todo.adopts, ...todo.changes, ...todo.returns])
    await each(() => write((tx) => change(tx, source, person, said(entry))))
  for (const entry of todo.joins) await each(() => write((tx) => join(tx, source, said(entry))))
  done += await followGroupsOf(services, org, source, snapshot)
  await write((tx) => noteWorked(tx, snapshot.entries.length))
  return done
}

async function followGroupsOf({ db }: Pick<Services, 'db'>, org: string, source: string, snapshot: Snapshot): Promise<number> {
  return db.write(org, bySystem, async (tx) => {
    await lockSource(tx, source)
    const people = new Map(
      (await feedPeople(tx, source)).flatMap((row) => (row.key !== null && row.active ? [[row.key, row.person] as const] : [])),
    )
    const wanted = peopleOfGroups(snapshot.groups, snapshot.entries)
    const known = await readGroups(tx, source)
    const members = await membersOf(
      tx,
      known.map((row) => row.id),
    )
    let done = 0
    for (const group of snapshot.groups) {
      const before = known.find((row) => row.key === group.key)
      const id = before?.id ?? newId()
      if (!before) await insertGroup(tx, { id, source, key: group.key, name: group.name })
      else if (before.name !== group.name) await updateGroup(tx, { id, key: group.key, name: group.name })
      const now = (wanted.get(group.key) ?? []).flatMap((key) => people.get(key) ?? []).toSorted()
      const then = (members.get(id) ?? []).map((row) => row.person).toSorted()
      if (now.join() === then.join()) continue
      await setMembers(tx, id, now)
      done += 1
    }
    const gone = known.filter((row) => !snapshot.groups.some((group) => group.key === row.key))
    for (const row of gone) {
      await setMembers(tx, row.id, [])
      await removeGroup(tx, row.id)
    }
    return done + gone.length
  })
}
