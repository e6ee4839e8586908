/** The door of access/workstations: shared workstations, shifts, PINs and badges. */
import path from 'node:path'
import type { Feature } from '@wardline/platform/server'
import { followEnrolments, followLeavers, forgotten, purge, shiftsOver } from './due.ts'
import { routes } from './routes.ts'

export { reopenedFrom, signedInBy } from './shift.ts'
export { stationOf } from './station.ts'

export const workstations: Feature = {
  name: 'access/workstations',
  migrations: path.join(import.meta.dirname, 'migrations'),
  routes,
  due: [shiftsOver, forgotten, purge],
  within: [followEnrolments],
  after: [followLeavers],
}
