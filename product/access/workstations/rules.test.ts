import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { judgePin, mayTryPin, readBadge, shiftEnd, waitAfter, workstationPolicy } from './rules.ts'

const hour = 3_600_000
const ms = fc.integer({ min: 0, max: 2 ** 41 })

describe('judgePin', () => {
  test('takes six digits and nothing else', () => {
    for (const pin of ['', '48213', '4821397', '48213a', ' 482139', '４８２１３９']) expect(judgePin(pin)).toBe('pin-form')
    expect(judgePin('482139')).toBeNull()
  })
  test('takes none that counts, repeats, mirrors or is a way across the keypad', () => {
    const easy = [
      '000000',
      '123456',
      '654321',
      '890123',
      '246802',
      '121212',
      '123123',
      '123321',
      '112233',
      '998877',
      '111222',
      '147258',
      '159753',
    ]
    for (const pin of easy) expect({ pin, is: judgePin(pin) }).toEqual({ pin, is: 'pin-easy' })
  })
  test('refuses a small part: a person is not kept from choosing', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(999_999), { minLength: 500, maxLength: 500 }), (drawn) => {
        const refused = drawn.filter((n) => judgePin(n.toString().padStart(6, '0')) !== null)
        expect(refused.length).toBeLessThan(100)
      }),
      { numRuns: 10 },
    )
  })
})

test('tries end at five wrong in a row and twelve in a shift, and the later ones wait', () => {
  fc.assert(
    fc.property(fc.nat(30), fc.nat(30), (row, shift) => {
      expect(mayTryPin({ row, shift })).toBe(row < 5 && shift < 12)
      expect(waitAfter(row + 1)).toBeGreaterThanOrEqual(row === 0 ? 0 : waitAfter(row))
    }),
  )
  expect([1, 2, 3, 4, 9].map(waitAfter)).toEqual([0, 0, 15, 60, 60])
})

test('a shift is twelve hours at most and never outlives the session of its full sign-in', () => {
  fc.assert(
    fc.property(ms, fc.nat(48 * hour), (at, lasts) => {
      const end = shiftEnd(at, at + lasts)
      expect(end).toBeLessThanOrEqual(at + workstationPolicy.shiftHours * hour)
      expect(end).toBeLessThanOrEqual(at + lasts)
    }),
  )
})

test('a badge is read alike however its reader frames it, and what no reader types is none', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[0-9A-F]{4,64}$/), (badge) => {
      for (const typed of [badge, badge.toLowerCase(), `;${badge}?`, `%${badge}?\n`, badge.match(/../g)?.join(':') ?? badge])
        expect(readBadge(typed)).toBe(readBadge(badge.length % 2 === 0 || !typed.includes(':') ? badge : typed))
      expect(readBadge(badge)).toBe(badge)
    }),
  )
  for (const typed of ['', '12', 'no badge!', '<script>', 'A'.repeat(65)]) expect(readBadge(typed)).toBeNull()
})
