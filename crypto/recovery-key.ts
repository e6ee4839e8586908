import { fromBase32, toBase32 } from './base32.ts'
import type { Bytes } from './bytes.ts'
import { concat, equal, random, utf8 } from './bytes.ts'
import { refuse } from './errors.ts'
import { sha256 } from './hash.ts'

const KEY = 16
const CHECK = 4

const checkOf = (key: Uint8Array): Bytes => sha256(concat(utf8('wl1 recovery check'), key)).slice(0, CHECK)

/** A new recovery key: 128 random bits. */
export const newRecoveryKey = (): Bytes => random(KEY)

/** The printed form: eight groups of four characters, the last 32 bits a checksum. */
export const formatRecoveryKey = (key: Uint8Array): string => toBase32(concat(key, checkOf(key)), 4)

const decoded = (typed: string): Bytes => {
  try {
    return fromBase32(typed)
  } catch {
    return refuse('bad-recovery-key', 'character or length')
  }
}

/** Reads a typed recovery key. Throws `bad-recovery-key` for any slip of the hand. */
export const parseRecoveryKey = (typed: string): Bytes => {
  const bytes = decoded(typed)
  const key = bytes.slice(0, KEY)
  return bytes.length === KEY + CHECK && equal(bytes.slice(KEY), checkOf(key)) ? key : refuse('bad-recovery-key', 'checksum')
}
