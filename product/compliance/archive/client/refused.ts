/**
 * Why an export is not opened. `untrusted`: a statement in it does not hang on the root; `not-an-officer`: who asked may not ask;
 * `wrong-policy`: an epoch names an archive key that the root has not signed for it. Closed.
 */
export type OpeningCode =
  | 'not-an-export'
  | 'other-root'
  | 'untrusted'
  | 'not-an-officer'
  | 'not-approved'
  | 'wrong-policy'
  | 'bad-share'
  | 'foreign-share'
  | 'too-few-shares'
  | 'bad-recovery-key'
  | 'wrong-recovery-key'
  | 'other-opening'

/** A refusal to open the archive. Its text is for people and holds no key, share or content. */
export class OpeningRefused extends Error {
  override readonly name = 'OpeningRefused'
  readonly code: OpeningCode
  constructor(code: OpeningCode, message: string) {
    super(message)
    this.code = code
  }
}

/** Throws an OpeningRefused; usable where an expression is wanted. */
export const refuseOpening = (code: OpeningCode, message: string): never => {
  throw new OpeningRefused(code, message)
}
