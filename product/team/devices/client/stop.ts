import type { CallResult, Endpoint, GivesOf } from '@wardline/platform/contract'

/** Ends what the engine was doing; `code` is an endpoint's failure, `unreachable`, or one of the engine's own words. */
export class Stop extends Error {
  override readonly name = 'Stop'
  readonly code: string
  /** What the server named, e.g. why an epoch may not follow. */
  readonly field: string | undefined
  constructor(code: string, field?: string) {
    super(field === undefined ? code : `${code}: ${field}`)
    this.code = code
    this.field = field
  }
}

/** Throws a Stop; usable where an expression is wanted. */
export const stop = (code: string, field?: string): never => {
  throw new Stop(code, field)
}

/** The value of a call; throws a Stop with the failure's code. */
export async function must<E extends Endpoint>(answer: Promise<CallResult<E>>): Promise<GivesOf<E>> {
  const it = await answer
  return it.ok ? it.value : stop(it.code, it.field)
}
