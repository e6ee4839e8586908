import type { Role } from './words.ts'

/** Why a change of roles is refused. */
export type RoleRefusal = 'roles-exclude' | 'role-to-self' | 'last-administrator' | 'last-officer' | 'bad-window' | 'guest-roles'

/** From this many people on, duties are kept apart that one person of a small practice may hold together: there are others to share them. */
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
  /** The roles beyond which a guest never gets; null: a colleague. */
  readonly ceiling: readonly Role[] | null
  /** People other than this one, by role. */
  readonly others: Readonly<Record<'administrator' | 'privacy-officer' | 'security-officer', number>>
}

const officers = ['privacy-officer', 'security-officer'] as const

/** Separation of duties (NIST SP 800-53 AC-5): null, or why the change is refused. */
export function judgeRoles(it: RoleChange): RoleRefusal | null {
  const has = (role: Role) => it.after.includes(role)
  const gains = (role: Role) => has(role) && !it.before.includes(role)
  const isSmall = it.preset === 'practice' && it.people <= exceptionUpTo
  if (it.ceiling && it.after.some((role) => !it.ceiling!.includes(role))) return 'guest-roles'
  // The auditor reads the records of what administrator and security officer did; no signature makes that sound.
  if (has('auditor') && (has('administrator') || has('security-officer'))) return 'roles-exclude'
  if (has('administrator') && has('privacy-officer') && !(isSmall && it.exception)) return 'roles-exclude'
  // The security officer agrees to what the administrator asks for. In a practice of five the owner is both.
  if (has('administrator') && has('security-officer') && !isSmall) return 'roles-exclude'
  if (it.actor === it.person && (gains('privacy-officer') || gains('security-officer') || gains('auditor'))) return 'role-to-self'
  if (it.before.includes('administrator') && !has('administrator') && it.others.administrator === 0) return 'last-administrator'
  // 45 CFR 164.308(a)(2) and 164.530(a)(1)(i): there is always somebody who answers for security and for privacy, once there was.
  if (officers.some((role) => it.before.includes(role) && !has(role) && it.others[role] === 0)) return 'last-officer'
  return null
}

/**
 * Roles that only a second person's consent gives: an administrator gives all others, and an officer is the second person to whatever an
 * administrator asks for, so that whoever made one alone would agree with themselves.
 */
export const needsSecond = (role: Role): boolean => role === 'administrator' || role === 'privacy-officer' || role === 'security-officer'

/** When a role counts: until a moment, and within hours of the day on days of the week (1 Monday … 7 Sunday), local time. */
export interface RoleWindow {
  /** ms; absent: without end. */
  readonly until?: number
  /** Absent: every day, at any hour. */
  readonly hours?: {
    readonly days: readonly number[]
    /** Minutes after midnight; `to` not after `from` means the next morning. */
    readonly from: number
    readonly to: number
  }
}

/** Whether a window can be given. The administrator's role has none: a server that nobody may administer at night is no safer. */
export function judgeWindow(role: Role, it: RoleWindow, now: number): 'bad-window' | null {
  if (role === 'administrator' && (it.until !== undefined || it.hours)) return 'bad-window'
  if (it.until !== undefined && it.until <= now) return 'bad-window'
  if (!it.hours) return null
  const { days, from, to } = it.hours
  const fine = days.length > 0 && new Set(days).size === days.length && days.every((day) => day >= 1 && day <= 7) && from !== to
  return fine && [from, to].every((minute) => minute >= 0 && minute < 1_440) ? null : 'bad-window'
}

/** Whether two windows are the same. */
export const isSameWindow = (one: RoleWindow, other: RoleWindow): boolean =>
  one.until === other.until && JSON.stringify(one.hours) === JSON.stringify(other.hours)

/** Whether a role would count at fewer moments than it does: with an earlier end, or not at some minute of the week at which it does. */
export function isNarrower(wanted: RoleWindow, held: RoleWindow): boolean {
  if ((wanted.until ?? Number.POSITIVE_INFINITY) < (held.until ?? Number.POSITIVE_INFINITY)) return true
  // Between these minutes neither begins nor ends.
  const minutes = [0, ...[wanted.hours, held.hours].flatMap((it) => (it ? [it.from, it.to] : []))]
  const counts = ({ hours }: RoleWindow, day: number, minute: number) => isInForce(hours ? { hours } : {}, { now: 0, day, minute })
  return [1, 2, 3, 4, 5, 6, 7].some((day) => minutes.some((minute) => counts(held, day, minute) && !counts(wanted, day, minute)))
}

/** The local moment at which a window is judged. */
export interface LocalNow {
  readonly now: number
  /** 1 Monday … 7 Sunday. */
  readonly day: number
  /** Minutes after midnight. */
  readonly minute: number
}

/** Whether a role counts now. A night's window belongs to the day on which it begins. */
export function isInForce(it: RoleWindow, at: LocalNow): boolean {
  if (it.until !== undefined && it.until <= at.now) return false
  if (!it.hours) return true
  const { days, from, to } = it.hours
  if (from < to) return days.includes(at.day) && at.minute >= from && at.minute < to
  const yesterday = at.day === 1 ? 7 : at.day - 1
  return (days.includes(at.day) && at.minute >= from) || (days.includes(yesterday) && at.minute < to)
}
