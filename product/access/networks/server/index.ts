/** The door of access/networks: from where administration is done, and from where records are opened. */
import path from 'node:path'
import type { Feature } from '@wardline/platform/server'
import { admission, listChanged } from './admit.ts'
import { recordsChanged, whereabouts } from './records.ts'
import { routes } from './routes.ts'

export { changeAdministrationOnApproval, openAdministrationAtServer } from './list.ts'
export { keepRecordsOnApproval, placesOfRule } from './records.ts'

/** Networks for administration and for records. */
export const networks: Feature = {
  name: 'access/networks',
  migrations: path.join(import.meta.dirname, 'migrations'),
  routes,
  admit: admission,
  whereabouts,
  signals: [listChanged, recordsChanged],
}
