import { sql } from '@wardline/platform/db'
import type { Db, Tx } from '@wardline/platform/db'
import type { OrganisationRow, PersonRow } from './tables.ts'

export const insertOrganisation = (tx: Tx, it: { name: string; zone: string; preset: string }) =>
  tx.count(sql`insert into org (org, name, zone, preset) values (${tx.org}, ${it.name}, ${it.zone}, ${it.preset})`)

export const readOrganisation = (db: Db) => db.one<OrganisationRow>(sql`select org, name, zone, preset from org where org = ${db.org}`)

/** False if the sign-in name is taken, in whichever organisation. */
export const insertPerson = async (tx: Tx, it: { person: string; signInName: string; name: string; title: string; internal: boolean }) =>
  (await tx.count(sql`
    insert into person (org, person, sign_in_name, name, title, internal, active, deactivated_at)
    values (${tx.org}, ${it.person}, ${it.signInName}, ${it.name}, ${it.title}, ${it.internal}, not ${it.internal}::boolean,
      case when ${it.internal}::boolean then wl_now() end)
    on conflict (sign_in_name) do nothing`)) === 1

/** Where the person with this name is; works in any organisation's transaction. */
export const findSignIn = (db: Db, signInName: string) =>
  db.maybe<{ org: string; person: string }>(sql`select org, person from wl_find_sign_in(${signInName})`)

export const readPerson = (db: Db, person: string) =>
  db.maybe<PersonRow>(sql`select person, sign_in_name, name, title, active from person where org = ${db.org} and person = ${person}`)

/** Reads a person and keeps others from changing them until the commit. */
export const lockPerson = (tx: Tx, person: string) =>
  tx.maybe<PersonRow>(sql`
    select person, sign_in_name, name, title, active from person where org = ${tx.org} and person = ${person} for no key update`)

export const readPeople = (db: Db, after: string | null, most: number) =>
  db.rows<PersonRow>(sql`
    select person, sign_in_name, name, title, active from person
    where org = ${db.org} and active and (${after}::uuid is null or person > ${after}::uuid) order by person limit ${most}`)

export const setInactive = (tx: Tx, person: string) =>
  tx.count(sql`
    update person set active = false, deactivated_at = wl_now() where org = ${tx.org} and person = ${person} and active`)

export const setActive = (tx: Tx, person: string) =>
  tx.count(
    sql`update person set active = true, deactivated_at = null where org = ${tx.org} and person = ${person} and not active and not internal`,
  )

export const cancelEnrolments = (tx: Tx, person: string) =>
  tx.rows<{ enrolment: string }>(sql`
    update enrolment set cancelled_at = wl_now(), cancelled_by = ${tx.by.actor}
    where org = ${tx.org} and person = ${person} and used_at is null and cancelled_at is null returning enrolment`)

/** Stores a code that counts after so many hours, and from then on for so many days. */
export const insertEnrolment = (tx: Tx, it: { enrolment: string; person: string; secretHash: Buffer; delayHours: number; days: number }) =>
  tx.one<{ until: Date; effective_at: Date }>(sql`
    insert into enrolment (org, enrolment, person, secret_hash, issued_by, effective_at, until)
    select ${tx.org}, ${it.enrolment}, ${it.person}, ${it.secretHash}, ${tx.by.actor}, t.at, t.at + make_interval(days => ${it.days})
    from (select wl_now() + make_interval(hours => ${it.delayHours}) as at) t
    returning until, effective_at`)

/** An open code, and in how many seconds it counts. One that was for a newcomer ends with their first sign-in, however they came in. */
export const findEnrolment = (db: Db, person: string, secretHash: Buffer) =>
  db.maybe<{ enrolment: string; waits: number }>(sql`
    select e.enrolment, greatest(0, ceil(extract(epoch from e.effective_at - wl_now())))::int as waits
    from enrolment e join person p on p.org = e.org and p.person = e.person
    where e.org = ${db.org} and e.person = ${person} and e.secret_hash = ${secretHash}
      and e.used_at is null and e.cancelled_at is null and e.until > wl_now() and p.active
      and not exists (select from first_sign_in f where f.org = e.org and f.person = e.person and f.at >= e.issued_at)`)

/** Lets a code count from now, by the consent of a second person. */
export const approveEnrolment = (tx: Tx, enrolment: string) =>
  tx.count(sql`
    update enrolment set effective_at = wl_now(), approved_by = ${tx.by.actor}
    where org = ${tx.org} and enrolment = ${enrolment} and used_at is null and cancelled_at is null and effective_at > wl_now()`)

/** Open codes of people who had signed in before: one person's, or everybody's. */
export const openReEnrolments = (db: Db, person: string | null) =>
  db.rows<{ person: string; name: string; issued_at: Date; effective_at: Date; until: Date; issued_by: string | null }>(sql`
    select e.person, p.name, e.issued_at, e.effective_at, e.until, e.issued_by
    from enrolment e join person p on p.org = e.org and p.person = e.person
    join first_sign_in f on f.org = e.org and f.person = e.person and f.at < e.issued_at
    where e.org = ${db.org} and e.used_at is null and e.cancelled_at is null and e.until > wl_now()
      and (${person}::uuid is null or e.person = ${person}::uuid)
    order by e.effective_at, e.person limit 200`)

/** Marks a code as used; false if it was used, cancelled or has run out meanwhile. */
export const spendEnrolment = async (tx: Tx, enrolment: string) =>
  (await tx.count(sql`
    update enrolment set used_at = wl_now()
    where org = ${tx.org} and enrolment = ${enrolment} and used_at is null and cancelled_at is null and effective_at <= wl_now() and until > wl_now()`)) ===
  1
