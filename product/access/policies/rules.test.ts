import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isInForce, judgeTerm } from './rules.ts'

const day = fc
  .date({ min: new Date('1990-01-01T00:00:00Z'), max: new Date('2090-01-01T00:00:00Z'), noInvalidDate: true })
  .map((it) => it.toISOString().slice(0, 10))

test('an agreement binds from its first day to its last, both included, unless it was ended', () => {
  fc.assert(
    fc.property(day, fc.option(day), fc.boolean(), day, (startsOn, endsOn, ended, today) => {
      const binds = isInForce({ startsOn, endsOn, ended }, today)
      if (ended || today < startsOn || (endsOn !== null && today > endsOn)) expect(binds).toBe(false)
      else expect(binds).toBe(true)
    }),
  )
})

test('a term that ends before it starts is none', () => {
  expect(judgeTerm('2026-03-10', '2026-03-09')).toBe('ends-before-it-starts')
  expect(judgeTerm('2026-03-10', '2026-03-10')).toBeNull()
  expect(judgeTerm('2026-03-10', null)).toBeNull()
  expect(judgeTerm('2026-02-30', null)).toBe('no-such-day')
})
