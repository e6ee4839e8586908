import fc from 'fast-check'
import { expect, test } from 'vitest'
import { pack } from './pack.ts'

test('what was packed is found again, byte for byte', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 20 }), (parts) => {
      const { bytes, starts, lengths } = pack(parts)
      expect(parts.map((_, i) => [...bytes.subarray(starts[i]! - 1, starts[i]! - 1 + lengths[i]!)])).toEqual(parts.map((part) => [...part]))
    }),
  )
})
