import { sql } from '@wardline/platform/db'
import type { Db, Tx } from '@wardline/platform/db'
import type { Role } from '@wardline/product/access/roles/server'
import { roleNames } from '@wardline/product/access/roles/server'
import { trainingNames, trainings } from '../words.ts'
import type { DoneRow, NeedRow, RequiredRow } from './tables.ts'

export const readRequired = (db: Db) =>
  db.rows<RequiredRow>(sql`
    select distinct on (training) training, nr, version, first_since, since, by from training_required
    where org = ${db.org} and training = any(${trainingNames}::text[]) order by training, nr desc`)

/** Which role makes which training necessary, as two columns; `everyone`: asked of all, so that a new role changes nothing. */
const pairs = trainingNames.flatMap((training) =>
  trainings[training].roles.map((role) => ({ training, role, everyone: trainings[training].roles.length === roleNames.length })),
)

/**
 * What is asked of these people, or of everybody who is active. Somebody has to do it since they joined, since they were first given a role
 * that needs it, or since it is asked for, whichever was last.
 */
export const readNeeds = (db: Db, people: readonly string[] | null) =>
  db.rows<NeedRow>(sql`
    with required as (
      select distinct on (training) training, version, first_since, since from training_required where org = ${db.org} order by training, nr desc
    ), asked as (
      select p.person, p.name, r.training, r.version, r.since as version_since,
        greatest(r.first_since, min(case when n.everyone then p.created_at else f.granted_at end)) as since
      from unnest(${pairs.map((it) => it.training)}::text[], ${pairs.map((it) => it.role)}::text[], ${pairs.map((it) => it.everyone)}::boolean[])
        as n (training, role, everyone)
      join required r on r.training = n.training and r.version is not null
      join role_grant g on g.org = ${db.org} and g.role = n.role
      join role_first_grant f on f.org = g.org and f.person = g.person and f.role = g.role
      join person p on p.org = g.org and p.person = g.person and p.active
      where ${people === null} or p.person = any(${people ?? []}::uuid[])
      group by p.person, p.name, r.training, r.version, r.since, r.first_since
    )
    select a.person, a.name, a.training, a.version, a.version_since, a.since, d.version as done_version, d.done_on::text as done_on,
      d.done_on::timestamp at time zone o.zone as done_at, d.recorded_by, wl_now() as now
    from asked a
    join org o on o.org = ${db.org}
    left join lateral (
      select version, done_on, recorded_by from training_done d where d.org = ${db.org} and d.person = a.person and d.training = a.training
      order by d.done_on desc, d.recorded_at desc limit 1) d on true
    order by a.name, a.person, a.training limit 30000`)

/** The next row of a training. The organisation's row is locked, so that two officers do not write the same number. */
export async function insertRequired(tx: Tx, training: string, version: string | null, before: RequiredRow | undefined): Promise<void> {
  await tx.count(sql`
    insert into training_required (org, training, nr, version, first_since, by)
    values (${tx.org}, ${training}, ${(before?.nr ?? 0) + 1}, ${version},
      coalesce(${before?.version === null ? null : (before?.first_since ?? null)}::timestamptz, wl_now()), ${tx.by.actor})`)
}

export const lockOrganisation = (tx: Tx) => tx.rows(sql`select org from org where org = ${tx.org} for no key update`)

/** Whether a day has not come yet where the organisation is. */
export const isAhead = async (db: Db, on: string) =>
  (await db.one<{ ahead: boolean }>(sql`select ${on}::date > (wl_now() at time zone zone)::date as ahead from org where org = ${db.org}`))
    .ahead

/** Whether somebody else is there who may record trainings. */
export const hasOther = async (db: Db, person: string, roles: readonly Role[]) =>
  (
    await db.one<{ other: boolean }>(sql`
      select exists (
        select from role_grant g join person p on p.org = g.org and p.person = g.person and p.active
        where g.org = ${db.org} and g.role = any(${roles}::text[]) and g.person <> ${person}) as other`)
  ).other

/** False if there is something under this id. */
export const insertDone = async (
  tx: Tx,
  it: { completion: string; person: string; training: string; version: string; on: string },
): Promise<boolean> =>
  (await tx.count(sql`
    insert into training_done (org, completion, person, training, version, done_on, recorded_by)
    values (${tx.org}, ${it.completion}, ${it.person}, ${it.training}, ${it.version}, ${it.on}::date, ${tx.by.actor})
    on conflict do nothing`)) === 1

export const findDone = (db: Db, completion: string) =>
  db.maybe<DoneRow>(sql`
    select person, training, version, done_on::text as done_on from training_done where org = ${db.org} and completion = ${completion}`)
