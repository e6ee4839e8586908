import type { IncomingHttpHeaders } from 'node:http'

/** Who is calling: a signed-in person on a session, as the sign-in feature resolved it from the request. */
export interface Caller {
  readonly org: string
  readonly person: string
  readonly session: string
  /** The enrolled device of this session, once there is one. */
  readonly device: string | null
  readonly roles: readonly string[]
  /** When a full sign-in or step-up happened, ms. */
  readonly provenAt: number
  /** For how many minutes that proof counts for what is grave, by the organisation's policy. */
  readonly proofMinutes: number
  /** Those of the roles that open no records from where the caller is; absent: none. */
  readonly closed?: readonly string[]
  /** False: administration is absent from where the caller is, but for who oversees it; absent: it is open. */
  readonly administers?: false
}

/** How far a proof may lie in the future, ms: a node's clock and the database's differ by a little. */
const slackMs = 5_000

/** Whether a caller proved who they are so lately that it counts for what is grave. `now` in ms; `minutes`: where an act has its own figure. */
export function isProvenLately(caller: Pick<Caller, 'provenAt' | 'proofMinutes'>, now: number, minutes = caller.proofMinutes): boolean {
  const age = now - caller.provenAt
  return age >= -slackMs && age < minutes * 60_000
}

/** The parts of a request that guards and authenticators look at. */
export interface RequestInfo {
  /** Random id of this request, told in errors and logs. */
  readonly id: string
  readonly method: string
  /** Path and query as received. */
  readonly url: string
  readonly ip: string
  /** The address from which it is known to come; null: a proxy is in between of which that cannot be known. */
  readonly whence: string | null
  readonly headers: IncomingHttpHeaders
  readonly cookies: Readonly<Record<string, string | undefined>>
}

/** Whether a caller may use a guarded route from where the request comes: `absent` looks as if there were no such thing. */
export type Admission = (guard: Guard, caller: Caller, request: RequestInfo) => Promise<'yes' | 'absent' | 'step-up'>

/** What is not open from the network that a request comes from. */
export interface Where {
  /** Those of the caller's roles that open no records from there. */
  readonly closed: readonly string[]
  /** Whether administration is open there, at least to a fresh proof. For screens: `Admission` decides. */
  readonly administers: boolean
}

/** Judges from where a caller comes. */
export type Whereabouts = (caller: Caller, request: Pick<RequestInfo, 'whence'>) => Promise<Where>

/** Finds the caller of a request, or null. Given once, by access/sessions. */
export type Authenticator = (request: RequestInfo) => Promise<Caller | null>

/** Who may call a route. `reason` is for documentation and the generated "who can do what". */
export interface Guard {
  readonly name: string
  /** True: no session is needed; the route proves its caller otherwise (a signature, a code) or shows nothing. */
  readonly open: boolean
  /** Judges a signed-in caller. A refusal looks like absence: 404. */
  may(caller: Caller): boolean
  /** Whether a caller who may has proven who they are recently enough; absent: any session will do. A refusal is `step-up-needed`. */
  isFresh?(caller: Caller, now: number): boolean
  /** Whether a caller who may has come from where this is open to them; absent: from everywhere. A refusal is `other-network`. */
  isHere?(caller: Caller): boolean
}

/** Anybody, with the reason why that is right. */
export const anyone = (reason: string): Guard => ({ name: `anyone: ${reason}`, open: true, may: () => true })

/** Any signed-in person, whatever the role. */
export const signedIn: Guard & { open: false } = { name: 'signed in', open: false, may: () => true }
