/** What of sessions no organisation changes. */
export const sessionPolicy = {
  /** The idle end moves at most once in so many seconds. */
  moveSeconds: 60,
  /** How long a node may believe what it read of a session, ms; below the five seconds within which every node must notice an end. */
  believeMs: 4_000,
} as const

/** Where a person works. */
export type Place = 'private' | 'counter' | 'hallway' | 'phone'

/** Those figures of the security policy that sessions ask for (NIST SP 800-63B-4 section 2.2.3). */
export type SessionFigures = Readonly<
  Record<
    | `session.idle-minutes.${Place}`
    | 'session.administrator-idle-minutes'
    | 'session.absolute-hours'
    | 'session.officer-at-work-absolute-hours'
    | 'session.administrator-absolute-hours'
    | 'session.most-staff'
    | 'session.most-administrator'
    | 'session.most-shared',
    number
  >
>

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

/** Seconds without a person's act after which a session of somebody with these roles ends here: the place's, and an officer's if that is less. */
export function idleSecondsOf(figures: SessionFigures, roles: readonly string[], place: Place): number {
  const here = figures[`session.idle-minutes.${place}`]
  return 60 * (standingOf(roles) === 'staff' ? here : Math.min(here, figures['session.administrator-idle-minutes']))
}

/**
 * Seconds until the absolute end of a session of somebody with these roles: a shift with its hand-over; less for who runs or oversees the
 * system, and between the two for who does that besides working with patients. A right more never makes it longer.
 */
export function absoluteSecondsOf(figures: SessionFigures, roles: readonly string[]): number {
  const staff = figures['session.absolute-hours']
  const atWork = Math.min(staff, figures['session.officer-at-work-absolute-hours'])
  const hours = { staff, officerAtWork: atWork, officer: Math.min(atWork, figures['session.administrator-absolute-hours']) }
  return hours[standingOf(roles)] * 3_600
}

/** How many sessions a person with these roles may have open. */
export const mostSessions = (figures: SessionFigures, roles: readonly string[]): number =>
  figures[standingOf(roles) === 'officer' ? 'session.most-administrator' : 'session.most-staff']

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
export function crowdedOut(
  figures: SessionFigures,
  open: readonly OpenSession[],
  roles: readonly string[],
  place: Place,
): readonly string[] {
  const shared = isShared(place) ? open.filter((it) => isShared(it.place)) : []
  const left = shared.slice(0, Math.max(0, shared.length + 1 - figures['session.most-shared']))
  const rest = open.filter((it) => !left.includes(it))
  return [...left, ...rest.slice(0, Math.max(0, rest.length + 1 - mostSessions(figures, roles)))].map((it) => it.session)
}

/** Whether what was read of a session at `readAt` may still be believed at `now`. A clock that went back believes nothing. */
export function isFresh(readAt: number, now: number): boolean {
  return now >= readAt && now - readAt < sessionPolicy.believeMs
}
