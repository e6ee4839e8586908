/** The door of access/sso: signing in at the organisation's own identity provider. */
import path from 'node:path'
import type { Feature } from '@wardline/platform/server'
import type { SsoPorts } from './begin.ts'
import { demandProvider } from './demand.ts'
import { purge } from './due.ts'
import { routesWith } from './routes.ts'

export type { SsoPorts } from './begin.ts'
export { readSigned } from './saml.ts'

/** OpenID Connect and SAML 2.0, per organisation. */
export const sso = (ports: SsoPorts): Feature => ({
  name: 'access/sso',
  migrations: path.join(import.meta.dirname, 'migrations'),
  routes: routesWith(ports),
  within: [demandProvider],
  due: [purge],
})
