import { foundOrganisation, must, settle, signIn, sit, staffFeatures } from '@wardline/dev/staff'
import type { Desk, Organisation } from '@wardline/dev/staff'
import { openWorld } from '@wardline/dev/world'
import type { World } from '@wardline/dev/world'
import { createDevice, newUuid, parseWipe, signSession, signWipe, toBase64url, verifyWipe } from '@wardline/crypto'
import type { MemoryStore } from '@wardline/product/team/messages/client'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { describeDevice, deviceOrders, devicesOf, deviceWiped, myDevices, nameDevice, reportLost, signInDevice } from '../contract.ts'
import { browserOf, readBrowser } from '../preview.ts'
import { judgeBrowser } from '../rules.ts'
import type { Own } from './device.ts'

const random = (bytes: number) => crypto.getRandomValues(new Uint8Array(bytes))
const day = 24 * 60 * 60 * 1000
const secret = 'canary potassium 6.9'
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

const keep = <D extends Desk>(desk: D): D => {
  desks.push(desk)
  return desk
}
const person = async () => keep(await settle(world, organisation))
const session = (desk: Desk) => signIn(world, organisation.org, desk.session.person)
const elsewhere = async (desk: Desk, store?: MemoryStore) =>
  keep(await sit(world, await session(desk), store === undefined ? {} : { store }))
const deviceOf = async (desk: Desk): Promise<string> => (await desk.engine.state()).device!
const listed = async (desk: Desk, device: string) =>
  must(await (await session(desk)).call(myDevices, {})).devices.find((it) => it.device === device)!
/** What lies on a device's disk and is of its person: not whose turn it is, what all of the organisation know, nor a key drawn anew. */
const left = async (store: MemoryStore) =>
  (await store.list([])).filter((it) => !['term', 'trust', 'at-rest'].includes(it.key[0] as string))

async function talkative(): Promise<Desk & { readonly recoveryKey: string }> {
  const [ana, ben] = [await person(), await person()]
  const conversation = newUuid()
  await ana.engine.createConversation({ conversation, kind: 'direct', people: [ben.session.person] })
  await ana.say(conversation, secret)
  await ana.thread(conversation, (it) => it[0]?.sequence === 1)
  return ana
}

describe('a passkey opens the vault', () => {
  test('on a new device alone; another passkey does not; once removed it does no more', async () => {
    const ana = await person()
    const [prf, passkey] = [random(32), newUuid()]
    expect(await ana.engine.addPasskey(passkey, prf)).toEqual({ ok: true, value: null })
    // Adding it again changes nothing.
    expect(await ana.engine.addPasskey(passkey, prf)).toEqual({ ok: true, value: null })
    expect(await ana.engine.unlockFactors()).toMatchObject({
      ok: true,
      value: expect.arrayContaining([{ factor: passkey, kind: 'passkey' }]) as unknown,
    })

    const second = await elsewhere(ana)
    await second.state((it) => it.status === 'needs-recovery-key')
    expect(await second.engine.enrolByPasskey(random(32))).toEqual({ ok: false, code: 'wrong-passkey' })
    expect(await second.engine.enrolByPasskey(prf)).toEqual({ ok: true, value: null })
    await second.state((it) => it.status === 'ready')

    expect(await second.engine.removePasskey(passkey)).toEqual({ ok: true, value: null })
    const third = await elsewhere(ana)
    await third.state((it) => it.status === 'needs-recovery-key')
    expect(await third.engine.enrolByPasskey(prf)).toEqual({ ok: false, code: 'wrong-passkey' })
    expect((await third.engine.enrol(ana.recoveryKey)).ok).toBe(true)
  })

  test('also after the keys were rotated by removing a device', async () => {
    const ana = await person()
    const [prf, passkey] = [random(32), newUuid()]
    await ana.engine.addPasskey(passkey, prf)
    const second = await elsewhere(ana)
    await second.state((it) => it.status === 'needs-recovery-key')
    await second.engine.enrolByPasskey(prf)
    expect(await ana.engine.removeDevice(await deviceOf(second))).toEqual({ ok: true, value: null })
    const third = await elsewhere(ana)
    await third.state((it) => it.status === 'needs-recovery-key')
    expect(await third.engine.enrolByPasskey(prf)).toEqual({ ok: true, value: null })
  })

  test('a vault that the server sealed to my passkey by itself is not opened: its pin is none', async () => {
    const ana = await person()
    const [prf, passkey] = [random(32), newUuid()]
    await ana.engine.addPasskey(passkey, prf)
    const mallory = await person()
    await mallory.engine.addPasskey(passkey, prf)
    const theirs = must(await (await session(mallory)).call((await import('../contract.ts')).myVault, {}))
    const second = await elsewhere(ana)
    second.wires.answer = (path, value) => (path === '/api/v1/devices/vault' ? { ...(value as object), vault: theirs.vault } : value)
    await second.state((it) => it.status === 'needs-recovery-key')
    expect((await second.engine.enrolByPasskey(prf)).ok).toBe(false)
    expect((await second.engine.state()).device).toBeNull()
  })
})

describe('a lost device', () => {
  test('is cut off at once, wipes itself, signs for it, and is red until then', async () => {
    const ana = await talkative()
    const device = await deviceOf(ana)
    const borrowed = await session(ana)
    await ana.setUp(false)
    must(await borrowed.call(reportLost, { params: { device } }))
    expect(await listed(ana, device)).toMatchObject({ wipe: 'waiting', wipedAt: null })
    expect((await ana.session.call(myDevices, {})).ok).toBe(false)
    expect(JSON.stringify(await left(ana.store))).toContain(device)

    await ana.setUp(true)
    await ana.until(async () => (await listed(ana, device)).wipe === 'done', 'the receipt')
    expect(await left(ana.store)).toEqual([])
    const { rows } = await world.owner.query<{ receipt: Buffer; sign_key: Buffer }>(
      'select c.receipt, d.sign_key from device_care c join device d using (org, device) where device = $1',
      [device],
    )
    const receipt = parseWipe(rows[0]!.receipt)
    expect(receipt).toMatchObject({ device, person: ana.session.person, why: 'ordered' })
    expect(await verifyWipe(receipt, rows[0]!.sign_key)).toBe(true)
    expect((await ana.engine.state()).device).toBeNull()
  })

  test('that is open when it is reported hears of it and wipes itself, without being asked again', async () => {
    const ana = await talkative()
    const device = await deviceOf(ana)
    must(await (await session(ana)).call(reportLost, { params: { device } }))
    await ana.until(async () => (await listed(ana, device)).wipe === 'done', 'the receipt')
    expect(await ana.engine.conversations()).toEqual([])
  })

  test('does not come back by signing in, whoever does it', async () => {
    const ana = await person()
    const device = await deviceOf(ana)
    const own = (await ana.store.get(['device'])) as Own
    await ana.setUp(false)
    must(await (await session(ana)).call(reportLost, { params: { device } }))
    const again = await session(ana)
    const signature = toBase64url(
      await signSession({ organisation: organisation.org, person: ana.session.person, device, session: again.session }, own.device.signing),
    )
    expect(await again.call(signInDevice, { params: { device }, body: { signature } })).toMatchObject({ ok: false, code: 'not-proven' })
  })

  test('whose receipt is lost on the way sends it again', async () => {
    const ana = await talkative()
    const device = await deviceOf(ana)
    const original = ana.wires.answer
    ana.wires.answer = (path, value) => {
      // The order arrives; then the connection goes.
      if (path === '/api/v1/devices/:device/orders') ana.wires.up = false
      return original(path, value)
    }
    must(await (await session(ana)).call(reportLost, { params: { device } }))
    await ana.until(async () => (await left(ana.store)).every((it) => it.key[0] === 'wiped'), 'the wipe')
    expect(await listed(ana, device)).toMatchObject({ wipe: 'waiting' })
    const again = await elsewhere(ana, ana.kill())
    await again.until(async () => (await listed(ana, device)).wipe === 'done', 'the receipt')
  })

  test('nobody reports another’s, but who may revoke every device; nobody else’s orders or receipts are believed', async () => {
    const [ana, ben] = [await person(), await person()]
    const device = await deviceOf(ana)
    expect(await (await session(ben)).call(reportLost, { params: { device } })).toMatchObject({ ok: false, code: 'not-found' })
    const other = await createDevice(device)
    const { org } = organisation
    const body = {
      organisation: org,
      signature: toBase64url(await signSession({ organisation: org, person: ana.session.person, device, session: device }, other.signing)),
    }
    expect(await ana.session.call(deviceOrders, { params: { device }, body })).toMatchObject({ ok: false, code: 'not-proven' })
    const receipt = toBase64url(await signWipe(other, { organisation: org, person: ana.session.person, why: 'ordered', time: 0 }))
    expect(await ana.session.call(deviceWiped, { params: { device }, body: { organisation: org, receipt } })).toMatchObject({
      ok: false,
      code: 'not-proven',
    })
    // Nor one that its own key signed for somewhere else.
    const own = ((await ana.store.get(['device'])) as Own).device
    const crossed = await signWipe(own, { organisation: newUuid(), person: ana.session.person, why: 'ordered', time: 0 })
    const sent = { params: { device }, body: { organisation: org, receipt: toBase64url(crossed) } }
    expect(await ana.session.call(deviceWiped, sent)).toMatchObject({ ok: false, code: 'not-proven' })
    expect(await listed(ana, device)).toMatchObject({ wipe: 'none' })
  })
})

test('nobody lists, names or describes a colleague’s devices; another device of the same person describes itself alone', async () => {
  const [ana, ben] = [await person(), await person()]
  const device = await deviceOf(ana)
  const before = await listed(ana, device)
  const about = { system: 'Plan 9', browser: 'lynx', version: 1, storage: 'memory' as const }
  expect(await ben.session.call(devicesOf, { params: { person: ana.session.person } })).toMatchObject({ code: 'not-found' })
  expect(await ben.session.call(nameDevice, { params: { device }, body: { name: 'Mine now' } })).toMatchObject({ code: 'not-found' })
  for (const other of [ben.session, await session(ana)])
    expect(await other.call(describeDevice, { params: { device }, body: about })).toMatchObject({ code: 'not-a-device' })
  expect(await listed(ana, device)).toEqual(before)
})

describe('a device that was without the server', () => {
  test('for a week wipes itself before it shows anything, and says so when it can', async () => {
    const ana = await talkative()
    const device = await deviceOf(ana)
    await ana.until(async () => (await ana.store.get(['heard'])) !== undefined)
    const store = ana.kill()
    await world.advance(7 * day)
    const cold = keep(await sit(world, ana.session, { store, start: false }))
    cold.wires.up = false
    await cold.engine.start()
    expect(await cold.engine.conversations()).toEqual([])
    expect((await left(store)).map((it) => it.key[0])).toEqual(['wiped'])
    cold.wires.up = true
    await cold.engine.reconnect()
    await cold.until(async () => (await listed(ana, device)).wipe === 'done', 'the receipt')
  })

  test('and whose own clock is wrong by half a year keeps what it has: how long it is since is told by one clock', async () => {
    const ana = await talkative()
    await ana.until(async () => (await ana.store.get(['heard'])) !== undefined)
    const heard = (await ana.store.get(['heard'])) as { server: number; here: number }
    const store = ana.kill()
    // As if its clock had stood half a year back when it heard the server, and still did.
    await store.write({ put: [[['heard'], { ...heard, server: heard.server - 180 * day }]] })
    const cold = keep(await sit(world, ana.session, { store, start: false }))
    cold.wires.up = false
    await cold.engine.start()
    expect((await cold.engine.conversations()).length).toBe(1)
  })

  test('for six days keeps what it has', async () => {
    const ana = await talkative()
    await ana.until(async () => (await ana.store.get(['heard'])) !== undefined)
    const store = ana.kill()
    await world.advance(6 * day)
    const cold = keep(await sit(world, await session(ana), { store }))
    await cold.state((it) => it.status === 'ready')
  })

  test('only by a clock of its own that runs ahead loses nothing: the server is asked', async () => {
    const ana = await talkative()
    const store = ana.kill()
    const heard = world.server.clock.ms() - 8 * day
    await store.write({ put: [[['heard'], { server: heard, here: heard }]] })
    const odd = keep(await sit(world, await session(ana), { store, start: false }))
    odd.wires.answer = (path, value) => (path === '/api/v1/devices/:device/orders' ? { ...(value as object), now: heard + day } : value)
    await odd.engine.start()
    await odd.state((it) => it.status === 'ready')
  })
})

test('a browser is read from what it says, and an old one is flagged', () => {
  const chrome = readBrowser('Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/153.0.0.0 Safari/537.36')
  expect(chrome).toEqual({ browser: 'chrome', version: 153, system: 'Linux' })
  expect(
    readBrowser(
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1',
    ),
  ).toEqual({
    browser: 'safari',
    version: 18,
    system: 'iOS',
  })
  expect(
    readBrowser('Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/138.0.0.0 Safari/537.36 Edg/138.0.0.0').browser,
  ).toBe('edge')
  const hinted = {
    'user-agent': 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/90.0.0.0 Safari/537.36',
    'sec-ch-ua': '"Microsoft Edge";v="139", "Chromium";v="139", "Not/A)Brand";v="24"',
    'sec-ch-ua-platform': '"Windows"',
  }
  expect(browserOf(hinted)).toEqual({ browser: 'edge', version: 139, system: 'Windows' })
  expect(browserOf({ ...hinted, 'sec-ch-ua': 'nonsense' })).toEqual({ browser: 'chrome', version: 90, system: 'Windows' })
  expect([judgeBrowser(chrome), judgeBrowser({ browser: 'chrome', version: 90 }), judgeBrowser(readBrowser('curl/8'))]).toEqual([
    'current',
    'old',
    'unknown',
  ])
})
