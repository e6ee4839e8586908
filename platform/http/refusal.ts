import type { CommonFailure, Endpoint } from '../contract/endpoint.ts'

/** A refusal with a code from an endpoint's closed list; becomes that code's status and text. */
export class Refusal extends Error {
  readonly code: string
  readonly field: string | undefined
  readonly retryAfter: number | undefined
  constructor(code: string, options: { field?: string; retryAfter?: number } = {}) {
    super(`refused: ${code}`)
    this.name = 'Refusal'
    this.code = code
    this.field = options.field
    this.retryAfter = options.retryAfter
  }
}

/** `throw refuse(acknowledge, 'already-answered')`: only codes that the endpoint lists, or common ones, compile. */
export function refuse<E extends Endpoint>(
  _endpoint: E,
  code: (keyof E['fails'] & string) | CommonFailure,
  options: { field?: string; retryAfter?: number } = {},
): Refusal {
  return new Refusal(code, options)
}
