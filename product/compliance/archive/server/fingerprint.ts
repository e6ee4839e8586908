import { sha256, toHex } from '@wardline/crypto'

/** The printed fingerprint of an organisation's root: SHA-256 of the raw Ed25519 public key, 16 groups of four hexadecimal digits. */
export const fingerprintOf = (rootPublicKey: Uint8Array): string => toHex(sha256(rootPublicKey)).match(/.{4}/g)!.join(' ')
