import type { Static, TSchema } from 'typebox'

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** How an endpoint can fail: the HTTP status, what happened, and what was kept plus what to do next. No PHI in either. */
export interface Failure {
  readonly status: 400 | 401 | 403 | 404 | 409 | 410 | 413 | 422 | 423 | 429 | 502 | 503 | 507
  readonly what: string
  readonly next: string
}

export type Failures = Readonly<Record<string, Failure>>

/** One operation of the API, as a value: server and client infer their types from it. */
export interface Endpoint<
  Takes extends TSchema = TSchema,
  Gives extends TSchema = TSchema,
  Fails extends Failures = Failures,
  Path extends string = string,
> {
  /** Dotted name, also the OpenAPI operationId. */
  readonly name: string
  readonly method: Method
  /** Path below the server's root, with `:name` for parameters; parameters are ids (uuid) unless `params` says otherwise. */
  readonly path: Path
  readonly summary: string
  /** The JSON body of POST, PUT and PATCH; the query string of GET and DELETE (there all values are strings). */
  readonly takes: Takes
  readonly gives: Gives
  readonly fails: Fails
  /** `json` unless a vendor dictates otherwise; `form` hands the handler the raw body. */
  readonly body: 'json' | 'form' | 'raw'
}

/** Declares an endpoint. The reply is checked against `gives` and stripped to it: what is not declared does not leave. */
export function endpoint<const Takes extends TSchema, const Gives extends TSchema, const Fails extends Failures, const Path extends string>(
  it: Omit<Endpoint<Takes, Gives, Fails, Path>, 'body'> & { body?: Endpoint['body'] },
): Endpoint<Takes, Gives, Fails, Path> {
  return { body: 'json', ...it }
}

export type TakesOf<E> = E extends Endpoint<infer T, TSchema, Failures, string> ? Static<T> : never
export type GivesOf<E> = E extends Endpoint<TSchema, infer G, Failures, string> ? Static<G> : never
/** The codes that a caller must handle: the endpoint's own and those that every endpoint can answer. */
export type FailsOf<E> = E extends Endpoint<TSchema, TSchema, infer F, string> ? (keyof F & string) | CommonFailure : never

type ParamNames<P extends string> = P extends `${string}:${infer N}/${infer R}`
  ? N | ParamNames<`/${R}`>
  : P extends `${string}:${infer N}`
    ? N
    : never
export type ParamsOf<E> = E extends Endpoint<TSchema, TSchema, Failures, infer P> ? { readonly [K in ParamNames<P>]: string } : never

/** What any endpoint can answer besides its own codes. */
export const commonFailures = {
  'bad-request': {
    status: 400,
    what: 'The request is not of the form that this operation takes.',
    next: 'Nothing was changed. Correct the named field and send it again.',
  },
  'signed-out': {
    status: 401,
    what: 'You are not signed in, or your session has ended.',
    next: 'Nothing was changed. Sign in and do it again; drafts are kept on your device.',
  },
  'step-up-needed': {
    status: 403,
    what: 'This needs a fresh proof that it is you: your last one is too long ago.',
    next: 'Nothing was changed. Confirm who you are and do it again; what you typed is still on the screen.',
  },
  'not-found': {
    status: 404,
    what: 'There is no such thing here for you.',
    next: 'Nothing was changed. Go back and open it from a list; it may have been removed, or you may not be allowed to see it.',
  },
  'sso-demanded': {
    status: 403,
    what: 'Your organisation lets people in by its own sign-in only.',
    next: 'Nothing was changed. Choose your organisation’s sign-in on the sign-in page. If it does not work, call your IT department.',
  },
  'training-overdue': {
    status: 403,
    what: 'A training that your work asks for is overdue, and the time to catch up has passed.',
    next: 'Nothing was shown or changed. Do the training and have your privacy or security officer record it. Messages with colleagues and opening a record in an emergency still work.',
  },
  'other-network': {
    status: 403,
    what: 'Your organisation opens patients’ records and archives from its own networks only, and you are not in one of them.',
    next: 'Nothing was shown or changed. Join the staff network or the VPN and try again. Messages with colleagues work from here, and so does opening a record in an emergency.',
  },
  'too-large': {
    status: 413,
    what: 'The request is larger than this operation takes.',
    next: 'Nothing was stored. Make it smaller and send it again.',
  },
  'too-many': {
    status: 429,
    what: 'Too many requests in a short time.',
    next: 'Nothing was changed. Wait for the time in Retry-After and try again.',
  },
  'not-recorded': {
    status: 503,
    what: 'The audit record could not be written, so nothing was shown or changed.',
    next: 'Try again in a minute. If it lasts, call whoever runs the server: the database or its disk is the cause.',
  },
  'disk-full': {
    status: 507,
    what: 'The server has stopped taking writes because its disk is nearly full.',
    next: 'Nothing was changed and nothing acknowledged is lost. Call whoever runs the server; "wardline doctor" frees the reserve.',
  },
  'lock-lost': {
    status: 503,
    what: 'The server has stopped taking writes because another one may have taken over its database.',
    next: 'Nothing was changed. Call whoever runs the server: only one may run on a database, and this one must be stopped or started again.',
  },
  unavailable: {
    status: 503,
    what: 'The server cannot reach its database.',
    next: 'It is not known to have been stored. The same request can be sent again safely.',
  },
  internal: {
    status: 503,
    what: 'The server made a mistake.',
    next: 'Nothing was changed. Try again; if it lasts, give the request id to whoever runs the server.',
  },
} as const satisfies Failures
export type CommonFailure = keyof typeof commonFailures

/** The body of every failed answer. */
export interface FailureBody {
  readonly error: { readonly code: string; readonly what: string; readonly next: string; readonly request: string; readonly field?: string }
}

/** Fills the parameters of a path; refuses a value that is missing. */
export function pathOf<P extends string>(path: P, params: Readonly<Record<string, string>>): string {
  return path.replace(/:([A-Za-z]+)/g, (_, name: string) => {
    const value = params[name]
    if (value === undefined || value === '') throw new TypeError(`pathOf: ${path} needs ${name}`)
    return encodeURIComponent(value)
  })
}
