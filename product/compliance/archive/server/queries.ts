import { sql } from '@wardline/platform/db'
import type { Db, Tx } from '@wardline/platform/db'
import type { ReleasedRow, RequestRow } from './tables.ts'

type Scope = RequestRow['scope'][number]

/** Requests, newest first; one of them where `only` names it. */
export const readRequests = (db: Db, only: string | null, limit: number): Promise<RequestRow[]> =>
  db.rows(sql`
    select r.request, r.requester, r.opening, r.opening_hash, r.data_key, r.sealed, r.asked_at, r.decision, r.approval, r.decided_by, r.decided_at,
      r.requested_index, r.approved_index, r.released_at, s.scope
    from archive_request r cross join lateral (
      select json_agg(json_build_object('conversation', conversation, 'from', first_epoch, 'to', last_epoch) order by conversation) as scope
      from archive_scope where org = r.org and request = r.request
    ) s
    where r.org = ${db.org} and (${only}::uuid is null or r.request = ${only}::uuid) order by r.asked_at desc, r.request limit ${limit}`)

/** Locks a request: decisions about it and releases of it have one order. */
export const lockRequest = (tx: Tx, request: string): Promise<{ request: string } | undefined> =>
  tx.maybe(sql`select request from archive_request where org = ${tx.org} and request = ${request} for no key update`)

/** Stores a request with its scope; 0 if its id is taken. */
export const insertRequest = async (
  tx: Tx,
  it: Pick<RequestRow, 'request' | 'requester' | 'scope'> & { opening: Uint8Array; hash: Uint8Array; dataKey: string; sealed: Buffer },
): Promise<number> =>
  tx.count(sql`
    with made as (
      insert into archive_request (org, request, requester, opening, opening_hash, data_key, sealed)
      values (${tx.org}, ${it.request}, ${it.requester}, ${Buffer.from(it.opening)}, ${Buffer.from(it.hash)}, ${it.dataKey}, ${it.sealed})
      on conflict do nothing returning request
    )
    insert into archive_scope (org, request, conversation, first_epoch, last_epoch)
    select ${tx.org}, made.request, s.conversation, s.first_epoch, s.last_epoch
    from made, unnest(${it.scope.map((one) => one.conversation)}::uuid[], ${it.scope.map((one) => one.from)}::bigint[], ${it.scope.map((one) => one.to)}::bigint[])
      as s(conversation, first_epoch, last_epoch)`)

/** Records an approval; 0 if there was a decision. */
export const decideApproved = (tx: Tx, request: string, by: string, approval: Uint8Array): Promise<number> =>
  tx.count(sql`
    update archive_request set decision = 'approved', decided_by = ${by}, decided_at = wl_now(), approval = ${Buffer.from(approval)}
    where org = ${tx.org} and request = ${request} and decision is null`)

/** Records a refusal; 0 if there was a decision. */
export const decideRefused = (tx: Tx, request: string, by: string): Promise<number> =>
  tx.count(sql`
    update archive_request set decision = 'refused', decided_by = ${by}, decided_at = wl_now()
    where org = ${tx.org} and request = ${request} and decision is null`)

/** Notes where the log has a request, the first time it is heard. */
export const noteRequested = (tx: Tx, request: string, index: number): Promise<number> =>
  tx.count(
    sql`update archive_request set requested_index = ${index} where org = ${tx.org} and request = ${request} and requested_index is null`,
  )

/** Notes where the log has an approval, the first time it is heard. */
export const noteApproved = (tx: Tx, request: string, index: number): Promise<number> =>
  tx.count(
    sql`update archive_request set approved_index = ${index} where org = ${tx.org} and request = ${request} and approved_index is null`,
  )

/** Notes the first release. */
export const noteReleased = (tx: Tx, request: string): Promise<number> =>
  tx.count(sql`update archive_request set released_at = coalesce(released_at, wl_now()) where org = ${tx.org} and request = ${request}`)

/** Which of these scopes name a conversation with all of these epochs, and what kind of conversation it is. */
export const scopesThatAre = (db: Db, scope: readonly Scope[]): Promise<{ conversation: string; kind: 'direct' | 'group' }[]> =>
  db.rows(sql`
    select c.id as conversation, c.kind from unnest(${scope.map((it) => it.conversation)}::uuid[], ${scope.map((it) => it.from)}::bigint[], ${scope.map((it) => it.to)}::bigint[])
      as w(conversation, first_epoch, last_epoch)
    join conversation c on c.org = ${db.org} and c.id = w.conversation and w.first_epoch >= 1 and w.first_epoch <= w.last_epoch and w.last_epoch <= c.epoch
    order by c.id`)

/** Openings of a conversation that left the server, newest first. */
export const releasedOf = (db: Db, conversation: string): Promise<ReleasedRow[]> =>
  db.rows(sql`
    select r.request, r.requester, r.decided_by, s.first_epoch, s.last_epoch, r.released_at
    from archive_scope s join archive_request r on r.org = s.org and r.request = s.request and r.released_at is not null
    where s.org = ${db.org} and s.conversation = ${conversation} order by r.released_at desc, r.request limit 500`)

/** Names of people, whether their access has ended or not. */
export const namesOf = (db: Db, people: readonly string[]): Promise<{ person: string; name: string }[]> =>
  db.rows(sql`select person, name from person where org = ${db.org} and person = any(${people}::uuid[])`)
