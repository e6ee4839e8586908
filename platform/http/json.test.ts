import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseJson } from './json.ts'
import { Refusal } from './refusal.ts'

const nested = (depth: number, open: string, close: string) => Buffer.from(open.repeat(depth) + '1' + close.repeat(depth))

test('reads what JSON.parse reads, in ASCII and beyond', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
      const raw = Buffer.from(JSON.stringify(value))
      if (raw.length === 0 || /__proto__|\\u0000|\\ud[89a-f]/.test(raw.toString())) return
      expect(parseJson(raw)).toEqual(JSON.parse(raw.toString()))
    }),
  )
  expect(parseJson(Buffer.from('{"a":"grüß","b":"\\u00e9"}'))).toEqual({ a: 'grüß', b: 'é' })
})

test('refuses unsound text however it is written, __proto__, and nesting beyond 32, also in plain ASCII', () => {
  const refused = (raw: Buffer) => expect(() => parseJson(raw), raw.toString()).toThrow(Refusal)
  for (const text of ['{"a":"\\u0000"}', '{"a":"\\ud800"}', '{"\\ud800":1}', '["\\u0000"]', '{"__proto__":1}', '{"a":[{"__proto__":{}}]}'])
    refused(Buffer.from(text))
  for (const text of ['{"\\u005f_proto__":1}', '{', 'x', '{"a":"\u0001"}', '"\u0000"']) refused(Buffer.from(text))
  refused(Buffer.from([0x22, 0xff, 0x22]))
  refused(nested(33, '[', ']'))
  refused(nested(33, '{"a":', '}'))
  refused(Buffer.from('{"a":'.repeat(33) + '[]' + '}'.repeat(33)))
  expect(parseJson(nested(32, '[', ']'))).toBeTruthy()
  expect(parseJson(nested(32, '{"a":', '}'))).toBeTruthy()
})
