import fc from 'fast-check'
import { expect, test } from 'vitest'
import { costOfBytes, liveLimits, openShare, waitOf } from './share.ts'

const rule = { perSecond: 100, burst: 50, flying: 3 }

test('whatever the frames cost and whenever they come, no more is heard than twice a burst and what time has given', () => {
  fc.assert(
    fc.property(fc.array(fc.record({ after: fc.integer({ min: 0, max: 2_000 }), cost: fc.integer({ min: 1, max: 20 }) })), (frames) => {
      const share = openShare(rule, 0)
      let now = 0
      let spent = 0
      for (const { after, cost } of frames) {
        now += after
        const wait = waitOf(share, () => now)
        if (wait > 0) {
          // Nobody waits in vain: after that time the next is heard.
          now += Math.ceil(wait) + 1
          expect(waitOf(share, () => now)).toBe(0)
        }
        share.tokens -= cost
        spent += cost
        expect(spent).toBeLessThanOrEqual(2 * rule.burst + (now / 1_000) * rule.perSecond + 20)
      }
    }),
  )
})

test('whoever has too much in flight waits for an answer, not for time', () => {
  const share = openShare(rule, 0)
  share.flying = 3
  expect(waitOf(share, () => 1e9)).toBe(Infinity)
  share.flying = 2
  expect(waitOf(share, () => 0)).toBe(0)
})

test('a frame costs by its bytes', () => {
  expect([0, 16_383, 16_384, 1024 * 1024].map(costOfBytes)).toEqual([1, 1, 2, 65])
})

test('the limits are above any lawful use: 64 in flight and 500 a second in one window, several windows of a person', () => {
  expect(liveLimits.socket.flying).toBeGreaterThan(3 * 64)
  expect(liveLimits.socket.perSecond).toBeGreaterThanOrEqual(2 * 500)
  expect(liveLimits.person.perSecond).toBeGreaterThanOrEqual(2 * liveLimits.socket.perSecond)
  expect(liveLimits.person.flying).toBeGreaterThanOrEqual(2 * liveLimits.socket.flying)
})
