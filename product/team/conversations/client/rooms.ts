import { CryptoError, equal, fromBase64url, parse, parseEpoch, removal as removals, toBase64url } from '@wardline/crypto'
import type { Bytes, Epoch, EpochRoot, Head, Removal, Statement } from '@wardline/crypto'
import type { GivesOf, Static } from '@wardline/platform/contract'
import { epochsAfter, myConversations, oneConversation, reportSeal } from '@wardline/product/team/conversations/contract'
import type { Conversation, DisputeFrame } from '@wardline/product/team/conversations/contract'
import type { DeviceParts, Held, Key, Knowledge, OwnDevice } from '@wardline/product/team/devices/client'
import { must, serials, stop } from '@wardline/product/team/devices/client'
import type { KnownEpoch } from './epochs.ts'
import { holdsRemoval, judgeAt, openWithMine } from './epochs.ts'

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
  /** Tries what did not open again, with keys that may be new. */
  reopen(conversation: string): Promise<void>
  /** The server says how far it is. */
  note(conversation: string, change: Partial<Pick<Info, 'lastSequence' | 'lastAt' | 'shown' | 'unread' | 'rekey'>>): void
  heardDispute(frame: Static<typeof DisputeFrame>): Promise<void>
  /** Keeps an epoch of my own that the server has taken. */
  adopt(conversation: string, epoch: KnownEpoch): Promise<void>
  /** Changes what is known of one epoch. */
  amend(conversation: string, n: number, change: Partial<KnownEpoch>): Promise<void>
  addDispute(conversation: string, dispute: Dispute): Promise<void>
  addRoom(info: Info): Promise<void>
  forget(conversation: string): Promise<void>
}

type Served = GivesOf<typeof epochsAfter>['epochs'][number]

const roomKey = (id: string): Key => ['room', id]
const epochKey = (id: string, n: number): Key => ['epoch', id, n]

/** Opens the conversations that are kept in the store. */
export function openRooms(parts: RoomParts): Rooms {
  const { call, store, person, knowledge, ownDevice, changed, alarm } = parts
  const rooms = new Map<string, Room>()
  const inTurn = serials()

  const room = (id: string): Room => rooms.get(id) ?? stop('not-found')
  const keysOf = () => (ownDevice.own() ?? stop('not-ready')).keys

  /** Memory and store change together; epochs have keys of their own, because they carry CryptoKeys and are many. */
  async function keep(next: Room, epochs: readonly KnownEpoch[] = []): Promise<void> {
    const { epochs: _, ...rest } = next
    await store.write({ put: [[roomKey(next.id), rest], ...epochs.map((it) => [epochKey(next.id, it.n), it] as const)] })
    rooms.set(next.id, next)
  }

  async function readList(): Promise<void> {
    const { conversations } = await must(call(myConversations, {}))
    const listed = new Set(conversations.map((it) => it.conversation))
    for (const info of conversations) await put(info)
    for (const it of rooms.values()) if (it.member && !listed.has(it.id)) await leave(it)
  }
  async function put(info: Info): Promise<void> {
    const before = rooms.get(info.conversation)
    const base = before ?? { id: info.conversation, epochs: [], removals: [], bad: null, disputes: [] }
    await keep({ ...base, info, member: true })
    changed(info.conversation)
  }
  async function leave(it: Room): Promise<void> {
    await keep({ ...it, member: false })
    changed(it.id)
  }

  /** Removals that were written under an epoch that is known by now, verified in the order in which they came. */
  async function takeRemovals(before: Room, served: readonly Held<Removal>[], upTo: number): Promise<Room> {
    let { removals: known } = before
    for (const it of served) {
      const { body, hash } = it.statement
      if (known.some((k) => equal(k.statement.hash, hash)) || body.epoch > upTo) continue
      const epoch = before.epochs.find((e) => e.n === body.epoch)?.statement ?? null
      if (await holdsRemoval(knowledge, known, it, epoch)) known = [...known, it]
      else await raise('epoch', before.id, body.epoch, body.author.person, 'removal')
    }
    return { ...before, removals: known }
  }

  const raise = (kind: 'epoch' | 'seals', conversation: string, epoch: number, about: string, code: string, by: string | null = null) =>
    alarm({ kind, person: about, by, conversation, epoch, device: null, code })

  async function readOne(before: Room, served: Served): Promise<Room> {
    const statement = readEpoch(served)
    if (!statement) return spoil(before, served.n, null, 'malformed')
    const prev = before.epochs.at(-1)?.statement ?? null
    const here = statement.body.conversation === before.id && statement.body.version === served.n
    if (!here) return spoil(before, served.n, statement, 'another-conversation')
    const judged = await judgeAt(knowledge, before.removals, prev, statement, served.acceptedAt)
    if (!judged.ok) return spoil(before, served.n, statement, judged.code)
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
    const next = { ...before, epochs: [...before.epochs, epoch], bad: null }
    await keep(next, [epoch])
    return next
  }

  /** Whoever's statements are out of date here was asked again by `judgeAt`; what is bad now stays bad until the next look. */
  async function spoil(before: Room, n: number, statement: Statement<Epoch> | null, code: string): Promise<Room> {
    const next = { ...before, bad: { n, code } }
    rooms.set(before.id, next)
    if (statement) await raise('epoch', before.id, n, statement.body.author.person, code)
    changed(before.id)
    return next
  }

  async function opened(epoch: KnownEpoch): Promise<KnownEpoch> {
    if (epoch.root) return epoch
    const found = await openWithMine(epoch, keysOf())
    const mine = epoch.statement.body.roster.some((it) => it.person === person)
    const check = found?.via === 'member' ? epoch.check : mine ? 'due' : 'cannot'
    return { ...epoch, check, root: found?.root ?? null, via: found?.via ?? null }
  }

  /** My seal of the newest epoch does not open: the others can repair it. Of older ones I may have been kept out on purpose. */
  async function report(id: string): Promise<void> {
    for (const it of room(id).epochs) {
      const mine = it.statement.body.roster.some((r) => r.person === person)
      if (!mine || it.via === 'member' || it.reported) continue
      await must(call(reportSeal, { params: { conversation: id }, body: { n: it.n } }))
      await amend(id, it.n, { reported: true })
    }
  }

  async function catchUp(id: string): Promise<Room> {
    for (let more = true; more; ) {
      const before = room(id)
      const after = String(before.epochs.length)
      const answer = await must(call(epochsAfter, { params: { conversation: id }, body: { after } }))
      const removed = answer.removals.map((it) => ({ statement: parse(removals, fromBase64url(it.statement)), at: it.at }))
      let next = before
      for (const served of answer.epochs) {
        if (served.n !== next.epochs.length + 1) break
        next = await takeRemovals(next, removed, served.n - 1)
        next = await readOne(next, served)
        if (next.bad) break
      }
      next = await takeRemovals(next, removed, next.epochs.length)
      if (next !== before) await keep(next)
      for (const it of next.epochs.slice(before.epochs.length)) changed(id, it.n)
      more = answer.more && next.bad === null && next.epochs.length > before.epochs.length
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
    const before = room(id)
    const epochs = before.epochs.map((it) => (it.n === n ? { ...it, ...change } : it))
    await keep({ ...before, epochs }, epochs.slice(n - 1, n))
    changed(id, n)
  }

  async function addDispute(id: string, dispute: Dispute): Promise<void> {
    const before = room(id)
    if (before.disputes.some((it) => it.epoch === dispute.epoch && it.reporter === dispute.reporter)) return
    await keep({ ...before, disputes: [...before.disputes, dispute] })
    if (dispute.reporter !== person) {
      await raise('seals', id, dispute.epoch, dispute.author, 'told', dispute.reporter)
      const epoch = before.epochs.find((it) => it.n === dispute.epoch)
      // An honest author's name stands against the reporter's: my own recomputation decides which of them is shown.
      if (epoch?.check === 'good') await raise('seals', id, dispute.epoch, dispute.reporter, 'false-report', person)
    }
    changed(id)
  }

  async function rereadSeals(id: string, n: number): Promise<void> {
    const answer = await must(call(epochsAfter, { params: { conversation: id }, body: { after: String(n - 1) } }))
    const served = answer.epochs.find((it) => it.n === n)
    const epoch = room(id).epochs.find((it) => it.n === n)
    if (!served || !epoch) return
    const next = await opened({ ...epoch, ...sealsOf(served) })
    await amend(id, n, { ...next, reported: next.via === 'member' ? false : next.reported })
    await noteCandidates(id)
  }

  return {
    async load() {
      for (const { key, value } of await store.list(['room'])) {
        const id = String(key[1])
        const epochs = (await store.list(['epoch', id])).map((it) => it.value as KnownEpoch)
        rooms.set(id, { ...(value as Omit<Room, 'epochs'>), epochs })
      }
    },
    all: () => [...rooms.values()],
    find: (id) => rooms.get(id),
    refreshList: readList,
    async refreshOne(id) {
      const answer = await call(oneConversation, { params: { conversation: id } })
      const before = rooms.get(id)
      if (answer.ok) return put(answer.value)
      if (answer.code === 'not-found' && before) return leave(before)
    },
    catchUp: (id) => inTurn(id, () => catchUp(id)),
    rereadSeals: (id, n) => inTurn(id, () => rereadSeals(id, n)),
    reopen: (id) =>
      inTurn(id, async () => {
        for (const it of room(id).epochs) {
          if (it.root) continue
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
    heardDispute: (frame) =>
      inTurn(frame.conversation, () =>
        addDispute(frame.conversation, { epoch: frame.n, author: frame.author, reporter: frame.reporter }),
      ),
    adopt: (id, epoch) =>
      inTurn(id, async () => {
        const before = room(id)
        if (before.epochs.length !== epoch.n - 1) return
        const { version, roster } = epoch.statement.body
        const members = before.info.members.map((it) => ({ ...it, removed: !roster.some((r) => r.person === it.person) }))
        const added = roster.filter((r) => !members.some((it) => it.person === r.person))
        const info: Info = {
          ...before.info,
          rekey: null,
          epoch: { n: version, hash: toBase64url(epoch.statement.hash) },
          members: [...members, ...added.map((r) => ({ person: r.person, since: version, removed: false }))],
        }
        await keep({ ...before, info, epochs: [...before.epochs, epoch], bad: null }, [epoch])
        changed(id, epoch.n)
      }),
    amend: (id, n, change) => inTurn(id, () => amend(id, n, change)),
    addDispute: (id, dispute) => inTurn(id, () => addDispute(id, dispute)),
    addRoom: (info) => put(info),
    async forget(id) {
      rooms.delete(id)
      await store.write({ remove: [roomKey(id)], removeUnder: [['epoch', id]] })
    },
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
