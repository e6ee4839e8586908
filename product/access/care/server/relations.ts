import type { Db, Tx } from '@wardline/platform/db'
import { newId } from '@wardline/platform/server'
import { careJoined, careLeft, coverStated, patientPlaced } from '../contract.ts'
import type { Because, Care } from '../rules.ts'
import { careOf, coverMinutes } from '../rules.ts'
import {
  clearPlacement,
  closeOpening,
  deleteMember,
  findPlacement,
  insertOpening,
  lockUnit,
  readTeam,
  readTies,
  setPlacement,
  upsertMember,
} from './queries.ts'
import type { TieRow } from './queries.ts'

const tieOf = (row: TieRow) => ({ because: row.because, until: row.until?.getTime() ?? null })

/** How a person stands to a patient now, why and until when. A practice's own rule (who works there cares for all) is not asked here. */
export async function relationOf(db: Db, person: string, patient: string): Promise<Care> {
  return careOf((await readTies(db, person, patient)).map(tieOf))
}

/** The same for every patient with whom a person has anything to do now; who is missing is unrelated. */
export async function relationsOf(db: Db, person: string): Promise<ReadonlyMap<string, Care>> {
  const ties = new Map<string, ReturnType<typeof tieOf>[]>()
  for (const row of await readTies(db, person, null)) ties.set(row.patient, [...(ties.get(row.patient) ?? []), tieOf(row)])
  return new Map([...ties].map(([patient, all]) => [patient, careOf(all)]))
}

/** Who cares for a patient now, by care team or by the roster of their unit. */
export async function careTeamOf(db: Db, patient: string): Promise<readonly { person: string; because: Because; until: number | null }[]> {
  return (await readTeam(db, patient)).map((row) => ({ person: row.person, because: row.because, until: row.until?.getTime() ?? null }))
}

/** The unit on which a patient is. */
export const placeOf = (db: Db, patient: string): Promise<{ unit: string; name: string } | undefined> => findPlacement(db, patient)

/** Puts a patient on a unit, or on none; false if there is no such unit. */
export async function placePatient(tx: Tx, patient: string, unit: string | null): Promise<boolean> {
  if (unit !== null && !(await lockUnit(tx, unit))) return false
  const changed = unit === null ? await clearPlacement(tx, patient) : await setPlacement(tx, patient, unit)
  if (changed > 0) tx.announce(patientPlaced, { key: `patient|${patient}`, payload: { patient, unit } })
  return true
}

/** Puts a person on a patient's care team. A later end wins over an earlier one. */
export async function joinCareTeam(
  tx: Tx,
  it: { patient: string; person: string; why: 'assigned' | 'registered' | 'appointment'; from?: Date; until?: Date },
): Promise<void> {
  const { patient, person, why } = it
  await upsertMember(tx, { patient, person, why, since: it.from ?? null, until: it.until ?? null })
  tx.announce(careJoined, { key: `patient|${patient}`, payload: { patient, person, why, until: it.until?.getTime() ?? null } })
}

/** Takes a person off a patient's care team; false if they were not on it. What a unit's roster gives stays. */
export async function leaveCareTeam(tx: Tx, patient: string, person: string): Promise<boolean> {
  if ((await deleteMember(tx, patient, person)) === 0) return false
  tx.announce(careLeft, { key: `patient|${patient}`, payload: { patient, person } })
  return true
}

/** Opens a patient's record to a person who says for what reason they cover for a colleague: 15 minutes, and in the audit log. */
export async function coverFor(
  tx: Tx,
  it: { person: string; patient: string; reason: string },
): Promise<{ opening: string; until: number }> {
  const opening = newId()
  const until = await openRecord(tx, { ...it, opening, kind: 'cover', minutes: coverMinutes })
  tx.announce(coverStated, { key: `patient|${it.patient}`, payload: { opening, ...it, until } })
  return { opening, until }
}

/**
 * Opens a patient's record to a person for minutes; returns until when (ms). `emergency` is break-glass: its feature judges, announces and
 * reviews it. Throws if the id is in use.
 */
export async function openRecord(
  tx: Tx,
  it: { opening: string; person: string; patient: string; kind: 'cover' | 'emergency'; minutes: number },
): Promise<number> {
  const row = await insertOpening(tx, it)
  if (!row) throw new Error('An opening has this id.')
  return row.ends_at.getTime()
}

/** Ends an opening before its time; false if it was over. */
export const endOpening = async (tx: Tx, opening: string): Promise<boolean> => (await closeOpening(tx, opening)) > 0
