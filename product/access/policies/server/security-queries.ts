import { sql } from '@wardline/platform/db'
import type { Db, Tx } from '@wardline/platform/db'
import type { ChangeRow, ChosenRow, HoldRow } from './tables.ts'

/** The last approved change of each figure, or of one. */
export const readChosen = (db: Db, setting: string | null) =>
  db.rows<ChangeRow>(sql`
    select distinct on (setting) *, wl_now() as now from policy_change
    where org = ${db.org} and state = 'approved' and (${setting}::text is null or setting = ${setting})
    order by setting, version desc`)

/** The same in all organisations, and which there are. */
export const readChosenAnywhere = async (sweep: Db) => ({
  organisations: (await sweep.rows<{ org: string }>(sql`select org from org where preset <> 'installation' order by org`)).map(
    (row) => row.org,
  ),
  chosen: await sweep.rows<ChosenRow & { readonly org: string }>(sql`
    select distinct on (org, setting) org, setting, value, exception_until, wl_now() as now from policy_change
    where state = 'approved' order by org, setting, version desc`),
})

export const readOpenChanges = (db: Db) =>
  db.rows<ChangeRow>(
    sql`select *, wl_now() as now from policy_change where org = ${db.org} and state = 'open' order by proposed_at, change`,
  )

export const readDecidedChanges = (db: Db, setting: string | null) =>
  db.rows<ChangeRow>(sql`
    select *, wl_now() as now from policy_change
    where org = ${db.org} and state <> 'open' and (${setting}::text is null or setting = ${setting})
    order by decided_at desc, change limit 500`)

export const readChange = (db: Db, change: string) =>
  db.maybe<ChangeRow>(sql`select *, wl_now() as now from policy_change where org = ${db.org} and change = ${change}`)

/** False if another change of this figure is open. */
export const insertChange = async (
  tx: Tx,
  it: {
    change: string
    setting: string
    before: number
    value: number
    exceptionUntil: number | null
    takesBack: string | null
    dataKey: string
    sealed: Buffer
  },
) =>
  (await tx.count(sql`
    insert into policy_change (org, change, setting, before_value, value, exception_until, takes_back, data_key, sealed, proposed_by)
    values (${tx.org}, ${it.change}, ${it.setting}, ${it.before}, ${it.value},
      to_timestamp(${it.exceptionUntil}::double precision / 1000.0), ${it.takesBack}, ${it.dataKey}, ${it.sealed}, ${tx.by.actor})
    on conflict (org, setting) where state = 'open' do nothing`)) === 1

/** Ends an open proposal whose time is over; the moment is that of its end. Undefined: there is none. */
export const expireChange = (tx: Tx, it: { setting: string | null; change: string | null; hours: number }) =>
  tx.rows<{ change: string; setting: string }>(sql`
    update policy_change set state = 'expired', decided_at = wl_now()
    where org = ${tx.org} and state = 'open' and setting = coalesce(${it.setting}, setting) and change = coalesce(${it.change}::uuid, change)
      and proposed_at <= wl_now() - ${it.hours} * interval '1 hour' returning change, setting`)

/** Open proposals somewhere whose time is over. */
export const dueChanges = (sweep: Db, hours: number, most: number) =>
  sweep.rows<{ org: string; change: string }>(sql`
    select org, change from policy_change where state = 'open' and proposed_at <= wl_now() - ${hours} * interval '1 hour'
    order by proposed_at limit ${most}`)

/** Decides an open change; the caller holds the organisation's row, so versions rise by one. */
export const decideChange = (tx: Tx, change: string, state: 'approved' | 'refused', by: string | null) =>
  tx.count(sql`
    update policy_change set state = ${state}, decided_by = ${by}, decided_at = wl_now(),
      version = case when ${state}::text = 'approved' then
        (select coalesce(max(version), 0) + 1 from policy_change where org = ${tx.org}) end
    where org = ${tx.org} and change = ${change} and state = 'open'`)

/** Changes whose exception has run out and nobody has said so. */
export const endedExceptions = (sweep: Db, most: number) =>
  sweep.rows<{ org: string; change: string }>(sql`
    select org, change from policy_change
    where state = 'approved' and exception_until is not null and exception_ended_at is null and exception_until <= (select wl_now())
    order by exception_until limit ${most}`)

export const markExceptionEnded = (tx: Tx, change: string) =>
  tx.maybe<{ setting: string; value: number }>(sql`
    update policy_change set exception_ended_at = wl_now()
    where org = ${tx.org} and change = ${change} and exception_ended_at is null and exception_until <= wl_now() returning setting, value`)

export const readHolds = (db: Db) =>
  db.rows<HoldRow>(sql`
    select hold, covers, subject, data_key, sealed, set_by, set_at, release_asked_by, release_asked_at, released_by, released_at, wl_now() as now from legal_hold
    where org = ${db.org} order by released_at desc nulls first, set_at desc, hold limit 500`)

/** Which of these subjects an open hold covers; an open hold of the organisation covers all. */
export const readHeld = (db: Db, covers: string, subjects: readonly string[]) =>
  db.rows<{ subject: string }>(sql`
    select s.subject from unnest(${subjects}::uuid[]) as s(subject)
    where exists (
      select from legal_hold h where h.org = ${db.org} and h.released_at is null
        and ((h.covers = ${covers} and h.subject = s.subject) or (h.covers = 'organisation' and h.subject = ${db.org})))`)

export const insertHold = (tx: Tx, it: { hold: string; covers: string; subject: string; dataKey: string; sealed: Buffer }) =>
  tx.count(sql`
    insert into legal_hold (org, hold, covers, subject, data_key, sealed, set_by)
    values (${tx.org}, ${it.hold}, ${it.covers}, ${it.subject}, ${it.dataKey}, ${it.sealed}, ${tx.by.actor})`)

/** Locks an open hold. */
export const lockHold = (tx: Tx, hold: string) =>
  tx.maybe<Pick<HoldRow, 'release_asked_by' | 'release_asked_at' | 'now'>>(sql`
    select release_asked_by, release_asked_at, wl_now() as now from legal_hold where org = ${tx.org} and hold = ${hold} and released_at is null for no key update`)

export const markReleaseAsked = (tx: Tx, hold: string) =>
  tx.count(sql`
    update legal_hold set release_asked_by = ${tx.by.actor}, release_asked_at = wl_now()
    where org = ${tx.org} and hold = ${hold} and released_at is null`)

export const unmarkReleaseAsked = (tx: Tx, hold: string) =>
  tx.count(sql`
    update legal_hold set release_asked_by = null, release_asked_at = null where org = ${tx.org} and hold = ${hold} and released_at is null`)

export const markReleased = (tx: Tx, hold: string) =>
  tx.count(sql`
    update legal_hold set released_by = ${tx.by.actor}, released_at = wl_now() where org = ${tx.org} and hold = ${hold} and released_at is null`)
