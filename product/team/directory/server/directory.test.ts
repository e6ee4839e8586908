import { foundOrganisation, hire, must, peopleOf, signIn, staffFeatures } from '@wardline/dev/staff'
import type { Organisation } from '@wardline/dev/staff'
import { openWorld } from '@wardline/dev/world'
import type { World } from '@wardline/dev/world'
import { keyIdOf, newUuid, toBase64url } from '@wardline/crypto'
import { bySystem } from '@wardline/platform/server'
import { createPerson, deactivatePerson } from '@wardline/product/access/provisioning/server'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { colleagues } from '../contract.ts'

let world: World
let organisation: Organisation
beforeAll(async () => {
  world = await openWorld({ features: staffFeatures })
  organisation = await foundOrganisation(world)
})
afterAll(() => world.close())

test('colleagues come with the newest of their keys, the same that their statements say; who has no device comes without', async () => {
  const [ana, ben] = [await hire(world, organisation), await hire(world, organisation, { title: 'Cardiologist' })]
  const add = { signInName: `new.${newUuid().slice(0, 8)}`, name: 'Nora New', title: '', roles: ['front-desk'] as const }
  const nora = await world.server.db.write(organisation.org, bySystem, (tx) => createPerson(tx, add))
  const listed = must(await ana.call(colleagues, {})).colleagues
  expect(listed.map((it) => it.person).toSorted()).toEqual([ana.person, ben.person, nora].toSorted())
  expect(listed.find((it) => it.person === nora)).toMatchObject({ name: 'Nora New', roles: ['front-desk'], keys: null })
  const { deviceList, identity, userKey } = (await peopleOf(ana, [ben.person])).get(ben.person)!
  expect(listed.find((it) => it.person === ben.person)).toMatchObject({
    title: 'Cardiologist',
    keys: {
      identityKey: toBase64url(identity.body.publicKey),
      deviceListHash: toBase64url(deviceList.hash),
      userKeyId: toBase64url(keyIdOf(userKey.body)),
      position: 3,
    },
  })
})

test('who has left is not listed, and another organisation is not seen', async () => {
  const [ana, ben] = [await hire(world, organisation), await hire(world, organisation)]
  await world.server.db.write(organisation.org, bySystem, (tx) => deactivatePerson(tx, ben.person))
  const listed = must(await ana.call(colleagues, {})).colleagues.map((it) => it.person)
  expect(listed).toContain(ana.person)
  expect(listed).not.toContain(ben.person)
  const elsewhere = await foundOrganisation(world)
  const eve = await hire(world, elsewhere)
  expect(must(await eve.call(colleagues, {})).colleagues.map((it) => it.person)).toEqual([eve.person])
  const again = await signIn(world, organisation.org, ana.person)
  expect(must(await again.call(colleagues, {})).colleagues.some((it) => it.person === eve.person)).toBe(false)
})
