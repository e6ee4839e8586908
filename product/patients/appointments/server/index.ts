/** The door of patients/appointments: visits, as far as reminders need them. */
import path from 'node:path'
import type { Feature } from '@wardline/platform/server'
import type { TextingOptions } from '@wardline/product/patients/texting/server'
import { routesOf } from './routes.ts'

export { book } from './visits.ts'

/** Appointments; reminders go out through texting, which `options` belong to. */
export const appointments = (options: TextingOptions): Feature => ({
  name: 'patients/appointments',
  migrations: path.join(import.meta.dirname, 'migrations'),
  routes: routesOf(options),
})
