import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isDay } from './text.ts'

const day = fc
  .date({ min: new Date('1990-01-01T00:00:00Z'), max: new Date('2090-01-01T00:00:00Z'), noInvalidDate: true })
  .map((it) => it.toISOString().slice(0, 10))

test('days are days of the calendar', () => {
  fc.assert(
    fc.property(day, (it) => {
      expect(isDay(it)).toBe(true)
    }),
  )
  for (const none of [
    '2026-02-29',
    '2026-02-30',
    '2100-02-29',
    '2026-04-31',
    '2026-13-01',
    '2026-00-10',
    '2026-1-1',
    '0000-01-01',
    'today',
    '',
  ])
    expect(isDay(none), none).toBe(false)
  expect(isDay('2024-02-29')).toBe(true)
})
