import fc from 'fast-check'
import { expect, test } from 'vitest'
import { carriedKey, deviceOfSeeds, newSeeds, openCarried, openHalf, sealCarried, sealHalf } from './carried.ts'
import { newUuid, random } from './bytes.ts'
import { newBoxKey } from './keys.ts'

const [organisation, person] = [newUuid(), newUuid()]

test('what is carried opens with both halves, and with no other half, person or bit', async () => {
  const halves = { server: random(32), station: random(32) }
  const key = carriedKey(organisation, person, halves)
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), fc.nat(), async (text, at) => {
      const sealed = await sealCarried(key, organisation, person, new Uint8Array(text))
      expect(await openCarried(carriedKey(organisation, person, { ...halves }), organisation, person, sealed)).toEqual(new Uint8Array(text))
      const bent = sealed.slice()
      bent[at % bent.length]! ^= 1 << (at % 8)
      await expect(openCarried(key, organisation, person, bent)).rejects.toMatchObject({ code: 'bad-seal' })
    }),
    { numRuns: 50 },
  )
  const sealed = await sealCarried(key, organisation, person, random(32))
  for (const other of [
    { ...halves, server: random(32) },
    { ...halves, station: random(32) },
    { server: halves.station, station: halves.server },
  ])
    await expect(openCarried(carriedKey(organisation, person, other), organisation, person, sealed)).rejects.toMatchObject({
      code: 'bad-seal',
    })
  await expect(openCarried(key, organisation, newUuid(), sealed)).rejects.toMatchObject({ code: 'bad-seal' })
  expect(carriedKey(organisation, newUuid(), halves)).not.toEqual(key)
  expect(() => carriedKey(organisation, person, { ...halves, server: new Uint8Array(0) })).toThrow('half of a key')
})

test('the workstations’ half opens at the workstation that it is sealed to, for that person', async () => {
  const [here, there, half] = [await newBoxKey(), await newBoxKey(), random(32)]
  const seal = await sealHalf(here, organisation, person, half)
  expect(await openHalf(here, organisation, person, seal)).toEqual(half)
  await expect(openHalf(there, organisation, person, seal)).rejects.toMatchObject({ code: 'bad-seal' })
  await expect(openHalf(here, organisation, newUuid(), seal)).rejects.toMatchObject({ code: 'bad-seal' })
})

test('a device of seeds is the same device each time, and cannot be read out', async () => {
  const seeds = newSeeds(newUuid())
  const [first, second] = [await deviceOfSeeds(seeds), await deviceOfSeeds(seeds)]
  expect([first.signing.publicKey, first.box.publicKey]).toEqual([second.signing.publicKey, second.box.publicKey])
  expect([first.signing.privateKey.extractable, first.box.privateKey.extractable]).toEqual([false, false])
})
