/** The door of access/networks: from where administration is done, and from where records are opened. */
import path from 'node:path'
import type { Feature } from '@wardline/platform/server'
import { admission } from './admit.ts'
import { whereabouts } from './records.ts'
import { routesOf } from './routes.ts'

export { keepRecordsOnApproval } from './records.ts'

/** Networks for administration and for records. `behindProxy`: a proxy in front ends TLS and says who called. */
export const networks = (options: { readonly behindProxy: boolean }): Feature => ({
  name: 'access/networks',
  migrations: path.join(import.meta.dirname, 'migrations'),
  routes: routesOf(options.behindProxy),
  admit: admission,
  whereabouts,
})
