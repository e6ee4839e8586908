import { pack, sql } from '@wardline/platform/db'
import type { Db } from '@wardline/platform/db'
import type { SealedPayload } from '@wardline/platform/server'
import { completedAt } from './tree.ts'

/** A committed fact that has no place in the log yet. */
export interface Unnumbered {
  readonly id: string
  readonly kind: string
  readonly at: Date
  readonly actor: string | null
  readonly device: string | null
  readonly commitment: Buffer
}

/** How far an organisation's log has come. */
export interface Head {
  readonly size: number
  readonly frontier: readonly Buffer[]
}

/** Organisations that have facts to number, and those whose newest entries no checkpoint covers. */
export const organisationsToNumber = (db: Db): Promise<{ org: string }[]> =>
  db.rows(sql`select o.org from org o where exists (select from fact_unnumbered u where u.org = o.org)`)

export const organisationsToSign = (db: Db): Promise<{ org: string; size: number; signed: number; signed_at: Date | null; now: Date }[]> =>
  db.rows(sql`
    select h.org, h.size, coalesce(c.size, 0) as signed, h.signed_at, wl_now() as now from log_head h
    left join lateral (select size from log_checkpoint where org = h.org order by size desc limit 1) c on true
    where h.size > coalesce(c.size, 0)`)

/** Locks the head of a log, so that one sequencer at a time numbers it; begins it where it is new. */
export async function lockHead(db: Db, org: string): Promise<Head> {
  await db.count(sql`insert into log_head (org) values (${org}) on conflict do nothing`)
  return db.one(sql`select size, frontier from log_head where org = ${org} for update`)
}

/** Takes up to `limit` facts out of the queue, oldest first as far as they are committed. */
export const takeUnnumbered = (db: Db, org: string, limit: number): Promise<Unnumbered[]> =>
  db.rows(sql`
    with taken as (
      delete from fact_unnumbered u using (select ctid from fact_unnumbered where org = ${org} limit ${limit}) s where u.ctid = s.ctid returning u.fact
    )
    select f.id, f.kind, f.at, f.actor, f.device, f.commitment from taken t join fact f on f.org = ${org} and f.id = t.fact order by f.at, f.id`)

export interface NewEntries {
  readonly from: number
  readonly facts: readonly string[]
  readonly leaves: readonly Uint8Array[]
  readonly hashes: readonly Uint8Array[]
  readonly nodes: readonly { readonly level: number; readonly index: number; readonly hash: Uint8Array }[]
  readonly size: number
  readonly frontier: readonly Uint8Array[]
}

/** Stores numbered entries, the tree nodes that they complete, and the new head. */
export function storeEntries(db: Db, org: string, it: NewEntries): Promise<number> {
  const leaves = pack(it.leaves)
  const hashes = pack(it.hashes)
  const nodes = pack(it.nodes.map((node) => node.hash))
  return db.count(sql`
    with entries as (
      insert into log_entry (org, index, fact, leaf, leaf_hash)
      select ${org}::uuid, ${it.from}::bigint + n - 1, fact, substring(${leaves.bytes}::bytea from start for length),
        substring(${hashes.bytes}::bytea from hash_start for 32)
      from unnest(${it.facts}::uuid[], ${leaves.starts}::int[], ${leaves.lengths}::int[], ${hashes.starts}::int[])
        with ordinality as t(fact, start, length, hash_start, n)
    ), nodes as (
      insert into log_node (org, completed, level, hash)
      select ${org}::uuid, completed, level, substring(${nodes.bytes}::bytea from start for 32)
      from unnest(${it.nodes.map(completedAt)}::bigint[], ${it.nodes.map((node) => node.level)}::smallint[], ${nodes.starts}::int[]) as t(completed, level, start)
    )
    update log_head set size = ${it.size}, frontier = ${it.frontier}::bytea[] where org = ${org}`)
}

export const storeCheckpoint = (db: Db, org: string, size: number, note: string): Promise<number> =>
  db.count(sql`
    with stored as (insert into log_checkpoint (org, size, note) values (${org}, ${size}, ${note}) on conflict do nothing)
    update log_head set signed_at = wl_now() where org = ${org}`)

export interface LogKeyRow {
  readonly key: string
  readonly vkey: string
  readonly data_key: string
  readonly sealed: Buffer
}

export const logKeys = (db: Db, org: string): Promise<LogKeyRow[]> =>
  db.rows(sql`select key, vkey, data_key, sealed from log_key where org = ${org} order by made_at, key`)

export const storeLogKey = (db: Db, org: string, row: LogKeyRow): Promise<number> =>
  db.count(
    sql`insert into log_key (org, key, vkey, data_key, sealed) values (${org}, ${row.key}, ${row.vkey}, ${row.data_key}, ${row.sealed})`,
  )

export const installationId = (db: Db): Promise<{ id: string }> => db.one(sql`select id from installation`)

/** The newest checkpoint of a log, and when it was signed. */
export const newestCheckpoint = (db: Db, org: string): Promise<{ size: number; note: string; at: Date } | undefined> =>
  db.maybe(sql`
    select c.size, c.note, h.signed_at as at from log_checkpoint c join log_head h on h.org = c.org
    where c.org = ${org} order by c.size desc limit 1`)

/** Stored nodes by place; level 0 are the leaf hashes. */
export const nodesAt = (
  db: Db,
  org: string,
  places: readonly { readonly level: number; readonly index: number }[],
): Promise<{ level: number; index: number; hash: Buffer }[]> =>
  db.rows(sql`
    with wanted as (select * from unnest(${places.map((it) => it.level)}::smallint[], ${places.map((it) => it.index)}::bigint[]) as t(level, index))
    select w.level, w.index, n.hash from wanted w join log_node n on n.org = ${org} and n.completed = (w.index + 1) << w.level and n.level = w.level
    union all select w.level, w.index, e.leaf_hash from wanted w join log_entry e on w.level = 0 and e.org = ${org} and e.index = w.index`)

export const entriesFrom = (
  db: Db,
  org: string,
  from: number,
  limit: number,
): Promise<{ index: number; leaf: Buffer; leafHash: Buffer }[]> =>
  db.rows(
    sql`select index, leaf, leaf_hash as "leafHash" from log_entry where org = ${org} and index >= ${from} order by index limit ${limit}`,
  )

/** Nodes by the size of log that completes them, then level: the order in which they came. */
export const nodesFrom = (
  db: Db,
  org: string,
  from: { readonly completed: number; readonly level: number },
  limit: number,
): Promise<{ completed: number; level: number; hash: Buffer }[]> =>
  db.rows(sql`
    select completed, level, hash from log_node
    where org = ${org} and (completed, level) > (${from.completed}::bigint, ${from.level}::smallint) order by completed, level limit ${limit}`)

/** What stands beside an entry: its fact, null where there is none of that id, and its sealed payload, null where it was erased. */
export interface BesideRow extends SealedPayload {
  readonly index: number
  readonly kind: string | null
  readonly at: Date | null
  readonly actor: string | null
  readonly device: string | null
  readonly commitment: Buffer | null
}

export const payloadsFrom = (db: Db, org: string, from: number, limit: number): Promise<BesideRow[]> =>
  db.rows(sql`
    select e.index, e.fact as id, f.kind, f.at, f.actor, f.device, f.commitment, f.box, f.place, p.data_key, p.sealed
    from (select org, index, fact from log_entry where org = ${org} and index >= ${from} order by index limit ${limit}) e
    left join lateral (select * from fact where org = e.org and id = e.fact offset 0) f on true
    left join lateral (select * from fact_payload where org = e.org and fact = coalesce(f.box, e.fact) offset 0) p on true
    order by e.index`)

export const checkpointsFrom = (db: Db, org: string, after: number, limit: number): Promise<{ size: number; note: string }[]> =>
  db.rows(sql`select size, note from log_checkpoint where org = ${org} and size > ${after} order by size limit ${limit}`)

/** How many entries there are to verify, in all logs, and the database's time. */
export const logSize = (db: Db): Promise<{ entries: number; now: Date }> =>
  db.one(sql`select coalesce(sum(size), 0)::bigint as entries, wl_now() as now from log_head`)

export const allOrganisations = (db: Db): Promise<{ org: string; name: string }[]> => db.rows(sql`select org, name from org order by org`)

export interface ViewRow extends SealedPayload {
  readonly index: number
  readonly kind: string
  readonly at: Date
  readonly actor: string | null
  readonly actor_name: string | null
}

/** Entries before an index, newest first, with the name of who acted. */
export const entriesBefore = (db: Db, before: number, limit: number): Promise<ViewRow[]> =>
  db.rows(sql`
    select e.index, f.kind, f.at, f.actor, p.name as actor_name, f.id, f.box, f.place, x.data_key, x.sealed
    from log_entry e join fact f on f.org = e.org and f.id = e.fact
    left join person p on p.org = f.org and p.person = f.actor
    left join lateral (select y.data_key, y.sealed from fact_payload y where y.org = f.org and y.fact = coalesce(f.box, f.id) limit 1) x on true
    where e.org = ${db.org} and e.index < ${before} order by e.index desc limit ${limit}`)
