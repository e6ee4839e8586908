import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readComputer, readIntune, readMobile, retryAfter, systemOf } from './rules.ts'

test('whatever an answer holds, only a vendor’s own word makes a device compliant', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(readIntune(value).compliance).not.toBe('compliant')
      expect(readComputer(value, 'Compliant').compliance).not.toBe('compliant')
      expect(readMobile(value, '').compliance).toBe('unknown')
    }),
  )
})

test('how long to wait is a number of seconds, from a second to an hour', () => {
  fc.assert(
    fc.property(fc.option(fc.string(), { nil: undefined }), (header) => {
      const seconds = retryAfter(header)
      expect(Number.isInteger(seconds) && seconds >= 1 && seconds <= 3_600).toBe(true)
    }),
  )
  expect([retryAfter('5'), retryAfter('0'), retryAfter('99999'), retryAfter(undefined)]).toEqual([5, 1, 3_600, 60])
})

test('systems by their vendors’ names', () => {
  expect(['Windows', 'macOS', 'Mac OS X', 'iPadOS', 'AndroidForWork', 'Ubuntu', 'Tizen'].map(systemOf)).toEqual([
    'Windows',
    'macOS',
    'macOS',
    'iOS',
    'Android',
    'Linux',
    'Unknown',
  ])
})
