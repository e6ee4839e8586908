import fc from 'fast-check'
import { expect, test } from 'vitest'
import { dayAfter, momentAt } from './zoned.ts'

const chicago = 'America/Chicago'
const shown = (at: number, timeZone: string) =>
  new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'short' }).format(at)

test('the clocks of the practice show what was booked, but for an hour that they leave out', () => {
  const day = fc.integer({ min: Date.UTC(2020, 0, 1), max: Date.UTC(2035, 0, 1) }).map((at) => new Date(at).toISOString().slice(0, 10))
  const time = fc
    .tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }))
    .map((it) => it.map((part) => String(part).padStart(2, '0')).join(':'))
  fc.assert(
    fc.property(
      day,
      time,
      fc.constantFrom(chicago, 'America/New_York', 'UTC', 'Pacific/Kiritimati', 'Australia/Lord_Howe'),
      (date, clock, zone) => {
        const at = momentAt(date, clock, zone)!
        if (shown(at, zone) === `${date} ${clock}`) return
        // Left out: the moment is that of the clocks' jump, within an hour after what was asked.
        expect(shown(at, zone) > `${date} ${clock}`).toBe(true)
        expect(shown(at - 3_600_000, zone) < `${date} ${clock}`).toBe(true)
      },
    ),
  )
})

test('the changes of the clocks in Chicago', () => {
  expect(momentAt('2026-03-08', '02:30', chicago)).toBe(Date.UTC(2026, 2, 8, 8, 30))
  expect(momentAt('2026-11-01', '01:30', chicago)).toBe(Date.UTC(2026, 10, 1, 6, 30))
  expect(momentAt('2026-03-11', '15:00', chicago)).toBe(Date.UTC(2026, 2, 11, 20))
})

test('what is no day or no time is none', () => {
  for (const [date, time] of [
    ['2026-3-11', '15:00'],
    ['2026-03-11', '25:00'],
    ['2026-13-40', '15:00'],
    ['', ''],
  ])
    expect(momentAt(date!, time!, chicago)).toBeNull()
  expect(dayAfter('2026-02-28')).toBe('2026-03-01')
  expect(dayAfter('2026-03-01', -1)).toBe('2026-02-28')
})
