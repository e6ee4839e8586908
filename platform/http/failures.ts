import { commonFailures } from '../contract/endpoint.ts'
import type { Endpoint, Failure, FailureBody } from '../contract/endpoint.ts'
import { DatabaseFailure } from '../db/failure.ts'
import { KeyFailure } from '../keys/kek.ts'
import { Refusal } from './refusal.ts'

/** What a thrown thing means for the caller. `bug` is true where our own code erred and the log needs its place. */
export interface Answer {
  readonly failure: Failure
  readonly code: string
  readonly field: string | undefined
  readonly retryAfter: number | undefined
  readonly bug: boolean
}

/** Seconds after which it is worth asking again, where that is known. */
const soon = (code: string): number | undefined => (code === 'unavailable' ? 2 : undefined)

/** Maps anything thrown by a use-case to one answer from the endpoint's closed list; never to the thrown text. */
export function answerFor(endpoint: Endpoint | undefined, thrown: unknown): Answer {
  const common = (code: keyof typeof commonFailures, bug = false): Answer => ({
    failure: commonFailures[code],
    code,
    field: undefined,
    retryAfter: soon(code),
    bug,
  })
  if (thrown instanceof Refusal) {
    const failure = endpoint?.fails[thrown.code] ?? (commonFailures as Record<string, Failure>)[thrown.code]
    return failure
      ? { failure, code: thrown.code, field: thrown.field, retryAfter: thrown.retryAfter ?? soon(thrown.code), bug: false }
      : common('internal', true)
  }
  if (thrown instanceof DatabaseFailure) {
    if (thrown.code === 'disk-full' || thrown.code === 'lock-lost') return common(thrown.code)
    if (thrown.code === 'unreachable' || thrown.code === 'timed-out' || thrown.code === 'commit-unknown' || thrown.code === 'retry')
      return common('unavailable')
    return common('internal', true)
  }
  if (thrown instanceof KeyFailure && thrown.code === 'ledger-unwritable') return common('not-recorded')
  const status = (thrown as { statusCode?: number })?.statusCode
  if (status === 413) return common('too-large')
  if (status !== undefined && status >= 400 && status < 500) return common('bad-request')
  return common('internal', true)
}

/** The body of a failed answer. */
export const failureBody = (answer: Answer, request: string): FailureBody => ({
  error: {
    code: answer.code,
    what: answer.failure.what,
    next: answer.failure.next,
    request,
    ...(answer.field === undefined ? {} : { field: answer.field }),
  },
})
