import { expand, extract } from '@noble/hashes/hkdf.js'
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js'
import type { Bytes } from './bytes.ts'
import { NONE, concat, copy, utf8 } from './bytes.ts'
import type { DerivationLabel } from './labels.ts'

/** A synchronous SHA-256; a server may hand in its platform's faster one. */
export type Sha256 = (b: Uint8Array) => Uint8Array

/** SHA-256, synchronous (FIPS 180-4). */
export const sha256 = (b: Uint8Array): Bytes => copy(nobleSha256(b))

/** HMAC-SHA-256, synchronous (RFC 2104). */
export const hmacSha256 = (key: Uint8Array, message: Uint8Array): Bytes => copy(hmac(nobleSha256, key, message))

/** HKDF-Extract with SHA-256 (RFC 5869). */
export const hkdfExtract = (salt: Uint8Array, ikm: Uint8Array): Bytes => copy(extract(nobleSha256, ikm, salt))

/** HKDF-Expand with SHA-256 (RFC 5869). */
export const hkdfExpand = (prk: Uint8Array, info: Uint8Array, length: number): Bytes => copy(expand(nobleSha256, prk, info, length))

/** HKDF-SHA-256 with an empty salt: label, then context, as info. */
export const derive = (ikm: Uint8Array, label: DerivationLabel, context: Uint8Array, length: number): Bytes =>
  hkdfExpand(hkdfExtract(NONE, ikm), derivationInfo(label, context), length)

/** The info of a derivation: the bare label, then a context that frames itself. */
export const derivationInfo = (label: DerivationLabel, context: Uint8Array): Bytes => concat(utf8(label), context)
