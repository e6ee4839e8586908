/** The door of access/sessions: who is calling, and sessions as others begin and end them. */
import path from 'node:path'
import type { Feature } from '@wardline/platform/server'
import { authenticate } from './authenticate.ts'
import { closeDesk } from './desk.ts'
import { overdue, purge } from './due.ts'
import { followPolicy } from './follow-policy.ts'
import { active, routes } from './routes.ts'
import { changed, over, reread } from './signals.ts'

export { cookieName } from './authenticate.ts'
export { beginSession } from './begin.ts'
export type { BegunSession, Reopened } from './begin.ts'
export { bindDevice, endSessions, refreshCallers, refreshDevice } from './end.ts'
export type { Reason } from './end.ts'
export { hasSignedIn, usesOfDevices } from './queries.ts'
export { proveSession, signedInFreshly } from './prove.ts'
export { readProvider, setProvider } from './queries.ts'
export { newToken, readToken } from './tokens.ts'
export type { Token } from './tokens.ts'

export const sessions: Feature = {
  name: 'access/sessions',
  migrations: path.join(import.meta.dirname, 'migrations'),
  routes,
  live: [active],
  after: [followPolicy],
  due: [overdue, purge],
  signals: [over, changed, reread],
  authenticate,
  start: async (services) => async () => closeDesk(services.db),
}
