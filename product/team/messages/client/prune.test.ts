import { foundOrganisation, settle, signIn, sit, staffFeatures } from '@wardline/dev/staff'
import type { Desk, Organisation } from '@wardline/dev/staff'
import { openWorld } from '@wardline/dev/world'
import type { World } from '@wardline/dev/world'
import { newUuid } from '@wardline/crypto'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { createTeamEngine } from './engine.ts'
import { directSession, memoryLock } from './memory.ts'
import type { TeamEngine } from './types.ts'

const day = 86_400_000
let world: World
let organisation: Organisation
const engines: TeamEngine[] = []

beforeAll(async () => {
  world = await openWorld({ features: staffFeatures, server: { beatMs: 100 } })
  organisation = await foundOrganisation(world)
})
afterEach(async () => {
  await Promise.all(engines.splice(0).map((it) => it.stop()))
})
afterAll(() => world.close())

const desk = async (): Promise<Desk> => {
  const made = await settle(world, organisation)
  engines.push(made.engine)
  return made
}
async function talk(): Promise<[ana: Desk, ben: Desk, conversation: string]> {
  const [ana, ben] = [await desk(), await desk()]
  const conversation = newUuid()
  await ana.engine.createConversation({ conversation, kind: 'direct', people: [ben.session.person] })
  await ben.conversation(conversation)
  for (const text of ['one', 'two']) await ana.say(conversation, text)
  await ben.thread(conversation, (it) => it.length === 2)
  return [ana, ben, conversation]
}
const keptBy = async (it: { store: Desk['store'] }, conversation: string) => (await it.store.list(['message', conversation])).length

describe('what a device keeps', () => {
  test('is 30 days of messages, by the server’s clock; older ones come from the server when they are asked for', async () => {
    const [ana, ben, conversation] = await talk()
    const disks = [ana, ben].map((it) => [it.session.person, it.kill()] as const)
    await world.advance(31 * day)
    // They heard the server yesterday: one that was away for a week has wiped itself.
    for (const [, store] of disks) await store.write({ put: [[['heard'], world.server.clock.ms() - day]] })
    const [writer, again] = await Promise.all(
      disks.map(async ([person, store]) => sit(world, await signIn(world, organisation.org, person), { store })),
    )
    engines.push(writer!.engine, again!.engine)
    await writer!.say(conversation, 'a month later')
    await again!.until(async () => (await keptBy(again!, conversation)) === 1, 'only the newest is kept')
    await again!.thread(conversation, (it) => it.length === 3)
    expect(await again!.texts(conversation)).toEqual(['one', 'two', 'a month later'])
  })

  test('stays where the device’s own clock is wrong by months', async () => {
    const [ana, ben, conversation] = await talk()
    const { cookie } = await signIn(world, organisation.org, ben.session.person)
    const disk = ben.kill()
    const dropped: unknown[] = []
    const engine = createTeamEngine({
      person: ben.session.person,
      ...directSession({ url: world.url, cookie }),
      store: {
        ...disk,
        write: (batch) => {
          dropped.push(...(batch.remove ?? []).filter(([kind]) => kind === 'message'))
          return disk.write(batch)
        },
      },
      lock: memoryLock(),
      now: () => world.server.clock.ms() + 300 * day,
      later(ms, run) {
        const timer = setTimeout(run, ms)
        return () => clearTimeout(timer)
      },
    })
    engines.push(engine)
    await engine.start()
    await ana.say(conversation, 'three')
    await ana.until(async () => {
      const page = await engine.messages(conversation)
      return page.ok && page.value.messages.length === 3
    }, 'the newest message')
    expect(dropped).toEqual([])
    expect(await keptBy({ store: disk }, conversation)).toBe(3)
  })
})
