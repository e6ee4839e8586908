/** The door of access/locations: places, and who works where. */
import path from 'node:path'
import type { Feature } from '@wardline/platform/server'
import { routesOf } from './routes.ts'
import type { LocationPorts } from './routes.ts'

export { worksThere } from '../rules.ts'
export type { Workplaces } from '../rules.ts'
export { moveOnApproval } from './place.ts'
export { openLocation, workplacesOf } from './places.ts'
export type { Standing } from './places.ts'
export { countLocations, readLocations, replaceWorkplaces } from './queries.ts'
export type { LocationRow } from './queries.ts'

/** Locations. */
export const locations = (ports: LocationPorts): Feature => ({
  name: 'access/locations',
  migrations: path.join(import.meta.dirname, 'migrations'),
  routes: routesOf(ports),
})
