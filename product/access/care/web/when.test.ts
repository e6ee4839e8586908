import { expect, test } from 'vitest'
import { momentOf } from './when.ts'

test('a day and a time by the organisation’s clock; anything else is none', () => {
  expect(momentOf(' 2026-03-10 7:30 ', 'America/Chicago')).toBe(Date.UTC(2026, 2, 10, 12, 30))
  for (const typed of ['', '2026-03-10', '07:30', '10.3.2026 07:30', '2026-03-10 24:00', 'tomorrow'])
    expect(momentOf(typed, 'America/Chicago')).toBeNull()
})
