import type { Role } from './words.ts'

/** Why a change of roles is refused. */
export type RoleRefusal = 'roles-exclude' | 'role-to-self' | 'last-administrator'

/** From this many people on, one person can no longer be administrator and privacy officer: there are others to share the duties. */
export const exceptionUpTo = 24

/** The wish to give a person exactly these roles, and what it is judged by. */
export interface RoleChange {
  readonly person: string
  /** Who asks; null when the system sets up an organisation. */
  readonly actor: string | null
  readonly before: readonly Role[]
  readonly after: readonly Role[]
  readonly preset: 'practice' | 'hospital'
  /** How many people of the organisation have a role. */
  readonly people: number
  /** Whether somebody signs for one person being administrator and privacy officer. */
  readonly exception: boolean
  /** Administrators other than this person. */
  readonly otherAdministrators: number
}

/** Separation of duties (NIST SP 800-53 AC-5): null, or why the change is refused. */
export function judgeRoles(it: RoleChange): RoleRefusal | null {
  const has = (role: Role) => it.after.includes(role)
  const gains = (role: Role) => has(role) && !it.before.includes(role)
  // The auditor reads the records of what the administrator did; no signature makes that sound.
  if (has('administrator') && has('auditor')) return 'roles-exclude'
  if (has('administrator') && has('privacy-officer')) {
    if (it.preset !== 'practice' || it.people > exceptionUpTo || !it.exception) return 'roles-exclude'
  }
  if (it.actor === it.person && (gains('privacy-officer') || gains('auditor'))) return 'role-to-self'
  if (it.before.includes('administrator') && !has('administrator') && it.otherAdministrators === 0) return 'last-administrator'
  return null
}
