import {
  CryptoError,
  deviceOfSeeds,
  equal,
  fromBase64url,
  newSeed,
  newSeeds,
  openKeptKey,
  passkeyFactor,
  recoveryFactor,
  sealKeptKey,
  toBase64url,
} from '@wardline/crypto'
import type { Bytes, DeviceKeys, DeviceSeeds, Factor } from '@wardline/crypto'
import type { TakesOf } from '@wardline/platform/contract'
import { Stop } from '@wardline/product/team/devices/client'
import type { Batch, Call, DeviceBefore, Key, Own } from '@wardline/product/team/devices/client'
import { keep, kept } from '@wardline/product/team/devices/contract'
import { kinds, openContent, portable, sealContent } from './carried-content.ts'
import type { Content } from './carried-content.ts'
import { memoryStore } from './memory.ts'
import type { Passing } from './ports.ts'

/** What a passing device works with: one that keeps nothing in its browser. `device`: what it was the last time; null: none yet. */
export interface PassingParts {
  readonly call: Call
  readonly later: (ms: number, run: () => void) => () => void
  readonly person: string
  readonly device: string | null
}

const AT_REST: Key = ['at-rest']
const SAVE_AFTER = 700
const AGAIN = 3_000

type Seals = readonly { readonly factor: string; readonly seal: string }[]

/** What was sent, the key that it is under, and the factors that open it. */
interface Sent {
  readonly body: TakesOf<typeof keep>
  readonly key: Bytes
  readonly to: readonly Factor[]
}

/** A device that begins with nothing, or again with what it left. */
export function openPassing({ call, later, person, device: last }: PassingParts): Passing {
  const memory = memoryStore()
  let version = 0
  let key: Bytes | null = null
  let seeds: DeviceSeeds | null = null
  let atRest: Bytes | null = null
  let own: Content['own'] | null = null
  let before: DeviceBefore | null = null
  let factors: readonly Factor[] = []
  let isDirty = false
  let over = false
  let pending: Sent | null = null
  let cancel: (() => void) | null = null
  let saving: Promise<void> = Promise.resolve()
  let opened: Promise<void> | null = null

  async function useAtRest(raw: Bytes): Promise<void> {
    atRest = raw
    await memory.write({ put: [[AT_REST, await crypto.subtle.importKey('raw', raw, 'AES-GCM', false, ['encrypt', 'decrypt'])]] })
  }
  const ready = (): Promise<void> => (opened ??= useAtRest(newSeed()))

  /** The text that one of these seals opens, by the factor of this secret. */
  async function openBy(kind: Factor['kind'], secret: Uint8Array, organisation: string, device: string, sealed: Bytes, seals: Seals) {
    const make = kind === 'passkey' ? passkeyFactor : recoveryFactor
    for (const { factor, seal } of seals)
      try {
        const by = { organisation, person, device }
        const opening = await openKeptKey((await make(factor, secret)).box, by, fromBase64url(seal))
        return await openContent(opening, by, sealed)
      } catch (thrown) {
        if (!(thrown instanceof CryptoError)) throw thrown
      }
    return null
  }

  async function sealsOf(it: Bytes, organisation: string, device: string): Promise<{ factor: string; seal: string }[]> {
    return Promise.all(
      factors.map(async (to) => ({ factor: to.factor, seal: toBase64url(await sealKeptKey(to, { organisation, person, device }, it)) })),
    )
  }

  function changed(): void {
    isDirty = true
    saveIn(SAVE_AFTER)
  }
  function saveIn(ms: number): void {
    if (over) return
    cancel ??= later(ms, () => {
      cancel = null
      void save()
    })
  }
  const save = (): Promise<void> => (saving = saving.then(saveNow).catch(() => saveIn(AGAIN)))

  async function saveNow(): Promise<void> {
    while (!over && (pending !== null || isDirty)) {
      pending ??= await sealedNow()
      if (pending === null || seeds === null || !(await send(seeds.device, pending))) return
    }
  }

  async function sealedNow(): Promise<Sent | null> {
    if (!own || !seeds || !atRest || factors.length === 0) return null
    isDirty = false
    const entries = (await memory.list([])).filter((it) => kinds.has(it.key[0])).map(portable)
    const { organisation } = own
    const [next, to] = [key ?? newSeed(), factors]
    const sealed = toBase64url(await sealContent(next, { organisation, person }, { own, seeds, atRest, entries }))
    const seals = key === null ? { seals: await sealsOf(next, organisation, seeds.device) } : {}
    return { body: { version, sealed, ...seals }, key: next, to }
  }

  /** Whether it is kept. An answer that was lost is found by what the server has. */
  async function send(device: string, it: Sent): Promise<boolean> {
    const answer = await call(keep, { params: { device }, body: it.body })
    if (answer.ok) return sent(it, answer.value.version)
    if (answer.code === 'stale-version') {
      const there = await call(kept, { params: { device } })
      if (there.ok && there.value.sealed === it.body.sealed) return sent(it, there.value.version)
      if (there.ok) over = true
    }
    isDirty = true
    // What may have arrived is sent again as it is; what was refused is made anew.
    if (answer.code !== 'unreachable' && answer.code !== 'unavailable' && answer.code !== 'internal') pending = null
    if (answer.code === 'signed-out') over = true
    saveIn(AGAIN)
    return false
  }
  function sent(it: Sent, as: number): true {
    ;[version, pending] = [as, null]
    // Factors that changed meanwhile: the next text is under a key of their own.
    key = it.to === factors ? it.key : null
    return true
  }

  function wrote({ put = [], remove = [], removeUnder = [] }: Batch): void {
    if (removeUnder.some((it) => it.length === 0)) over = true
    for (const [name, value] of put)
      if (name[0] === 'device') {
        const { organisation, keys, vaultVersion, recoveryKeyKept } = value as Own
        own = { organisation, identity: keys.identity.publicKey, vaultVersion, recoveryKeyKept }
        changed()
      }
    if ([...put.map(([name]) => name), ...remove].some((name) => kinds.has(name[0])) && own !== null) changed()
  }

  return {
    store: {
      get: async (name) => (await ready(), memory.get(name)),
      list: async (under, range) => (await ready(), memory.list(under, range)),
      async write(batch) {
        await ready()
        await memory.write(batch)
        wrote(batch)
      },
      close: () => memory.close(),
    },
    devices: {
      before: () => before,
      async create(device): Promise<DeviceKeys> {
        seeds = newSeeds(device)
        ;[version, key, before, own] = [0, null, null, null]
        return deviceOfSeeds(seeds)
      },
      factors(listed) {
        const isSame =
          listed.length === factors.length && listed.every((it, i) => equal(it.signKey, factors[i]?.signKey ?? new Uint8Array()))
        if (isSame) return
        factors = listed
        if (own === null) return
        // A factor that went away must open nothing that comes from here on.
        key = null
        changed()
      },
    },
    async unlock(kind, secret) {
      if (last === null) return false
      const answer = await call(kept, { params: { device: last } })
      if (!answer.ok && answer.code !== 'not-found') throw new Stop(answer.code)
      if (!answer.ok || answer.value.sealed === null) return false
      const { organisation, sealed, seals } = answer.value
      const content = await openBy(kind, secret, organisation, last, fromBase64url(sealed), seals)
      if (content?.seeds.device !== last) return false
      await ready()
      await useAtRest(content.atRest)
      await memory.write({ put: content.entries })
      ;[seeds, version] = [content.seeds, answer.value.version]
      before = { ...content.own, device: await deviceOfSeeds(content.seeds) }
      return true
    },
    async settle() {
      cancel?.()
      cancel = null
      await save()
    },
  }
}
