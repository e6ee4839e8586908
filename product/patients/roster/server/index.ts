/** The door of patients/roster: patients and their numbers, for the features that stand on it. */
import path from 'node:path'
import type { Feature } from '@wardline/platform/server'
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

/** The roster, with what it takes from texting. */
export const roster = (ports: RosterPorts): Feature => ({
  name: 'patients/roster',
  migrations: path.join(import.meta.dirname, 'migrations'),
  routes: routesOf(ports),
})
