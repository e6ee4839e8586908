import type { Role } from '@wardline/product/access/roles/preview'

/** Who a guest is: somebody who treats, or a vendor's person. */
export type GuestKind = 'clinician' | 'vendor'

/** Days for which a guest may be let in at a time. */
export const mostDays = 366

/** Roles that a guest of each kind may have: none that administers, and a vendor none that reaches patients. */
export const guestRoles: Readonly<Record<GuestKind, readonly Role[]>> = {
  clinician: ['clinician', 'nurse', 'operator'],
  vendor: ['operator', 'auditor'],
}

/** Whether a guest can be let in so; null: yes. */
export function judgeGuest(it: { kind: GuestKind; roles: readonly Role[]; endsAt: number; now: number }): 'guest-roles' | 'bad-end' | null {
  if (it.roles.length === 0 || it.roles.some((role) => !guestRoles[it.kind].includes(role))) return 'guest-roles'
  return it.endsAt > it.now && it.endsAt <= it.now + mostDays * 86_400_000 ? null : 'bad-end'
}

/** The name under which everybody sees a guest: the mark is part of it, so that no screen can leave it out. */
export const guestName = (name: string, from: string): string => `${name} (guest, ${from})`
