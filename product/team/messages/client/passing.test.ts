import { createPerson, newRecoveryKey, newUuid, publicDevice, publicFactor, recoveryFactor } from '@wardline/crypto'
import { expect, test } from 'vitest'
import { openPassing } from './passing.ts'

test('what was verified is not left behind; what is too large is told, and not sent again every few seconds', async () => {
  const [organisation, person, device] = [newUuid(), newUuid(), newUuid()]
  const sizes: number[] = []
  const waits: number[] = []
  const call = (async (_to: unknown, { body }: { body: { sealed: string } }) => {
    sizes.push(body.sealed.length)
    return body.sealed.length > 533_334 ? { ok: false, code: 'bad-request' } : { ok: true, value: { version: sizes.length } }
  }) as never
  const later = (ms: number) => {
    waits.push(ms)
    return () => undefined
  }
  const passing = openPassing({ call, later, person, devices: [] })
  const keys = await passing.devices.create(device)
  const factor = await recoveryFactor(newUuid(), newRecoveryKey())
  passing.devices.factors!([publicFactor(factor)])
  const made = await createPerson({ organisation, person, devices: [publicDevice(keys, 1)], factors: [factor], time: 1 })
  await passing.store.write({ put: [[['trust'], new Uint8Array(2_000_000)]] })
  await passing.store.write({
    put: [[['device'], { organisation, person, device: keys, keys: made.keys, vaultVersion: 1, recoveryKeyKept: true }]],
  })
  await passing.settle()
  expect(sizes).toHaveLength(1)
  expect(sizes[0]).toBeLessThan(5_000)
  expect(passing.isUnsaved()).toBe(false)

  await passing.store.write({ put: [[['draft', 'c'], new Uint8Array(600_000)]] })
  waits.splice(0)
  await passing.settle()
  expect(passing.isUnsaved()).toBe(true)
  expect([sizes.length, waits]).toEqual([2, [60_000]])
  await passing.store.write({ remove: [['draft', 'c']] })
  await passing.settle()
  expect([passing.isUnsaved(), sizes.length]).toEqual([false, 3])
})
