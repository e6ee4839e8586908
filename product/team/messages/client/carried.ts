import { CryptoError, carriedKey, deviceOfSeeds, fromBase64url, newSeed, newSeeds, openHalf, toBase64url } from '@wardline/crypto'
import type { BoxKey, Bytes, DeviceKeys, DeviceSeeds } from '@wardline/crypto'
import type { GivesOf, TakesOf } from '@wardline/platform/contract'
import type { Owed } from '@wardline/product/access/workstations/client'
import { carried as carriedEndpoint, carry } from '@wardline/product/access/workstations/contract'
import type { Call, CarriedDevices, DeviceBefore, DeviceStore, Key } from '@wardline/product/team/devices/client'
import { followedStore } from './followed.ts'
import type { Written } from './followed.ts'
import { memoryStore } from './memory.ts'
import { entriesOf, kinds, openContent, openOne, portable, sealContent, sealsFor } from './carried-content.ts'
import type { Content } from './carried-content.ts'

/** What carrying works with. `renew`: the person has just signed in fully, so that the key is drawn anew. */
export interface CarriedParts {
  readonly call: Call
  readonly later: (ms: number, run: () => void) => () => void
  readonly organisation: string
  readonly person: string
  readonly renew: boolean
  /** The workstation's own key. */
  readonly station: BoxKey
  /** The identity key that this workstation knows as the person's. */
  readonly pin: NonNullable<CarriedDevices['pin']>
  /** Sealed texts that could not be sent are left at the workstation until their person comes back to it. */
  readonly owed: {
    get(): Promise<Owed | undefined>
    put(it: Owed): Promise<void>
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

const AT_REST: Key = ['at-rest']
const SAVE_AFTER = 700
const AGAIN = 3_000

type Answer = GivesOf<typeof carriedEndpoint>

/** What was sent to be kept, and the key and half that it is under. */
interface Sent {
  readonly body: TakesOf<typeof carry>
  readonly key: Bytes
  readonly half: Bytes
}

/** Whether what was sent may have been kept although its answer says no such thing. */
const isUncertain = (code: string): boolean => code === 'unreachable' || code === 'unavailable' || code === 'internal'

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
  /** Another device than the one that was left here: nothing of it is kept yet. */
  let isOther = false
  /** Nothing is to be written any more: somebody has gone on elsewhere, or this is no workstation. */
  let over = false
  /** The session is over: nothing can be sent, and what is left waits here. */
  let hasEnded = false
  let isDirty = false
  /** Seals went to every workstation that there is. */
  let isTold = false
  /** Sent and not answered. It is sent again as it is: so never more than one is under way, and whether it was kept can be told. */
  let pending: Sent | null = null
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
    const entries = content ? entriesOf(content) : []
    await memory.write({ put: [[AT_REST, sealing], ...entries] })
    if (!content) return
    seeds = content.seeds
    own = content.own
    before = { ...content.own, device: await deviceOfSeeds(content.seeds) }
    await takeOwed(answer)
    if (renew) changed()
  }

  /** What the person left, opened; null where there is nothing, or this workstation is not among those that it is sealed to. */
  async function contentOf({ half: mine, seal, sealed }: Answer): Promise<Content | null> {
    if (mine === null || seal === null || sealed === null) return null
    try {
      half = await openHalf(station, organisation, person, fromBase64url(seal))
      key = carriedKey(organisation, person, { server: fromBase64url(mine), station: half })
      return await openContent(key, parts, fromBase64url(sealed))
    } catch (thrown) {
      if (!(thrown instanceof CryptoError)) throw thrown
      key = null
      return null
    }
  }

  /** What could not be sent from here: drafts that are in no newer copy come back. */
  async function takeOwed(answer: Answer | null): Promise<void> {
    const owed = await parts.owed.get()
    if (!owed || key === null) return
    const left = await openOne(key, parts, owed.sealed)
    // Of a key that is gone: nobody can open it any more.
    if (left === null) return parts.owed.drop()
    const follows = owed.version === version || (owed.version + 1 === version && owed.sent === answer?.sealed)
    for (const [name, value] of entriesOf(left))
      if (follows || ((name[0] === 'draft' || name[0] === 'outbox') && (await memory.get(name)) === undefined))
        await memory.write({ put: [[name, value]] })
    changed()
  }

  async function contentNow(): Promise<Content | null> {
    if (!own || !seeds || !atRest) return null
    const entries = await memory.list([])
    return { own, seeds, atRest, entries: entries.filter((it) => kinds.has(it.key[0])).map(portable) }
  }

  function changed(): void {
    if (over) return
    isDirty = true
    saveIn(SAVE_AFTER)
  }
  function saveIn(ms: number): void {
    if (over || hasEnded) return
    cancel ??= later(ms, () => {
      cancel = null
      void save()
    })
  }
  // What goes wrong once is no reason not to try again.
  const save = (): Promise<void> => (saving = saving.then(saveNow).catch(() => void failed('internal')))

  async function saveNow(): Promise<void> {
    while (!over && !hasEnded && (pending !== null || isDirty)) {
      pending ??= await sealedNow()
      if (pending === null || !(await send(pending))) return
    }
  }

  /** Everything as it is now, sealed to be sent; null: there is nothing, or the server does not say to whom. */
  async function sealedNow(): Promise<Sent | null> {
    const anew = renew || key === null || half === null
    const answer = anew || !isTold ? await call(carriedEndpoint, {}) : null
    if (answer && !answer.ok) {
      failed(answer.code)
      return null
    }
    isDirty = false
    const content = await contentNow()
    if (!content) {
      isDirty = true
      return null
    }
    const server = newSeed()
    const mine = anew || half === null ? newSeed() : half
    const next = anew || key === null ? carriedKey(organisation, person, { server, station: mine }) : key
    const sealed = await sealContent(next, parts, content)
    const wanted = answer?.value.workstations.filter((to) => anew || !to.isSealed) ?? []
    const seals = await sealsFor(wanted, parts, mine)
    const body = { version, sealed: toBase64url(sealed), seals, ...(anew ? { half: toBase64url(server) } : {}) }
    return { body, key: next, half: mine }
  }

  /** Whether it is kept. An answer that was lost is found by what the server has: the text that was sent is nobody else's. */
  async function send(it: Sent): Promise<boolean> {
    const kept = await call(carry, { body: it.body })
    if (kept.ok) return keptAs(it, kept.value.version)
    if (kept.code !== 'stale-version') return failed(kept.code)
    const there = await call(carriedEndpoint, {})
    if (!there.ok) return failed(there.code)
    if (there.value.sealed === it.body.sealed) return keptAs(it, there.value.version)
    // Whoever has gone on elsewhere has the newer copy; this one is not to be written over it.
    over = true
    pending = null
    return false
  }

  async function keptAs(it: Sent, as: number): Promise<true> {
    ;[version, key, half, renew, isTold, isOther, pending] = [as, it.key, it.half, false, true, false, null]
    await parts.owed.drop()
    return true
  }

  /** Later again, where that helps. */
  function failed(code: string): false {
    isDirty = true
    if (code === 'not-a-workstation') over = true
    else if (code === 'signed-out') hasEnded = true
    else {
      if (!isUncertain(code)) pending = null
      saveIn(AGAIN)
    }
    return false
  }

  /** What could not be sent stays here, under each key that may be the server's when its person comes back. */
  async function leave(): Promise<void> {
    const under = [...new Set([...(isOther ? [] : [key]), pending?.key ?? null])].filter((it) => it !== null)
    const content = under.length > 0 ? await contentNow() : null
    if (!content) return
    const sealed = await Promise.all(under.map((it) => sealContent(it, parts, content)))
    await parts.owed.put({ version, sent: pending?.body.sealed ?? null, sealed })
  }

  const ready = (): Promise<void> => (opened ??= open())
  function wrote(it: Written): void {
    if (it.isCleared) over = true
    own = it.own ?? own
    if (it.own !== null || it.isKept) changed()
  }

  return {
    store: followedStore(memory, ready, wrote),
    devices: {
      before: () => before,
      pin: parts.pin,
      async create(device): Promise<DeviceKeys> {
        seeds = newSeeds(device)
        // Another device: nothing that was sealed for the one before is its own.
        renew = true
        isOther = true
        return deviceOfSeeds(seeds)
      },
    },
    async settle() {
      if (opened === null) return
      await opened
      cancel?.()
      cancel = null
      await save()
      if (!over && (isDirty || pending !== null)) await leave()
    },
  }
}
