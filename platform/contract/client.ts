import type { Endpoint, FailsOf, FailureBody, GivesOf, ParamsOf, TakesOf } from './endpoint.ts'
import { commonFailures, pathOf } from './endpoint.ts'

/** A refused or failed call, as a value: a screen switches over `code`. */
export interface CallFailed<E> {
  readonly ok: false
  readonly code: FailsOf<E> | 'unreachable'
  readonly what: string
  readonly next: string
  /** Which field of the request was wrong, for `bad-request`. */
  readonly field?: string | undefined
}
export type CallResult<E> = { readonly ok: true; readonly value: GivesOf<E> } | CallFailed<E>

/** The least of `fetch` that a client needs, so that this file stays free of browser and node types. */
export type Fetch = (
  url: string,
  init: { method: string; headers: Record<string, string>; body?: string; credentials?: 'same-origin' },
) => Promise<{ status: number; json(): Promise<unknown> }>

type CallArgs<E> = (keyof ParamsOf<E> extends never ? { params?: never } : { params: ParamsOf<E> }) & { body?: TakesOf<E> }

/** A typed caller of endpoints below `base`. Never throws: what goes wrong is a value with its code. */
export function client(fetch: Fetch, base = '', headers: () => Record<string, string> = () => ({})) {
  return async function call<E extends Endpoint>(to: E, args: CallArgs<E>): Promise<CallResult<E>> {
    const inQuery = to.method === 'GET' || to.method === 'DELETE'
    const params = (args as { params?: Record<string, string> }).params ?? {}
    const given = Object.entries((args.body ?? {}) as Record<string, unknown>).filter(([, value]) => value !== undefined)
    const query =
      inQuery && given.length > 0 ? '?' + given.map(([k, v]) => `${encodeURIComponent(k)}=${encodeURIComponent(String(v))}`).join('&') : ''
    try {
      const answer = await fetch(base + pathOf(to.path, params) + query, {
        method: to.method,
        headers: { ...(inQuery ? {} : { 'content-type': 'application/json' }), 'x-wardline': '1', ...headers() },
        credentials: 'same-origin',
        ...(inQuery ? {} : { body: JSON.stringify(args.body ?? {}) }),
      })
      const json = answer.status === 204 ? {} : await answer.json()
      if (answer.status < 300) return { ok: true, value: json as GivesOf<E> }
      const error = (json as Partial<FailureBody>).error
      const known = error ?? { code: 'internal', what: commonFailures.internal.what, next: commonFailures.internal.next, request: '' }
      return { ok: false, code: known.code as FailsOf<E>, what: known.what, next: known.next, field: known.field }
    } catch {
      return {
        ok: false,
        code: 'unreachable',
        what: 'The server cannot be reached.',
        // The request may have arrived and its answer not: what a caller keeps and sends again by itself, it says itself.
        next:
          to.method === 'GET'
            ? 'Nothing was changed. Try again when the connection is back.'
            : 'It is not known whether this was done, and nothing is sent by itself. What you entered stays here: look whether it was done, and try again.',
      }
    }
  }
}
