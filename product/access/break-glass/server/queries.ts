import { sql } from '@wardline/platform/db'
import type { Db, Tx } from '@wardline/platform/db'
import type { NoticeRow, OpeningRow } from './tables.ts'

/** Today by the organisation's calendar, ISO 8601, and its zone. */
export const readToday = (tx: Tx) =>
  tx.one<{ today: string; zone: string }>(sql`
    select to_char(wl_now() at time zone zone, 'YYYY-MM-DD') as today, zone from org where org = ${tx.org}`)

/** False if the id is taken. `dueOn`: the last day for the review. */
export const insertOpening = async (
  tx: Tx,
  it: {
    opening: string
    patient: string
    person: string
    roles: readonly string[]
    unit: string
    reason: string
    dataKey: string
    sealed: Buffer
    minutes: number
    dueOn: string
    zone: string
  },
) =>
  (await tx.count(sql`
    insert into break_glass (org, opening, patient, person, roles, unit, reason, data_key, sealed, opened_at, ends_at, due_at)
    select ${tx.org}, ${it.opening}, ${it.patient}, ${it.person}, ${it.roles}::text[], ${it.unit}, ${it.reason}, ${it.dataKey}, ${it.sealed},
      t.at, t.at + make_interval(mins => ${it.minutes}), (${it.dueOn}::date + 1)::timestamp at time zone ${it.zone}
    from (select wl_now() as at) t
    on conflict (org, opening) do nothing`)) === 1

export const findOpening = (db: Db, opening: string) =>
  db.maybe<OpeningRow>(sql`select *, wl_now() as now from break_glass where org = ${db.org} and opening = ${opening}`)

/** Keeps two reviews of one opening in order. */
export const lockOpening = (tx: Tx, opening: string) =>
  tx.maybe<OpeningRow>(sql`
    select *, wl_now() as now from break_glass where org = ${tx.org} and opening = ${opening} for no key update`)

/** By which opening a person sees these patients' records; half a minute longer than it opens them, for replies under way. */
export const openOf = (db: Db, person: string, patients: readonly string[]) =>
  db.rows<{ patient: string; opening: string }>(sql`
    select distinct on (patient) patient, opening from break_glass
    where org = ${db.org} and person = ${person} and patient = any(${patients}::uuid[])
      and least(coalesce(closed_at, ends_at), ends_at) > wl_now() - interval '30 seconds'
    order by patient, closed_at desc nulls first, ends_at desc`)

export const openingsOfPerson = (db: Db, person: string) =>
  db.rows<OpeningRow>(sql`
    select *, wl_now() as now from break_glass
    where org = ${db.org} and person = ${person} and closed_at is null and ends_at > wl_now() order by ends_at, opening limit 50`)

/** Waiting ones first, due soonest on top; then the reviewed, newest first. */
export const listedOpenings = (db: Db) =>
  db.rows<OpeningRow>(sql`
    select *, wl_now() as now from break_glass where org = ${db.org}
    order by reviewed_at is not null, case when reviewed_at is null then due_at end, opened_at desc, opening limit 500`)

export const openingsOfPatient = (db: Db, patient: string) =>
  db.rows<OpeningRow>(sql`
    select *, wl_now() as now from break_glass where org = ${db.org} and patient = ${patient} order by opened_at desc, opening limit 500`)

export const readScreens = (db: Db, openings: readonly string[]) =>
  db.rows<{ opening: string; screen: string; times: number }>(sql`
    select opening, screen, count(*)::int as times from break_glass_read
    where org = ${db.org} and opening = any(${openings}::uuid[]) group by opening, screen order by opening, times desc, screen`)

export const insertRead = (tx: Tx, it: { fact: string; opening: string; screen: string; at: Date }) =>
  tx.count(sql`
    insert into break_glass_read (org, fact, opening, screen, read_at)
    select ${tx.org}, ${it.fact}, b.opening, ${it.screen}, ${it.at} from break_glass b where b.org = ${tx.org} and b.opening = ${it.opening}
    on conflict (org, fact) do nothing`)

/** Ends a person's own opening now. */
export const setClosed = (tx: Tx, opening: string, person: string) =>
  tx.maybe<{ patient: string }>(sql`
    update break_glass set closed_at = wl_now(), ended_at = wl_now()
    where org = ${tx.org} and opening = ${opening} and person = ${person} and closed_at is null and ends_at > wl_now() returning patient`)

export const setReviewed = (tx: Tx, opening: string, it: { outcome: string; dataKey: string; sealed: Buffer }) =>
  tx.count(sql`
    update break_glass set reviewed_by = ${tx.by.actor}, reviewed_at = wl_now(), outcome = ${it.outcome},
      note_data_key = ${it.dataKey}, note_sealed = ${it.sealed}
    where org = ${tx.org} and opening = ${opening} and reviewed_at is null`)

/** Tells people of an opening now. */
export const insertNotices = (tx: Tx, opening: string, kind: string, people: readonly string[]) =>
  tx.count(sql`
    insert into break_glass_notice (org, person, kind, opening, told_at)
    select ${tx.org}, p.person, ${kind}, ${opening}, wl_now() from unnest(${people}::uuid[]) as p(person) on conflict do nothing`)

/** Tells people of an opening at seven next morning, by the organisation's clock. */
export const insertDigest = (tx: Tx, opening: string, people: readonly string[], zone: string) =>
  tx.count(sql`
    insert into break_glass_notice (org, person, kind, opening, show_at)
    select ${tx.org}, p.person, 'digest', ${opening},
      (t.there::date + case when t.there::time < time '07:00' then 0 else 1 end + time '07:00') at time zone ${zone}
    from unnest(${people}::uuid[]) as p(person), (select wl_now() at time zone ${zone} as there) t on conflict do nothing`)

export const noticesOf = (db: Db, person: string) =>
  db.rows<NoticeRow>(sql`
    select n.notice, n.kind, n.opening, b.patient, b.person, b.roles, b.unit, b.reason, b.opened_at
    from break_glass_notice n join break_glass b on b.org = n.org and b.opening = n.opening
    where n.org = ${db.org} and n.person = ${person} and n.seen_at is null and n.show_at <= wl_now()
    order by n.show_at desc, n.notice limit 200`)

export const countNotices = (db: Db, people: readonly string[]) =>
  db.rows<{ person: string; count: number }>(sql`
    select person, count(*)::int as count from break_glass_notice
    where org = ${db.org} and person = any(${people}::uuid[]) and seen_at is null and show_at <= wl_now() group by person`)

export const setSeen = (tx: Tx, person: string, notices: readonly string[]) =>
  tx.count(sql`
    update break_glass_notice set seen_at = wl_now()
    where org = ${tx.org} and person = ${person} and notice = any(${notices}::uuid[]) and seen_at is null`)

export const overdueReviews = (sweep: Db, most: number) =>
  sweep.rows<{ org: string; opening: string }>(sql`
    select org, opening from break_glass where reviewed_at is null and alarmed_at is null and due_at <= (select wl_now()) order by due_at limit ${most}`)

export const setAlarmed = (tx: Tx, opening: string) =>
  tx.maybe<{ patient: string; person: string }>(sql`
    update break_glass set alarmed_at = wl_now()
    where org = ${tx.org} and opening = ${opening} and reviewed_at is null and alarmed_at is null and due_at <= wl_now() returning patient, person`)

export const endedOpenings = (sweep: Db, most: number) =>
  sweep.rows<{ org: string; opening: string }>(sql`
    select org, opening from break_glass where ended_at is null and ends_at <= (select wl_now()) order by ends_at limit ${most}`)

export const setEnded = (tx: Tx, opening: string) =>
  tx.maybe<{ patient: string; person: string }>(sql`
    update break_glass set ended_at = wl_now()
    where org = ${tx.org} and opening = ${opening} and ended_at is null and ends_at <= wl_now() returning patient, person`)

export const dueNotices = (sweep: Db, most: number) =>
  sweep.rows<{ org: string; notice: string }>(sql`
    select org, notice from break_glass_notice where told_at is null and show_at <= (select wl_now()) order by show_at limit ${most}`)

export const setTold = (tx: Tx, notice: string) =>
  tx.maybe<{ person: string }>(sql`
    update break_glass_notice set told_at = wl_now() where org = ${tx.org} and notice = ${notice} and told_at is null returning person`)
