/** What can go wrong between us and the database, as a closed set that callers switch over. */
export type DatabaseFailureCode =
  'unreachable' | 'timed-out' | 'disk-full' | 'lock-lost' | 'commit-unknown' | 'constraint' | 'retry' | 'refused' | 'broken'

/** A database call that failed. `code` says whose fault it is and whether anything can have been stored. */
export class DatabaseFailure extends Error {
  readonly code: DatabaseFailureCode
  /** PostgreSQL's SQLSTATE, where there is one. */
  readonly sqlState: string | undefined
  readonly constraint: string | undefined
  constructor(code: DatabaseFailureCode, sqlState?: string, constraint?: string, cause?: unknown) {
    // The driver's own text can quote values of a row, so it is never passed on.
    super(
      `database: ${code}${sqlState ? ` (${sqlState}${constraint ? `, ${constraint}` : ''})` : ''}`,
      cause instanceof Error ? { cause: new Error(cause.name) } : {},
    )
    this.name = 'DatabaseFailure'
    this.code = code
    this.sqlState = sqlState
    this.constraint = constraint
  }
}

const codeOf = (state: string | undefined, name: string | undefined): DatabaseFailureCode => {
  if (state === '53100') return 'disk-full'
  if (state === '57014' || name === 'timeout') return 'timed-out'
  if (state === '40001' || state === '40P01' || state === '55P03') return 'retry'
  if (state?.startsWith('23')) return 'constraint'
  if (state?.startsWith('P0') || state === '42501') return 'refused'
  if (state === undefined || state.startsWith('08') || state.startsWith('57P') || state.startsWith('53')) return 'unreachable'
  return 'broken'
}

/**
 * Waits for the driver's answer. What fails here failed between us and the database, whatever its words are; what a use-case throws never
 * comes by. A TypeError is a statement that the driver could not even write down: our own mistake.
 */
export const answered = <T>(answer: Promise<T>): Promise<T> =>
  answer.catch((thrown: unknown) => {
    throw thrown instanceof TypeError ? thrown : asDatabaseFailure(thrown)
  })

/** Turns whatever the driver threw into a DatabaseFailure, without the row values that it may quote. */
export function asDatabaseFailure(thrown: unknown): DatabaseFailure {
  if (thrown instanceof DatabaseFailure) return thrown
  const error = thrown as { code?: string; severity?: string; constraint?: string; message?: string }
  // Only PostgreSQL's own errors have a severity: "EPIPE" has five letters too, and is no SQLSTATE.
  const state = typeof error?.severity === 'string' && /^[0-9A-Z]{5}$/.test(error.code ?? '') ? error.code : undefined
  const timedOut = /timeout|timed out/i.test(error?.message ?? '') ? 'timeout' : undefined
  return new DatabaseFailure(codeOf(state, timedOut), state, error?.constraint, thrown)
}
