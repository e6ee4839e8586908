import type { Db, Tx } from '@wardline/platform/db'
import { bySystem } from '@wardline/platform/server'
import type { Caller, Ctx, RawReply } from '@wardline/platform/server'
import { change, comeBack, feedPeople, feedPerson, groupsOf, join, leave } from '@wardline/product/access/directory-sync/server'
import type { Resource } from '../rules.ts'
import { booleanOf, patch, plainEquality, readPatch, ScimRefused } from '../rules.ts'
import type { Asker, Wanted } from './requests.ts'
import { bodyOf, listReply, pageReply, reply, requireVersion, resourceReply } from './requests.ts'
import { saidOf, userResource } from './resources.ts'

type Open = Ctx<Caller | null>

async function shown(db: Db, asker: Asker, person: string): Promise<Resource> {
  const row = await feedPerson(db, asker.source, person)
  if (!row) throw new ScimRefused(404, undefined, '')
  return userResource(asker.base, row, (await groupsOf(db, [person])).get(person) ?? [])
}

/** A page of people. A filter on one name is answered by the database; others are judged here. */
export async function listUsers(ctx: Open, asker: Asker, it: Wanted): Promise<RawReply> {
  return ctx.db.read(asker.org, async (db) => {
    const one = plainEquality(it.filter)
    const byName = one?.attribute === 'username' ? { userName: one.value } : one?.attribute === 'externalid' ? { key: one.value } : null
    const inPages = it.filter === null ? { after: it.after, most: it.most } : {}
    const rows = await feedPeople(db, asker.source, { ...byName, ...inPages })
    const groups = await groupsOf(
      db,
      rows.map((row) => row.person),
    )
    const all = rows.map((row) => userResource(asker.base, row, groups.get(row.person) ?? []))
    if (it.filter !== null) return listReply(all, it)
    const total = rows[0]?.total ?? (await feedPeople(db, asker.source, { most: 1 }))[0]?.total ?? 0
    return pageReply(all, total, it)
  })
}

export const readUser = async (ctx: Open, asker: Asker, person: string): Promise<RawReply> =>
  resourceReply(ctx, 200, await ctx.db.read(asker.org, (db) => shown(db, asker, person)))

/** Takes a person. `active` false: they are known and may not come in. */
export async function createUser(ctx: Open, asker: Asker): Promise<RawReply> {
  const body = bodyOf(ctx)
  const said = saidOf(body)
  const resource = await ctx.db.write(asker.org, bySystem, async (tx) => {
    const person = await join(tx, asker.source, said)
    if (booleanOf(body.active) === false) await leave(tx, asker.source, person)
    return shown(tx, asker, person)
  })
  return resourceReply(ctx, 201, resource)
}

/** Replaces or patches a person, under the version that the directory means. */
export async function changeUser(ctx: Open, asker: Asker, person: string, how: 'replace' | 'patch'): Promise<RawReply> {
  const body = bodyOf(ctx)
  const operations = how === 'patch' ? readPatch(body) : []
  const resource = await ctx.db.write(asker.org, bySystem, async (tx) => {
    const before = await shown(tx, asker, person)
    requireVersion(ctx, (before.meta as { version: string }).version)
    const after = how === 'patch' ? patch(before, operations) : body
    await follow(tx, asker, person, before, after)
    return shown(tx, asker, person)
  })
  return resourceReply(ctx, 200, resource)
}

/** Does what the difference says: names and attributes, then coming and going. */
async function follow(tx: Tx, asker: Asker, person: string, before: Resource, after: Resource): Promise<void> {
  const said = saidOf(after)
  if (JSON.stringify(said) !== JSON.stringify(saidOf(before))) await change(tx, asker.source, person, said)
  const active = after.active === undefined ? true : booleanOf(after.active)
  if (active === undefined) throw new ScimRefused(400, 'invalidValue', 'active is true or false.')
  if (active !== before.active) await (active ? comeBack : leave)(tx, asker.source, person)
}

/** Records stay (45 CFR 164.316(b)(2)): deleting somebody ends their access. */
export async function deleteUser(ctx: Open, asker: Asker, person: string): Promise<RawReply> {
  await ctx.db.write(asker.org, bySystem, async (tx) => {
    const before = await shown(tx, asker, person)
    requireVersion(ctx, (before.meta as { version: string }).version)
    await leave(tx, asker.source, person)
  })
  return reply(204, null)
}
