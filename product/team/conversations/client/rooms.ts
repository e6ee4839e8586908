import { CryptoError, equal, fromBase64url, parse, parseEpoch, removal as removals, toBase64url } from '@wardline/crypto'
import type { Bytes, Epoch, EpochRoot, Head, Removal, Statement } from '@wardline/crypto'
import type { GivesOf, Static } from '@wardline/platform/contract'
import { epochsAfter, myConversations, oneConversation, reportSeal } from '@wardline/product/team/conversations/contract'
import type { Conversation, DisputeFrame } from '@wardline/product/team/conversations/contract'
import type { DeviceParts, Held, Key, Knowledge, OwnDevice } from '@wardline/product/team/devices/client'
import { isGivenUp, must, serials, stop } from '@wardline/product/team/devices/client'
import type { Judgement, KnownEpoch } from './epochs.ts'
import { holdsRemoval, judgeAt, namedIn, openWithMine } from './epochs.ts'

/** A conversation as the server lists it. */
export type Info = Static<typeof Conversation>

/** An author's recipient seals are not what they must be: who made them and who found it. */
export interface Dispute {
  readonly epoch: number
  readonly author: string
  readonly reporter: string
}

/** What this device knows of a conversation. `epochs` are good and without a hole, from 1; `bad`: the one after them does not follow. */
export interface Room {
  readonly id: string
  readonly info: Info
  /** False: I was removed, or left. */
  readonly member: boolean
  readonly epochs: readonly KnownEpoch[]
  readonly removals: readonly Held<Removal>[]
  readonly bad: { readonly n: number; readonly code: string } | null
  readonly disputes: readonly Dispute[]
  /** Members who said that they cannot open the newest epoch, since this device started. */
  readonly unopened: readonly string[]
}

/** What the rest of the engine gives to conversations. */
export interface RoomParts extends DeviceParts {
  readonly knowledge: Knowledge
  readonly ownDevice: OwnDevice
  /** The newest envelope of each device here that this device has seen. */
  readonly headsOf: (conversation: string) => Promise<readonly Head[]>
  /** Something about the conversation, or the readability of an epoch, has changed. */
  readonly changed: (conversation: string, epoch?: number) => void
}

/** The conversations of this device. Names of conversations that it does not know throw Stop `not-found`. */
export interface Rooms {
  load(): Promise<void>
  all(): readonly Room[]
  find(conversation: string): Room | undefined
  /** Reads the list; those that are gone from it are kept as left. */
  refreshList(): Promise<void>
  /** Reads one again, for instance after a frame. */
  refreshOne(conversation: string): Promise<void>
  /** Reads, judges and opens what came after the newest known epoch. */
  catchUp(conversation: string): Promise<Room>
  /** Reads one epoch's seals again: a repair, a history seal, another candidate set. */
  rereadSeals(conversation: string, n: number): Promise<void>
  /**
   * Reads the seals again that do not open here, and asks once more for those that nobody has repaired: both are told only to who is connected
   * at that moment.
   */
  lookForRepairs(): Promise<void>
  /** Tries what did not open again, with keys that may be new. */
  reopen(conversation: string): Promise<void>
  /** The server says how far it is. */
  note(conversation: string, change: Partial<Pick<Info, 'lastSequence' | 'lastAt' | 'shown' | 'unread' | 'rekey' | 'epoch'>>): void
  /** A member cannot open epoch n, or can again. */
  heardSeal(conversation: string, n: number, person: string, missing: boolean): void
  heardDispute(frame: Static<typeof DisputeFrame>): Promise<void>
  /** Keeps an epoch of my own that the server has taken. */
  adopt(conversation: string, epoch: KnownEpoch): Promise<void>
  /** Changes what is known of one epoch. */
  amend(conversation: string, n: number, change: Partial<KnownEpoch>): Promise<void>
  addDispute(conversation: string, dispute: Dispute): Promise<void>
  addRoom(info: Info): Promise<void>
}

type Served = GivesOf<typeof epochsAfter>['epochs'][number]

const roomKey = (id: string): Key => ['room', id]
const epochKey = (id: string, n: number): Key => ['epoch', id, n]
/** For how many epochs a device that comes back asks whether they were repaired: whoever writes rubbish as a seal makes it ask no more. */
const oneLook = 20

/** Opens the conversations that are kept in the store. */
export function openRooms(parts: RoomParts): Rooms {
  const { call, store, person, knowledge, ownDevice, changed, alarm } = parts
  const rooms = new Map<string, Room>()
  const inTurn = serials()
  let looked = 0

  const room = (id: string): Room => rooms.get(id) ?? stop('not-found')
  const keysOf = () => (ownDevice.own() ?? stop('not-ready')).keys

  /**
   * Changes what is known now, then the store. Work that waited in between never writes back what it read before it waited. Epochs have keys of
   * their own, because they carry CryptoKeys and are many.
   */
  async function update(id: string, change: Partial<Room>, written: readonly KnownEpoch[] = []): Promise<void> {
    const next = { ...room(id), ...change }
    rooms.set(id, next)
    await write(id, written)
  }
  const write = (id: string, written: readonly KnownEpoch[]): Promise<void> => {
    const { epochs: _, unopened: __, ...rest } = room(id)
    return store.write({ put: [[roomKey(id), rest], ...written.map((it) => [epochKey(id, it.n), it] as const)] })
  }

  async function put(info: Info): Promise<void> {
    const id = info.conversation
    if (!rooms.has(id)) rooms.set(id, { id, info, member: true, epochs: [], removals: [], bad: null, disputes: [], unopened: [] })
    await update(id, { info, member: true })
    changed(id)
  }
  async function leave(id: string): Promise<void> {
    await update(id, { member: false })
    changed(id)
  }

  const raise = (kind: 'epoch' | 'seals', conversation: string, epoch: number, about: string, code: string, by: string | null = null) =>
    alarm({ kind, person: about, by, conversation, epoch, device: null, code })

  /** Removals that were written under an epoch that is known by now, verified in the order in which they came. */
  async function takeRemovals(id: string, served: readonly Held<Removal>[]): Promise<void> {
    for (const it of served) {
      const { removals: known, epochs } = room(id)
      const { body, hash } = it.statement
      if (known.some((k) => equal(k.statement.hash, hash)) || body.epoch > epochs.length) continue
      const epoch = epochs.find((e) => e.n === body.epoch)?.statement ?? null
      if (await holdsRemoval(knowledge, known, it, epoch)) await update(id, { removals: [...known, it] })
      else await raise('epoch', id, body.epoch, body.author.person, 'removal')
    }
  }

  async function judgeTwice(id: string, prev: Statement<Epoch> | null, next: Statement<Epoch>, at: number): Promise<Judgement> {
    const { removals: known } = room(id)
    const first = await judgeAt(knowledge, known, prev, next, at)
    if (first.ok) return first
    // What the server relied on may have come after this device last asked.
    await knowledge.refreshTrust()
    await knowledge.people(namedIn(prev, next), true)
    return judgeAt(knowledge, known, prev, next, at)
  }

  async function readOne(id: string, served: Served): Promise<void> {
    const statement = readEpoch(served)
    if (!statement) return spoil(id, served.n, null, 'malformed')
    const here = statement.body.conversation === id && statement.body.version === served.n
    if (!here) return spoil(id, served.n, statement, 'another-conversation')
    const judged = await judgeTwice(id, room(id).epochs.at(-1)?.statement ?? null, statement, served.acceptedAt)
    if (!judged.ok) return spoil(id, served.n, statement, judged.code)
    const epoch = await opened({
      n: served.n,
      statement,
      at: served.acceptedAt,
      moment: judged.moment,
      authorKey: judged.authorKey,
      root: null,
      via: null,
      own: null,
      told: false,
      reported: false,
      check: 'due',
      ...sealsOf(served),
    })
    // In the store once the whole page is: see catchUp.
    rooms.set(id, { ...room(id), epochs: [...room(id).epochs, epoch], bad: null, unopened: [] })
    changed(id, epoch.n)
  }

  /** Not kept: the next look judges it again. */
  async function spoil(id: string, n: number, statement: Statement<Epoch> | null, code: string): Promise<void> {
    rooms.set(id, { ...room(id), bad: { n, code } })
    if (statement) await raise('epoch', id, n, statement.body.author.person, code)
    changed(id)
  }

  async function opened(epoch: KnownEpoch): Promise<KnownEpoch> {
    if (epoch.via === 'member') return epoch
    const found = await openWithMine(epoch, keysOf())
    const mine = epoch.statement.body.roster.some((it) => it.person === person)
    const check = found?.via === 'member' ? epoch.check : mine ? 'due' : 'cannot'
    return { ...epoch, check, root: found?.root ?? null, via: found?.via ?? null }
  }

  function isWrong(it: KnownEpoch): boolean {
    const mine = it.statement.body.roster.find((r) => r.person === person)
    const me = knowledge.known(person)
    // A seal to a key that was lost is not wrong: nobody repairs what is closed to a new identity.
    return mine !== undefined && !(me && isGivenUp(me, mine.keyId)) && it.via !== 'member'
  }

  /** My seal does not open though I am on the roster: the others can repair it. */
  async function report(id: string): Promise<void> {
    for (const it of room(id).epochs) {
      if (it.reported || !isWrong(it)) continue
      const answer = await call(reportSeal, { params: { conversation: id }, body: { n: it.n } })
      if (answer.ok) await amend(id, it.n, { reported: true })
    }
  }

  async function catchUp(id: string): Promise<Room> {
    for (let more = true; more;) {
      const before = room(id).epochs.length
      const answer = await must(call(epochsAfter, { params: { conversation: id }, body: { after: String(before) } }))
      const removed = answer.removals.flatMap((it) => readRemoval(it) ?? [])
      try {
        for (const served of answer.epochs) {
          if (served.n !== room(id).epochs.length + 1) break
          await takeRemovals(id, removed)
          await readOne(id, served)
          if (room(id).bad) break
        }
      } finally {
        if (room(id).epochs.length > before) await write(id, room(id).epochs.slice(before))
      }
      await takeRemovals(id, removed)
      more = answer.more && room(id).bad === null && room(id).epochs.length > before
    }
    await report(id)
    await noteCandidates(id)
    return room(id)
  }

  /** Whoever gave another set than the author's named the author. */
  async function noteCandidates(id: string): Promise<void> {
    for (const it of room(id).epochs) {
      const [authors, ...others] = it.candidates
      for (const other of others) {
        if (!authors || equal(other.seals, authors.seals)) continue
        await addDispute(id, { epoch: it.n, author: it.statement.body.author.person, reporter: other.person })
      }
    }
  }

  async function amend(id: string, n: number, change: Partial<KnownEpoch>): Promise<void> {
    const epochs = room(id).epochs.map((it) => (it.n === n ? { ...it, ...change } : it))
    await update(id, { epochs }, epochs.slice(n - 1, n))
    changed(id, n)
  }

  async function addDispute(id: string, dispute: Dispute): Promise<void> {
    const { disputes, epochs } = room(id)
    if (disputes.some((it) => it.epoch === dispute.epoch && it.reporter === dispute.reporter)) return
    await update(id, { disputes: [...disputes, dispute] })
    if (dispute.reporter !== person) {
      await raise('seals', id, dispute.epoch, dispute.author, 'told', dispute.reporter)
      // An honest author's name stands against the reporter's: my own recomputation says which of them to believe.
      if (epochs[dispute.epoch - 1]?.check === 'good') await raise('seals', id, dispute.epoch, dispute.reporter, 'false-report', person)
    }
    changed(id)
  }

  async function rereadSeals(id: string, n: number): Promise<void> {
    const answer = await must(call(epochsAfter, { params: { conversation: id }, body: { after: String(n - 1) } }))
    const served = answer.epochs.find((it) => it.n === n)
    const epoch = room(id).epochs[n - 1]
    if (!served || !epoch) return
    const next = await opened({ ...epoch, ...sealsOf(served) })
    await amend(id, n, { ...next, reported: next.via === 'member' ? false : next.reported })
    await noteCandidates(id)
  }

  return {
    async load() {
      for (const { key, value } of await store.list(['room'])) {
        const id = String(key[1])
        const epochs = (await store.list(['epoch', id])).map((it) => it.value as KnownEpoch).filter((it, i) => it.n === i + 1)
        rooms.set(id, { ...(value as Omit<Room, 'epochs' | 'unopened'>), epochs, unopened: [] })
      }
    },
    all: () => [...rooms.values()],
    find: (id) => rooms.get(id),
    async refreshList() {
      const { conversations } = await must(call(myConversations, {}))
      const listed = new Set(conversations.map((it) => it.conversation))
      for (const info of conversations) await put(info)
      for (const it of rooms.values()) if (it.member && !listed.has(it.id)) await leave(it.id)
    },
    async refreshOne(id) {
      const answer = await call(oneConversation, { params: { conversation: id } })
      if (answer.ok) await put(answer.value)
      else if (answer.code === 'not-found' && rooms.has(id)) await leave(id)
    },
    catchUp: (id) => inTurn(id, () => catchUp(id)),
    rereadSeals: (id, n) => inTurn(id, () => rereadSeals(id, n)),
    async lookForRepairs() {
      const all = [...rooms.values()].flatMap(({ id, member, epochs }) =>
        member ? epochs.filter(isWrong).map(({ n }) => ({ id, n })) : [],
      )
      // In turn, where there are more than one look takes: those that nobody repairs keep none of the others waiting for ever.
      const some = [...all.slice(looked % Math.max(1, all.length)), ...all].slice(0, Math.min(oneLook, all.length))
      looked += some.length
      for (const { id, n } of some) {
        await inTurn(id, () => rereadSeals(id, n))
        if (room(id).epochs[n - 1]?.via !== 'member') await call(reportSeal, { params: { conversation: id }, body: { n } })
      }
    },
    reopen: (id) =>
      inTurn(id, async () => {
        for (const it of room(id).epochs) {
          if (it.via === 'member') continue
          const next = await opened(it)
          if (next.root) await amend(id, it.n, next)
        }
      }),
    note(id, change) {
      const before = rooms.get(id)
      if (!before) return
      rooms.set(id, { ...before, info: { ...before.info, ...change } })
      changed(id)
    },
    heardSeal(id, n, who, missing) {
      const before = rooms.get(id)
      if (!before || n !== before.epochs.length) return
      const others = before.unopened.filter((it) => it !== who)
      rooms.set(id, { ...before, unopened: missing ? [...others, who] : others })
      changed(id)
    },
    heardDispute: ({ conversation, n, author, reporter }) =>
      inTurn(conversation, () => addDispute(conversation, { epoch: n, author, reporter })),
    adopt: (id, epoch) =>
      inTurn(id, async () => {
        const { info, epochs } = room(id)
        if (epochs.length !== epoch.n - 1) return
        const now = { ...info, rekey: null, disputed: false, epoch: { n: epoch.n, hash: toBase64url(epoch.statement.hash) } }
        await update(id, { info: now, epochs: [...epochs, epoch], bad: null, unopened: [] }, [epoch])
        changed(id, epoch.n)
      }),
    amend: (id, n, change) => inTurn(id, () => amend(id, n, change)),
    addDispute: (id, dispute) => inTurn(id, () => addDispute(id, dispute)),
    addRoom: (info) => put(info),
  }
}

/** The served statement, if it is the one that its label says. */
function readEpoch(served: Served): Statement<Epoch> | null {
  try {
    const statement = parseEpoch(fromBase64url(served.statement))
    return toBase64url(statement.hash) === served.hash ? statement : null
  } catch (thrown) {
    if (thrown instanceof CryptoError) return null
    throw thrown
  }
}

/** A removal that cannot even be read removes nobody. */
function readRemoval(served: GivesOf<typeof epochsAfter>['removals'][number]): Held<Removal> | null {
  try {
    return { statement: parse(removals, fromBase64url(served.statement)), at: served.at }
  } catch (thrown) {
    if (thrown instanceof CryptoError) return null
    throw thrown
  }
}

const bytesOrNull = (text: string | null): Bytes | null => (text === null ? null : fromBase64url(text))

const sealsOf = (served: Served): Pick<KnownEpoch, 'seal' | 'history' | 'candidates'> => ({
  seal: bytesOrNull(served.seal),
  history: bytesOrNull(served.history),
  candidates: served.candidates.map((it) => ({ person: it.person, seals: fromBase64url(it.recipients) })),
})

/** The newest epoch, where it can be used to seal. */
export const usable = (room: Room): (KnownEpoch & { readonly root: EpochRoot }) | null => {
  const newest = room.epochs.at(-1)
  return newest?.root && !room.bad ? { ...newest, root: newest.root } : null
}
