import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isZone, worksThere } from './rules.ts'

const place = fc.option(fc.constantFrom('a', 'b', 'c'), { nil: null })

test('one place is everybody’s; of several, only one’s own', () => {
  fc.assert(
    fc.property(fc.subarray(['a', 'b', 'c']), place, place, (locations, location, main) => {
      expect(worksThere({ all: true }, location, main)).toBe(true)
      expect(worksThere({ all: false, locations }, location, main)).toBe(locations.includes((location ?? main) as string))
    }),
  )
  expect(worksThere({ all: false, locations: ['a'] }, null, null)).toBe(false)
})

test('zones have names', () => {
  expect(['America/Chicago', 'UTC', 'Europe/Madrid'].every(isZone)).toBe(true)
  expect(['+05:00', 'Nowhere/Land', '', '../etc', 'America/Chicago; drop'].some(isZone)).toBe(false)
})
