import {
  CryptoError,
  carriedKey,
  deviceOfSeeds,
  fromBase64url,
  newSeed,
  newSeeds,
  openCarried,
  openHalf,
  sealCarried,
  sealHalf,
  toBase64url,
  utf8,
} from '@wardline/crypto'
import type { BoxKey, Bytes, DeviceKeys, DeviceSeeds } from '@wardline/crypto'
import type { GivesOf } from '@wardline/platform/contract'
import { carried as carriedEndpoint, carry } from '@wardline/product/access/workstations/contract'
import type { Batch, Call, CarriedDevices, DeviceBefore, DeviceStore, Entry, Key, Own } from '@wardline/product/team/devices/client'
import { memoryStore } from './memory.ts'
import { fromText, toText } from './carried-text.ts'
import type { Outgoing } from './outgoing.ts'

/** What carrying works with. `renew`: the person has just signed in fully, so that the key is drawn anew. */
export interface CarriedParts {
  readonly call: Call
  readonly later: (ms: number, run: () => void) => () => void
  readonly organisation: string
  readonly person: string
  readonly renew: boolean
  /** The workstation's own key. */
  readonly station: BoxKey
  /** Sealed texts that could not be sent are left at the workstation until their person comes back to it. */
  readonly owed: {
    get(): Promise<{ readonly version: number; readonly sealed: Uint8Array<ArrayBuffer> } | undefined>
    put(it: { readonly version: number; readonly sealed: Uint8Array<ArrayBuffer> }): Promise<void>
    drop(): Promise<void>
  }
}

/** A device's store at a shared workstation. */
export interface Carried {
  /** In memory; opened at its first use, when this tab is the one that writes. */
  readonly store: DeviceStore
  readonly devices: CarriedDevices
  /** Sends what is not sent yet, sealed; where the server cannot be reached it is left here, sealed. */
  settle(): Promise<void>
}

/** What is carried beside the device itself: drafts, what waits to be sent, the heads of its own chains, what it pinned. All else is read again. */
const kinds: ReadonlySet<unknown> = new Set(['draft', 'outbox', 'sender', 'trust', 'checkpoint'])
const AT_REST: Key = ['at-rest']
const SAVE_AFTER = 700
const AGAIN = 3_000

/** The sealed text, opened. */
interface Content {
  readonly own: Omit<DeviceBefore, 'device'>
  readonly seeds: DeviceSeeds
  readonly atRest: Bytes
  readonly entries: readonly (readonly [Key, unknown])[]
}

type Answer = GivesOf<typeof carriedEndpoint>

/** Sealed bytes hold a key that cannot be copied; the message is sealed again, which its id makes safe. */
const portable = ({ key, value }: Entry): readonly [Key, unknown] =>
  key[0] === 'outbox' ? [key, { ...(value as Outgoing), sealed: null, epoch: null }] : [key, value]

/** The device that its person carries, at this workstation. */
export function openCarriedStore(parts: CarriedParts): Carried {
  const { call, later, organisation, person, station } = parts
  const memory = memoryStore()
  let opened: Promise<void> | null = null
  let version = 0
  let key: Bytes | null = null
  let half: Bytes | null = null
  let own: Content['own'] | null = null
  let seeds: DeviceSeeds | null = null
  let atRest: Bytes | null = null
  let before: DeviceBefore | null = null
  /** Drawn anew at the next save. */
  let renew = parts.renew
  let over = false
  let isDirty = false
  let cancel: (() => void) | null = null
  let saving: Promise<void> = Promise.resolve()

  const wait = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      later(ms, resolve)
    })

  async function ask(): Promise<Answer | null> {
    for (;;) {
      const answer = await call(carriedEndpoint, {})
      if (answer.ok) return answer.value
      if (answer.code !== 'unreachable' && answer.code !== 'unavailable') return null
      await wait(AGAIN)
    }
  }

  async function open(): Promise<void> {
    const answer = await ask()
    if (answer === null) over = true
    const content = answer && (await contentOf(answer))
    version = answer?.version ?? 0
    atRest = content?.atRest ?? newSeed()
    const sealing = await crypto.subtle.importKey('raw', atRest, 'AES-GCM', false, ['encrypt', 'decrypt'])
    const entries = content?.entries ?? []
    await memory.write({ put: [[AT_REST, sealing], ...entries] })
    if (!content) return
    seeds = content.seeds
    own = content.own
    before = { ...content.own, device: await deviceOfSeeds(content.seeds) }
    await takeOwed()
    if (renew) changed()
  }

  /** What the person left, opened; null where there is nothing, or this workstation is not among those that it is sealed to. */
  async function contentOf({ half: mine, seal, sealed }: Answer): Promise<Content | null> {
    if (mine === null || seal === null || sealed === null) return null
    try {
      half = await openHalf(station, organisation, person, fromBase64url(seal))
      key = carriedKey(organisation, person, { server: fromBase64url(mine), station: half })
      return fromText(new TextDecoder().decode(await openCarried(key, organisation, person, fromBase64url(sealed)))) as Content
    } catch (thrown) {
      if (!(thrown instanceof CryptoError)) throw thrown
      key = null
      return null
    }
  }

  /** What could not be sent from here: drafts that are in no newer copy come back. */
  async function takeOwed(): Promise<void> {
    const owed = await parts.owed.get()
    if (!owed || key === null) return
    try {
      const left = fromText(new TextDecoder().decode(await openCarried(key, organisation, person, owed.sealed))) as Content
      for (const [name, value] of left.entries)
        if (owed.version === version || ((name[0] === 'draft' || name[0] === 'outbox') && (await memory.get(name)) === undefined))
          await memory.write({ put: [[name, value]] })
      changed()
    } catch (thrown) {
      if (!(thrown instanceof CryptoError)) throw thrown
      // Of a key that is gone: nobody can open it any more.
      await parts.owed.drop()
    }
  }

  async function contentNow(): Promise<Content | null> {
    if (!own || !seeds || !atRest) return null
    const entries = await memory.list([])
    return { own, seeds, atRest, entries: entries.filter((it) => kinds.has(it.key[0])).map(portable) }
  }

  function changed(): void {
    if (over) return
    isDirty = true
    cancel ??= later(SAVE_AFTER, () => {
      cancel = null
      void save()
    })
  }
  const save = (): Promise<void> => (saving = saving.then(saveNow))

  /** Workstations that do not have the half yet, or all of them when it is drawn anew. */
  async function sealsFor(answer: Answer, anew: boolean, it: Bytes): Promise<{ workstation: string; seal: string }[]> {
    const wanted = answer.workstations.filter((to) => anew || !to.isSealed)
    return Promise.all(
      wanted.map(async (to) => ({
        workstation: to.workstation,
        seal: toBase64url(await sealHalf({ suite: 1, publicKey: fromBase64url(to.key) }, organisation, person, it)),
      })),
    )
  }

  async function saveNow(): Promise<void> {
    const content = over || !isDirty ? null : await contentNow()
    if (!content) return
    isDirty = false
    const anew = renew || key === null || half === null
    const answer = anew || !isTold ? await call(carriedEndpoint, {}) : null
    if (answer && !answer.ok) return failed(answer.code)
    const server = newSeed()
    const mine = anew || half === null ? newSeed() : half
    const next = anew || key === null ? carriedKey(organisation, person, { server, station: mine }) : key
    const sealed = await sealCarried(next, organisation, person, utf8(toText(content)))
    const body = {
      version,
      sealed: toBase64url(sealed),
      seals: answer ? await sealsFor(answer.value, anew, mine) : [],
      ...(anew ? { half: toBase64url(server) } : {}),
    }
    const kept = await call(carry, { body })
    if (!kept.ok) return failed(kept.code)
    ;[version, key, half, renew, isTold] = [kept.value.version, next, mine, false, true]
    await parts.owed.drop()
  }
  let isTold = false

  function failed(code: string): void {
    isDirty = true
    // Whoever has gone on elsewhere has the newer copy; this one is not to be written over it.
    if (code === 'stale-version' || code === 'signed-out' || code === 'not-a-workstation') over = true
    else
      cancel ??= later(AGAIN, () => {
        cancel = null
        void save()
      })
  }

  const ready = (): Promise<void> => (opened ??= open())
  /** Notes the device's own entry, and whether what was written is carried. */
  function wrote({ put = [], remove = [], removeUnder = [] }: Batch): void {
    if (removeUnder.some((it) => it.length === 0)) over = true
    for (const [name, value] of put)
      if (name[0] === 'device') {
        const it = value as Own
        const { organisation: of, vaultVersion, recoveryKeyKept } = it
        own = { organisation: of, identity: it.keys.identity.publicKey, vaultVersion, recoveryKeyKept }
        changed()
      }
    if ([...put.map(([name]) => name), ...remove].some((name) => kinds.has(name[0]))) changed()
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
        // Another device: nothing that was sealed for the one before is its own.
        renew = true
        return deviceOfSeeds(seeds)
      },
    },
    async settle() {
      if (opened === null) return
      await opened
      cancel?.()
      cancel = null
      await save()
      if (!isDirty || over || key === null || renew) return
      const content = await contentNow()
      if (content) await parts.owed.put({ version, sealed: await sealCarried(key, organisation, person, utf8(toText(content))) })
    },
  }
}
