import type { Static } from '@wardline/platform/contract'
import type { Db, Tx } from '@wardline/platform/db'
import type { KeyLedger } from '@wardline/platform/server'
import { patientChanged, patientCreated } from '../contract.ts'
import type { Demographics } from '../contract.ts'
import { nameWords, readSearch } from '../rules.ts'
import { findPatients, insertPatient, newestPatients, patientRows, replaceTokens, updatePatient } from './queries.ts'
import { blind, ensureBlind, openJson, sealJson } from './sealing.ts'
import type { Blind } from './sealing.ts'
import type { PatientRow, Reached } from './tables.ts'

/** A patient with their data opened. */
export type Person = Static<typeof Demographics> & { readonly patient: string; readonly test: boolean; readonly version: number }

const contextOf = (patient: string) => `patient|${patient}`

const opened = (db: Db, keys: KeyLedger, row: PatientRow): Person => ({
  ...openJson<Static<typeof Demographics>>(keys, db.org, row, contextOf(row.patient)),
  patient: row.patient,
  test: row.test,
  version: row.version,
})

const byName = (a: Person, b: Person) =>
  a.family.localeCompare(b.family, 'en') || a.given.localeCompare(b.given, 'en') || (a.patient < b.patient ? -1 : 1)

const tokensOf = (hash: Blind, it: Static<typeof Demographics>): Buffer[] => [
  ...nameWords(`${it.given} ${it.family}`).map((word) => hash.token('name', word)),
  ...(it.birthDate === undefined ? [] : [hash.token('birth', it.birthDate)]),
]

/** Adds a patient; false if the id is there already. */
export async function addPatient(
  tx: Tx,
  keys: KeyLedger,
  it: { patient: string; test: boolean; data: Static<typeof Demographics>; location?: string | null },
): Promise<boolean> {
  const hash = await ensureBlind(tx, keys)
  const sealed = await sealJson(keys, tx.org, tx.at, contextOf(it.patient), it.data)
  if (!(await insertPatient(tx, { patient: it.patient, test: it.test, location: it.location ?? null, ...sealed }))) return false
  await replaceTokens(tx, it.patient, tokensOf(hash, it.data))
  tx.announce(patientCreated, { key: `patient|${it.patient}`, payload: { patient: it.patient, test: it.test } })
  return true
}

/** Replaces a patient's data; false if it is no longer of that version, or not there. */
export async function replacePatient(
  tx: Tx,
  keys: KeyLedger,
  it: { patient: string; version: number; data: Static<typeof Demographics> },
): Promise<boolean> {
  const hash = await ensureBlind(tx, keys)
  const sealed = await sealJson(keys, tx.org, tx.at, contextOf(it.patient), it.data)
  if (!(await updatePatient(tx, { patient: it.patient, version: it.version, ...sealed }))) return false
  await replaceTokens(tx, it.patient, tokensOf(hash, it.data))
  tx.announce(patientChanged, { key: `patient|${it.patient}`, payload: { patient: it.patient, version: it.version + 1 } })
  return true
}

/** Patients by id; who is not there is missing. */
export async function peopleOf(db: Db, keys: KeyLedger, patients: readonly string[]): Promise<ReadonlyMap<string, Person>> {
  const rows = patients.length === 0 ? [] : await patientRows(db, [...new Set(patients)])
  return new Map(rows.map((row) => [row.patient, opened(db, keys, row)]))
}

/** The patients that changed last, by name, and whether there are more. */
export async function newest(db: Db, keys: KeyLedger, reached: Reached, most: number): Promise<{ people: Person[]; more: boolean }> {
  const rows = await newestPatients(db, reached, most + 1)
  return {
    people: rows
      .slice(0, most)
      .map((row) => opened(db, keys, row))
      .toSorted(byName),
    more: rows.length > most,
  }
}

/** Patients with exactly these names and this birth date, at most five: for who is about to treat one whom they do not know. */
export async function lookUp(
  db: Db,
  keys: KeyLedger,
  reached: Reached,
  it: { given: string; family: string; birthDate: string },
): Promise<Person[]> {
  const hash = await blind(db, keys)
  const wanted = nameWords(`${it.given} ${it.family}`)
  if (!hash || wanted.length < 2) return []
  const tokens = [...wanted.map((word) => hash.token('name', word)), hash.token('birth', it.birthDate)]
  const rows = await findPatients(db, reached, tokens, [], 50)
  const same = (person: Person) => nameWords(`${person.given} ${person.family}`).toSorted().join() === wanted.toSorted().join()
  return rows
    .map((row) => opened(db, keys, row))
    .filter(same)
    .slice(0, 5)
}

/** Patients whom every word of the line fits, by name. A line without a word finds nobody. */
export async function search(
  db: Db,
  keys: KeyLedger,
  reached: Reached,
  line: string,
  most: number,
): Promise<{ people: Person[]; more: boolean }> {
  const asked = readSearch(line)
  const hash = await blind(db, keys)
  const tokens = hash ? [...asked.names.map((it) => hash.token('name', it)), ...asked.births.map((it) => hash.token('birth', it))] : []
  const numbers = hash ? asked.numbers.map((it) => hash.token('number', it)) : []
  if (tokens.length + numbers.length === 0) return { people: [], more: false }
  const rows = await findPatients(db, reached, tokens, numbers, most + 1)
  return {
    people: rows
      .slice(0, most)
      .map((row) => opened(db, keys, row))
      .toSorted(byName),
    more: rows.length > most,
  }
}

/** Whether the organisation has such a patient. */
export const isPatient = async (db: Db, patient: string): Promise<boolean> => (await patientRows(db, [patient])).length > 0
