import { sql } from '@wardline/platform/db'
import type { Db, Tx } from '@wardline/platform/db'
import type { Sealed } from '@wardline/platform/server'
import type { ContactLineRow, ContactRow, NumberRow, PatientRow, PlaceRow, Reached, SealedColumns, VerificationRow } from './tables.ts'

export const findBlindKey = (db: Db): Promise<SealedColumns | undefined> =>
  db.maybe(sql`select data_key, sealed from blind_key where org = ${db.org}`)

/** Sets the key unless there is one. */
export const insertBlindKey = (tx: Tx, it: Sealed): Promise<number> =>
  tx.count(sql`insert into blind_key (org, data_key, sealed) values (${tx.org}, ${it.dataKey}, ${it.sealed}) on conflict do nothing`)

export const insertPatient = async (tx: Tx, it: { patient: string; test: boolean; location: string | null } & Sealed): Promise<boolean> =>
  (await tx.count(sql`
    insert into patient (org, patient, test, location, data_key, sealed)
    values (${tx.org}, ${it.patient}, ${it.test}, ${it.location}, ${it.dataKey}, ${it.sealed})
    on conflict do nothing`)) === 1

/** Replaces a patient's data if it is still of that version. */
export const updatePatient = async (tx: Tx, it: { patient: string; version: number } & Sealed): Promise<boolean> =>
  (await tx.count(sql`
    update patient set data_key = ${it.dataKey}, sealed = ${it.sealed}, version = version + 1, changed_at = wl_now()
    where org = ${tx.org} and patient = ${it.patient} and version::bigint = ${it.version}`)) === 1

export async function replaceTokens(tx: Tx, patient: string, tokens: readonly Buffer[]): Promise<void> {
  await tx.count(sql`delete from patient_index where org = ${tx.org} and patient = ${patient}`)
  await tx.count(
    sql`insert into patient_index (org, token, patient) select ${tx.org}, token, ${patient} from unnest(${tokens}::bytea[]) as t(token)`,
  )
}

export const patientRows = (db: Db, patients: readonly string[]): Promise<PatientRow[]> =>
  db.rows(sql`select patient, test, version, data_key, sealed from patient where org = ${db.org} and patient = any(${patients}::uuid[])`)

/** Where a patient belongs and whether the record is restricted. */
export const findPlace = (db: Db, patient: string): Promise<PlaceRow | undefined> =>
  db.maybe(sql`select patient, location, restricted from patient where org = ${db.org} and patient = ${patient}`)

/** The same of these patients and of all at these locations; who has none belongs to the main one. */
export const placesAmong = (db: Db, patients: readonly string[], locations: readonly string[], main: string | null): Promise<PlaceRow[]> =>
  db.rows(sql`
    select patient, location, restricted from patient
    where org = ${db.org} and (patient = any(${patients}::uuid[]) or coalesce(location, ${main}::uuid) = any(${locations}::uuid[]))
    limit 100000`)

export const restrictedPatients = (db: Db): Promise<PlaceRow[]> =>
  db.rows(sql`select patient, location, restricted from patient where org = ${db.org} and restricted is not null`)

export const setLocation = (tx: Tx, patient: string, location: string | null): Promise<number> =>
  tx.count(sql`
    update patient set location = ${location} where org = ${tx.org} and patient = ${patient} and location is distinct from ${location}::uuid`)

/** Records of a closed location go to the main one, some at a time. */
export const leaveLocation = (tx: Tx, location: string): Promise<{ patient: string }[]> =>
  tx.rows(sql`
    update patient set location = null where org = ${tx.org} and patient in (
      select patient from patient where org = ${tx.org} and location = ${location} order by patient limit 500)
    returning patient`)

export const setRestricted = (tx: Tx, patient: string, restricted: string | null): Promise<number> =>
  tx.count(sql`update patient set restricted = ${restricted} where org = ${tx.org} and patient = ${patient}`)

/** The patients that changed last, among those that are reached. */
export const newestPatients = (db: Db, reached: Reached, most: number): Promise<PatientRow[]> =>
  db.rows(sql`
    select patient, test, version, data_key, sealed from patient
    where org = ${db.org} and (${listed(reached.only)}::uuid[] is null or patient = any(${listed(reached.only)}::uuid[]))
      and patient <> all(${[...reached.but]}::uuid[])
    order by changed_at desc, patient limit ${most}`)

const listed = (only: ReadonlySet<string> | null): string[] | null => only && [...only]

/** Patients that have every one of these tokens and, if any are asked for, one of these numbers each. */
export const findPatients = (
  db: Db,
  reached: Reached,
  tokens: readonly Buffer[],
  numbers: readonly Buffer[],
  most: number,
): Promise<PatientRow[]> =>
  db.rows(sql`
    select p.patient, p.test, p.version, p.data_key, p.sealed from patient p
    where p.org = ${db.org} and (${listed(reached.only)}::uuid[] is null or p.patient = any(${listed(reached.only)}::uuid[]))
      and p.patient <> all(${[...reached.but]}::uuid[])
      and not exists (
        select from unnest(${tokens}::bytea[]) as t(token)
        where not exists (select from patient_index i where i.org = p.org and i.token = t.token and i.patient = p.patient))
      and not exists (
        select from unnest(${numbers}::bytea[]) as n(blind)
        where not exists (
          select from contact_point c join phone_number l on l.org = c.org and l.number = c.number
          where c.org = p.org and c.patient = p.patient and l.blind = n.blind))
    order by p.patient limit ${most}`)

export const findNumber = (db: Db, blind: Buffer): Promise<{ number: string } | undefined> =>
  db.maybe(sql`select number from phone_number where org = ${db.org} and blind = ${blind}`)

export const insertNumber = (tx: Tx, it: { number: string; blind: Buffer; lineType: string } & Sealed): Promise<number> =>
  tx.count(sql`
    insert into phone_number (org, number, blind, line_type, data_key, sealed)
    values (${tx.org}, ${it.number}, ${it.blind}, ${it.lineType}, ${it.dataKey}, ${it.sealed}) on conflict do nothing`)

/** Locks a line against stops and freezes (`share`) or against texts too. Every transaction that touches texts of a number takes this first. */
export const lockNumber = (tx: Tx, number: string, how: 'share' | 'alone'): Promise<number> =>
  how === 'share'
    ? tx.count(sql`select from phone_number where org = ${tx.org} and number = ${number} for share`)
    : tx.count(sql`select from phone_number where org = ${tx.org} and number = ${number} for no key update`)

export const numberRows = (db: Db, numbers: readonly string[]): Promise<NumberRow[]> =>
  db.rows(sql`
    select number, line_type, frozen_at, data_key, sealed from phone_number where org = ${db.org} and number = any(${numbers}::uuid[])`)

export const setLineType = (tx: Tx, number: string, lineType: string): Promise<number> =>
  tx.count(sql`update phone_number set line_type = ${lineType} where org = ${tx.org} and number = ${number} and line_type <> ${lineType}`)

export const freeze = (tx: Tx, number: string, why: string): Promise<number> =>
  tx.count(sql`
    update phone_number set frozen_at = wl_now(), frozen_why = ${why} where org = ${tx.org} and number = ${number} and frozen_at is null`)

export const thaw = (tx: Tx, number: string): Promise<number> =>
  tx.count(sql`update phone_number set frozen_at = null, frozen_why = null where org = ${tx.org} and number = ${number}`)

export const insertContact = async (tx: Tx, patient: string, number: string): Promise<boolean> =>
  (await tx.count(
    sql`insert into contact_point (org, patient, number) values (${tx.org}, ${patient}, ${number}) on conflict do nothing`,
  )) === 1

export const contactLines = (db: Db, patient: string): Promise<ContactLineRow[]> =>
  db.rows(sql`
    select c.patient, c.number, c.state, c.verified_how, c.verified_at, l.line_type, l.frozen_at, l.data_key, l.sealed,
      (select count(*)::int - 1 from contact_point o where o.org = c.org and o.number = c.number and o.state <> 'wrong-person') as shared
    from contact_point c join phone_number l on l.org = c.org and l.number = c.number
    where c.org = ${db.org} and c.patient = ${patient} order by c.added_at, c.number limit 50`)

export const findContact = (db: Db, patient: string, number: string): Promise<(ContactRow & NumberRow) | undefined> =>
  db.maybe(sql`
    select c.patient, c.number, c.state, c.verified_how, c.verified_at, l.line_type, l.frozen_at, l.data_key, l.sealed
    from contact_point c join phone_number l on l.org = c.org and l.number = c.number
    where c.org = ${db.org} and c.patient = ${patient} and c.number = ${number}`)

/** Who has each of these numbers; patients who are known not to are left out. */
export const patientsAt = (db: Db, numbers: readonly string[]): Promise<{ number: string; patient: string }[]> =>
  db.rows(sql`
    select number, patient from contact_point where org = ${db.org} and number = any(${numbers}::uuid[]) and state <> 'wrong-person'
    order by added_at, patient`)

export const setContact = (
  tx: Tx,
  patient: string,
  number: string,
  state: ContactRow['state'],
  how: ContactRow['verified_how'],
): Promise<number> =>
  tx.count(sql`
    update contact_point set state = ${state}, verified_how = ${how}, verified_at = case when ${how}::text is null then null else wl_now() end
    where org = ${tx.org} and patient = ${patient} and number = ${number}`)

/** When codes went to a number within the last day. */
export const codesSent = (db: Db, number: string): Promise<{ started_at: Date }[]> =>
  db.rows(sql`
    select started_at from number_verification
    where org = ${db.org} and number = ${number} and started_at > wl_now() - interval '24 hours'`)

export const findVerification = (
  db: Db,
  verification: string,
): Promise<{ patient: string; number: string; state: string; expires_at: Date } | undefined> =>
  db.maybe(sql`select patient, number, state, expires_at from number_verification where org = ${db.org} and verification = ${verification}`)

export const closeVerifications = (tx: Tx, patient: string, number: string): Promise<number> =>
  tx.count(sql`
    update number_verification set state = 'dead' where org = ${tx.org} and patient = ${patient} and number = ${number} and state = 'open'`)

export const insertVerification = (
  tx: Tx,
  it: { verification: string; patient: string; number: string; hash: Buffer; minutes: number },
): Promise<{ expires_at: Date }> =>
  tx.one(sql`
    insert into number_verification (org, verification, patient, number, code_hash, started_by, expires_at)
    values (${tx.org}, ${it.verification}, ${it.patient}, ${it.number}, ${it.hash}, ${tx.by.actor}, wl_now() + make_interval(mins => ${it.minutes}))
    returning expires_at`)

/** The open code of a patient and number, locked: two tries at once count as two. */
export const lockVerification = (tx: Tx, patient: string, number: string): Promise<VerificationRow | undefined> =>
  tx.maybe(sql`
    select verification, code_hash, tries, expires_at from number_verification
    where org = ${tx.org} and patient = ${patient} and number = ${number} and state = 'open' for update`)

export const setVerification = (tx: Tx, verification: string, state: 'open' | 'used' | 'dead', tries: number): Promise<number> =>
  tx.count(sql`update number_verification set state = ${state}, tries = ${tries} where org = ${tx.org} and verification = ${verification}`)
