import type { Bytes, Uuid } from './bytes.ts'
import { compare, concat, equal, lp, utf8, uuidToBytes } from './bytes.ts'
import { sha256 } from './hash.ts'

/** A person's identity key, as one device knows it. */
export type KnownIdentity = { readonly person: Uuid; readonly publicKey: Uint8Array }

const ROUNDS = 5200
const VERSION = 1

/** Slow on purpose, so that a look-alike key costs much to find. */
const fingerprint = ({ person, publicKey }: KnownIdentity): Bytes => {
  const first = concat(utf8('wl1 safety number'), lp(uuidToBytes(person)), lp(publicKey))
  let digest = sha256(first)
  for (let round = 1; round < ROUNDS; round++) digest = sha256(concat(digest, publicKey))
  return digest
}

const digitsOf = (print: Bytes): string =>
  Array.from({ length: 6 }, (_, i) => {
    const five = print.subarray(5 * i, 5 * i + 5)
    return String(five.reduce((n, byte) => (n * 256 + byte) % 100_000, 0)).padStart(5, '0')
  }).join('')

/** 30 digits of one identity key, for those who sign that it is this person's: read aloud by the person, compared by whoever signs. */
export const fingerprintOf = (it: KnownIdentity): string => digitsOf(fingerprint(it))

/** The two halves in an order on which both sides agree. */
const halves = (a: KnownIdentity, b: KnownIdentity): readonly [Bytes, Bytes] => {
  const [one, two] = [fingerprint(a), fingerprint(b)]
  return compare(one, two) <= 0 ? [one, two] : [two, one]
}

/** 60 digits that two people compare aloud: equal on both sides when each knows the other's true identity key. */
export const safetyNumber = (a: KnownIdentity, b: KnownIdentity): string => halves(a, b).map(digitsOf).join('')

/** The same as bytes for a QR code: format and both whole fingerprints. */
export const safetyCode = (a: KnownIdentity, b: KnownIdentity): Bytes => concat(Uint8Array.of(VERSION), ...halves(a, b))

/** Whether a scanned code is that of these two. */
export const isSafetyCode = (scanned: Uint8Array, a: KnownIdentity, b: KnownIdentity): boolean => equal(scanned, safetyCode(a, b))
