import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ageText, countdownText, dayText, fullTime, timeOfDay } from './time.ts'

const chicago = { locale: 'en-US', timeZone: 'America/Chicago' }
const at = (iso: string) => Date.parse(iso)
const now = at('2026-11-17T20:14:10Z')
const minute = 60_000

describe('ageText', () => {
  it.each([
    [now + 5 * minute, 'now'],
    [now - 59_000, 'now'],
    [now - 60_000, '1 min'],
    [now - 59 * minute, '59 min'],
    [now - 60 * minute, '1 hr'],
    [now - 719 * minute, '11 hr'],
    [at('2026-11-16T20:14:10Z'), 'Mon 14:14'],
    [at('2026-11-08T18:00:00Z'), 'Nov 8'],
    [at('2025-11-08T18:00:00Z'), 'Nov 8, 2025'],
  ])('of %i is %s', (then, words) => expect(ageText(then, now, chicago)).toBe(words))

  it('speaks the reader’s language', () => expect(ageText(now - 4 * minute, now, { locale: 'es', timeZone: 'UTC' })).toBe('4 min'))
})

describe('dayText', () => {
  it('counts calendar days of the zone, not spans of 24 hours', () => {
    expect(dayText(at('2026-11-17T06:00:00Z'), now, chicago)).toBe('Today')
    expect(dayText(at('2026-11-17T05:59:59Z'), now, chicago)).toBe('Yesterday')
    expect(dayText(at('2026-11-15T20:00:00Z'), now, chicago)).toBe('Sunday, November 15')
    expect(dayText(at('2025-11-15T20:00:00Z'), now, chicago)).toBe('Saturday, November 15, 2025')
  })

  it('takes the day of 25 hours for one day', () => {
    // Clocks went back in Chicago on 1 November 2026.
    expect(dayText(at('2026-11-01T05:30:00Z'), at('2026-11-02T06:30:00Z'), chicago)).toBe('Yesterday')
  })
})

describe('times of day', () => {
  it('are in 24 hours', () => {
    expect(timeOfDay(at('2026-11-17T06:05:09Z'), chicago)).toBe('00:05')
    expect(timeOfDay(now, chicago, true)).toBe('14:14:10')
    expect(fullTime(now, chicago)).toBe('Tue, Nov 17, 2026, 14:14')
  })
})

describe('countdownText', () => {
  it.each([
    [-1, '0:00'],
    [1, '0:01'],
    [245_000, '4:05'],
    [3_845_000, '1:04:05'],
  ])('of %i ms is %s', (left, words) => expect(countdownText(left)).toBe(words))

  it('never says 0:00 while time is left, nor any other while none is', () => {
    fc.assert(fc.property(fc.integer({ min: -1_000_000, max: 100_000_000 }), (left) => (countdownText(left) === '0:00') === left <= 0))
  })
})
