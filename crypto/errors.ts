/** Why this workspace refused something. Closed: callers switch over it exhaustively. */
export type CryptoErrorCode =
  | 'malformed' // bytes are cut, too long, of the wrong size or not canonical
  | 'bad-key' // a public key is small-order, of mixed order or not canonical
  | 'bad-signature' // no valid signature by a key that may sign this
  | 'bad-seal' // an HPKE seal or AEAD box does not open with this key
  | 'bad-commitment' // the opened key does not give the statement's commitment
  | 'bad-chain' // version, previous hash or subject do not follow
  | 'bad-padding' // padding is not zero, not minimal or not a step size
  | 'bad-share' // an archive share is mistyped, foreign or doubled
  | 'bad-recovery-key' // a recovery key is mistyped
  | 'not-entitled' // the signer may not do this
  | 'refused-epoch' // the epoch may not follow; see `judgeEpoch` for the reason
  | 'wrong-subject' // organisation, conversation, epoch, person or device differ
  | 'outer-mismatch' // flags, header and ciphertext do not belong together
  | 'vault-pin' // the vault is not bound to this unlock factor
  | 'out-of-scope' // a header lies outside the approved opening
  | 'too-early' // a delay that the rules demand has not passed
  | 'stale' // an older version than one already seen

/** The only error that this workspace throws on purpose. Its text never holds keys or content. */
export class CryptoError extends Error {
  override readonly name = 'CryptoError'
  readonly code: CryptoErrorCode
  constructor(code: CryptoErrorCode, what: string) {
    super(`${code}: ${what}`)
    this.code = code
  }
}

/** Throws a CryptoError; usable where an expression is wanted. */
export const refuse = (code: CryptoErrorCode, what: string): never => {
  throw new CryptoError(code, what)
}
