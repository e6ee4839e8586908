import { expect, test } from 'vitest'
import { newUuid } from './bytes.ts'
import { newSigningKey } from './ed25519.ts'
import { signSession, verifySession } from './session-proof.ts'

test('a device proves itself to one session of one person, and to no other', async () => {
  const key = await newSigningKey()
  const claim = { organisation: newUuid(), person: newUuid(), device: newUuid(), session: newUuid() }
  const signature = await signSession(claim, key)
  expect(await verifySession(key.publicKey, signature, claim)).toBe(true)
  for (const field of ['organisation', 'person', 'device', 'session'] as const)
    expect(await verifySession(key.publicKey, signature, { ...claim, [field]: newUuid() })).toBe(false)
  expect(await verifySession((await newSigningKey()).publicKey, signature, claim)).toBe(false)
})
