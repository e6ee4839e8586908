/** The door of access/provisioning: organisations and people. */
import path from 'node:path'
import type { Feature } from '@wardline/platform/server'
import { rolesInTime } from './change-roles.ts'
import { routes } from './routes.ts'

export { changeRoles } from './change-roles.ts'
export { createOrganisation, createPerson } from './create.ts'
export type { NewOrganisation, NewPerson, Windows } from './create.ts'
export { deactivatePerson } from './deactivate.ts'
export { enrolmentOf, issueEnrolment, issueEnrolmentAtServer, useEnrolment } from './enrol.ts'
export type { Issued } from './enrol.ts'
export { findSignIn, lockPerson, readOrganisation, readPerson } from './queries.ts'
export { awaitingSignIn } from './awaiting-queries.ts'
export { people } from './read.ts'
export type { Colleague } from './read.ts'
export { reactivatePerson } from './reactivate.ts'
export { enrolOnApproval, grantOnApproval } from './second.ts'
export { ProvisioningRefused } from './refused.ts'
export type { ProvisioningCode } from './refused.ts'
export type { OrganisationRow, PersonRow } from './tables.ts'

export const provisioning: Feature = {
  name: 'access/provisioning',
  migrations: path.join(import.meta.dirname, 'migrations'),
  routes,
  due: [rolesInTime],
}
