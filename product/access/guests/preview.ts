export { guestName, guestRoles, mostDays } from './rules.ts'
export type { GuestKind } from './rules.ts'
