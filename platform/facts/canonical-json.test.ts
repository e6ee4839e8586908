import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonicalJson, NotCanonical } from './canonical-json.ts'

const sound = fc.string({ unit: 'grapheme', maxLength: 20 }).filter((it) => it.isWellFormed() && !it.includes('\u0000'))
const leaf = fc.oneof(sound, fc.maxSafeInteger(), fc.boolean(), fc.constant(null))
const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof({ maxDepth: 4 }, leaf, fc.array(tie('tree'), { maxLength: 4 }), fc.dictionary(sound, tie('tree'), { maxKeys: 5 })),
}))
const nfc = (value: unknown): unknown =>
  typeof value === 'string'
    ? value.normalize('NFC')
    : Array.isArray(value)
      ? value.map(nfc)
      : value !== null && typeof value === 'object'
        ? Object.fromEntries(Object.entries(value).map(([key, member]) => [key.normalize('NFC'), nfc(member)]))
        : Object.is(value, -0)
          ? 0
          : value

describe('canonical JSON', () => {
  test('means the same value, in NFC, and is one text whatever the order of members', () => {
    fc.assert(
      fc.property(tree, (value) => {
        const text = canonicalJson(value).toString()
        expect(JSON.parse(text)).toEqual(nfc(value))
        const shuffled = JSON.parse(JSON.stringify(value), (_, it: unknown) =>
          it !== null && typeof it === 'object' && !Array.isArray(it) ? Object.fromEntries(Object.entries(it).toReversed()) : it,
        ) as unknown
        expect(canonicalJson(shuffled).toString()).toBe(text)
      }),
    )
  })

  test('has no spaces, sorts by code units, leaves out what is undefined', () => {
    expect(canonicalJson({ b: 1, a: [true, null], '\u20ac': 'e', '\ud83d\ude00': 0, '\ufb33': undefined, '': -0 }).toString()).toBe(
      '{"":0,"a":[true,null],"b":1,"\u20ac":"e","\ud83d\ude00":0}',
    )
    expect(canonicalJson('"\\/\n\u001f\u007f\u00e9e\u0301').toString()).toBe('"\\"\\\\/\\n\\u001f\u007f\u00e9\u00e9"')
  })

  test.each([
    ['a fraction', 1.5],
    ['beyond 2^53', 2 ** 53],
    ['not a number', Number.NaN],
    ['U+0000', 'a\u0000'],
    ['half a pair', '\ud800'],
    ['in a name', { '\u0000': 1 }],
    ['a date', new Date(0)],
    ['bytes', new Uint8Array(1)],
  ])('%s has none', (_, value) => expect(() => canonicalJson(value)).toThrow(NotCanonical))
})
