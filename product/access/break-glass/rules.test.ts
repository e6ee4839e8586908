import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { businessDayAfter, explains, isOpen, judgeReview } from './rules.ts'

describe('an explanation', () => {
  test('says something: ten characters without spaces at the ends, and not one letter again and again', () => {
    expect(explains('chest pain, ED bay 4')).toBe(true)
    expect(explains('   ok       ')).toBe(false)
    expect(explains('nine char')).toBe(false)
    expect(explains('ten chars!')).toBe(true)
    for (const nothing of ['..........', 'aaaaaaaaaaaa', 'xyxyxyxyxyxy', '          ', '----------'])
      expect(explains(nothing), nothing).toBe(false)
    // Characters, not UTF-16 units.
    expect(explains('急诊急诊')).toBe(false)
  })
})

test('an opening opens until its last millisecond, and nothing once it was closed', () => {
  fc.assert(
    fc.property(fc.nat(), fc.nat(), fc.option(fc.nat(), { nil: null }), (until, now, closedAt) => {
      expect(isOpen({ until, closedAt }, now)).toBe(closedAt === null && now < until)
    }),
  )
  expect(isOpen({ until: 3_600_000, closedAt: null }, 3_599_999)).toBe(true)
  expect(isOpen({ until: 3_600_000, closedAt: null }, 3_600_000)).toBe(false)
})

test('a review is never by the one who opened, whatever the outcome and however often', () => {
  const outcomes = fc.constantFrom('appropriate' as const, 'needs-follow-up' as const, 'inappropriate' as const)
  fc.assert(
    fc.property(fc.uuid(), outcomes, fc.string(), fc.boolean(), (person, outcome, note, reviewed) => {
      expect(judgeReview({ person, reviewed }, { by: person, outcome, note })).toBe('own-opening')
    }),
  )
  expect(judgeReview({ person: 'a', reviewed: true }, { by: 'b', outcome: 'appropriate', note: '' })).toBe('already-reviewed')
  expect(judgeReview({ person: 'a', reviewed: false }, { by: 'b', outcome: 'inappropriate', note: 'bad' })).toBe('say-why')
  expect(judgeReview({ person: 'a', reviewed: false }, { by: 'b', outcome: 'appropriate', note: '' })).toBe(null)
})

describe('business days', () => {
  test('skip Saturday and Sunday', () => {
    // 10 March 2026 is a Tuesday.
    expect(businessDayAfter('2026-03-10', 3)).toBe('2026-03-13')
    expect(businessDayAfter('2026-03-12', 3)).toBe('2026-03-17')
    expect(businessDayAfter('2026-03-14', 1)).toBe('2026-03-16')
    expect(businessDayAfter('2028-02-28', 1)).toBe('2028-02-29')
    expect(businessDayAfter('2026-12-31', 1)).toBe('2027-01-01')
  })

  test('are as the calendar has them', () => {
    const days = fc.integer({ min: 0, max: 40_000 }).map((n) => new Date(Date.UTC(1990, 0, 1 + n)))
    fc.assert(
      fc.property(days, fc.integer({ min: 0, max: 12 }), (from, count) => {
        let found = from
        for (let left = count; left > 0;) {
          found = new Date(found.getTime() + 86_400_000)
          if (found.getUTCDay() % 6 !== 0) left -= 1
        }
        expect(businessDayAfter(from.toISOString().slice(0, 10), count)).toBe(found.toISOString().slice(0, 10))
      }),
    )
  })
})
