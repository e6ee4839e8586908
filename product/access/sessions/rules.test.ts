import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { settings } from '@wardline/product/access/policies/preview'
import type { Place, SessionFigures } from './rules.ts'
import { absoluteSecondsOf, crowdedOut, idleSecondsOf, isFresh, mostSessions, overWhy, sessionPolicy } from './rules.ts'

const defaults = Object.fromEntries(Object.entries(settings).map(([name, it]) => [name, it.value])) as unknown as SessionFigures
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
        const gone = new Set(crowdedOut(defaults, open, roles, place))
        const left = [...open.filter((it) => !gone.has(it.session)), { session: 'new', place }]
        expect(left.length).toBeLessThanOrEqual(mostSessions(defaults, roles))
        const isShared = (it: { place: Place }) => it.place === 'counter' || it.place === 'hallway'
        const moves = isShared({ place })
        if (moves) expect(left.filter(isShared)).toHaveLength(1)
        // Beside shared screens that were left, only the oldest, and only where there were too many.
        const kept = moves ? open.filter((it) => !isShared(it)) : open
        const crowded = kept.filter((it) => gone.has(it.session))
        expect(kept.slice(0, crowded.length)).toEqual(crowded)
        if (crowded.length > 0) expect(left.length).toBe(mostSessions(defaults, roles))
      }),
    )
  })
  test('who does nothing but run or oversee the system has fewer', () => {
    expect(mostSessions(defaults, ['administrator'])).toBe(2)
    expect(mostSessions(defaults, ['privacy-officer', 'auditor'])).toBe(2)
    expect(mostSessions(defaults, ['administrator', 'clinician'])).toBe(5)
    expect(mostSessions(defaults, [])).toBe(5)
  })
})

const hours = (roles: readonly string[], figures = defaults) => absoluteSecondsOf(figures, roles) / 3_600

test('a session lasts a shift, and less the more its person may change', () => {
  expect(hours(['clinician'])).toBe(14)
  expect(hours([])).toBe(14)
  expect(hours(['administrator', 'clinician'])).toBe(8)
  expect(hours(['administrator'])).toBe(4)
  expect(hours(['privacy-officer', 'administrator'])).toBe(4)
})

test('whatever the figures, one more role of an officer never makes a session longer', () => {
  const figures = fc.record({
    ...Object.fromEntries(Object.keys(defaults).map((name) => [name, fc.integer({ min: 1, max: 100 })])),
  }) as unknown as fc.Arbitrary<SessionFigures>
  fc.assert(
    fc.property(figures, roleLists, places, (policy, roles, place) => {
      const more = [...new Set([...roles, 'administrator'])]
      expect(hours(more, policy)).toBeLessThanOrEqual(hours(roles, policy))
      expect(idleSecondsOf(policy, more, place)).toBeLessThanOrEqual(idleSecondsOf(policy, roles, place))
      expect(idleSecondsOf(policy, roles, place)).toBeLessThanOrEqual(60 * policy[`session.idle-minutes.${place}`])
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
