/** The door of access/roles: the guard for routes, and roles as others ask for them. */
import path from 'node:path'
import { isProvenLately } from '@wardline/platform/server'
import type { Caller, Feature, Guard } from '@wardline/platform/server'
import { may, mayHere, rolesHere } from '../preview.ts'
import type { Action } from '../words.ts'
import { matrix } from '../words.ts'

export { may, mayHere, reaches } from '../preview.ts'
export type { Decision, Reach, Relation, Thing } from '../preview.ts'
export { isSameWindow, needsSecond } from '../rules.ts'
export type { RoleWindow } from '../rules.ts'
export { roles as roleNames } from '../words.ts'
export type { Action, Role } from '../words.ts'
export { grantedLately, holdersOf, windowed, withdrawnLately } from './queries.ts'
export {
  grantsOfPeople,
  judgeRolesOf,
  limitRolesTo,
  noteRolesInForce,
  rolesOf,
  rolesOfPeople,
  RolesRefused,
  setRolesOf,
} from './set-roles.ts'
export type { Grant } from './set-roles.ts'

/**
 * The guard of a route: only callers whose roles the matrix lets do this, and only soon after a proof where the matrix says so,
 * by the roles that are open where they are.
 * How far the right reaches is for the use-case (`may`).
 */
export const can = (action: Action): Guard & { open: false } => ({
  name: `can ${matrix[action].says}`,
  open: false,
  may: (caller) => may(caller.roles, action).yes,
  isFresh: (caller, now) => {
    const decision = may(countingRoles(caller, action), action)
    if (!decision.yes || decision.fresh === null) return decision.yes
    return isProvenLately(caller, now, decision.fresh === 'policy' ? caller.proofMinutes : decision.fresh)
  },
  isHere: (caller) => mayHere(caller.roles, caller.closed ?? [], action).yes,
})

/**
 * The roles by which a caller's records are judged. Where none of them opens records from where the caller is, all of them: what is found is
 * then shown only as far as an emergency opened it.
 */
export const countingRoles = (caller: Pick<Caller, 'roles' | 'closed'>, action: Action): readonly string[] => {
  const here = rolesHere(caller.roles, caller.closed ?? [], action)
  return may(here, action).yes ? here : caller.roles
}

export const roles: Feature = {
  name: 'access/roles',
  migrations: path.join(import.meta.dirname, 'migrations'),
}
