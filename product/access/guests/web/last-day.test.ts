import { expect, test } from 'vitest'
import { endOf, lastDayOf } from './last-day.ts'

const zone = 'America/Chicago'
const now = Date.UTC(2026, 2, 7, 18)

test('the last day is whole, also across a clock change, and reads back as it was typed', () => {
  // Clocks go forward on 8 March 2026 in Chicago.
  for (const [typed, ends] of [
    ['2026-03-07', Date.UTC(2026, 2, 8, 6)],
    [' 2026-03-08 ', Date.UTC(2026, 2, 9, 5)],
  ] as const) {
    expect(endOf(typed, zone, now)).toBe(ends)
    expect(lastDayOf(ends, zone)).toBe(typed.trim())
  }
})

test('what is no day, over, or beyond a year is said', () => {
  for (const typed of ['', '31.3.2026', '2026-02-30x', '2026-13-01', '2026-03-06', '2027-04-01'])
    expect(endOf(typed, zone, now)).toBeTypeOf('string')
})
