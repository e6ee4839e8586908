// A server that lies, towards a browser that keeps nothing: it can seal whatever it likes to a person's public keys.
import {
  addSignature,
  after,
  carriedKey,
  createDevice,
  createPerson,
  deviceOfSeeds,
  directoryKey,
  encodeStatement,
  equal,
  introducePerson,
  newBoxKey,
  newRecoveryKey,
  newSeed,
  newSeeds,
  newSigningKey,
  newUuid,
  publicDevice,
  publicFactor,
  recoveryFactor,
  sealCarried,
  sealHalf,
  sealKeptKey,
  signStatement,
  toBase64url,
} from '@wardline/crypto'
import type { Bytes, DeviceKeys, Statement, UnlockFactor } from '@wardline/crypto'
import type { Endpoint } from '@wardline/platform/contract'
import { openKnowledge, openOwnDevice } from '@wardline/product/team/devices/client'
import type { Alarm, CarriedDevices, DeviceStore } from '@wardline/product/team/devices/client'
import { beforeEach, describe, expect, test } from 'vitest'
import { openCarriedStore } from './carried.ts'
import { memoryStore } from './memory.ts'
import { openPassing } from './passing.ts'

const [organisation, person, last, factor] = [newUuid(), newUuid(), newUuid(), newUuid()]
const time = 1_700_000_000_000
const secret = newRecoveryKey()
const seeds = newSeeds(last)
const wire = (it: Statement<unknown>): string => toBase64url(encodeStatement(it))
let alarms: Omit<Alarm, 'id' | 'at'>[]
beforeEach(() => {
  alarms = []
})

/** Whatever a server says of a person whose identity has these devices and this factor. */
async function told(by: UnlockFactor, device: DeviceKeys) {
  const made = await createPerson({ organisation, person, devices: [publicDevice(device, time)], factors: [by], time })
  const [root, directory] = [await newSigningKey(), await newSigningKey()]
  const key = await signStatement(directoryKey, { ...after(null, organisation, time), publicKey: directory.publicKey }, root)
  const identity = await introducePerson({ directory, organisation, person, employee: 'e', publicKey: made.keys.identity.publicKey, time })
  const list = await addSignature(made.deviceList, device.signing)
  const of = { identity, 'device-list': list, 'user-key': made.userKey }
  const statements = Object.entries(of).map(([kind, it], i) => ({ position: i + 1, kind, statement: wire(it), at: time }))
  const lists = { authorities: [], archivePolicies: [], recipientPolicies: [], roleKeys: [] }
  const trust = { organisation, root: toBase64url(root.publicKey), directoryKeys: [{ statement: wire(key), at: time }], ...lists }
  const mine = { organisation, person, employee: 'e', session: newUuid(), device: null, statements, vault: wire(made.vault) }
  const answers: Readonly<Record<string, unknown>> = {
    'team.devices.trust': trust,
    'team.devices.statements': { people: [{ person, statements }], more: false },
    'team.devices.vault': { ...mine, devices: [{ device: device.device, enrolledAt: time, revokedAt: null }] },
    'team.devices.sign-in': { device: device.device },
  }
  return { made, identityKey: made.keys.identity.publicKey, answers }
}
const serverOf = (answers: Readonly<Record<string, unknown>>) =>
  (async (to: Endpoint) =>
    to.name in answers ? { ok: true, value: answers[to.name] } : { ok: false, code: 'not-found', what: '', next: '' }) as never

/** A factor as the server has it: its public halves. */
async function asServerHasIt(): Promise<UnlockFactor> {
  const real = publicFactor(await recoveryFactor(factor, secret))
  const mac = await crypto.subtle.importKey('raw', newSeed(), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
  const halves = { box: { suite: real.suite, publicKey: real.publicKey }, signing: { publicKey: real.signKey } }
  return { factor, kind: 'recovery', mac, ...halves } as unknown as UnlockFactor
}
const bytes = (it: Uint8Array) => ({ '\u0001bytes': toBase64url(it) })
/** The text that a device leaves, made by the server under a key of its own. */
async function leftBy(identity: Bytes, key: Bytes): Promise<string> {
  const own = { organisation, identity: bytes(identity), vaultVersion: 0, recoveryKeyKept: true }
  const entries = [
    [['draft', 'c'], 'planted'],
    [['trust'], 'planted'],
  ]
  const it = { own, seeds: { device: last, sign: bytes(seeds.sign), box: bytes(seeds.box) }, atRest: bytes(newSeed()), entries }
  return toBase64url(await sealCarried(key, organisation, person, new TextEncoder().encode(JSON.stringify(it))))
}
function deviceOn(call: never, store: DeviceStore, carried: CarriedDevices) {
  const alarm = async (it: Omit<Alarm, 'id' | 'at'>) => void alarms.push(it)
  const parts = { call, store, person, now: () => time, alarm, carried }
  return openOwnDevice(parts, openKnowledge(parts))
}

describe('a browser that keeps nothing', () => {
  async function visit(it: Awaited<ReturnType<typeof told>>) {
    const [key, whose] = [newSeed(), { organisation, person, device: last }]
    const seals = [{ factor, seal: toBase64url(await sealKeptKey(publicFactor(await recoveryFactor(factor, secret)), whose, key)) }]
    const sealed = await leftBy(it.identityKey, key)
    const call = serverOf({ ...it.answers, 'team.devices.kept': { organisation, version: 1, sealed, seals } })
    const passing = openPassing({ call, later: () => () => undefined, person, devices: [last] })
    const left = await passing.unlock('recovery', secret)
    if (!left) throw new Error('the real recovery key opens what is sealed to it')
    const own = deviceOn(call, passing.store, passing.devices)
    await own.load()
    const answer = await own.takeUp(left.before, left.factor).then(
      () => 'taken up',
      (thrown: { code: string }) => thrown.code,
    )
    return { answer, own, planted: await passing.store.get(['draft', 'c']) }
  }

  test.each([
    [
      'a vault and an identity that the server made itself',
      'vault-pin',
      async () => told(await asServerHasIt(), await deviceOfSeeds(seeds)),
    ],
    [
      'another device under the id of a real one',
      'wrong-subject',
      async () => told(await recoveryFactor(factor, secret), await createDevice(last)),
    ],
  ])('%s: the person’s own recovery key finds it out, and nothing of it is taken over', async (_, code, made) => {
    const { answer, own, planted } = await visit(await made())
    expect(answer).toBe('alarm')
    expect(alarms).toMatchObject([{ kind: 'person', person, code }])
    expect([own.own(), planted]).toEqual([null, undefined])
    expect(await own.connect()).toBe('unknown-device')
  })

  test('finds another root, or a statement that has vanished, although it reads and verifies everything anew', async () => {
    const it = await told(await recoveryFactor(factor, secret), await createDevice(last))
    const store = memoryStore()
    const alarm = async (what: Omit<Alarm, 'id' | 'at'>) => void alarms.push(what)
    const read = (answers: Readonly<Record<string, unknown>>) => {
      const knowledge = openKnowledge({ call: serverOf(answers), store, person, now: () => time, alarm })
      return knowledge.refreshTrust()
    }
    await read(it.answers)
    await store.write({ remove: [['trust']] })
    await read(it.answers)
    for (const [change, code] of [
      [{ root: toBase64url((await newSigningKey()).publicKey), directoryKeys: [] }, 'changed'],
      [{ root: null }, 'gone'],
      [{ directoryKeys: [] }, 'stale'],
    ] as const) {
      await store.write({ remove: [['trust']] })
      const trust = { ...(it.answers['team.devices.trust'] as object), ...change }
      await expect(read({ ...it.answers, 'team.devices.trust': trust })).rejects.toMatchObject({ code: 'alarm' })
      expect(alarms.at(-1)?.code).toBe(code)
    }
  })
})

describe('a shared workstation', () => {
  /** What the server carries there is its own work: it knows the workstation's public key. */
  async function arrive(it: Awaited<ReturnType<typeof told>>, pinned: Bytes | null) {
    const station = await newBoxKey()
    const [server, half] = [newSeed(), newSeed()]
    const sealed = await leftBy(it.identityKey, carriedKey(organisation, person, { server, station: half }))
    const seal = toBase64url(await sealHalf({ suite: 1, publicKey: station.publicKey }, organisation, person, half))
    const carried = { version: 1, half: toBase64url(server), seal, sealed, workstations: [] }
    const call = serverOf({ ...it.answers, 'access.workstation.carried': carried })
    let known = pinned
    const { store, devices } = openCarriedStore({
      call,
      later: () => () => undefined,
      organisation,
      person,
      renew: false,
      station,
      pin: { get: async () => known, put: async (key) => void (known = key) },
      owed: { get: async () => undefined, put: async () => undefined, drop: async () => undefined },
    })
    const own = deviceOn(call, store, devices)
    await own.load()
    return { standing: await own.connect(), own, store, known: () => known }
  }

  test('where a person’s identity is known, another one is an alarm whoever carried it there, and so is that there is none', async () => {
    const it = await told(await asServerHasIt(), await deviceOfSeeds(seeds))
    const real = (await newSigningKey()).publicKey
    const there = await arrive(it, real)
    expect(there.standing).toBe('alarm')
    expect(alarms).toMatchObject([{ kind: 'person', code: 'vault-pin' }])
    expect([there.own.own(), there.known() && equal(there.known()!, real)]).toEqual([null, true])
    const none = {
      ...it,
      answers: { ...it.answers, 'team.devices.vault': { ...(it.answers['team.devices.vault'] as object), statements: [] } },
    }
    expect((await arrive(none, real)).standing).toBe('alarm')
  })

  test('the identity that a person is first met by there is known from then on; what was verified elsewhere is not carried', async () => {
    const it = await told(await recoveryFactor(factor, secret), await deviceOfSeeds(seeds))
    const there = await arrive(it, null)
    expect(there.standing).toBe('ready')
    expect(there.known()).toEqual(it.identityKey)
    expect(await there.store.get(['draft', 'c'])).toBe('planted')
    expect(await there.store.get(['trust'])).toMatchObject({ organisation })
  })
})
