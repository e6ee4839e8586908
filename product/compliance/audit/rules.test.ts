import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CHECKPOINT_ENTRIES, CHECKPOINT_WITHIN_MS, checkpointDue } from './rules.ts'

const time = fc.integer({ min: 0, max: 4_000_000_000_000 })
const size = fc.integer({ min: 0, max: 1_000_000 })

describe('when a checkpoint is due', () => {
  test('never without new entries, and never for a log that shrank', () => {
    fc.assert(
      fc.property(fc.option(time, { nil: null }), size, size, time, (lastAt, lastSize, less, now) => {
        expect(checkpointDue(lastAt, lastSize, Math.max(0, lastSize - less), now)).toBe(false)
      }),
    )
  })

  test('the first entry of a log is signed at once', () => {
    expect(checkpointDue(null, 0, 1, 0)).toBe(true)
  })

  test('a sequencer that asks every second never lets new entries wait longer than the promise', () => {
    fc.assert(
      fc.property(time, size, fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 200, maxLength: 200 }), (start, from, arrivals) => {
        let [lastAt, lastSize, now, entries] = [start, from, start, from]
        let waitingSince: number | null = null
        for (const arrived of arrivals) {
          now += 1000
          entries += arrived
          if (arrived > 0) waitingSince ??= now
          if (checkpointDue(lastAt, lastSize, entries, now)) [lastAt, lastSize, waitingSince] = [now, entries, null]
          if (waitingSince !== null) expect(now - waitingSince).toBeLessThan(CHECKPOINT_WITHIN_MS)
          expect(entries - lastSize).toBeLessThan(CHECKPOINT_ENTRIES)
        }
      }),
      { numRuns: 50 },
    )
  })

  test('a young checkpoint is not followed by another for a single entry', () => {
    expect(checkpointDue(1000, 10, 11, 2000)).toBe(false)
    expect(checkpointDue(1000, 10, 10 + CHECKPOINT_ENTRIES, 2000)).toBe(true)
  })

  test('a clock that went backwards does not put a checkpoint off', () => {
    expect(checkpointDue(10_000, 10, 11, 9_999)).toBe(true)
  })
})
