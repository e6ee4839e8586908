import { expect, test } from 'vitest'
import { asDatabaseFailure } from './failure.ts'

test.each([
  [{ severity: 'ERROR', code: '23505' }, 'constraint'],
  [{ severity: 'ERROR', code: '40P01' }, 'retry'],
  [{ severity: 'FATAL', code: '57P01' }, 'unreachable'],
  [{ severity: 'ERROR', code: '53100' }, 'disk-full'],
  [{ severity: 'ERROR', code: '42601' }, 'broken'],
  [{ severity: 'ERROR', code: 'P0001' }, 'refused'],
  // Five capital letters of the operating system are no SQLSTATE.
  [{ code: 'EPIPE', message: 'write EPIPE' }, 'unreachable'],
  [{ code: 'ECONNREFUSED', message: 'connect ECONNREFUSED' }, 'unreachable'],
  [{ message: 'Query read timeout' }, 'timed-out'],
] as const)('%j is %s', (thrown, code) => expect(asDatabaseFailure(Object.assign(new Error('x'), thrown)).code).toBe(code))
