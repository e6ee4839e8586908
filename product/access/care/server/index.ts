/** The door of access/care: how a person stands to a patient. */
import path from 'node:path'
import { after, bySystem } from '@wardline/platform/server'
import type { Feature } from '@wardline/platform/server'
import { personDeactivated } from '@wardline/product/access/provisioning/contract'
import { locationClosed } from '@wardline/product/access/locations/contract'
import { dropPerson, moveUnits } from './queries.ts'
import { routes } from './routes.ts'

export { coverMinutes } from '../rules.ts'
export type { Because, Care } from '../rules.ts'
export {
  careTeamOf,
  coverFor,
  endOpening,
  joinCareTeam,
  leaveCareTeam,
  openRecord,
  placeOf,
  placePatient,
  relationOf,
  relationsOf,
} from './relations.ts'

/** Whose access ended cares for nobody. Repeating it changes nothing. */
const leavers = after('care-leavers', [personDeactivated], async (db, { org, payload }) => {
  if (payload) await db.write(org, bySystem, (tx) => dropPerson(tx, payload.person))
})

const closings = after('care-locations', [locationClosed], async (db, { org, payload }) => {
  if (payload) await db.write(org, bySystem, (tx) => moveUnits(tx, payload.location))
})

export const care: Feature = {
  name: 'access/care',
  migrations: path.join(import.meta.dirname, 'migrations'),
  routes,
  after: [leavers, closings],
}
