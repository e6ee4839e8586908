import type { Db } from '@wardline/platform/db'
import type { Caller } from '@wardline/platform/server'
import { relationOf, relationsOf } from '@wardline/product/access/care/server'
import type { Care } from '@wardline/product/access/care/server'
import { workplacesOf, worksThere } from '@wardline/product/access/locations/server'
import type { Standing } from '@wardline/product/access/locations/server'
import { readOrganisation } from '@wardline/product/access/provisioning/server'
import { countingRoles, may } from '@wardline/product/access/roles/server'
import type { Action } from '@wardline/product/access/roles/server'
import type { Preset } from '../rules.ts'
import { thingOf } from '../rules.ts'
import { findPlace, placesAmong, restrictedPatients } from './queries.ts'
import type { PlaceRow, Reached } from './tables.ts'

const judge = (caller: Caller, action: Action, row: PlaceRow, standing: Standing, care: Care, preset: Preset): boolean =>
  may(
    countingRoles(caller, action),
    action,
    thingOf({ here: worksThere(standing.works, row.location, standing.main), restricted: row.restricted !== null, care, preset }),
  ).yes

/**
 * Whether a caller's right reaches a patient now: by location, care relationship, restriction and emergency. Without a patient: whether it
 * reaches any that is not restricted, here or by a relationship. Who is not there is not reached. A route refuses with `not-found` what is not.
 */
export async function mayReach(db: Db, caller: Caller, action: Action, patient?: string): Promise<boolean> {
  const decision = may(countingRoles(caller, action), action)
  if (!decision.yes) return false
  if (patient === undefined) return decision.reach !== 'opened' && decision.reach !== 'own'
  const row = await findPlace(db, patient)
  if (!row) return false
  if (decision.reach === 'all') return true
  const { preset } = await readOrganisation(db)
  return judge(caller, action, row, await workplacesOf(db, caller.person), await relationOf(db, caller.person, patient), preset)
}

/** Whether only a care relationship or an emergency opens a patient's record. */
export const isRestricted = async (db: Db, patient: string): Promise<boolean> =>
  ((await findPlace(db, patient))?.restricted ?? null) !== null

const nobody: ReadonlySet<string> = new Set()
const reached = (only: ReadonlySet<string> | null, but: ReadonlySet<string>, unknown: boolean): Reached => ({
  only,
  but,
  unknown,
  has: (patient) => (only === null || only.has(patient)) && !but.has(patient),
})

/** Every patient that a caller's right reaches now, for lists; null: they have no such right. */
export async function reachOf(db: Db, caller: Caller, action: Action): Promise<Reached | null> {
  const decision = may(countingRoles(caller, action), action)
  if (!decision.yes) return null
  if (decision.reach === 'all') return reached(null, nobody, true)
  const { preset } = await readOrganisation(db)
  const standing = await workplacesOf(db, caller.person)
  const cares = await relationsOf(db, caller.person)
  const careFor = (patient: string): Care => cares.get(patient) ?? { relation: 'unrelated', because: null, until: null }
  const passes = (row: PlaceRow) => judge(caller, action, row, standing, careFor(row.patient), preset)
  const isLocal = decision.reaches.includes('location') || (preset === 'practice' && decision.reaches.includes('member'))
  if (isLocal && standing.works.all) {
    const hidden = (await restrictedPatients(db)).filter((row) => !passes(row))
    return reached(null, new Set(hidden.map((row) => row.patient)), true)
  }
  const { works, main } = standing
  const here = isLocal && !works.all ? works.locations : []
  const rows = await placesAmong(db, [...cares.keys()], here, main)
  return reached(new Set(rows.filter(passes).map((row) => row.patient)), nobody, isLocal && here.length > 0)
}
