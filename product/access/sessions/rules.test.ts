import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Place } from './rules.ts'
import { absoluteHoursOf, crowdedOut, isFresh, isProvenFreshly, mostSessions, overWhy, sessionPolicy } from './rules.ts'

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

const roleLists = fc.subarray(['administrator', 'privacy-officer', 'clinician', 'front-desk', 'auditor'])
const places = fc.constantFrom<Place>('private', 'counter', 'hallway', 'phone')

describe('crowdedOut', () => {
  const opened = fc.uniqueArray(fc.record({ session: fc.uuid(), place: places }), { maxLength: 12, selector: (it) => it.session })
  test('with the new one there are never more than allowed, nor two at shared screens; the oldest go, and no more than need be', () => {
    fc.assert(
      fc.property(opened, roleLists, places, (open, roles, place) => {
        const gone = new Set(crowdedOut(open, roles, place))
        const left = [...open.filter((it) => !gone.has(it.session)), { session: 'new', place }]
        expect(left.length).toBeLessThanOrEqual(mostSessions(roles))
        const isShared = (it: { place: Place }) => it.place === 'counter' || it.place === 'hallway'
        const moves = isShared({ place })
        if (moves) expect(left.filter(isShared)).toHaveLength(1)
        // Beside shared screens that were left, only the oldest, and only where there were too many.
        const kept = moves ? open.filter((it) => !isShared(it)) : open
        const crowded = kept.filter((it) => gone.has(it.session))
        expect(kept.slice(0, crowded.length)).toEqual(crowded)
        if (crowded.length > 0) expect(left.length).toBe(mostSessions(roles))
      }),
    )
  })
  test('who does nothing but run or oversee the system has fewer', () => {
    expect(mostSessions(['administrator'])).toBe(2)
    expect(mostSessions(['privacy-officer', 'auditor'])).toBe(2)
    expect(mostSessions(['administrator', 'clinician'])).toBe(5)
    expect(mostSessions([])).toBe(5)
  })
})

test('a session lasts a shift, and less the more its person may change', () => {
  expect(absoluteHoursOf(['clinician'])).toBe(14)
  expect(absoluteHoursOf([])).toBe(14)
  expect(absoluteHoursOf(['administrator', 'clinician'])).toBe(8)
  expect(absoluteHoursOf(['administrator'])).toBe(4)
  expect(absoluteHoursOf(['privacy-officer', 'administrator'])).toBe(4)
  // One more role of an officer never makes it longer.
  fc.assert(
    fc.property(roleLists, (roles) => {
      expect(absoluteHoursOf([...new Set([...roles, 'administrator'])])).toBeLessThanOrEqual(absoluteHoursOf(roles))
    }),
  )
})

test('a proof is fresh for five minutes, and never one that lies far ahead', () => {
  fc.assert(
    fc.property(ms, fc.integer({ min: -3_600_000, max: 3_600_000 }), (provenAt, since) => {
      expect(isProvenFreshly(provenAt, provenAt + since)).toBe(since >= -60_000 && since < 5 * 60_000)
    }),
  )
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
