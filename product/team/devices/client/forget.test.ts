// What is to be forgotten is forgotten, and nothing that would be gone for good goes with it.
import { newUuid } from '@wardline/crypto'
import { employ, foundOrganisation, must, settle, signIn, sit, staffFeatures } from '@wardline/dev/staff'
import type { Desk, Organisation } from '@wardline/dev/staff'
import { openWorld } from '@wardline/dev/world'
import type { World } from '@wardline/dev/world'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { myDevices, reportLost, setStorage } from '../contract.ts'

const day = 24 * 60 * 60 * 1000
const browser = {}
let world: World
let organisation: Organisation
const desks: Desk[] = []

beforeAll(async () => {
  world = await openWorld({ features: staffFeatures, server: { beatMs: 100 } })
  organisation = await foundOrganisation(world)
})
afterEach(async () => {
  await Promise.all(desks.splice(0).map((it) => it.engine.stop()))
})
afterAll(() => world.close())

const put = <D extends Desk>(desk: D): D => {
  desks.push(desk)
  return desk
}
const session = (desk: Desk) => signIn(world, organisation.org, desk.session.person)
const ready = (desk: Desk) => desk.state((it) => it.status === 'ready' && it.connection === 'open')
const listed = async (desk: Desk, device: string) =>
  must(await (await session(desk)).call(myDevices, {})).devices.find((it) => it.device === device)
/** What the engine did. */
function given<T>(it: { readonly ok: true; readonly value: T } | { readonly ok: false; readonly code: string }): T {
  if (!it.ok) throw new Error(it.code)
  return it.value
}
const forgetThis = async (desk: Desk, device: string) =>
  must(await (await session(desk)).call(setStorage, { params: { device }, body: { storage: 'memory' } }))

test('what waits to be sent leaves before a browser forgets, and the only keys are not forgotten before there is a way back', async () => {
  const ben = put(await settle(world, organisation))
  const ana = put(await sit(world, await employ(world, organisation), { browser }))
  await ana.state((it) => it.status === 'needs-new-person')
  const { recoveryKey } = given(await ana.engine.createIdentity())
  const { device } = await ready(ana)
  const conversation = newUuid()
  await ana.engine.createConversation({ conversation, kind: 'direct', people: [ben.session.person] })
  await ana.say(conversation, 'one')
  await ben.thread(conversation, (it) => it.length === 1)
  await ana.setUp(false)
  await ana.say(conversation, 'STAT: potassium 7.1', { priority: 'stat' })
  // Nothing that is sent gets through, and what is told does.
  ana.wires.out = (frame) => (frame['t'] === 'send' ? null : frame)
  await forgetThis(ana, device!)
  await ana.setUp(true)
  expect(await ana.state((it) => it.holdsBack !== null)).toMatchObject({
    status: 'ready',
    holdsBack: 'waiting',
    waiting: 1,
    storage: 'cache',
  })
  ana.wires.out = (frame) => frame
  await ana.setUp(false)
  await ana.setUp(true)
  await ben.thread(conversation, (it) => it.length === 2)
  // The recovery key was shown, and nobody has said that they kept it.
  expect(await ana.state((it) => it.holdsBack === 'no-way-back')).toMatchObject({ status: 'ready', storage: 'cache' })
  given(await ana.engine.confirmRecoveryKey())
  await ana.state((it) => it.status === 'needs-recovery-key' && it.storage === 'memory' && it.holdsBack === null)
  expect((await ana.store.list([])).filter((it) => it.key[0] !== 'term')).toEqual([])
  expect(await listed(ana, device!)).toMatchObject({ wipe: 'done' })
  given(await ana.engine.enrol(recoveryKey))
  await ready(ana)
  await ana.thread(conversation, (it) => it.length === 2)
})

test('a device that has kept something is believed by its receipt alone, and one that goes on without is signed in no more', async () => {
  const begun = put(await settle(world, organisation))
  const desk = put(await sit(world, await session(begun), { store: begun.kill(), browser }))
  const { device } = await ready(desk)
  // Another client than ours: it says that it keeps nothing, does not hear that it is to, and goes on.
  desk.wires.ask = (path, body) => (path.endsWith('/about') ? { ...(body as object), storage: 'memory' } : body)
  desk.wires.answer = (path, value) => (path.endsWith('/about') ? { ...(value as object), storage: 'cache' } : value)
  await forgetThis(desk, device!)
  await desk.setUp(false)
  await desk.setUp(true)
  await desk.until(async () => (await listed(desk, device!))?.storage === 'memory', 'what it says of itself')
  const later = async (days: number, before: Desk) => {
    await world.advance(days * day)
    const it = put(await sit(world, await session(desk), { store: before.store.copy(), browser, start: false }))
    Object.assign(it.wires, { ask: desk.wires.ask, answer: desk.wires.answer })
    await it.engine.start()
    return it
  }
  const still = await later(6, desk)
  await ready(still)
  await still.until(async () => (await still.store.get(['heard'])) !== undefined, 'the server')
  const late = await later(2, still)
  await late.state((it) => it.status === 'revoked')
  must(await (await session(desk)).call(reportLost, { params: { device: device! } }))
  expect(await listed(desk, device!)).toMatchObject({ storage: 'memory', wipe: 'waiting' })
})

test('visits of a browser that forgets even who it was do not fill the list, and what a browser was before leaves it', async () => {
  const begun = put(await settle(world, organisation))
  const visit = async (before: string | null): Promise<string> => {
    const it = await sit(world, await session(begun), { browser: { passing: { device: before } } })
    await it.state((now) => now.status === 'needs-recovery-key')
    given(await it.engine.enrol(begun.recoveryKey))
    const { device } = await ready(it)
    await it.until(
      async () => (await world.owner.query('select 1 from device_kept where device = $1', [device])).rows.length === 1,
      'what it leaves',
    )
    await it.engine.stop()
    return device!
  }
  const active = async () => must(await (await session(begun)).call(myDevices, {})).devices.filter((it) => it.revokedAt === null)
  const first = await visit(null)
  await world.owner.query(`update device_kept set sealed = '\\x00' where device = $1`, [first])
  const second = await visit(first)
  expect((await active()).map((it) => it.device)).toEqual([second, (await begun.engine.state()).device])
  for (let i = 0; i < 5; i++) await visit(null)
  const left = await active()
  expect([left.length, left.some((it) => it.device === second), left.filter((it) => it.storage === 'cache').length]).toEqual([6, false, 1])
}, 90_000)
