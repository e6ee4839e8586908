import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MAX_PAYLOAD_BYTES, MAX_PAYLOAD_DEPTH, PayloadError, decodePayload, encodePayload } from './payload.ts'
import type { PayloadValue } from './payload.ts'

const textOf = (value: PayloadValue) => Buffer.from(encodePayload(value)).toString()
const refused = (code: string) => expect.objectContaining({ code })
const text = fc
  .string({ unit: 'binary' })
  .map((it) => it.replaceAll('\0', '').normalize('NFC'))
  .filter((it) => it.isWellFormed())
const { value: anyValue } = fc.letrec<{ value: PayloadValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constant(null),
    fc.boolean(),
    fc.maxSafeInteger().map((it) => it + 0),
    text,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(text, tie('value'), { maxKeys: 4 }),
  ),
}))

describe('canonical payload', () => {
  test('comes back as it went in, whatever order its keys had', () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        const bytes = encodePayload(value)
        expect(decodePayload(bytes)).toEqual(value)
        expect(JSON.parse(textOf(value))).toEqual(JSON.parse(JSON.stringify(value)))
        if (value !== null && typeof value === 'object' && !Array.isArray(value)) {
          const turned = Object.fromEntries(Object.entries(value).reverse()) as PayloadValue
          expect(textOf(turned)).toBe(textOf(value))
        }
      }),
    )
  })

  test('has sorted keys, no spaces and NFC text', () => {
    expect(textOf({ b: 1, a: [true, null, -3], 'Zoe\u0308': 'e\u0301"\n' })).toBe('{"Zoë":"é\\"\\n","a":[true,null,-3],"b":1}')
    // By UTF-16 code units (RFC 8785): the surrogate pair of U+1F600 sorts before U+FF01.
    expect(textOf({ '\uff01': 1, '\u{1f600}': 2 })).toBe('{"\u{1f600}":2,"\uff01":1}')
  })

  test.each<[string, unknown, string]>([
    ['a fraction', 0.5, 'number'],
    ['minus zero', -0, 'number'],
    ['a number above 2^53', 2 ** 53, 'number'],
    ['not a number', NaN, 'number'],
    ['U+0000', { reason: 'a\0' }, 'text'],
    ['U+0000 in a key', { 'a\0': 1 }, 'text'],
    ['a lone surrogate', ['\udc00'], 'text'],
    ['two keys that NFC makes one', { '\u00e9': 1, 'e\u0301': 2 }, 'key-twice'],
    ['undefined', { a: undefined }, 'not-json'],
    ['a hole in a list', new Array(2), 'not-json'],
    ['a date', { at: new Date(0) }, 'not-json'],
    ['a map', new Map(), 'not-json'],
    ['bytes', new Uint8Array(2), 'not-json'],
    ['a big integer', 1n, 'not-json'],
    ['more than the limit', 'x'.repeat(MAX_PAYLOAD_BYTES), 'too-long'],
  ])('%s is refused', (_what, value, code) => {
    expect(() => encodePayload(value as PayloadValue)).toThrow(refused(code))
  })

  test('nesting has a limit, for writers and readers', () => {
    const nested = (depth: number): PayloadValue => (depth === 0 ? 1 : [nested(depth - 1)])
    expect(decodePayload(encodePayload(nested(MAX_PAYLOAD_DEPTH)))).toEqual(nested(MAX_PAYLOAD_DEPTH))
    expect(() => encodePayload(nested(MAX_PAYLOAD_DEPTH + 1))).toThrow(refused('too-deep'))
    expect(() => decodePayload(Buffer.from('['.repeat(100_000) + ']'.repeat(100_000)))).toThrow(refused('too-deep'))
  })

  test.each([
    ['a space', '{"a": 1}', 'not-canonical'],
    ['keys out of order', '{"b":1,"a":2}', 'not-canonical'],
    ['a key twice', '{"a":1,"a":2}', 'not-canonical'],
    ['an escape that is not needed', '"\\u0061"', 'not-canonical'],
    ['text that is not NFC', '"e\u0301"', 'not-canonical'],
    ['a number in another form', '1e3', 'not-canonical'],
    ['a byte order mark', '\ufeff1', 'not-json'],
    ['what is no JSON', '{', 'not-json'],
    ['more than the limit', ' '.repeat(MAX_PAYLOAD_BYTES) + '1', 'too-long'],
  ])('stored bytes with %s are refused', (_what, stored, code) => {
    expect(() => decodePayload(Buffer.from(stored))).toThrow(refused(code))
  })

  test('broken UTF-8 is refused, and no error repeats what it refused', () => {
    expect(() => decodePayload(Buffer.from([0x22, 0xff, 0x22]))).toThrow(refused('not-json'))
    try {
      encodePayload({ reason: 'patient Rivera \0' })
      expect.unreachable()
    } catch (error) {
      expect(error).toBeInstanceOf(PayloadError)
      expect(String(error)).not.toContain('Rivera')
    }
  })
})
