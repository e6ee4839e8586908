/** Every way in which the embedded PostgreSQL refuses or fails. */
export type EmbeddedErrorCode =
  | 'no-binary'
  | 'binary-older'
  | 'binary-mismatch'
  | 'cluster-older'
  | 'cluster-newer'
  | 'cluster-broken'
  | 'durability-mismatch'
  | 'in-use'
  | 'no-user'
  | 'wrong-owner'
  | 'not-traversable'
  | 'socket-path-too-long'
  | 'socket-folder-unsafe'
  | 'setting-refused'
  | 'disk-full'
  | 'initdb-failed'
  | 'start-failed'
  | 'stop-failed'

/** A refusal or failure of the embedded PostgreSQL. `code` is closed; `pid` names the process that is in the way, where there is one. */
export class EmbeddedError extends Error {
  override readonly name = 'EmbeddedError'
  readonly code: EmbeddedErrorCode
  readonly pid: number | undefined
  constructor(code: EmbeddedErrorCode, message: string, pid?: number) {
    super(message)
    this.code = code
    this.pid = pid
  }
}

/** Builds an error whose text says, in this order, what happened, what was kept, and what to do next. */
export function embeddedError(
  code: EmbeddedErrorCode,
  parts: { what: string; kept: string; next: string; pid?: number | undefined },
): EmbeddedError {
  return new EmbeddedError(code, `${parts.what} ${parts.kept} ${parts.next}`, parts.pid)
}

/** The `code` of a system or database error (`ENOENT`, `57P03`), or an empty string. */
export function codeOf(error: unknown): string {
  const code = error instanceof Error ? (error as { code?: unknown }).code : undefined
  return typeof code === 'string' ? code : ''
}
