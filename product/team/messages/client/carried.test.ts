import { newBoxKey, newUuid, toBase64url } from '@wardline/crypto'
import type { BoxKey } from '@wardline/crypto'
import type { Endpoint, TakesOf } from '@wardline/platform/contract'
import { carried, carry } from '@wardline/product/access/workstations/contract'
import type { Call } from '@wardline/product/team/devices/client'
import { beforeEach, expect, test } from 'vitest'
import { openCarriedStore } from './carried.ts'
import type { CarriedParts } from './carried.ts'

type Owed = NonNullable<Awaited<ReturnType<CarriedParts['owed']['get']>>>

const [organisation, person] = [newUuid(), newUuid()]
let stations: { id: string; key: BoxKey; owed: Owed | undefined }[]
/** What the server keeps: it has no station's private key. */
let kept: { version: number; half: string | null; sealed: string | null; seals: Map<string, string> }
let isReachable: boolean
/** What the server is told and keeps, while its answer is lost on the way. */
let losesAnswers: boolean
let hasEnded: boolean
const words = new Uint8Array(24).map((_, i) => i + 1)

beforeEach(async () => {
  stations = await Promise.all(Array.from({ length: 2 }, async () => ({ id: newUuid(), key: await newBoxKey(), owed: undefined })))
  kept = { version: 0, half: null, sealed: null, seals: new Map() }
  isReachable = true
  losesAnswers = false
  hasEnded = false
})

/** The server, as the session at this station sees it. */
const serverAt = (id: string): Call =>
  (async (to: Endpoint, args: { body?: unknown }) => {
    const lost = { ok: false, code: 'unreachable', what: '', next: '' }
    if (!isReachable) return lost
    if (hasEnded) return { ok: false, code: 'signed-out', what: '', next: '' }
    if (to.name === carried.name) {
      const workstations = stations.map((it) => ({
        workstation: it.id,
        key: toBase64url(it.key.publicKey),
        isSealed: kept.seals.has(it.id),
      }))
      return {
        ok: true,
        value: { version: kept.version, half: kept.half, sealed: kept.sealed, seal: kept.seals.get(id) ?? null, workstations },
      }
    }
    const body = args.body as TakesOf<typeof carry>
    if (body.version !== kept.version) return { ok: false, code: 'stale-version', what: '', next: '' }
    const seals = new Map([...(body.half === undefined ? kept.seals : []), ...body.seals.map((it) => [it.workstation, it.seal] as const)])
    kept = { version: kept.version + 1, half: body.half ?? kept.half, sealed: body.sealed, seals }
    // From then on there is no way to it.
    if (losesAnswers) isReachable = false
    return losesAnswers ? lost : { ok: true, value: { version: kept.version } }
  }) as unknown as Call

/** The store of a session at a station. Saves come when it settles: no timer runs by itself. */
function openAt(at: number, renew = false) {
  const it = stations[at]!
  return openCarriedStore({
    call: serverAt(it.id),
    later: () => () => undefined,
    organisation,
    person,
    renew,
    station: it.key,
    pin: { get: async () => null, put: async () => undefined },
    owed: {
      get: async () => it.owed,
      put: async (owed) => void (it.owed = owed),
      drop: async () => void (it.owed = undefined),
    },
  })
}

/** A new device at the first station, with a draft, settled. */
async function begun() {
  const first = openAt(0, true)
  const made = await first.devices.create(newUuid())
  const own = {
    organisation,
    person,
    device: made,
    keys: { identity: { publicKey: new Uint8Array(32).fill(7) } },
    vaultVersion: 3,
    recoveryKeyKept: true,
  }
  await first.store.write({ put: [[['device'], own]] })
  await first.store.write({
    put: [
      [['draft', 'c'], words],
      [['message', 'c', 1], 'read again'],
      [['sender', 'c', 'd'], { sequence: 9 }],
    ],
  })
  await first.settle()
  return made
}
const draft = (it: ReturnType<typeof openAt>) => it.store.get(['draft', 'c'])

test('the device, its chains and drafts go from one workstation to the next; messages do not, and the server has nothing readable', async () => {
  const made = await begun()
  expect([...kept.seals.keys()].toSorted()).toEqual(stations.map((it) => it.id).toSorted())
  const second = openAt(1)
  expect(await draft(second)).toEqual(words)
  expect(await second.store.get(['sender', 'c', 'd'])).toEqual({ sequence: 9 })
  expect(await second.store.get(['message', 'c', 1])).toBeUndefined()
  const before = second.devices.before()
  expect(before?.device.signing.publicKey).toEqual(made.signing.publicKey)
  expect([before?.vaultVersion, before?.recoveryKeyKept]).toEqual([3, true])
  expect(JSON.stringify([...kept.seals, kept.sealed, kept.half])).not.toContain(toBase64url(words))
})

test('a workstation that nobody sealed to opens nothing; whoever opens another one next seals to it', async () => {
  await begun()
  stations.push({ id: newUuid(), key: await newBoxKey(), owed: undefined })
  const stranger = openAt(2)
  expect(await draft(stranger)).toBeUndefined()
  expect(stranger.devices.before()).toBeNull()
  const second = openAt(1)
  await second.store.get(['device'])
  await second.store.write({ put: [[['draft', 'e'], Uint8Array.of(9)]] })
  await second.store.write({
    put: [
      [
        ['device'],
        {
          organisation,
          person,
          device: second.devices.before()!.device,
          keys: { identity: { publicKey: new Uint8Array(32) } },
          vaultVersion: 3,
          recoveryKeyKept: true,
        },
      ],
    ],
  })
  await second.settle()
  expect(await openAt(2).store.get(['draft', 'e'])).toEqual(Uint8Array.of(9))
})

test('a full sign-in draws both halves anew', async () => {
  await begun()
  const { half, sealed } = kept
  const again = openAt(0, true)
  expect(await draft(again)).toEqual(words)
  await again.settle()
  expect(kept.half).not.toBe(half)
  expect(kept.sealed).not.toBe(sealed)
  expect(await draft(openAt(1))).toEqual(words)
})

test('what could not be sent waits sealed at its workstation, and comes back there', async () => {
  await begun()
  const here = openAt(0)
  await here.store.get(['device'])
  isReachable = false
  await here.store.write({ put: [[['draft', 'c'], Uint8Array.of(5)]] })
  await here.settle()
  expect(stations[0]!.owed).toBeDefined()
  isReachable = true
  expect(await draft(openAt(1))).toEqual(words)
  const back = openAt(0)
  expect(await draft(back)).toEqual(Uint8Array.of(5))
  await back.settle()
  expect(stations[0]!.owed).toBeUndefined()
  expect(await draft(openAt(1))).toEqual(Uint8Array.of(5))
})

test('who was overtaken at another workstation writes nothing over what is newer there', async () => {
  await begun()
  const [old, next] = [openAt(0), openAt(1)]
  await old.store.get(['device'])
  await next.store.write({ put: [[['draft', 'c'], Uint8Array.of(6)]] })
  await next.settle()
  await old.store.write({ put: [[['draft', 'c'], Uint8Array.of(4)]] })
  await old.settle()
  expect(await draft(openAt(1))).toEqual(Uint8Array.of(6))
  expect(stations[0]!.owed).toBeUndefined()
})

test.each([
  ['by PIN', false],
  ['after a full sign-in, under a key drawn anew', true],
])('a lost answer %s stops nothing: what was kept is found out, and what came after it follows', async (_, renew) => {
  await begun()
  const here = openAt(0, renew)
  await here.store.get(['device'])
  losesAnswers = true
  await here.store.write({ put: [[['draft', 'c'], Uint8Array.of(5)]] })
  await here.settle()
  const { version } = kept
  await here.store.write({ put: [[['draft', 'c'], Uint8Array.of(6)]] })
  ;[losesAnswers, isReachable] = [false, true]
  await here.settle()
  expect(kept.version).toBe(version + 1)
  expect(stations[0]!.owed).toBeUndefined()
  for (const at of [0, 1]) expect(await draft(openAt(at))).toEqual(Uint8Array.of(6))
})

test.each([
  ['by PIN', false],
  ['after a full sign-in, under a key drawn anew', true],
])('whose answer is lost at the end of the session %s finds the newest of it there again, kept or not', async (_, renew) => {
  await begun()
  for (const isKept of [true, false]) {
    const here = openAt(0, renew)
    await here.store.get(['device'])
    losesAnswers = isKept
    isReachable = isKept
    await here.store.write({ put: [[['draft', 'c'], Uint8Array.of(7)]] })
    await here.settle()
    await here.store.write({ put: [[['draft', 'c'], Uint8Array.of(8)]] })
    await here.settle()
    ;[losesAnswers, isReachable] = [false, true]
    expect(stations[0]!.owed).toBeDefined()
    const back = openAt(0)
    expect(await draft(back)).toEqual(Uint8Array.of(8))
    expect(back.devices.before()?.vaultVersion).toBe(3)
    await back.settle()
    expect(await draft(openAt(1))).toEqual(Uint8Array.of(8))
  }
})

test('whose session has ended leaves what was not sent, sealed; a workstation with a key that is none is sealed to by nobody', async () => {
  await begun()
  stations.push({ id: newUuid(), key: { ...(await newBoxKey()), publicKey: new Uint8Array(32) }, owed: undefined })
  const here = openAt(0, true)
  await here.store.get(['device'])
  await here.store.write({ put: [[['draft', 'c'], Uint8Array.of(3)]] })
  await here.settle()
  expect([...kept.seals.keys()]).toHaveLength(2)
  hasEnded = true
  await here.store.write({ put: [[['draft', 'c'], Uint8Array.of(4)]] })
  await here.settle()
  hasEnded = false
  expect(await draft(openAt(1))).toEqual(Uint8Array.of(3))
  expect(await draft(openAt(0))).toEqual(Uint8Array.of(4))
})
