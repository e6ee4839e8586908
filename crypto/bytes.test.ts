import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromBase32, toBase32 } from './base32.ts'
import {
  bytesToUuid,
  compare,
  concat,
  equal,
  fromBase64url,
  fromHex,
  lp,
  newUuid,
  toBase64url,
  toHex,
  u32,
  u64,
  uuidToBytes,
} from './bytes.ts'
import { DERIVATION_LABELS, SEAL_LABELS, SIGNATURE_LABELS } from './labels.ts'
import { LABEL_OF } from './statements/statement.ts'

const bytes = (max = 64) => fc.uint8Array({ maxLength: max })
const malformed = expect.objectContaining({ code: 'malformed' })

describe('bytes', () => {
  it('go through every text form and back', () => {
    fc.assert(
      fc.property(bytes(), fc.integer({ min: 1, max: 8 }), (b, group) => {
        expect(fromHex(toHex(b))).toEqual(new Uint8Array(b))
        expect(fromBase64url(toBase64url(b))).toEqual(new Uint8Array(b))
        expect(fromBase32(toBase32(b, group).toLowerCase())).toEqual(new Uint8Array(b))
      }),
    )
    const id = newUuid()
    expect(bytesToUuid(uuidToBytes(id))).toBe(id)
  })

  it('refuse text that is not the one form', () => {
    for (const text of ['0', '0G', 'AB', '0 ']) expect(() => fromHex(text)).toThrow(malformed)
    for (const text of ['=', 'AA==', 'AB', 'A', 'a+', 'a/']) expect(() => fromBase64url(text)).toThrow(malformed)
    for (const text of ['U', '000000Z', '!', '1']) expect(() => fromBase32(text)).toThrow(malformed)
    const id = 'abcdef00-0000-4000-8000-000000000000'
    for (const text of [id.toUpperCase(), id.replaceAll('-', ''), `${id}0`, `{${id}}`]) expect(() => uuidToBytes(text)).toThrow(malformed)
  })

  it('compare as unsigned bytes, and equal agrees', () => {
    fc.assert(
      fc.property(bytes(4), bytes(4), (a, b) => {
        expect(equal(a, b)).toBe(toHex(a) === toHex(b))
        expect(Math.sign(compare(a, b))).toBe(toHex(a) < toHex(b) ? -1 : toHex(a) > toHex(b) ? 1 : 0)
      }),
    )
  })

  it('frame unambiguously', () => {
    fc.assert(
      fc.property(fc.array(bytes(3), { maxLength: 4 }), fc.array(bytes(3), { maxLength: 4 }), (a, b) => {
        const framed = (list: readonly Uint8Array[]) => toHex(concat(...list.map(lp)))
        expect(framed(a) === framed(b)).toBe(a.length === b.length && a.every((x, i) => equal(x, b[i] as Uint8Array)))
      }),
    )
    expect(toHex(u64(Number.MAX_SAFE_INTEGER))).toBe('001fffffffffffff')
    for (const n of [-1, 1.5, 2 ** 32, Number.NaN]) expect(() => u32(n)).toThrow(malformed)
    for (const n of [-1, 1.5, 2 ** 53, Number.NaN]) expect(() => u64(n)).toThrow(malformed)
  })
})

describe('labels', () => {
  it('are distinct over all lists, none begins another, and each kind of statement has its own', () => {
    const all = [...SIGNATURE_LABELS, ...SEAL_LABELS, ...DERIVATION_LABELS]
    expect(new Set(all).size).toBe(all.length)
    for (const list of [SIGNATURE_LABELS, SEAL_LABELS, DERIVATION_LABELS] as readonly (readonly string[])[]) {
      for (const a of list) expect(list.filter((b) => b !== a && b.startsWith(a))).toEqual([])
    }
    expect(new Set(Object.values(LABEL_OF)).size).toBe(Object.keys(LABEL_OF).length)
  })
})
