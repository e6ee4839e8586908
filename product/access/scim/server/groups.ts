import type { Db, Tx } from '@wardline/platform/db'
import { bySystem, newId } from '@wardline/platform/server'
import type { Caller, Ctx, RawReply } from '@wardline/platform/server'
import {
  change,
  feedPerson,
  insertGroup,
  lockSource,
  membersOf,
  readGroups,
  removeGroup,
  setMembers,
  updateGroup,
} from '@wardline/product/access/directory-sync/server'
import type { Resource } from '../rules.ts'
import { patch, readPatch, ScimRefused } from '../rules.ts'
import type { Asker, Wanted } from './requests.ts'
import { bodyOf, listReply, reply, requireVersion, resourceReply } from './requests.ts'
import { groupResource, groupSaid } from './resources.ts'

type Open = Ctx<Caller | null>

async function shown(db: Db, asker: Asker, id: string): Promise<Resource> {
  const [row] = await readGroups(db, asker.source, id)
  if (!row) throw new ScimRefused(404, undefined, '')
  return groupResource(asker.base, row, (await membersOf(db, [id])).get(id) ?? [])
}

export async function listGroups(ctx: Open, asker: Asker, it: Wanted): Promise<RawReply> {
  return ctx.db.read(asker.org, async (db) => {
    const rows = await readGroups(db, asker.source)
    const members = await membersOf(
      db,
      rows.map((row) => row.id),
    )
    return listReply(
      rows.map((row) => groupResource(asker.base, row, members.get(row.id) ?? [])),
      it,
    )
  })
}

export const readGroup = async (ctx: Open, asker: Asker, id: string): Promise<RawReply> =>
  resourceReply(ctx, 200, await ctx.db.read(asker.org, (db) => shown(db, asker, id)))

export async function createGroup(ctx: Open, asker: Asker): Promise<RawReply> {
  const said = groupSaid(bodyOf(ctx))
  const resource = await ctx.db.write(asker.org, bySystem, async (tx) => {
    await lockSource(tx, asker.source)
    const held = (await readGroups(tx, asker.source)).some((row) => row.name === said.name || (said.key !== null && row.key === said.key))
    if (held) throw new ScimRefused(409, 'uniqueness', 'There is such a group already.')
    const id = newId()
    await insertGroup(tx, { id, source: asker.source, key: said.key, name: said.name })
    await setMembers(tx, id, await ours(tx, asker, said.members))
    return shown(tx, asker, id)
  })
  return resourceReply(ctx, 201, resource)
}

export async function changeGroup(ctx: Open, asker: Asker, id: string, how: 'replace' | 'patch'): Promise<RawReply> {
  const body = bodyOf(ctx)
  const operations = how === 'patch' ? readPatch(body) : []
  const resource = await ctx.db.write(asker.org, bySystem, async (tx) => {
    await lockSource(tx, asker.source)
    const before = await shown(tx, asker, id)
    requireVersion(ctx, (before.meta as { version: string }).version)
    const said = groupSaid(how === 'patch' ? patch(before, operations) : body)
    await updateGroup(tx, { id, key: said.key, name: said.name })
    await setMembers(tx, id, await ours(tx, asker, said.members))
    return shown(tx, asker, id)
  })
  return resourceReply(ctx, 200, resource)
}

export async function deleteGroup(ctx: Open, asker: Asker, id: string): Promise<RawReply> {
  await ctx.db.write(asker.org, bySystem, async (tx) => {
    await lockSource(tx, asker.source)
    requireVersion(ctx, ((await shown(tx, asker, id)).meta as { version: string }).version)
    await setMembers(tx, id, [])
    await removeGroup(tx, id)
  })
  return reply(204, null)
}

/** Members must be people whom this directory may see; a colleague of whom it never spoke is its own from now on. */
async function ours(tx: Tx, asker: Asker, people: readonly string[]): Promise<readonly string[]> {
  for (const person of people.toSorted()) {
    const row = await feedPerson(tx, asker.source, person)
    if (!row?.active) throw new ScimRefused(400, 'invalidValue', 'A member is no active user of this service.')
    if (row.source === null)
      await change(tx, asker.source, person, { key: null, userName: row.user_name, name: row.name, title: row.title, attributes: {} })
  }
  return people
}
