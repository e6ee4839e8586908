import type { Static } from 'typebox'
import type { Clock } from '../clock/clock.ts'
import type { Endpoint, ParamsOf, TakesOf } from '../contract/endpoint.ts'
import type { FactKind } from '../contract/fact.ts'
import type { By, Database, Db, Tx } from '../db/types.ts'
import type { KeyLedger } from '../keys/ledger.ts'
import type { Live } from '../live/live.ts'
import type { Log } from '../log/log.ts'
import type { Caller, Guard, RequestInfo } from './caller.ts'

/** What the server as a whole lends to features. Not a container: six things, all of platform's own. */
export interface Services {
  readonly db: Database
  readonly clock: Clock
  readonly keys: KeyLedger
  readonly live: Live
  readonly log: Log
  /** Something may be due now. */
  hint(): void
}

/** What a use-case works with. `Who` is Caller on guarded routes and null on open ones. */
export interface Ctx<Who extends Caller | null = Caller> extends Services {
  readonly caller: Who
  readonly request: RequestInfo
  /** The body as received, for signatures. Empty for GET. */
  readonly raw: Buffer
  /** A read of the caller's organisation. */
  read<T>(run: (db: Db) => Promise<T>): Promise<T>
  /** A write of the caller's organisation in the caller's name. */
  write<T>(run: (tx: Tx) => Promise<T>): Promise<T>
  readonly by: By
  /** Says whose PHI the reply shows and on which screen; recorded durably before the first byte leaves. */
  saw(subjects: readonly string[], screen: string): void
  /** Sets a cookie: HttpOnly, SameSite=Strict, Secure behind TLS, named with the __Host- prefix there. */
  setCookie(name: string, value: string, options?: { maxAgeSeconds?: number }): void
  clearCookie(name: string): void
  cookie(name: string): string | undefined
}

/** A reply that is not JSON, for vendors' webhooks and downloads. */
export class RawReply {
  readonly status: number
  readonly contentType: string
  readonly body: string | Buffer
  readonly headers: Readonly<Record<string, string>>
  constructor(status: number, contentType: string, body: string | Buffer, headers: Readonly<Record<string, string>> = {}) {
    this.status = status
    this.contentType = contentType
    this.body = body
    this.headers = headers
  }
}

/** `none`: neither shows nor changes PHI. `reads`: its reply shows PHI, so `saw` must be called. `writes`: takes PHI in. */
export type Phi = 'none' | 'reads' | 'writes'

/** Which fact says that this route did its work; or why none does. */
export type Audits = FactKind | readonly FactKind[] | { readonly none: string }

export interface Route {
  readonly endpoint: Endpoint
  readonly who: Guard
  readonly audit: Audits
  readonly phi: Phi
  /** Why it shows records also to somebody who is held back from them; null: it does not. */
  readonly urgent: string | null
  /** At most `most` calls in `seconds`, counted per address for open routes and per person else. */
  readonly limit: { readonly most: number; readonly seconds: number }
  /** Largest body in bytes. */
  readonly largest: number
  readonly run: (ctx: Ctx<Caller | null>, body: never, params: never) => Promise<unknown>
}

type Gives<E extends Endpoint> = Static<E['gives']> | RawReply

/**
 * Binds an endpoint to its use-case. Without `who`, `audit` and `phi` it does not compile; a route that shows PHI to whoever asks, so that
 * nobody can be recorded as its reader, is refused when the server starts.
 */
export function serve<E extends Endpoint>(
  to: E,
  how: {
    who: Guard & { open: false }
    audit: Audits
    phi: Phi
    run: (ctx: Ctx<Caller>, body: TakesOf<E>, params: ParamsOf<E>) => Promise<Gives<E>>
    urgent?: string
    limit?: Route['limit']
    largest?: number
  },
): Route
export function serve<E extends Endpoint>(
  to: E,
  how: {
    who: Guard
    audit: Audits
    phi: Phi
    run: (ctx: Ctx<Caller | null>, body: TakesOf<E>, params: ParamsOf<E>) => Promise<Gives<E>>
    urgent?: string
    limit?: Route['limit']
    largest?: number
  },
): Route
export function serve(
  to: Endpoint,
  how: Pick<Route, 'who' | 'audit' | 'phi'> & { urgent?: string; limit?: Route['limit']; largest?: number; run: unknown },
): Route {
  if (how.phi === 'reads' && how.who.open) throw new Error(`${to.name} would show PHI to nobody in particular`)
  return { limit: { most: 600, seconds: 60 }, largest: 64 * 1024, urgent: null, ...how, endpoint: to, run: how.run as Route['run'] }
}
