import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { copy } from './bytes.ts'
import { formatRecoveryKey, newRecoveryKey, parseRecoveryKey } from './recovery-key.ts'
import { isSafetyCode, safetyCode, safetyNumber } from './safety-number.ts'

describe('a recovery key', () => {
  it('survives paper, in any case, with or without hyphens, and with letters read as digits', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (key) => {
        const text = formatRecoveryKey(key)
        expect(text).toMatch(/^([0-9A-HJKMNP-TV-Z]{4}-){7}[0-9A-HJKMNP-TV-Z]{4}$/)
        expect(parseRecoveryKey(text)).toEqual(copy(key))
        expect(parseRecoveryKey(` ${text.toLowerCase().replaceAll('-', '').replaceAll('0', 'O').replaceAll('1', 'i')} `)).toEqual(copy(key))
      }),
    )
  })

  it('is refused when a character is wrong, missing, doubled or exchanged with its neighbour', () => {
    const bad = expect.objectContaining({ code: 'bad-recovery-key' })
    const text = formatRecoveryKey(newRecoveryKey())
    for (let at = 0; at < text.length; at++) {
      const here = text[at] as string
      if (here === '-') continue
      expect(() => parseRecoveryKey(text.slice(0, at) + (here === '2' ? '3' : '2') + text.slice(at + 1))).toThrow(bad)
      expect(() => parseRecoveryKey(text.slice(0, at) + text.slice(at + 1))).toThrow(bad)
      expect(() => parseRecoveryKey(text.slice(0, at) + here + text.slice(at))).toThrow(bad)
      const next = text[at + 1]
      if (next === undefined || next === '-' || next === here) continue
      expect(() => parseRecoveryKey(text.slice(0, at) + next + here + text.slice(at + 2))).toThrow(bad)
    }
    for (const other of ['', 'hello', '!!!!']) expect(() => parseRecoveryKey(other)).toThrow(bad)
  })
})

describe('a safety number', () => {
  const a = { person: '00000000-0000-4000-8000-00000000000a', publicKey: new Uint8Array(32).fill(1) }
  const b = { person: '00000000-0000-4000-8000-00000000000b', publicKey: new Uint8Array(32).fill(2) }

  it('is 60 digits, equal on both sides, and its code scans', () => {
    expect(safetyNumber(a, b)).toMatch(/^\d{60}$/)
    expect(safetyNumber(a, b)).toBe(safetyNumber(b, a))
    expect(isSafetyCode(safetyCode(a, b), b, a)).toBe(true)
  })

  it('differs when either key or person differs', () => {
    for (const other of [
      { ...a, publicKey: new Uint8Array(32).fill(3) },
      { ...a, person: b.person },
    ]) {
      expect(safetyNumber(other, b)).not.toBe(safetyNumber(a, b))
      expect(isSafetyCode(safetyCode(a, b), other, b)).toBe(false)
    }
  })
})
