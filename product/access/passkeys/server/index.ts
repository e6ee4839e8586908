/** The door of access/passkeys: signing in, and proving oneself once more, without a password. */
import path from 'node:path'
import type { Feature } from '@wardline/platform/server'
import { purge } from './due.ts'
import { routesAt } from './routes.ts'

export { passkeyStanding } from './standing.ts'

/** What passkeys need of where the server stands. */
export interface PasskeyOptions {
  /** Where people reach it, without a trailing slash; passkeys are of its domain. Asked when needed. */
  readonly publicOrigin: () => string
}

export const passkeys = ({ publicOrigin }: PasskeyOptions): Feature => ({
  name: 'access/passkeys',
  migrations: path.join(import.meta.dirname, 'migrations'),
  routes: routesAt(publicOrigin),
  due: [purge],
})
