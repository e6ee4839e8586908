import { sql } from '@wardline/platform/db'
import type { Db, Tx } from '@wardline/platform/db'
import type { OrganisationRow, PersonRow } from './tables.ts'

export const insertOrganisation = (tx: Tx, it: { name: string; zone: string; preset: string }) =>
  tx.count(sql`insert into org (org, name, zone, preset) values (${tx.org}, ${it.name}, ${it.zone}, ${it.preset})`)

export const readOrganisation = (db: Db) => db.one<OrganisationRow>(sql`select org, name, zone, preset from org where org = ${db.org}`)

/** False if the sign-in name is taken, in whichever organisation. */
export const insertPerson = async (tx: Tx, it: { person: string; signInName: string; name: string; title: string }) =>
  (await tx.count(sql`
    insert into person (org, person, sign_in_name, name, title)
    values (${tx.org}, ${it.person}, ${it.signInName}, ${it.name}, ${it.title})
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
  tx.count(sql`update person set active = true, deactivated_at = null where org = ${tx.org} and person = ${person} and not active`)

export const cancelEnrolments = (tx: Tx, person: string) =>
  tx.count(sql`
    update enrolment set cancelled_at = wl_now() where org = ${tx.org} and person = ${person} and used_at is null and cancelled_at is null`)

export const insertEnrolment = (tx: Tx, it: { enrolment: string; person: string; secretHash: Buffer; days: number }) =>
  tx.one<{ until: Date }>(sql`
    insert into enrolment (org, enrolment, person, secret_hash, until)
    values (${tx.org}, ${it.enrolment}, ${it.person}, ${it.secretHash}, wl_now() + make_interval(days => ${it.days})) returning until`)

export const findEnrolment = (db: Db, person: string, secretHash: Buffer) =>
  db.maybe<{ enrolment: string }>(sql`
    select e.enrolment from enrolment e join person p on p.org = e.org and p.person = e.person
    where e.org = ${db.org} and e.person = ${person} and e.secret_hash = ${secretHash}
      and e.used_at is null and e.cancelled_at is null and e.until > wl_now() and p.active`)

/** Marks a code as used; false if it was used, cancelled or has run out meanwhile. */
export const spendEnrolment = async (tx: Tx, enrolment: string) =>
  (await tx.count(sql`
    update enrolment set used_at = wl_now()
    where org = ${tx.org} and enrolment = ${enrolment} and used_at is null and cancelled_at is null and until > wl_now()`)) === 1
