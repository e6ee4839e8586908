import { expect, it } from 'vitest'
import { newUuid, random } from './bytes.ts'
import { createDevice } from './keys.ts'
import { parseReceipt, signReceipt, verifyReceipt } from './receipt.ts'

it('a receipt is its device’s own, and no bit of it can be changed', async () => {
  const [device, other] = [await createDevice(newUuid()), await createDevice(newUuid())]
  const said = { organisation: newUuid(), conversation: newUuid(), kind: 'shown', sequence: 7, envelope: random(32), time: 5 } as const
  const bytes = await signReceipt(device, said)
  expect(parseReceipt(bytes)).toMatchObject({ ...said, device: device.device })
  expect(await verifyReceipt(parseReceipt(bytes), device.signing.publicKey)).toBe(true)
  expect(await verifyReceipt(parseReceipt(bytes), other.signing.publicKey)).toBe(false)
  for (let at = 0; at < bytes.length; at++) {
    const bent = bytes.with(at, (bytes[at] as number) ^ 1)
    const good = await (async () => verifyReceipt(parseReceipt(bent), device.signing.publicKey))().catch((e: { name: string }) => e.name)
    expect(good === false || good === 'CryptoError', `byte ${at}`).toBe(true)
  }
})
