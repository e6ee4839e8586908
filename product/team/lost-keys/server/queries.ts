import { sql } from '@wardline/platform/db'
import type { Db, Tx } from '@wardline/platform/db'
import type { NewIdentityRow } from './tables.ts'

/** Requests that are open, this person's own and then the oldest first, with the moment by which they are judged: that of the database, as when they are used. */
export const openRequests = (db: Db, person: string): Promise<(NewIdentityRow & { readonly now: Date })[]> =>
  db.rows(sql`
    select request, person, identity_key, asked_at, until, statement, effective_at, signed_by, signed_at, confirmed_by, wl_now() as now
    from new_identity
    where org = ${db.org} and closed_at is null and until > wl_now() order by person = ${person} desc, asked_at, request limit 500`)

/** One request, if it is open; locked against every other act on it. */
export const lockRequest = (tx: Tx, request: string): Promise<NewIdentityRow | undefined> =>
  tx.maybe(sql`
    select request, person, identity_key, asked_at, until, statement, effective_at, signed_by, signed_at, confirmed_by from new_identity
    where org = ${tx.org} and request = ${request} and closed_at is null and until > wl_now() for update`)

/** Whose request it is, open or not. */
export const personOf = async (db: Db, request: string): Promise<string | undefined> =>
  (await db.maybe<{ person: string }>(sql`select person from new_identity where org = ${db.org} and request = ${request}`))?.person

/** Files a request. */
export const insertRequest = (
  tx: Tx,
  it: { readonly request: string; readonly person: string; readonly identityKey: Uint8Array; readonly days: number },
): Promise<number> =>
  tx.count(sql`
    insert into new_identity (org, request, person, identity_key, until)
    values (${tx.org}, ${it.request}, ${it.person}, ${Buffer.from(it.identityKey)}, wl_now() + ${it.days} * interval '1 day')`)

/** The first signature: the log takes the statement in with it. */
export const putFirst = (
  tx: Tx,
  it: { readonly request: string; readonly statement: Uint8Array; readonly effectiveAt: Date; readonly by: string },
): Promise<number> =>
  tx.count(sql`
    update new_identity set statement = ${Buffer.from(it.statement)}, effective_at = ${it.effectiveAt}, signed_by = ${it.by}, signed_at = wl_now()
    where org = ${tx.org} and request = ${it.request} and closed_at is null and signed_by is null`)

/** The second. */
export const putSecond = (tx: Tx, it: { readonly request: string; readonly statement: Uint8Array; readonly by: string }): Promise<number> =>
  tx.count(sql`
    update new_identity set statement = ${Buffer.from(it.statement)}, confirmed_by = ${it.by}, confirmed_at = wl_now()
    where org = ${tx.org} and request = ${it.request} and closed_at is null and signed_by is not null and confirmed_by is null`)

/** Ends a request. */
export const close = (tx: Tx, it: { readonly request: string; readonly why: 'stopped' | 'used'; readonly by: string }): Promise<number> =>
  tx.count(sql`
    update new_identity set closed_for = ${it.why}, closed_by = ${it.by}, closed_at = wl_now()
    where org = ${tx.org} and request = ${it.request} and closed_at is null`)

/** Whether an administrator has signed what the person asked for and is still open. */
export const hasSigned = async (db: Db, person: string): Promise<boolean> =>
  (await db.maybe(sql`
    select 1 from new_identity
    where org = ${db.org} and person = ${person} and closed_at is null and until > wl_now() and signed_by is not null`)) !== undefined

/** Ends what a person asked for before, also what is too old. */
export const closeEarlier = (tx: Tx, person: string): Promise<number> =>
  tx.count(sql`
    update new_identity set closed_for = 'asked-again', closed_by = ${person}, closed_at = wl_now()
    where org = ${tx.org} and person = ${person} and closed_at is null`)
