import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { crowdedOut, isFresh, mostSessions, overWhy, sessionPolicy } from './rules.ts'

const ms = fc.integer({ min: 0, max: 2 ** 41 })

describe('overWhy', () => {
  test('a session is open exactly while both ends lie ahead, and the nearer end is the reason', () => {
    fc.assert(
      fc.property(ms, ms, ms, (idleUntil, endsAt, now) => {
        const why = overWhy({ idleUntil, endsAt }, now)
        expect(why === null).toBe(now < Math.min(idleUntil, endsAt))
        if (why !== null) expect(why).toBe(idleUntil < endsAt ? 'idle' : 'absolute')
      }),
    )
  })
  test('once over it stays over', () => {
    fc.assert(
      fc.property(ms, ms, ms, fc.nat(), (idleUntil, endsAt, now, later) => {
        if (overWhy({ idleUntil, endsAt }, now) !== null) expect(overWhy({ idleUntil, endsAt }, now + later)).not.toBeNull()
      }),
    )
  })
})

describe('crowdedOut', () => {
  const roleLists = fc.subarray(['administrator', 'privacy-officer', 'clinician', 'front-desk', 'auditor'])
  test('with the new one there are never more than allowed; the oldest go, and no more than need be', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.uuid(), { maxLength: 12 }), roleLists, (open, roles) => {
        const gone = crowdedOut(open, roles)
        expect(open.slice(0, gone.length)).toEqual(gone)
        const left = open.length - gone.length + 1
        expect(left).toBeLessThanOrEqual(mostSessions(roles))
        if (gone.length > 0) expect(left).toBe(mostSessions(roles))
      }),
    )
  })
  test('only who does nothing but administer has fewer', () => {
    expect(mostSessions(['administrator'])).toBe(2)
    expect(mostSessions(['administrator', 'clinician'])).toBe(5)
    expect(mostSessions([])).toBe(5)
  })
})

test('what was read is believed for less than five seconds, and never from the future', () => {
  fc.assert(
    fc.property(ms, ms, (readAt, now) => {
      const fresh = isFresh(readAt, now)
      if (now < readAt || now - readAt >= 5_000) expect(fresh).toBe(false)
      if (now >= readAt && now - readAt < sessionPolicy.believeMs) expect(fresh).toBe(true)
    }),
  )
  expect(sessionPolicy.believeMs).toBeLessThan(5_000)
})
