/** The door of patients/consent: what texts may rest on, and stops. */
import path from 'node:path'
import type { Feature } from '@wardline/platform/server'
import { routes } from './routes.ts'

export { grant, resumeNumber, revoke, stopNumber } from './receipts.ts'
export type { NewConsent } from './receipts.ts'
export { verifyReceipt } from './signing.ts'
export { consentFor, stoppedOf } from './standing.ts'
export type { Consent } from './standing.ts'

export const consent: Feature = {
  name: 'patients/consent',
  migrations: path.join(import.meta.dirname, 'migrations'),
  routes,
}
