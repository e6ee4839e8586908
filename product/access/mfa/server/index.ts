/** The door of access/mfa: the second factor, codes of an authenticator. */
import path from 'node:path'
import type { Feature } from '@wardline/platform/server'
import { purge } from './due.ts'
import { followEnrolments } from './follow-enrolments.ts'
import { followRoles } from './follow-roles.ts'
import { routes } from './routes.ts'

export { beginTotpOf, confirmTotpOf, enrolTotp } from './enrol.ts'
export { notify } from './notify.ts'
export type { Notice } from './notify.ts'
export { codesOf as recoveryCodesOf, settleSetUp } from './queries.ts'
export { useRecoveryCode } from './recovery-codes.ts'
export { useCode } from './use-code.ts'
export type { CodeResult } from './use-code.ts'

export const mfa: Feature = {
  name: 'access/mfa',
  migrations: path.join(import.meta.dirname, 'migrations'),
  routes,
  after: [followEnrolments, followRoles],
  due: [purge],
}
