import type { MappedRole } from './words.ts'

/** Roles whose holders no directory touches, creates or shows. */
export const offices: readonly string[] = ['administrator', 'privacy-officer', 'security-officer', 'auditor']

/** Whether somebody holds an office. */
export const isOfficer = (roles: readonly string[]): boolean => roles.some((role) => offices.includes(role))

/**
 * The roles of a person of the directory: what their groups give, and of what was given by hand only that which no group gives to anybody.
 * So moving somebody out of a group takes a role away, and a role that the directory does not know stays.
 */
export function rolesAfter<R extends string>(before: readonly R[], given: readonly MappedRole[], managed: readonly MappedRole[]): R[] {
  const byHand = before.filter((role) => !(managed as readonly string[]).includes(role))
  return [...new Set([...byHand, ...(given as readonly string[] as readonly R[])])]
}

/** How many may leave within an hour: a share of the people, and never fewer than five, so that a small practice is not stopped by two. */
export const leaversAllowed = (people: number, percent: number): number => Math.max(5, Math.floor((people * percent) / 100))

/** Whether one more leaver is too many. */
export const isTooMany = (leaving: number, people: number, percent: number): boolean => leaving > leaversAllowed(people, percent)
