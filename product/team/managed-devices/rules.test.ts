import fc from 'fast-check'
import { expect, test } from 'vitest'
import { answers, believed, binds, graceUntil, mayEnrol, mayGoOn, postureOf } from './rules.ts'
import type { Posture } from './rules.ts'

const day = 86_400_000
const postures = fc.constantFrom<Posture>('compliant', 'not-compliant', 'unknown')
const time = fc.integer({ min: 0, max: 100 * day })

test('a good word counts only while it is fresh, on both sides', () => {
  fc.assert(
    fc.property(postures, fc.option(time), fc.option(time), time, (compliance, checkedInAt, feedAt, now) => {
      const fresh =
        checkedInAt !== null &&
        now - checkedInAt < believed.checkInDays * day &&
        feedAt !== null &&
        now - feedAt < believed.feedHours * 3_600_000
      expect(postureOf({ compliance, checkedInAt }, feedAt, now) === 'compliant').toBe(compliance === 'compliant' && fresh)
    }),
  )
  expect(postureOf(null, 0, 0)).toBe('unknown')
})

test('new devices come in by a good word only; devices that were here are kept out by a bad one only, after the grace', () => {
  fc.assert(
    fc.property(postures, fc.option(time), fc.integer({ min: 0, max: 30 }), time, (posture, badSince, graceDays, now) => {
      expect(mayEnrol(posture)).toBe(posture === 'compliant')
      const out = !mayGoOn(posture, badSince, graceDays, now)
      expect(out).toBe(posture === 'not-compliant' && badSince !== null && now >= badSince + graceDays * day)
      if (out) expect(graceUntil(posture, badSince, graceDays)).not.toBeNull()
    }),
  )
  const nobody = { roles: [], locations: [] }
  const nurse = { roles: ['clinician', 'nurse'], locations: ['north'] }
  const rules = [nobody, { ...nobody, roles: ['nurse'] }, { ...nobody, locations: ['north'] }, { roles: ['auditor'], locations: ['south'] }]
  expect(rules.map((rule) => binds(rule, nurse))).toEqual([false, true, true, false])
  // Who is put nowhere, or works everywhere, may be at the place of the rule.
  expect(rules.map((rule) => binds(rule, { ...nurse, locations: [] }))).toEqual([false, true, true, true])
})

test('device management answers while it is on and was read whole within a day', () => {
  fc.assert(
    fc.property(fc.boolean(), fc.option(time), time, (on, workedAt, now) => {
      expect(answers({ on, workedAt }, now)).toBe(on && workedAt !== null && now - workedAt < day)
    }),
  )
})
