import { sql } from '@wardline/platform/db'
import type { Db, Tx } from '@wardline/platform/db'
import type { NoticeRow, TotpRow } from './tables.ts'

/** Counts an attempt before its code is looked at, so that parallel guesses cannot outrun the count; undefined: nothing to try against. */
export const chargeAttempt = (tx: Tx, person: string, most: number) =>
  tx.maybe<TotpRow>(sql`
    update totp set failures = failures + 1
    where org = ${tx.org} and person = ${person} and state = 'active' and disabled_at is null and failures < ${most}
    returning data_key, sealed, last_step, failures`)

export const takeStep = async (tx: Tx, person: string, step: number) =>
  (await tx.count(sql`
    update totp set last_step = ${step}, failures = 0
    where org = ${tx.org} and person = ${person} and state = 'active' and last_step < ${step}`)) === 1

export const disable = (tx: Tx, person: string) =>
  tx.count(sql`update totp set disabled_at = wl_now() where org = ${tx.org} and person = ${person} and state = 'active'`)

export const hasActive = async (db: Db, person: string) =>
  (await db.maybe(sql`select 1 as yes from totp where org = ${db.org} and person = ${person} and state = 'active'`)) !== undefined

export const upsertPending = (tx: Tx, person: string, it: { dataKey: string; sealed: Buffer }) =>
  tx.count(sql`
    insert into totp (org, person, state, data_key, sealed) values (${tx.org}, ${person}, 'pending', ${it.dataKey}, ${it.sealed})
    on conflict (org, person, state) do update set data_key = excluded.data_key, sealed = excluded.sealed, begun_at = wl_now()`)

export const lockPending = (tx: Tx, person: string, minutes: number) =>
  tx.maybe<TotpRow>(sql`
    select data_key, sealed, last_step, failures from totp
    where org = ${tx.org} and person = ${person} and state = 'pending' and begun_at > wl_now() - make_interval(mins => ${minutes}) for update`)

/** The pending authenticator takes the active one's place; a code of this step counts as used. */
export async function promotePending(tx: Tx, person: string, step: number): Promise<void> {
  await tx.count(sql`delete from totp where org = ${tx.org} and person = ${person} and state = 'active'`)
  await tx.count(sql`
    update totp set state = 'active', last_step = ${step} where org = ${tx.org} and person = ${person} and state = 'pending'`)
}

/** Ends all recovery codes of a person and stores these in their place. */
export async function replaceCodes(tx: Tx, person: string, hashes: readonly Buffer[]): Promise<void> {
  await tx.count(sql`delete from recovery_code where org = ${tx.org} and person = ${person}`)
  await tx.count(sql`
    insert into recovery_code (org, person, code_hash) select ${tx.org}, ${person}, h from unnest(${hashes}::bytea[]) as h`)
}

/** Uses a code up; 0: there is none such, or it was used. */
export const spendCode = (tx: Tx, person: string, hash: Buffer) =>
  tx.count(sql`
    update recovery_code set used_at = wl_now()
    where org = ${tx.org} and person = ${person} and code_hash = ${hash} and used_at is null`)

export const codesOf = (db: Db, person: string) =>
  db.one<{ left: number; of: number; made_at: Date | null }>(sql`
    select (count(*) filter (where used_at is null))::int as left, count(*)::int as of, max(made_at) as made_at
    from recovery_code where org = ${db.org} and person = ${person}`)

export const insertNotice = (tx: Tx, it: { notice: string; person: string; what: string; by: string | null }) =>
  tx.count(sql`
    insert into sign_in_notice (org, notice, person, what, by) values (${tx.org}, ${it.notice}, ${it.person}, ${it.what}, ${it.by})
    on conflict do nothing`)

/** One for all that is changed about somebody's roles within a minute. */
export const insertRoleNotice = (tx: Tx, it: { notice: string; person: string; by: string | null }) =>
  tx.count(sql`
    insert into sign_in_notice (org, notice, person, what, by)
    select ${tx.org}, ${it.notice}, ${it.person}, 'roles-changed', ${it.by}::uuid
    where not exists (
      select from sign_in_notice
      where org = ${tx.org} and person = ${it.person} and what = 'roles-changed' and at > wl_now() - interval '1 minute')
    on conflict do nothing`)

/** What a person was told about themselves, newest first, and whether they have put it away. */
export const ownNotices = (db: Db, person: string, days: number) =>
  db.rows<{ notice: string; what: NoticeRow['what']; by: string | null; at: Date; read: boolean }>(sql`
    select n.notice, n.what, n.by, n.at,
      exists (select from sign_in_notice_seen s where s.org = n.org and s.notice = n.notice and s.person = ${person}) as read
    from sign_in_notice n
    where n.org = ${db.org} and n.person = ${person} and n.at > wl_now() - make_interval(days => ${days})
    order by n.at desc, n.notice limit 500`)

/** Whether the person was told of this within the last days. */
export const wasTold = async (db: Db, person: string, what: readonly string[], days: number) =>
  (await db.maybe(sql`
    select 1 as yes from sign_in_notice
    where org = ${db.org} and person = ${person} and what = any(${what}::text[]) and at > wl_now() - make_interval(days => ${days}) limit 1`)) !==
  undefined

/** Notices that `reader` has not read: their own, what concerns all, or everybody's. */
export const unreadNotices = (db: Db, reader: string, all: boolean, days: number) =>
  db.rows<NoticeRow>(sql`
    select n.notice, n.person, p.name, n.what, n.by, n.at from sign_in_notice n
    join person p on p.org = n.org and p.person = n.person
    where n.org = ${db.org} and (n.person = ${reader} or n.what = 'enrolment-at-server' or (${all} and n.what <> 'signed-in-anew')) and n.at > wl_now() - make_interval(days => ${days})
      and not exists (select from sign_in_notice_seen s where s.org = n.org and s.notice = n.notice and s.person = ${reader})
    order by n.at desc, n.notice limit 200`)

/** `reader` has read a notice; false: there is none such that they may see. */
export const markRead = async (tx: Tx, notice: string, reader: string, all: boolean) =>
  (
    await tx.one<{ found: boolean }>(sql`
      with seen as (select org, notice from sign_in_notice where org = ${tx.org} and notice = ${notice} and (${all} or person = ${reader} or what = 'enrolment-at-server')),
        put as (insert into sign_in_notice_seen (org, notice, person) select org, notice, ${reader} from seen on conflict do nothing)
      select exists (select from seen) as found`)
  ).found

/**
 * Puts away for `person` what they themselves did since `since` to set up: their first passkeys, as many as were asked of them, their first
 * recovery codes, and the roles that they gave. Whatever else happened to their sign-in stays told, and everything stays told to others.
 */
export const settleSetUp = (tx: Tx, it: { person: string; since: Date; passkeys: number }) =>
  tx.count(sql`
    insert into sign_in_notice_seen (org, notice, person)
    select ${tx.org}, notice, ${it.person} from (
      select notice, what, row_number() over (partition by what order by at, notice) as nth from sign_in_notice
      where org = ${tx.org} and at >= ${it.since}
        and case when what = 'roles-changed' then by = ${it.person} else person = ${it.person} and by is null end) own
    where what = 'roles-changed' or (what = 'passkey-added' and nth <= ${it.passkeys}) or (what = 'recovery-codes-made' and nth = 1)
    on conflict do nothing`)

export const purgeNotices = (sweep: Db, days: number) =>
  sweep.count(sql`
    delete from sign_in_notice where (org, notice) in (
      select org, notice from sign_in_notice where at < (select wl_now()) - make_interval(days => ${days}) limit 1000)`)
