/** The figures of sessions, as data (NIST SP 800-63B-4 section 2.2.3). */
export const sessionPolicy = {
  /** Minutes without a person's act after which a session ends, by place. */
  idleMinutes: { private: 15, counter: 10, hallway: 3, phone: 5 },
  /**
   * Hours after signing in when it ends whatever happens: a shift with its hand-over; less for who runs or oversees the system, and between
   * the two for who does that besides working with patients, as the owner of a small practice does.
   */
  absoluteHours: { staff: 14, officerAtWork: 8, officer: 4 },
  /** Minutes for which a proof is fresh enough for what needs one (step-up). */
  stepUpMinutes: 5,
  /** The idle end moves at most once in so many seconds. */
  moveSeconds: 60,
  /** How long a node may believe what it read of a session, ms; below the five seconds within which every node must notice an end. */
  believeMs: 4_000,
  /** Open sessions of one person at once; who does nothing but run or oversee the system has fewer, and shared screens count by themselves. */
  most: { staff: 5, officer: 2, shared: 1 },
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

/** Roles that run or oversee the system, by their names in the matrix. */
const officers: ReadonlySet<string> = new Set(['administrator', 'privacy-officer', 'security-officer', 'auditor'])

/** What a person is to the system: `officer` runs or oversees it and does nothing else. */
export function standingOf(roles: readonly string[]): 'staff' | 'officerAtWork' | 'officer' {
  const held = roles.filter((role) => officers.has(role)).length
  return held === 0 ? 'staff' : held === roles.length ? 'officer' : 'officerAtWork'
}

/** Hours until the absolute end of a session of somebody with these roles. */
export const absoluteHoursOf = (roles: readonly string[]): number => sessionPolicy.absoluteHours[standingOf(roles)]

/** How many sessions a person with these roles may have open. */
export const mostSessions = (roles: readonly string[]): number => sessionPolicy.most[standingOf(roles) === 'officer' ? 'officer' : 'staff']

/** Screens that several people use. */
const isShared = (place: Place): boolean => place === 'counter' || place === 'hallway'

/** An open session, as `crowdedOut` looks at it. */
export interface OpenSession {
  readonly session: string
  readonly place: Place
}

/**
 * Which of a person's sessions end when one more begins here: the oldest, so that signing in always works. Who signs in at a shared screen
 * has left the other one. `open` is oldest first.
 */
export function crowdedOut(open: readonly OpenSession[], roles: readonly string[], place: Place): readonly string[] {
  const shared = isShared(place) ? open.filter((it) => isShared(it.place)) : []
  const left = shared.slice(0, Math.max(0, shared.length + 1 - sessionPolicy.most.shared))
  const rest = open.filter((it) => !left.includes(it))
  return [...left, ...rest.slice(0, Math.max(0, rest.length + 1 - mostSessions(roles)))].map((it) => it.session)
}

/** Whether a proof of `provenAt` (ms) is fresh enough at `now` for what needs one. A clock that went back is believed for a minute. */
export const isProvenFreshly = (provenAt: number, now: number): boolean =>
  now >= provenAt - 60_000 && now - provenAt < sessionPolicy.stepUpMinutes * 60_000

/** Whether what was read of a session at `readAt` may still be believed at `now`. A clock that went back believes nothing. */
export function isFresh(readAt: number, now: number): boolean {
  return now >= readAt && now - readAt < sessionPolicy.believeMs
}
