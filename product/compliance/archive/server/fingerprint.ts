import { sha256, toHex } from '@wardline/crypto'

/** The printed fingerprint of an organisation's root: SHA-256 of the raw Ed25519 public key, 16 groups of four hexadecimal digits. */
export const fingerprintOf = (rootPublicKey: Uint8Array): string => toHex(sha256(rootPublicKey)).match(/.{4}/g)!.join(' ')

/** A typed fingerprint without its spaces and in lower case; null if it is none. */
export const readFingerprint = (typed: string): string | null => {
  const digits = typed.replace(/[\s-]/g, '').toLowerCase()
  return /^[0-9a-f]{64}$/.test(digits) ? digits.match(/.{4}/g)!.join(' ') : null
}
