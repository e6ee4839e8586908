import { expect, test } from 'vitest'
import { openFrames } from './frames.ts'
import type { FrameParts } from './frames.ts'

test.each([
  [30_000, 30_000],
  [6, 6],
  ['soon', 2_000],
])('what counts is asked for again at any moment within the time that the server says (%s)', (within, most) => {
  const after: number[] = []
  const later = (ms: number) => {
    after.push(ms)
    return () => undefined
  }
  const hear = openFrames({ later } as unknown as FrameParts)
  for (let i = 0; i < 300; i += 1) hear({ t: 'policies', within })
  expect(Math.min(...after)).toBeGreaterThanOrEqual(0)
  expect(Math.max(...after)).toBeLessThan(most)
  // Not one of 300 in the last fifth: that does not happen.
  expect(Math.max(...after)).toBeGreaterThan(most * 0.8)
})
