import type { GivesOf } from '@wardline/platform/contract'
import type { Db, Tx } from '@wardline/platform/db'
import type { KeyLedger } from '@wardline/platform/server'
import { joinCareTeam } from '@wardline/product/access/care/server'
import { lockPerson, readOrganisation } from '@wardline/product/access/provisioning/server'
import { openJson, peopleOf, sealJson } from '@wardline/product/patients/roster/server'
import type { Reached } from '@wardline/product/patients/roster/server'
import { newestReminders, withdrawForVisit } from '@wardline/product/patients/texting/server'
import type { Desk } from '@wardline/product/patients/texting/server'
import { visitAdded, visitCancelled } from '../contract.ts'
import type { listVisits } from '../contract.ts'
import { boundsOf } from '../rules.ts'
import { insertVisit, setCancelled, visitsBetween, visitsById } from './queries.ts'

const contextOf = (visit: string) => `visit|${visit}`

/** The visits of a day. */
export async function visitsOn(db: Db, keys: KeyLedger, reached: Reached, day: string): Promise<GivesOf<typeof listVisits>['visits']> {
  const { zone } = await readOrganisation(db)
  const [from, until] = boundsOf(day, zone)
  const rows = (await visitsBetween(db, new Date(from), new Date(until))).filter((row) => reached.has(row.patient))
  const people = await peopleOf(
    db,
    keys,
    rows.map((row) => row.patient),
  )
  const reminded = await newestReminders(
    db,
    rows.map((row) => row.visit),
  )
  return rows.map((row) => ({
    visit: row.visit,
    patient: row.patient,
    given: people.get(row.patient)!.given,
    family: people.get(row.patient)!.family,
    startsAt: row.starts_at.getTime(),
    reason: openJson<{ reason: string }>(keys, db.org, row, contextOf(row.visit)).reason,
    state: row.state,
    remindedAt: reminded.find((it) => it.visit === row.visit)?.created_at.getTime() ?? null,
  }))
}

/** Books a visit. `gone`: there is no such patient, or the id is another patient's visit. */
export async function book(
  tx: Tx,
  keys: KeyLedger,
  it: { visit: string; patient: string; startsAt: number; reason: string; clinician?: string | undefined },
): Promise<{ created: boolean } | 'gone' | 'in-the-past'> {
  if (it.clinician !== undefined && !(await lockPerson(tx, it.clinician))?.active) return 'gone'
  if (!(await peopleOf(tx, keys, [it.patient])).has(it.patient)) return 'gone'
  const [before] = await visitsById(tx, [it.visit])
  if (before) return before.patient === it.patient ? { created: false } : 'gone'
  if (it.startsAt <= tx.at.getTime()) return 'in-the-past'
  const { visit, patient, startsAt } = it
  const sealed = await sealJson(keys, tx.org, tx.at, contextOf(visit), { reason: it.reason })
  const created = await insertVisit(tx, { visit, patient, startsAt: new Date(startsAt), ...sealed })
  if (created) tx.announce(visitAdded, { key: `patient|${patient}`, payload: { visit, patient, startsAt } })
  // Whom the visit is with cares for the patient from the day before to the day after.
  const about = (hours: number) => new Date(startsAt + hours * 3_600_000)
  if (created && it.clinician !== undefined)
    await joinCareTeam(tx, { patient, person: it.clinician, why: 'appointment', from: about(-24), until: about(24) })
  return { created }
}

/** Cancels a visit and takes back what waits because of it. False if there is no booked one. */
export async function cancel(tx: Tx, desk: Desk, visit: string): Promise<boolean> {
  const row = await setCancelled(tx, visit)
  if (!row) return false
  tx.announce(visitCancelled, { key: `patient|${row.patient}`, payload: { visit, patient: row.patient } })
  await withdrawForVisit(tx, desk, visit)
  return true
}
