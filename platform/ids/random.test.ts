import { expect, test } from 'vitest'
import { freshBytes } from './random.ts'

test('no byte is given out twice, whatever sizes are asked for, and no caller sees another\u2019s', () => {
  const seen = new Set<string>()
  const held: { bytes: Buffer; copy: string }[] = []
  for (let i = 0; i < 5_000; i += 1) {
    const bytes = freshBytes([12, 16, 32, 1_500][i % 4]!)
    expect(bytes.length).toBe([12, 16, 32, 1_500][i % 4])
    for (let at = 0; at + 12 <= bytes.length; at += 12) seen.add(bytes.toString('hex', at, at + 12))
    if (i % 50 === 0) held.push({ bytes, copy: bytes.toString('hex') })
  }
  expect(seen.size).toBe(1_250 * (1 + 1 + 2 + 125))
  for (const { bytes, copy } of held) expect(bytes.toString('hex')).toBe(copy)
})
