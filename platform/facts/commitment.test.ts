import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { commitmentOf } from './commitment.ts'

test('is HMAC-SHA-256 of the payload under the nonce, whatever came before', () => {
  const bytes = (minLength: number, maxLength: number) => fc.uint8Array({ minLength, maxLength })
  fc.assert(
    fc.property(bytes(32, 32), bytes(0, 3_000), (nonce, payload) => {
      expect(commitmentOf(nonce, payload).toString('hex')).toBe(createHmac('sha256', nonce).update(payload).digest('hex'))
    }),
  )
})

test('refuses a nonce of another size: RFC 2104 treats longer keys otherwise', () => {
  expect(() => commitmentOf(new Uint8Array(31), new Uint8Array(1))).toThrow(RangeError)
  expect(() => commitmentOf(new Uint8Array(65), new Uint8Array(1))).toThrow(RangeError)
})
