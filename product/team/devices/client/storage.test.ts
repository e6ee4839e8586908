import { foundOrganisation, must, settle, signIn, sit, staffFeatures } from '@wardline/dev/staff'
import type { Desk, Organisation } from '@wardline/dev/staff'
import { openWorld } from '@wardline/dev/world'
import type { World } from '@wardline/dev/world'
import {
  deviceList,
  fromBase64url,
  newBoxKey,
  newSeed,
  newSeeds,
  newUuid,
  parse,
  sealCarried,
  sealKeptKey,
  toBase64url,
} from '@wardline/crypto'
import { bySystem } from '@wardline/platform/server'
import { createPerson } from '@wardline/product/access/provisioning/server'
import { approveChange, proposeChange } from '@wardline/product/access/policies/contract'
import type { SettingName } from '@wardline/product/access/policies/preview'
import type { Role } from '@wardline/product/access/roles/server'
import { dualControl } from '@wardline/product/access/dual-control/server'
import { locations } from '@wardline/product/access/locations/server'
import { signIn as signInFeature } from '@wardline/product/access/sign-in/server'
import { setUpWorkstation } from '@wardline/product/access/workstations/contract'
import { workstations } from '@wardline/product/access/workstations/server'
import { client } from '@wardline/platform/contract'
import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { container, devicesOf, keep, kept, myDevices, myVault, nameDevice, reportLost, setStorage } from '../contract.ts'
import { isFormer } from '../preview.ts'
import { storageOf } from '../rules.ts'

const hour = 60 * 60 * 1000
const sealCount = 'select jsonb_array_length(seals) as n from device_kept where device = $1'
const words = 'canary magnesium 0.6'
let world: World
let organisation: Organisation
let hired = 0
const desks: Desk[] = []

beforeAll(async () => {
  world = await openWorld({
    features: [...staffFeatures, dualControl([]), locations({ placesOfRule: async () => [] }), signInFeature, workstations],
    server: { beatMs: 100 },
  })
})
afterEach(async () => {
  await Promise.all(desks.splice(0).map((it) => it.engine.stop()))
})
afterAll(() => world.close())

const put = <D extends Desk>(desk: D): D => {
  desks.push(desk)
  return desk
}
const browser = {}
const official = async (role: Role) => {
  const name = `official.${(hired += 1)}`
  const person = await world.server.db.write(organisation.org, bySystem, (tx) =>
    createPerson(tx, { signInName: name, name, title: '', roles: [role] }),
  )
  return { person, in: () => signIn(world, organisation.org, person) }
}
async function change(setting: SettingName, value: number): Promise<void> {
  const [a, b] = [await (await official('administrator')).in(), await (await official('privacy-officer')).in()]
  const { change: it } = must(await a.call(proposeChange, { body: { setting, value, reason: 'as the risk analysis asks' } }))
  must(await b.call(approveChange, { params: { change: it }, body: {} }))
}
const session = (desk: Desk) => signIn(world, organisation.org, desk.session.person)
const again = async (desk: Desk, it: Parameters<typeof sit>[2]) => put(await sit(world, await session(desk), it))
const listed = async (desk: Desk) => must(await (await session(desk)).call(myDevices, {})).devices
const ready = (desk: Desk) => desk.state((it) => it.status === 'ready' && it.connection === 'open')

/** Somebody whose browser keeps nothing, in a conversation, with a draft. */
async function visitor() {
  organisation = await foundOrganisation(world)
  const [ben, begun] = [put(await settle(world, organisation)), put(await settle(world, organisation))]
  // The same person in another browser, that keeps nothing.
  const first = await again(begun, { browser: { passing: { device: null } } })
  await first.state((it) => it.status === 'needs-recovery-key')
  expect(await first.engine.enrol(begun.recoveryKey)).toMatchObject({ ok: true })
  const { device } = await ready(first)
  const conversation = newUuid()
  await first.engine.createConversation({ conversation, kind: 'direct', people: [ben.session.person] })
  await first.say(conversation, `${words} one`)
  await first.thread(conversation, (it) => it[0]?.sequence === 1)
  await first.engine.saveDraft(conversation, `${words} draft`)
  return { ben, begun, first, device: device!, conversation, recoveryKey: begun.recoveryKey }
}

describe('a browser that keeps nothing', () => {
  test('has nothing once it is closed, and is the same device again by the recovery key or a passkey, with its drafts', async () => {
    const { first, ben, begun, device, conversation, recoveryKey } = await visitor()
    const [prf, passkey] = [crypto.getRandomValues(new Uint8Array(32)), newUuid()]
    expect(await first.engine.addPasskey(passkey, prf)).toMatchObject({ ok: true })
    expect(await first.store.list([])).toEqual([])
    await first.engine.stop()
    const { rows } = await world.owner.query<{ sealed: Buffer; seals: object }>('select sealed, seals from device_kept where device = $1', [
      device,
    ])
    expect(rows[0]!.sealed.toString('latin1') + JSON.stringify(rows[0]!.seals)).not.toContain(words)

    const second = await again(begun, { browser: { passing: { device } } })
    await second.state((it) => it.status === 'needs-recovery-key' && it.storage === 'memory')
    expect(await second.engine.conversations()).toEqual([])
    expect(await second.engine.enrolByPasskey(crypto.getRandomValues(new Uint8Array(32)))).toMatchObject({ code: 'wrong-passkey' })
    expect(await second.engine.enrolByPasskey(prf)).toMatchObject({ ok: true })
    expect((await ready(second)).device).toBe(device)
    expect(await second.engine.draft(conversation)).toBe(`${words} draft`)
    await second.thread(conversation, (it) => it.length === 1)
    await second.say(conversation, `${words} two`)
    await ben.thread(conversation, (it) => it.length === 2)
    await second.engine.stop()

    const third = await again(begun, { browser: { passing: { device } } })
    await third.state((it) => it.status === 'needs-recovery-key')
    expect(await third.engine.enrol(recoveryKey)).toMatchObject({ ok: true })
    await ready(third)
    await third.conversation(conversation)
    await third.say(conversation, `${words} three`)
    await ben.thread(conversation, (it) => it.length === 3 && it.every((m) => m.content.is === 'text'))
    expect((await listed(begun)).map((it) => [it.device === device, it.storage])).toEqual([
      [true, 'memory'],
      [false, 'cache'],
    ])
    expect(await third.store.list([])).toEqual([])
    // A passkey that goes is not sealed to any more, and what comes from here on is under another key.
    const sealedTo = async () => (await world.owner.query<{ n: number }>(sealCount, [device])).rows[0]!.n
    await third.until(async () => (await sealedTo()) === 2, 'both seals')
    expect(await third.engine.removePasskey(passkey)).toMatchObject({ ok: true })
    await third.until(async () => (await sealedTo()) === 1, 'one seal')
  })

  test('a device that the server made up, under a key sealed to a real factor, opens nothing and is an alarm', async () => {
    const { first, begun, device } = await visitor()
    await first.engine.stop()
    const { statements } = must(await (await session(begun)).call(myVault, {}))
    const list = statements.filter((it) => it.kind === 'device-list').at(-1)!
    const { factors } = parse(deviceList, fromBase64url(list.statement)).body
    const { organisation: org, person } = must(await (await session(begun)).call(myVault, {}))
    const [key, whose] = [newSeed(), { organisation: org, person, device }]
    const seeds = newSeeds(device)
    const bytes = (it: Uint8Array) => ({ '\u0001bytes': toBase64url(it) })
    const own = { organisation: org, identity: bytes(newSeed()), vaultVersion: 0, recoveryKeyKept: true }
    const made = { own, seeds: { device, sign: bytes(seeds.sign), box: bytes(seeds.box) }, atRest: bytes(newSeed()), entries: [] }
    const sealed = await sealCarried(key, org, person, new TextEncoder().encode(JSON.stringify(made)))
    const seals = await Promise.all(
      factors.map(async (to) => ({ factor: to.factor, seal: toBase64url(await sealKeptKey(to, whose, key)) })),
    )
    await world.owner.query('update device_kept set sealed = $2, seals = $3 where device = $1', [
      device,
      Buffer.from(sealed),
      JSON.stringify(seals),
    ])
    const fooled = await again(begun, { browser: { passing: { device } } })
    await fooled.state((it) => it.status === 'needs-recovery-key')
    expect(await fooled.engine.enrol(begun.recoveryKey)).toMatchObject({ ok: false, code: 'alarm' })
    expect(await fooled.state((it) => it.status === 'alarm')).toMatchObject({ device: null, alarms: [{ kind: 'person' }] })
  })

  test('a factor that was removed opens nothing that is left; a device that was lost leaves nothing; nobody else is given anything', async () => {
    const { first, begun, ben, device } = await visitor()
    const [prf, passkey] = [crypto.getRandomValues(new Uint8Array(32)), newUuid()]
    await first.engine.addPasskey(passkey, prf)
    await first.until(async () => (await world.owner.query<{ n: number }>(sealCount, [device])).rows[0]?.n === 2, 'both seals')
    // By another device, while this one is away.
    await first.engine.stop()
    await ready(begun)
    expect(await begun.engine.removePasskey(passkey)).toMatchObject({ ok: true })
    const mine = await session(begun)
    expect(must(await mine.call(kept, { params: { device } })).seals.map((it) => it.factor)).not.toContain(passkey)
    expect(await (await session(ben)).call(kept, { params: { device } })).toMatchObject({ code: 'not-found' })
    expect(await mine.call(keep, { params: { device }, body: { version: 1, sealed: 'AAAA' } })).toMatchObject({ code: 'not-a-device' })
    // What the server made up itself is opened by nobody.
    await world.owner.query(`update device_kept set sealed = '\\x00' where device = $1`, [device])
    const odd = await again(begun, { browser: { passing: { device } } })
    await odd.state((it) => it.status === 'needs-recovery-key')
    expect(await odd.engine.enrol(begun.recoveryKey)).toMatchObject({ ok: true })
    const other = (await ready(odd)).device!
    expect(other).not.toBe(device)
    await odd.until(async () => (await world.owner.query(sealCount, [other])).rows.length === 1, 'what it leaves')
    await odd.engine.stop()
    expect(must(await mine.call(reportLost, { params: { device: other } })).sessionsEnded).toBe(1)
    expect((await world.owner.query(sealCount, [other])).rows).toEqual([])
    expect(await mine.call(kept, { params: { device: other } })).toMatchObject({ code: 'not-found' })
    expect((await listed(begun)).find((it) => it.device === other)).toMatchObject({ storage: 'memory', wipe: 'none' })
  })
})

describe('who asks that nothing is kept', () => {
  test('the strictest wins, whoever it is', () => {
    const asked = fc.record({ workstation: fc.boolean(), organisation: fc.boolean(), device: fc.boolean(), own: fc.boolean() })
    fc.assert(
      fc.property(asked, (it) => {
        const { storage, because } = storageOf(it)
        expect(storage).toBe(Object.values(it).some(Boolean) ? 'memory' : 'cache')
        expect(because === null || it[because]).toBe(true)
      }),
    )
  })

  test('the organisation, a role, an administrator or the person: what is kept goes at once where a window is open, and is signed for', async () => {
    organisation = await foundOrganisation(world)
    const asks = {
      own: async (desk: Desk, device: string) =>
        must(await (await session(desk)).call(setStorage, { params: { device }, body: { storage: 'memory' } })),
      device: async (_desk: Desk, device: string) =>
        must(await (await (await official('security-officer')).in()).call(setStorage, { params: { device }, body: { storage: 'memory' } })),
      organisation: () => change('device.storage.clinician', 1),
    }
    for (const because of ['own', 'device', 'organisation'] as const) {
      const { recoveryKey, ...begun } = await settle(world, organisation)
      put(begun)
      const store = begun.kill()
      const desk = await again(begun, { store, browser })
      const device = (await ready(desk)).device!
      expect((await store.list(['device'])).length).toBe(1)
      const mine = await session(desk)
      const listed = async () => must(await mine.call(myDevices, {})).devices
      must(await mine.call(nameDevice, { params: { device }, body: { name: `Her own ${because}` } }))
      await asks[because](desk, device)
      const shown = (await listed()).find((it) => it.device === device)
      expect(shown).toMatchObject({ storage: 'cache', wanted: 'memory', because })
      // An open window hears of it, whichever it was.
      await desk.state((it) => it.status === 'needs-recovery-key' && it.storage === 'memory')
      expect((await store.list([])).filter((it) => it.key[0] !== 'term')).toEqual([])
      expect((await listed()).find((it) => it.device === device)).toMatchObject({ wipe: 'done' })
      // In the same session, as a device that keeps nothing.
      expect(await desk.engine.enrol(recoveryKey)).toMatchObject({ ok: true })
      expect(await ready(desk)).toMatchObject({ storage: 'memory', connection: 'open' })
      expect((await store.list([])).filter((it) => it.key[0] !== 'term')).toEqual([])
      // The browser stands in the list once, under the name that it had; what it was is removed, and its receipt stays.
      const isRemoved = async () => expect((await listed()).find((it) => it.device === device)!.revokedAt).not.toBeNull()
      await vi.waitFor(isRemoved, { timeout: 30_000 })
      const both = await listed()
      expect(both.filter((it) => !isFormer(it))).toHaveLength(1)
      expect(both.find((it) => !isFormer(it))).toMatchObject({ name: `Her own ${because}`, storage: 'memory' })
      expect(both.find(isFormer)).toMatchObject({
        device,
        revokedAt: expect.any(Number) as number,
        wipedAt: expect.any(Number) as number,
        lostAt: null,
      })
    }
    // Who begins anew is not let to keep anything, and cannot choose to.
    const fresh = put(await sit(world, await signIn(world, organisation.org, desks[0]!.session.person), { browser }))
    await fresh.state((it) => it.status === 'needs-recovery-key' && it.storage === 'memory' && !it.mayKeep)
    expect(await fresh.engine.keepHere('cache')).toMatchObject({ ok: false })
  })

  test('the person chooses before this browser is added; nobody chooses for another but who may cut a device off', async () => {
    organisation = await foundOrganisation(world)
    const [ana, ben] = [put(await settle(world, organisation)), put(await settle(world, organisation))]
    const fresh = await again(ana, { browser })
    await fresh.state((it) => it.status === 'needs-recovery-key' && it.storage === 'cache')
    expect(await fresh.engine.keepHere('memory')).toMatchObject({ ok: true })
    await fresh.state((it) => it.status === 'needs-recovery-key' && it.storage === 'memory')
    expect(await fresh.engine.keepHere('cache')).toMatchObject({ ok: true })
    await fresh.state((it) => it.status === 'needs-recovery-key' && it.storage === 'cache')
    await fresh.engine.keepHere('memory')
    await fresh.state((it) => it.status === 'needs-recovery-key' && it.storage === 'memory')
    expect(await fresh.engine.enrol(ana.recoveryKey)).toMatchObject({ ok: true })
    expect(await fresh.engine.keepHere('cache')).toMatchObject({ ok: false })
    const device = (await ready(fresh)).device!
    const body = { storage: 'memory' } as const
    expect(await (await session(ben)).call(setStorage, { params: { device }, body })).toMatchObject({ code: 'not-found' })
    const office = await (await official('administrator')).in()
    expect(must(await office.call(devicesOf, { params: { person: ana.session.person } })).devices).toMatchObject([
      { storage: 'memory', wanted: 'cache' },
      { storage: 'cache' },
    ])
    expect(must(await (await session(ben)).call(container, { body: { device } }))).toMatchObject({ storage: 'cache', because: null })
  })

  test('a browser that the server knows as a shared workstation keeps nothing, whatever it takes itself for', async () => {
    organisation = await foundOrganisation(world)
    const ana = put(await settle(world, organisation))
    const [office, mine] = [await (await official('administrator')).in(), await session(ana)]
    const key = toBase64url((await newBoxKey()).publicKey)
    const answer = await fetch(`${world.url}${setUpWorkstation.path}`, {
      method: 'POST',
      headers: { cookie: office.cookie, origin: world.url, 'x-wardline': '1', 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'Ward 4', location: null, place: 'hallway', key }),
    })
    expect(answer.status, await answer.text()).toBe(200)
    const station = answer.headers
      .getSetCookie()
      .find((it) => it.startsWith('wlw='))!
      .split(';')[0]!
    const here = client(
      (to, init) => fetch(to, init as RequestInit),
      world.url,
      () => ({ origin: world.url, cookie: `${mine.cookie}; ${station}` }),
    )
    expect(must(await here(container, {}))).toMatchObject({ storage: 'memory', because: 'workstation' })
    expect(must(await mine.call(container, {}))).toMatchObject({ storage: 'cache' })
  })
})

test('a device that was without the server for as long as the policy says shows nothing until it has reached it', async () => {
  organisation = await foundOrganisation(world)
  const begun = await settle(world, organisation)
  await change('device.lock-hours', 5)
  await change('device.wipe-days', 1)
  const desk = await again(begun, { store: begun.kill(), browser })
  await ready(desk)
  await desk.until(async () => (await desk.store.get(['heard'])) !== undefined && (await desk.store.get(['limits'])) !== undefined)
  const store = desk.kill()
  const cold = async (hours: number) => {
    await world.advance(hours * hour)
    const it = put(await sit(world, await session(desk), { store: store.copy(), start: false, browser }))
    it.wires.up = false
    await it.engine.start()
    return it
  }
  expect(await (await cold(4)).state((it) => it.connection === 'offline')).toMatchObject({ status: 'ready' })
  const late = await cold(2)
  // From the very beginning, before anything is asked.
  expect((await late.engine.state()).status).toBe('locked')
  expect(await late.state((it) => it.connection === 'offline')).toMatchObject({ status: 'locked' })
  expect(await late.engine.conversations()).toEqual([])
  await late.setUp(true)
  await ready(late)
  // And wipes itself after the policy's days.
  const gone = await cold(20)
  expect((await gone.store.list([])).map((it) => it.key[0]).filter((it) => it !== 'term' && it !== 'at-rest')).toEqual(['wiped'])
})
