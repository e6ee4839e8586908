import type { Bytes } from './bytes.ts'
import { refuse } from './errors.ts'

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** Crockford's base32 in groups joined by hyphens, for paper. */
export const toBase32 = (bytes: Uint8Array, group: number): string => {
  let text = ''
  let held = 0
  let bits = 0
  for (const byte of bytes) {
    held = (held << 8) | byte
    bits += 8
    while (bits >= 5) {
      bits -= 5
      text += ALPHABET[(held >> bits) & 31]
    }
    held &= (1 << bits) - 1
  }
  if (bits > 0) text += ALPHABET[(held << (5 - bits)) & 31]
  return (text.match(new RegExp(`.{1,${group}}`, 'g')) ?? []).join('-')
}

/** Reads what a person typed: case, spaces and hyphens do not matter, O reads as 0, I and L as 1. Throws `malformed`. */
export const fromBase32 = (typed: string): Bytes => {
  const text = typed.toUpperCase().replaceAll(/[\s-]/g, '').replaceAll('O', '0').replaceAll(/[IL]/g, '1')
  const out = new Uint8Array(Math.floor((text.length * 5) / 8))
  let held = 0
  let bits = 0
  let at = 0
  for (const character of text) {
    const value = ALPHABET.indexOf(character)
    if (value < 0) refuse('malformed', 'character')
    held = (held << 5) | value
    bits += 5
    if (bits < 8) continue
    bits -= 8
    out[at++] = held >> bits
    held &= (1 << bits) - 1
  }
  return bits >= 5 || held !== 0 ? refuse('malformed', 'length') : out
}
