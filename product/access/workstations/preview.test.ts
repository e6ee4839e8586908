import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readBurst, shiftWarning } from './preview.ts'

const badge = fc.stringMatching(/^[0-9A-F]{6,20}$/)
/** Keys with these gaps, ms, between them. */
const typed = (text: string, gap: (i: number) => number, at = 1_000) =>
  [...text].reduce<{ key: string; at: number }[]>((keys, key, i) => [...keys, { key, at: (keys.at(-1)?.at ?? at) + gap(i) }], [])

test('what comes as a burst is a reader’s, whatever a person typed before it', () => {
  fc.assert(
    fc.property(badge, fc.string({ maxLength: 10 }), fc.array(fc.nat(40), { minLength: 20, maxLength: 20 }), (text, before, gaps) => {
      const keys = typed(before, () => 120)
      const burst = typed(text, (i) => (i === 0 ? 200 : gaps[i]!), keys.at(-1)?.at)
      expect(readBurst([...keys, ...burst])).toBe(text)
    }),
  )
})

test('what a person types is none: a PIN and Enter opens no badge', () => {
  fc.assert(
    fc.property(badge, fc.integer({ min: 60, max: 400 }), (text, gap) => {
      expect(readBurst(typed(text, () => gap))).toBeNull()
    }),
  )
  expect(readBurst([])).toBeNull()
  expect(readBurst(typed('12345', () => 1))).toBeNull()
})

test('the end of a shift is said in its last twenty minutes, and never as none', () => {
  expect([21 * 60_000, 20 * 60_000, 61_000, 60_000, 1, -5_000].map(shiftWarning)).toEqual([
    null,
    '20 minutes',
    '2 minutes',
    'a minute',
    'a minute',
    'a minute',
  ])
})
