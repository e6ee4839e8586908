import fc from 'fast-check'
import { expect, test } from 'vitest'
import { dueAt, standing } from './rules.ts'
import { states } from './words.ts'

const day = 86_400_000
const days = { first: 30, repeat: 365, remind: 14, grace: 14 }
const never = { since: 0, version: '1', versionSince: 0, done: null }
const at = (need: Parameters<typeof standing>[0], after: number) => standing(need, days, after * day).state

test('a training is open, then soon due, then overdue, then its person is held back; done, it comes again', () => {
  expect([0, 15.9, 16, 29.9, 30, 43.9, 44, 4_000].map((it) => at(never, it))).toEqual([
    'open',
    'open',
    'soon',
    'soon',
    'overdue',
    'overdue',
    'held-back',
    'held-back',
  ])
  const done = { ...never, done: { version: '1', at: 10 * day } }
  expect([11, 360.9, 361, 375, 388.9, 389].map((it) => at(done, it))).toEqual(['done', 'done', 'soon', 'overdue', 'overdue', 'held-back'])
  // A new version: again within the first days, and open until then although an older one was done.
  expect(at({ ...done, version: '2', versionSince: 100 * day }, 101)).toBe('open')
  expect(dueAt({ ...done, version: '2', versionSince: 100 * day }, days)).toBe(130 * day)
})

test('what cannot be reckoned holds back', () => {
  expect(standing({ ...never, since: Number.NaN }, days, 0).state).toBe('held-back')
})

const time = fc.integer({ min: 0, max: 3_000 }).map((it) => it * day)
const some = fc.record({
  first: fc.integer({ min: 1, max: 180 }),
  repeat: fc.integer({ min: 30, max: 1_095 }),
  remind: fc.integer({ min: 1, max: 60 }),
  grace: fc.integer({ min: 1, max: 90 }),
})
const done = fc.option(fc.record({ version: fc.constantFrom('1', '2'), at: time }))

test('time alone only makes it worse, and a new version never gives anybody more time', () => {
  fc.assert(
    fc.property(some, time, done, time, time, (figures, since, last, now, later) => {
      const need = { since, version: '1', versionSince: since, done: last }
      const rank = (when: number) => states.indexOf(standing(need, figures, when).state)
      const [early, late] = [Math.min(now, later), Math.max(now, later)]
      if (rank(early) > 1 || rank(late) > 1) expect(rank(late)).toBeGreaterThanOrEqual(rank(early))
      const isCurrent = last === null || last.version === '1'
      if (isCurrent) expect(dueAt({ ...need, version: '3', versionSince: now }, figures)).toBeLessThanOrEqual(dueAt(need, figures))
    }),
  )
})
