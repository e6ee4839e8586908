/** The door of patients/roster: patients and their numbers, for the features that stand on it. */
import path from 'node:path'
import { after, bySystem } from '@wardline/platform/server'
import type { Feature } from '@wardline/platform/server'
import { locationClosed } from '@wardline/product/access/locations/contract'
import { patientMoved } from '../contract.ts'
import { leaveLocation } from './queries.ts'
import { routesOf } from './routes.ts'
import type { RosterPorts } from './routes.ts'

export {
  contactOf,
  ensureNumber,
  freezeNumber,
  giveNumber,
  householdsOf,
  linesOf,
  markLandline,
  numbersOf,
  verifyByReply,
} from './numbers.ts'
export type { Contact, Line } from './numbers.ts'
export { addPatient, isPatient, peopleOf } from './people.ts'
export type { Person } from './people.ts'
export { lockNumber } from './queries.ts'
export { isRestricted, mayReach, reachOf } from './reach.ts'
export type { RosterPorts } from './routes.ts'
export { openJson, sealJson } from './sealing.ts'
export type { Reached, SealedColumns } from './tables.ts'
export type { TextCode } from './verify.ts'

/** The records of a closed location go to the main one. Repeating it changes nothing. */
const closings = after('roster-locations', [locationClosed], async (db, { org, payload }) => {
  if (!payload) return
  const some = () =>
    db.write(org, bySystem, async (tx) => {
      const moved = await leaveLocation(tx, payload.location)
      for (const { patient } of moved) tx.announce(patientMoved, { key: `patient|${patient}`, payload: { patient, location: null } })
      return moved.length
    })
  while ((await some()) > 0);
})

/** The roster, with what it takes from texting. */
export const roster = (ports: RosterPorts): Feature => ({
  name: 'patients/roster',
  migrations: path.join(import.meta.dirname, 'migrations'),
  routes: routesOf(ports),
  after: [closings],
})
