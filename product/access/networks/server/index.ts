/** The door of access/networks: from where administration is done. */
import path from 'node:path'
import type { Feature } from '@wardline/platform/server'
import { admission } from './admit.ts'
import { routesOf } from './routes.ts'

/** Networks for administration. `behindProxy`: a proxy in front ends TLS and says who called. */
export const networks = (options: { readonly behindProxy: boolean }): Feature => ({
  name: 'access/networks',
  migrations: path.join(import.meta.dirname, 'migrations'),
  routes: routesOf(options.behindProxy),
  admit: admission,
})
