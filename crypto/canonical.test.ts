import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { concat, toHex, u32, utf8 } from './bytes.ts'
import { blob, choice, decode, encode, fixed, flag, number32, number64, set, struct, text, uuid } from './canonical.ts'

type Sample = {
  readonly id: string
  readonly word: 'one' | 'two'
  readonly yes: boolean
  readonly small: number
  readonly large: number
  readonly key: Uint8Array<ArrayBuffer>
  readonly content: Uint8Array<ArrayBuffer>
  readonly name: string
  readonly members: readonly { readonly n: number }[]
}

const codec = struct<Sample>({
  id: uuid,
  word: choice('one', 'two'),
  yes: flag,
  small: number32,
  large: number64,
  key: fixed(8),
  content: blob(64),
  name: text(64),
  members: set(struct<{ readonly n: number }>({ n: number32 }), 8),
})

const plain = (b: Uint8Array) => new Uint8Array(b)
const samples: fc.Arbitrary<Sample> = fc.record({
  id: fc.uuid(),
  word: fc.constantFrom('one' as const, 'two' as const),
  yes: fc.boolean(),
  small: fc.integer({ min: 0, max: 0xffffffff }),
  large: fc.maxSafeNat(),
  key: fc.uint8Array({ minLength: 8, maxLength: 8 }).map(plain),
  content: fc.uint8Array({ maxLength: 64 }).map(plain),
  name: fc
    .string({ unit: 'grapheme', maxLength: 8 })
    .map((s) => s.normalize('NFC'))
    .filter((s) => utf8(s).length <= 64 && !s.includes('\u0000')),
  members: fc.uniqueArray(fc.nat(), { maxLength: 8 }).map((list) => list.sort((a, b) => a - b).map((n) => ({ n }))),
})
const malformed = expect.objectContaining({ code: 'malformed' })

describe('canonical bytes', () => {
  it('give the value back, whatever order a set came in', () => {
    fc.assert(
      fc.property(samples, (value) => {
        const bytes = encode(codec, value)
        expect(decode(codec, bytes)).toEqual(value)
        expect(encode(codec, { ...value, members: value.members.toReversed() })).toEqual(bytes)
      }),
    )
  })

  it('are the only encoding: every other byte string is refused or is another value', () => {
    fc.assert(
      fc.property(samples, fc.nat(), fc.integer({ min: 1, max: 255 }), (value, where, bits) => {
        const bytes = encode(codec, value)
        const at = where % bytes.length
        const bent = bytes.with(at, (bytes[at] as number) ^ bits)
        let read: Sample | null = null
        try {
          read = decode(codec, bent)
        } catch (error) {
          expect(error).toMatchObject({ code: 'malformed' })
        }
        if (read) expect(toHex(encode(codec, read))).toBe(toHex(bent))
      }),
      { numRuns: 500 },
    )
  })

  it('refuse cut bytes and bytes left over', () => {
    fc.assert(
      fc.property(samples, fc.nat(), (value, where) => {
        const bytes = encode(codec, value)
        expect(() => decode(codec, bytes.slice(0, where % bytes.length))).toThrow(malformed)
        expect(() => decode(codec, concat(bytes, Uint8Array.of(0)))).toThrow(malformed)
      }),
    )
  })

  it('refuse unsorted and doubled sets, and counts above the input', () => {
    const numbers = set(number32, 1000)
    expect(decode(numbers, concat(u32(2), u32(1), u32(2)))).toEqual([1, 2])
    expect(() => decode(numbers, concat(u32(2), u32(2), u32(1)))).toThrow(malformed)
    expect(() => decode(numbers, concat(u32(2), u32(1), u32(1)))).toThrow(malformed)
    expect(() => decode(numbers, u32(900))).toThrow(malformed)
    expect(() => encode(numbers, [1, 1])).toThrow(malformed)
    expect(() => encode(set(number32, 1), [1, 2])).toThrow(malformed)
  })

  it('refuse text that is not NFC, ill-formed, or holds U+0000, and other spellings of yes', () => {
    const name = text(16)
    for (const s of ['e\u0301', '\ud800', 'a\u0000']) expect(() => encode(name, s)).toThrow(malformed)
    expect(() => decode(name, concat(u32(3), utf8('e\u0301')))).toThrow(malformed)
    expect(() => decode(name, concat(u32(1), Uint8Array.of(0xff)))).toThrow(malformed)
    expect(() => decode(name, concat(u32(2), Uint8Array.of(0xc1, 0x81)))).toThrow(malformed)
    expect(decode(name, encode(name, '\ufeffé'))).toBe('\ufeffé')
    expect(() => decode(flag, Uint8Array.of(2))).toThrow(malformed)
    expect(() => decode(choice('one'), encode(text(8), 'two'))).toThrow(malformed)
  })

  it('refuse numbers that JavaScript cannot hold', () => {
    expect(decode(number64, encode(number64, Number.MAX_SAFE_INTEGER))).toBe(Number.MAX_SAFE_INTEGER)
    expect(() => decode(number64, Uint8Array.of(0, 0x20, 0, 0, 0, 0, 0, 0))).toThrow(malformed)
    expect(() => encode(number32, 2 ** 32)).toThrow(malformed)
  })
})
