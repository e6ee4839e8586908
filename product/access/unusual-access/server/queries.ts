import { sql } from '@wardline/platform/db'
import type { Db, Tx } from '@wardline/platform/db'
import type { AlertRow, CountsRow } from './tables.ts'

interface Looked {
  readonly fact: string
  readonly person: string
  readonly patient: string
  readonly kind: 'look' | 'opening'
  readonly at: Date
}

/** Notes a look; 0 if it was noted before. */
export const insertLook = (tx: Tx, it: Looked) =>
  tx.count(sql`
    insert into access_look (org, fact, patient, person, kind, at) values (${tx.org}, ${it.fact}, ${it.patient}, ${it.person}, ${it.kind}, ${it.at})
    on conflict do nothing`)

export const insertFirst = (tx: Tx, it: Looked) =>
  tx.count(sql`
    insert into access_first_look (org, person, patient, fact, at) values (${tx.org}, ${it.person}, ${it.patient}, ${it.fact}, ${it.at})
    on conflict do nothing`)

/** What the rules need to know of a look, counted at its own time. Nights: days of the last 14 on which the person looked at records at night. */
export const readCounts = (tx: Tx, it: Looked) =>
  tx.one<CountsRow>(sql`
    select extract(hour from ${it.at}::timestamptz at time zone o.zone)::int as hour,
      exists (select from access_first_look f where f.org = o.org and f.person = ${it.person} and f.patient = ${it.patient} and f.fact = ${it.fact}) as first,
      (select count(distinct l.patient)::int from access_look l where l.org = o.org and l.person = ${it.person} and l.kind = 'look'
        and l.at > ${it.at}::timestamptz - interval '1 hour' and l.at <= ${it.at}::timestamptz) as patients,
      (select count(distinct (l.at at time zone o.zone - interval '6 hours')::date)::int from access_look l
        where l.org = o.org and l.person = ${it.person} and l.at > ${it.at}::timestamptz - interval '14 days' and l.at < ${it.at}::timestamptz - interval '12 hours'
          and (extract(hour from l.at at time zone o.zone) >= 22 or extract(hour from l.at at time zone o.zone) < 6)) as nights,
      (select count(*)::int from access_look l where l.org = o.org and l.person = ${it.person} and l.kind = 'opening'
        and l.at > ${it.at}::timestamptz - interval '7 days' and l.at <= ${it.at}::timestamptz) as openings
    from org o where o.org = ${tx.org}`)

/** Raises an alert, or counts it on the open one. Undefined: lately closed as nothing to worry about, or counted. */
export const raise = (
  tx: Tx,
  it: { alert: string; person: string; rule: string; patient: string | null; fact: string; at: Date; quietDays: number },
) =>
  tx.maybe<{ alert: string; times: number }>(sql`
    insert into access_alert (org, alert, person, rule, patient, last_fact, first_at, last_at)
    select ${tx.org}, ${it.alert}, ${it.person}, ${it.rule}, ${it.patient}::uuid, ${it.fact}, ${it.at}, ${it.at}
    where not exists (
      select from access_alert a where a.org = ${tx.org} and a.person = ${it.person} and a.rule = ${it.rule}
        and a.patient is not distinct from ${it.patient}::uuid and a.reason in ('expected', 'false-alarm')
        and a.closed_at > wl_now() - make_interval(days => ${it.quietDays}))
    on conflict (org, person, rule, patient) where closed_at is null
      do update set times = access_alert.times + 1, last_at = excluded.last_at, last_fact = excluded.last_fact
      where access_alert.last_fact <> excluded.last_fact
    returning alert, times`)

export const readAlerts = (db: Db) =>
  db.rows<AlertRow>(sql`
    select alert, person, rule, patient, times, first_at, last_at, closed_by, closed_at, reason, data_key, sealed from access_alert
    where org = ${db.org} and (closed_at is null or closed_at > wl_now() - interval '90 days')
    order by closed_at is not null, last_at desc, alert limit 500`)

export const lockAlert = (tx: Tx, alert: string) =>
  tx.maybe<AlertRow>(sql`
    select alert, person, rule, patient, times, first_at, last_at, closed_by, closed_at, reason, data_key, sealed from access_alert
    where org = ${tx.org} and alert = ${alert} for no key update`)

export const setClosed = (tx: Tx, alert: string, it: { reason: string; dataKey: string; sealed: Buffer }) =>
  tx.count(sql`
    update access_alert set closed_by = ${tx.by.actor}, closed_at = wl_now(), reason = ${it.reason}, data_key = ${it.dataKey}, sealed = ${it.sealed}
    where org = ${tx.org} and alert = ${alert} and closed_at is null`)

export const purgeLooks = (sweep: Db) =>
  sweep.count(sql`
    delete from access_look where (org, fact, patient) in (
      select org, fact, patient from access_look where at < (select wl_now()) - interval '35 days' order by at limit 1000)`)
