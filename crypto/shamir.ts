import type { Bytes } from './bytes.ts'
import { copy, random } from './bytes.ts'
import { refuse } from './errors.ts'

// Shamir's secret sharing over GF(2^8) with the AES polynomial. No table is indexed by a secret and no branch depends on one.

/** One share: its x coordinate, 1 to n, and as many bytes as the secret has. */
export type RawShare = { readonly index: number; readonly data: Bytes }

/** Most shares of one secret. */
export const MAX_SHARES = 16

const multiply = (a: number, b: number): number => {
  let product = 0
  let left = a
  for (let bit = 0; bit < 8; bit++) {
    product ^= left & -((b >> bit) & 1)
    left = (left << 1) ^ (0x11b & -(left >> 7))
  }
  return product & 255
}

/** a to the 254th, which is 1/a. */
const inverse = (a: number): number => {
  let result = 1
  let square = a
  for (let bit = 1; bit < 8; bit++) {
    square = multiply(square, square)
    result = multiply(result, square)
  }
  return result
}

/** Splits a secret so that any `threshold` of `count` shares give it back and fewer say nothing about it. */
export const split = (secret: Uint8Array, threshold: number, count: number): readonly RawShare[] => {
  if (!Number.isInteger(threshold) || !Number.isInteger(count) || threshold < 1 || threshold > count || count > MAX_SHARES) {
    refuse('malformed', 'threshold or count')
  }
  const coefficients = [copy(secret), ...Array.from({ length: threshold - 1 }, () => random(secret.length))]
  return Array.from({ length: count }, (_, i) => {
    const data = new Uint8Array(secret.length)
    for (const coefficient of coefficients.toReversed()) {
      for (let at = 0; at < data.length; at++) data[at] = multiply(data[at] as number, i + 1) ^ (coefficient[at] as number)
    }
    return { index: i + 1, data }
  })
}

/** The secret of at least `threshold` distinct shares. Too few or foreign shares give other bytes: check the result. Throws `bad-share`. */
export const combine = (shares: readonly RawShare[], threshold: number): Bytes => {
  const used = shares.slice(0, threshold)
  const length = used[0]?.data.length ?? 0
  const valid = used.every((s) => s.index >= 1 && s.index <= MAX_SHARES && s.data.length === length)
  if (used.length < threshold || threshold < 1 || !valid) refuse('bad-share', 'too few shares or another size')
  if (new Set(used.map((s) => s.index)).size !== used.length) refuse('bad-share', 'the same share twice')
  const secret = new Uint8Array(length)
  for (const share of used) {
    let weight = 1
    for (const other of used) {
      if (other.index !== share.index) weight = multiply(weight, multiply(other.index, inverse(other.index ^ share.index)))
    }
    for (let at = 0; at < length; at++) secret[at] = (secret[at] as number) ^ multiply(share.data[at] as number, weight)
  }
  return secret
}
