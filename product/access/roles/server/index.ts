/** The door of access/roles: the guard for routes, and roles as others ask for them. */
import path from 'node:path'
import type { Feature, Guard } from '@wardline/platform/server'
import { may } from '../preview.ts'
import type { Action } from '../words.ts'
import { matrix } from '../words.ts'

export { may } from '../preview.ts'
export type { Decision, Reach } from '../preview.ts'
export type { Action, Role } from '../words.ts'
export { rolesOf, rolesOfPeople, RolesRefused, setRolesOf } from './set-roles.ts'

/** The guard of a route: only callers whose roles the matrix lets do this. How far the right reaches is for the use-case (`may`). */
export const can = (action: Action): Guard & { open: false } => ({
  name: `can ${matrix[action].says}`,
  open: false,
  may: (caller) => may(caller.roles, action).yes,
})

export const roles: Feature = {
  name: 'access/roles',
  migrations: path.join(import.meta.dirname, 'migrations'),
}
