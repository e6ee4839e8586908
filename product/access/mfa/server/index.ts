/** The door of access/mfa: the second factor, codes of an authenticator. */
import path from 'node:path'
import type { Feature } from '@wardline/platform/server'
import { routes } from './routes.ts'

export { beginTotpOf, confirmTotpOf, enrolTotp } from './enrol.ts'
export { useCode } from './use-code.ts'
export type { CodeResult } from './use-code.ts'

export const mfa: Feature = {
  name: 'access/mfa',
  migrations: path.join(import.meta.dirname, 'migrations'),
  routes,
}
