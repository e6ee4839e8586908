import { sha256, toBase64url, toHex } from '@wardline/crypto'
import type { Authority, Power, PublicPerson, Statement } from '@wardline/crypto'
import { statementsOf, trust as trustEndpoint } from '@wardline/product/team/devices/contract'
import type { KnownPerson, PersonTrust, Renewal } from './people.ts'
import { extendPerson, nobody, publicAt, renewalOf } from './people.ts'
import type { DeviceParts } from './ports.ts'
import { serial } from './serial.ts'
import type { Key } from './store.ts'
import { must, stop } from './stop.ts'
import type { KnownTrust, Pinned, TrustFacts } from './trust.ts'
import { TrustBroken, extendTrust, isPinned, momentsOf, pinOf, requirePinned, trustAt } from './trust.ts'

/** What this device has verified about the organisation and its people. Every statement is verified once and kept with its position. */
export interface Knowledge {
  /** Reads what was verified before. */
  load(): Promise<void>
  organisation(): string | null
  /** The pinned root's fingerprint, 64 hex digits. */
  root(): string | null
  /**
   * Reads what is new about the organisation. Throws Stop: the call's code, `no-directory-key` where there is no root yet, `alarm` where the
   * answer does not verify; the alarm was raised then, and what was known stays.
   */
  refreshTrust(): Promise<void>
  /** What the organisation's statements said at a moment; throws Stop `no-directory-key` before the first `refreshTrust`. */
  trustAt(time: number): TrustFacts
  /** The newest statement of a power of the organisation; null: there is none. */
  powerOf(power: Power): Statement<Authority> | null
  /** Verified people; `fresh` asks the server for what is new of each. People without keys have position 0. */
  people(ids: readonly string[], fresh?: boolean): Promise<ReadonlyMap<string, KnownPerson>>
  /** A person as far as they are in memory. */
  known(person: string): KnownPerson | undefined
  /** A person as far as they are known here; asks nobody. */
  kept(person: string): Promise<KnownPerson | undefined>
  /**
   * The newest identity that administrators gave a person whom this device knew by an earlier one; `seen`: it was accepted here. Asks nobody
   * about the person. Null: there is none, or it was there already when this device first heard of them.
   */
  renewal(person: string): Promise<(Renewal & { readonly seen: boolean }) | null>
  /** The identity that the person has now is known to whoever uses this device. Throws Stop `no-keys`. */
  acceptIdentity(person: string): Promise<void>
  /** A new connection began: what came while there was none is asked for when a person is next needed. */
  reconnected(): void
  /** A live frame said that there is more about a person. */
  heard(person: string, position: number): void
  /** Whether what the server holds about a person stopped verifying. */
  isBroken(person: string): boolean
  /** Moments within `slack` ms of `time` at which something about the organisation or these people changed. */
  momentsNear(time: number, slack: number, ids: readonly string[]): readonly number[]
}

const most = 1_000
const PINNED: Key = ['pinned']
const HOUR = 60 * 60 * 1000

const newestKey = (known: KnownPerson): Uint8Array | undefined => known.identities.at(-1)?.statement.body.publicKey
/** An identity as it is kept once it is no news: `met` by it, or its person was asked. Short, because shared workstations carry it. */
const acceptedAs = (key: Uint8Array, how: 'met' | 'said'): string => `${how} ${toBase64url(key.slice(0, 16))}`

/** The knowledge of a device, on its store. */
export function openKnowledge({ call, store, now, hasServerTime = () => true, alarm }: DeviceParts): Knowledge {
  let trust: KnownTrust | null = null
  const people = new Map<string, KnownPerson>()
  const broken = new Map<string, string>()
  const behind = new Map<string, number>()
  const checked = new Map<string, number>()
  const fresh = new Set<string>()
  let connection = 0
  const inTurn = serial()

  const pinned = (): KnownTrust => trust ?? stop('no-directory-key')

  async function readTrust(): Promise<void> {
    const answer = await must(call(trustEndpoint, {}))
    const before = trust
    try {
      const peopleAt = (ids: readonly string[], time: number) => publicPeople(ids, time, new Set())
      const next = await extendTrust(before, answer, peopleAt, (known) => (trust = known))
      const pin = (await store.get(PINNED)) as Pinned | undefined
      if (pin) requirePinned(pin, next)
      if (!next) return stop('no-directory-key')
      trust = next
      await store.write({ put: [[['trust'], next], ...(isPinned(pin, next) ? [] : [[PINNED, pinOf(next)] as const])] })
    } catch (thrown) {
      trust = before
      if (!(thrown instanceof TrustBroken)) throw thrown
      await alarm({ kind: thrown.kind, person: null, by: null, conversation: null, epoch: null, device: null, code: thrown.code })
      stop('alarm')
    }
  }

  async function loadPerson(id: string): Promise<KnownPerson | undefined> {
    const inMemory = people.get(id)
    if (inMemory) return inMemory
    const kept = (await store.get(['person', id])) as KnownPerson | undefined
    if (!kept) return undefined
    const known = { ...nobody(id), ...kept }
    people.set(id, known)
    return known
  }

  /** Administrators are people too: whoever is being verified further out is taken as far as they are known. */
  async function publicPeople(ids: readonly string[], time: number, outside: ReadonlySet<string>): Promise<Map<string, PublicPerson>> {
    const missing: string[] = []
    for (const id of ids) if (!(await loadPerson(id)) && !outside.has(id)) missing.push(id)
    if (missing.length > 0) await fetchPeople(missing, outside)
    const found = ids.flatMap((id) => {
      const known = people.get(id)
      const it = known ? publicAt(known, time) : null
      return it ? [[id, it] as const] : []
    })
    return new Map(found)
  }

  async function fetchPeople(ids: readonly string[], outside: ReadonlySet<string>): Promise<void> {
    for (let from = 0; from < ids.length; from += most) {
      const chunk = ids.slice(from, from + most)
      for (let more = true; more;) {
        const body = { people: chunk.map((person) => ({ person, after: people.get(person)?.position ?? 0 })) }
        // By the server's clock only: this machine's own may run ahead, and all that comes later would be called back-dated.
        const asked = hasServerTime() ? now() : null
        const answer = await must(call(statementsOf, { body }))
        const before = positions(chunk)
        const grown = await extendAll(
          answer.people.filter((it) => chunk.includes(it.person)),
          outside,
        )
        const noted = answer.more || asked === null ? [] : noteAsked(chunk, asked)
        const changed = [...new Set([...grown.map((it) => it.person), ...noted])].flatMap((id) => people.get(id) ?? [])
        const put = [...changed.map((it) => [['person', it.person], it] as const), ...(await metBy(grown))]
        if (put.length > 0) await store.write({ put })
        // Who was looked up for another's sake and does not verify yet is looked up again for their own.
        for (const person of chunk) if (outside.size === 0 || !broken.has(person)) checked.set(person, connection)
        // A person who does not verify stays where they are: asking again would never end.
        more = answer.more && positions(chunk) > before
      }
    }
  }
  /** What these people's statements were at a moment is whole: whatever turns up later came later. Kept to the hour. */
  function noteAsked(ids: readonly string[], at: number): readonly string[] {
    return ids.filter((id) => {
      const known = people.get(id)
      if (!known || known.position === 0 || broken.has(id) || at < known.askedAt + HOUR) return false
      people.set(id, { ...known, askedAt: at })
      return true
    })
  }
  /** People of whom nothing was known: the identity that they are first met by is no news, now or where this device is carried to. */
  async function metBy(grown: readonly KnownPerson[]): Promise<readonly (readonly [Key, unknown])[]> {
    const put: (readonly [Key, unknown])[] = []
    for (const { person } of grown) {
      const known = people.get(person)
      if (!known || !fresh.has(person) || broken.has(person)) continue
      fresh.delete(person)
      const key = newestKey(known)
      if (key && (await store.get(['accepted', person])) === undefined) put.push([['accepted', person], acceptedAs(key, 'met')])
    }
    return put
  }
  const positions = (ids: readonly string[]): number => ids.reduce((sum, id) => sum + (people.get(id)?.position ?? 0), 0)

  type Answered = { readonly person: string; readonly statements: Parameters<typeof extendPerson>[1] }

  /** Verifies people of one answer; who does not verify is tried again after the others, for as long as that helps. Returns who does not. */
  async function extendInTurns(answered: readonly Answered[], outside: ReadonlySet<string>): Promise<readonly Answered[]> {
    const busy = new Set([...outside, ...answered.map((it) => it.person)])
    let open = answered
    for (;;) {
      const was = positions(answered.map((it) => it.person))
      const failed: Answered[] = []
      for (const it of open) if ((await extend(it, busy)) !== null) failed.push(it)
      if (failed.length === 0 || positions(answered.map((it) => it.person)) === was) return failed
      open = failed
    }
  }

  /**
   * Returns those of whom more is known now. What administrators signed about somebody is judged by their own statements and by who named them:
   * those are asked for anew before anybody is accused.
   */
  async function extendAll(answered: readonly Answered[], outside: ReadonlySet<string>): Promise<readonly KnownPerson[]> {
    const before = new Map(answered.map(({ person }) => [person, people.get(person)?.position ?? 0]))
    let failed = await extendInTurns(answered, outside)
    if (failed.length > 0 && outside.size === 0) {
      await readTrust()
      const officers = [...trustAt(pinned(), Infinity).administrators].filter((id) => !before.has(id))
      await fetchPeople(officers, new Set(before.keys()))
      failed = await extendInTurns(failed, outside)
      for (const { person } of failed) await tellBroken(person)
    }
    return answered.flatMap(({ person }) => {
      const known = people.get(person)
      return known && known.position > before.get(person)! ? [known] : []
    })
  }

  const told = new Map<string, string>()
  async function tellBroken(person: string): Promise<void> {
    const code = broken.get(person)
    if (code === undefined || told.get(person) === code) return
    told.set(person, code)
    await alarm({ kind: 'person', person, by: null, conversation: null, epoch: null, device: null, code })
  }

  /** Why the verification stopped; null where it did not. */
  async function extend({ person, statements }: Answered, busy: ReadonlySet<string>): Promise<string | null> {
    const before = people.get(person) ?? nobody(person)
    if (before.position === 0) fresh.add(person)
    const rests: PersonTrust = {
      organisation: pinned().organisation,
      directoryKeys: pinned().directoryKeys.map((it) => it.statement.body.publicKey),
      administratorsAt: async (time) => {
        const ids = [...trustAt(pinned(), time).administrators].filter((id) => id !== person)
        return [...(await publicPeople(ids, time, busy)).values()]
      },
      // Before the server has said its time this machine's own clock decides nothing: a slow one would call everything too early.
      now: hasServerTime() ? now() : Infinity,
    }
    const { known, code } = await extendPerson(before, statements, rests)
    people.set(person, known)
    if ((behind.get(person) ?? 0) <= known.position) behind.delete(person)
    if (code === null) {
      broken.delete(person)
      told.delete(person)
    } else broken.set(person, code)
    return code
  }

  async function ensure(ids: readonly string[], fresh: boolean): Promise<ReadonlyMap<string, KnownPerson>> {
    const wanted = [...new Set(ids)]
    const asked: string[] = []
    for (const id of wanted) {
      const known = await loadPerson(id)
      const unheard = (checked.get(id) ?? 0) < connection || (known?.position ?? 0) < (behind.get(id) ?? 0)
      if (fresh || !known || unheard) asked.push(id)
    }
    if (asked.length > 0) await fetchPeople(asked, new Set())
    return new Map(wanted.map((id) => [id, people.get(id) ?? nobody(id)]))
  }

  return {
    async load() {
      trust = ((await store.get(['trust'])) as KnownTrust | undefined) ?? null
    },
    organisation: () => trust?.organisation ?? null,
    root: () => (trust ? toHex(sha256(trust.root)) : null),
    refreshTrust: () => inTurn(readTrust),
    trustAt: (time) => trustAt(pinned(), time),
    powerOf: (power) => pinned().authorities.findLast((it) => it.statement.body.power === power)?.statement ?? null,
    people: (ids, fresh = false) => inTurn(() => ensure(ids, fresh)),
    known: (person) => people.get(person),
    kept: loadPerson,
    async renewal(id) {
      const known = await loadPerson(id)
      const renewal = known ? renewalOf(known) : null
      if (!known || !renewal) return null
      const kept = (await store.get(['accepted', id])) as string | undefined
      const by = (how: 'met' | 'said') =>
        known.identities.findLast((it) => acceptedAs(it.statement.body.publicKey, how) === kept)?.statement.body.version ?? 0
      return by('met') >= renewal.version ? null : { ...renewal, seen: by('said') >= renewal.version }
    },
    async acceptIdentity(id) {
      const known = await loadPerson(id)
      const key = (known && newestKey(known)) ?? stop('no-keys')
      await store.write({ put: [[['accepted', id], acceptedAs(key, 'said')]] })
    },
    reconnected() {
      connection += 1
    },
    heard(person, position) {
      if ((people.get(person)?.position ?? 0) < position) behind.set(person, Math.max(position, behind.get(person) ?? 0))
    },
    isBroken: (person) => broken.has(person),
    momentsNear(time, slack, ids) {
      const ofPeople = ids.flatMap((id) => {
        const known = people.get(id)
        return known ? [known.identities, known.deviceLists, known.userKeys].flatMap((chain) => chain.map((it) => it.at)) : []
      })
      const all = [...momentsOf(pinned()), ...ofPeople]
      return [...new Set(all)].filter((at) => Math.abs(at - time) <= slack).sort((a, b) => b - a)
    },
  }
}
