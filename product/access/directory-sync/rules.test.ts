import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isOfficer, isTooMany, leaversAllowed, offices, rolesAfter } from './rules.ts'
import { mappable } from './words.ts'

const role = fc.constantFrom(...mappable)

describe('roles that groups give', () => {
  test('what groups give is held, what they gave is gone, what was given by hand stays', () =>
    fc.assert(
      fc.property(fc.array(role), fc.array(role), fc.array(role), fc.array(fc.constantFrom(...offices)), (held, given, more, byHand) => {
        const managed = [...new Set([...given, ...more])]
        const after = rolesAfter<string>([...held, ...byHand], given, managed)
        expect(given.every((it) => after.includes(it))).toBe(true)
        expect(byHand.every((it) => after.includes(it))).toBe(true)
        expect(after.filter((it) => (managed as string[]).includes(it)).every((it) => (given as string[]).includes(it))).toBe(true)
      }),
    ))

  test('no group can give an office', () => {
    for (const office of offices) {
      expect(isOfficer([office])).toBe(true)
      expect(mappable as readonly string[]).not.toContain(office)
    }
    expect(isOfficer([...mappable])).toBe(false)
  })
})

test('the brake: a tenth, and never fewer than five', () => {
  expect([leaversAllowed(10, 10), leaversAllowed(49, 10), leaversAllowed(500, 10), leaversAllowed(500, 1)]).toEqual([5, 5, 50, 5])
  expect([isTooMany(5, 20, 10), isTooMany(6, 20, 10), isTooMany(50, 500, 10), isTooMany(51, 500, 10)]).toEqual([false, true, false, true])
})
