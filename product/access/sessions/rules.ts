/** The figures of sessions, as data (NIST SP 800-63B-4 section 2.2.3). */
export const sessionPolicy = {
  /** Minutes without a person's act after which a session ends, by place. */
  idleMinutes: { private: 15, counter: 10, hallway: 3, phone: 5 },
  /** Hours after signing in when it ends whatever happens. */
  absoluteHours: 14,
  /** The idle end moves at most once in so many seconds. */
  moveSeconds: 60,
  /** How long a node may believe what it read of a session, ms; below the five seconds within which every node must notice an end. */
  believeMs: 4_000,
  /** Open sessions of one person at once; who does nothing but administer has fewer. */
  most: { staff: 5, administratorOnly: 2 },
} as const

export type Place = keyof typeof sessionPolicy.idleMinutes

/** The two ends of a session, ms since 1970 by the database's clock. */
export interface Ends {
  readonly idleUntil: number
  readonly endsAt: number
}

/** Why a session is over at `now`, or null while it is open. What came first is the reason. */
export function overWhy(ends: Ends, now: number): 'idle' | 'absolute' | null {
  if (now < ends.idleUntil && now < ends.endsAt) return null
  return ends.idleUntil < ends.endsAt ? 'idle' : 'absolute'
}

/** How many sessions a person with these roles may have open. */
export function mostSessions(roles: readonly string[]): number {
  return roles.length > 0 && roles.every((role) => role === 'administrator')
    ? sessionPolicy.most.administratorOnly
    : sessionPolicy.most.staff
}

/** Which of a person's sessions end when one more begins: the oldest, so that signing in always works. `open` is oldest first. */
export function crowdedOut(open: readonly string[], roles: readonly string[]): readonly string[] {
  return open.slice(0, Math.max(0, open.length + 1 - mostSessions(roles)))
}

/** Whether what was read of a session at `readAt` may still be believed at `now`. A clock that went back believes nothing. */
export function isFresh(readAt: number, now: number): boolean {
  return now >= readAt && now - readAt < sessionPolicy.believeMs
}
