import { expect, test } from 'vitest'
import { createDevice } from './keys.ts'
import { newUuid } from './bytes.ts'
import { parseWipe, signWipe, verifyWipe } from './wipe.ts'

test('a wipe receipt is of its device alone, and no word of it can be changed', async () => {
  const [mine, other] = [await createDevice(newUuid()), await createDevice(newUuid())]
  const bytes = await signWipe(mine, { organisation: newUuid(), person: newUuid(), why: 'ordered', time: 1_770_000_000_000 })
  const read = parseWipe(bytes)
  expect(read).toMatchObject({ device: mine.device, why: 'ordered', time: 1_770_000_000_000 })
  expect(await verifyWipe(read, mine.signing.publicKey)).toBe(true)
  expect(await verifyWipe(read, other.signing.publicKey)).toBe(false)
  for (const changed of [
    { device: other.device },
    { person: newUuid() },
    { organisation: newUuid() },
    { why: 'stale' as const },
    { time: 1 },
  ])
    expect(await verifyWipe({ ...read, ...changed }, mine.signing.publicKey)).toBe(false)
  expect(() => parseWipe(bytes.slice(1))).toThrow()
})
