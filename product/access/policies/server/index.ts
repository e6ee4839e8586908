/** The door of access/policies: what others must ask before they act. Compliance writes it, everybody may read it. */
import path from 'node:path'
import type { Feature } from '@wardline/platform/server'
import { figuresChanged } from './figures.ts'
import { routes } from './routes.ts'
import { securityRoutes } from './routes-security.ts'
import { endExceptions, endProposals } from './security-policy.ts'

export { agreementActive, agreements, endAgreement, recordAgreement } from './agreements.ts'
export type { Agreement, NewAgreement } from './agreements.ts'
export { archivePolicies, currentArchivePolicy, storeArchivePolicy } from './archive-policy.ts'
export { figure, figures, figuresOf, standInFigures } from './figures.ts'
export type { Figures } from './figures.ts'
export { heldOf } from './holds.ts'
export type { Held } from './holds.ts'
export { directorySigner, directoryStatements, organisationKeys, signAsDirectory, storeOrganisationKeys } from './organisation-keys.ts'
export type { OrganisationKeys } from './organisation-keys.ts'
export { PolicyRefused } from './refused.ts'
export type { PolicyCode } from './refused.ts'
export { provenLately } from './step-up.ts'
export { switchesOn, switchOn, useSwitch } from './switches.ts'
export type { Switch } from './switches.ts'

export const policies: Feature = {
  name: 'access/policies',
  migrations: path.join(import.meta.dirname, 'migrations'),
  routes: [...routes, ...securityRoutes],
  due: [endExceptions, endProposals],
  signals: [figuresChanged],
}
