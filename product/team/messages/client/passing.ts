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
import type { Bytes, DeviceKeys, DeviceSeeds, Factor, UnlockFactor } from '@wardline/crypto'
import type { TakesOf } from '@wardline/platform/contract'
import { Stop } from '@wardline/product/team/devices/client'
import type { Batch, Call, Key } from '@wardline/product/team/devices/client'
import { keep, kept, myVault } from '@wardline/product/team/devices/contract'
import { entriesOf, kinds, openContent, portable, sealContent } from './carried-content.ts'
import type { Content } from './carried-content.ts'
import { followedStore, writtenBy } from './followed.ts'
import type { Written } from './followed.ts'
import { memoryStore } from './memory.ts'
import type { Passing } from './ports.ts'

/**
 * What a passing device works with: one that keeps nothing in its browser. `devices`: what the browser was at earlier visits, the newest first, for
 * whomever: it does not know.
 */
export interface PassingParts {
  readonly call: Call
  readonly later: (ms: number, run: () => void) => () => void
  readonly person: string
  readonly devices: readonly string[]
}

const AT_REST: Key = ['at-rest']
const SAVE_AFTER = 700
const AGAIN = 3_000
/** What was refused is refused again until there is less of it. */
const MUCH_LATER = 60_000

type Seals = readonly { readonly factor: string; readonly seal: string }[]

/** What was sent, the key that it is under, and the factors that open it. */
interface Sent {
  readonly body: TakesOf<typeof keep>
  readonly key: Bytes
  readonly to: readonly Factor[]
}

/** A device that begins with nothing, or again with what it left. */
export function openPassing({ call, later, person, devices: before }: PassingParts): Passing {
  const memory = memoryStore()
  let version = 0
  let key: Bytes | null = null
  let seeds: DeviceSeeds | null = null
  let atRest: Bytes | null = null
  let own: Content['own'] | null = null
  /** Opened, and not shown yet to be what its person left. */
  let left: { readonly content: Content; readonly version: number } | null = null
  let factors: readonly Factor[] = []
  let isDirty = false
  let over = false
  let isRefused = false
  let pending: Sent | null = null
  let cancel: (() => void) | null = null
  let saving: Promise<void> = Promise.resolve()
  let opened: Promise<void> | null = null

  /** Which of them is this person's and still a device: the server says it, and the factor whether it is so. */
  async function lastOf(): Promise<string | undefined> {
    if (before.length === 0) return undefined
    const answer = await call(myVault, {})
    if (!answer.ok) throw new Stop(answer.code)
    const mine = new Set(answer.value.devices.filter((it) => it.revokedAt === null).map((it) => it.device))
    return before.find((it) => mine.has(it))
  }

  async function useAtRest(raw: Bytes): Promise<void> {
    atRest = raw
    await memory.write({ put: [[AT_REST, await crypto.subtle.importKey('raw', raw, 'AES-GCM', false, ['encrypt', 'decrypt'])]] })
  }
  const ready = (): Promise<void> => (opened ??= useAtRest(newSeed()))

  /** The text that one of these seals opens, and the factor of this secret that opens it. */
  async function openBy(
    kind: Factor['kind'],
    secret: Uint8Array,
    { organisation, device, sealed, seals }: { organisation: string; device: string; sealed: Bytes; seals: Seals },
  ): Promise<{ readonly content: Content; readonly factor: UnlockFactor } | null> {
    const make = kind === 'passkey' ? passkeyFactor : recoveryFactor
    for (const it of seals)
      try {
        const by = { organisation, person, device }
        const factor = await make(it.factor, secret)
        const opening = await openKeptKey(factor.box, by, fromBase64url(it.seal))
        return { content: await openContent(opening, by, sealed), factor }
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
    const mayHaveArrived = answer.code === 'unreachable' || answer.code === 'unavailable' || answer.code === 'internal'
    if (!mayHaveArrived) pending = null
    if (answer.code === 'signed-out') over = true
    isRefused = !mayHaveArrived && answer.code !== 'stale-version' && answer.code !== 'signed-out'
    saveIn(isRefused ? MUCH_LATER : AGAIN)
    return false
  }
  function sent(it: Sent, as: number): true {
    ;[version, pending, isRefused] = [as, null, false]
    // Factors that changed meanwhile: the next text is under a key of their own.
    key = it.to === factors ? it.key : null
    return true
  }

  function wrote(it: Written): void {
    if (it.isCleared) over = true
    own = it.own ?? own
    if (it.own !== null || (it.isKept && own !== null)) changed()
  }

  return {
    store: followedStore(memory, ready, wrote),
    devices: {
      before: () => null,
      async create(device): Promise<DeviceKeys> {
        seeds = newSeeds(device)
        ;[version, key, left, own] = [0, null, null, null]
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
      const last = await lastOf()
      if (last === undefined) return null
      const answer = await call(kept, { params: { device: last } })
      if (!answer.ok && answer.code !== 'not-found') throw new Stop(answer.code)
      if (!answer.ok || answer.value.sealed === null) return null
      const { organisation, sealed, seals } = answer.value
      const opening = await openBy(kind, secret, { organisation, device: last, sealed: fromBase64url(sealed), seals })
      if (opening?.content.seeds.device !== last) return null
      const { content, factor } = opening
      left = { content, version: answer.value.version }
      return { before: { ...content.own, device: await deviceOfSeeds(content.seeds) }, factor }
    },
    async takeUp(it) {
      if (left?.content.seeds.device !== it.device.device) throw new Stop('refused')
      const { content } = left
      await ready()
      await useAtRest(content.atRest)
      ;[seeds, version, left] = [content.seeds, left.version, null]
      const batch: Batch = { put: [...entriesOf(content), [['device'], it]] }
      await memory.write(batch)
      wrote(writtenBy(batch))
    },
    isUnsaved: () => isRefused,
    async settle() {
      cancel?.()
      cancel = null
      await save()
    },
  }
}
