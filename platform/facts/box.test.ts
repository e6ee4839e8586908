import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fillBox, takeFromBox } from './box.ts'

test('what is laid into a box is found at its place, and nothing beyond', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 80 }), { maxLength: 20 }), (parts) => {
      const box = fillBox(parts)
      for (const [place, part] of parts.entries()) expect(takeFromBox(box, place)).toEqual(Buffer.from(part))
      for (const place of [-1, 0.5, parts.length, parts.length + 1]) expect(() => takeFromBox(box, place)).toThrow('nothing at this place')
    }),
  )
})

test('a box that is cut short or lies about a length gives nothing from there on', () => {
  const box = fillBox([Buffer.from('first'), Buffer.from('second')])
  expect(() => takeFromBox(box.subarray(0, box.length - 1), 1)).toThrow('nothing at this place')
  box.writeUInt32BE(0xffffffff, 0)
  for (const place of [0, 1]) expect(() => takeFromBox(box, place)).toThrow('nothing at this place')
})
