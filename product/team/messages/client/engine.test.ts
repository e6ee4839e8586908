import { foundOrganisation, settle, staffFeatures } from '@wardline/dev/staff'
import type { Organisation } from '@wardline/dev/staff'
import { openWorld } from '@wardline/dev/world'
import type { World } from '@wardline/dev/world'
import { newUuid } from '@wardline/crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'

let world: World
let organisation: Organisation
beforeAll(async () => {
  world = await openWorld({ features: staffFeatures, server: { beatMs: 100 } })
  organisation = await foundOrganisation(world)
})
afterAll(() => world.close())

test('two people talk', async () => {
  const ana = await settle(world, organisation)
  const ben = await settle(world, organisation)
  const conversation = newUuid()
  const made = await ana.engine.createConversation({ conversation, kind: 'direct', people: [ben.session.person] })
  expect(made).toEqual({ ok: true, value: { conversation } })
  await ana.say(conversation, 'K+ 6.8, bed 4')
  await ben.conversation(conversation)
  await ben.thread(conversation, (it) => it.length === 1)
  expect(await ben.texts(conversation)).toEqual(['K+ 6.8, bed 4'])
  await ben.say(conversation, 'On my way')
  await ana.thread(conversation, (it) => it.length === 2)
  expect(await ana.texts(conversation)).toEqual(['K+ 6.8, bed 4', 'On my way'])
  await ana.engine.stop()
  await ben.engine.stop()
})
