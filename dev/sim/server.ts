import { equal, fromBase64url, readEnvelopeHead, sha256, toBase64url } from '@wardline/crypto'
import type { Endpoint, GivesOf, ParamsOf, Static, TakesOf } from '@wardline/platform/contract'
import * as conversations from '@wardline/product/team/conversations/contract'
import { rekeyReason, strongerRekey } from '@wardline/product/team/conversations/rules'
import * as devices from '@wardline/product/team/devices/contract'
import * as messages from '@wardline/product/team/messages/contract'
import { judgeBatch, moveWatermark, noEnvelope } from '@wardline/product/team/messages/rules'
import { addEpoch, begin, remove } from './epochs.ts'
import { keysOf } from './keys.ts'
import { Refused, isActive, isMember, monthOf, refuse, roomsOf } from './state.ts'
import type { Caller, Room, State, StoredMessage } from './state.ts'

/** A frame as it travels. */
export interface Frame {
  readonly t: string
  readonly [name: string]: unknown
}

/** The server's end of a live connection. */
export interface Line {
  readonly session: string
  send(frame: Frame): void
  /** Ended by the server; `code` as in RFC 6455. */
  end(code: number): void
}

/** What an endpoint answers. */
export type Answer = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly code: string; readonly field?: string }

/** What happened at the server that a watcher may want to judge at once. */
export interface Watcher {
  stored(room: Room, message: StoredMessage): void
  marked(room: Room, device: string, before: number, after: number): void
}

/** A model of the server: every request is one transaction at one instant, judged by the rules that the real one judges by. */
export interface Server {
  readonly state: State
  handle(session: string, name: string, params: Readonly<Record<string, string>>, body: unknown): Promise<Answer>
  /** Null: that session is over. */
  connect(line: Line): boolean
  disconnect(line: Line): void
  hear(line: Line, frame: Frame): Promise<void>
  beat(): void
  /** Demands a new epoch of every conversation. */
  policyChanged(): void
}

const SIGNED_OUT = 4401
const PAGE = 100
const NEWEST = 50
const limits = { storage: 'cache', because: null, copying: true, watermark: false, veilMinutes: 5, lockHours: 24, wipeDays: 30 } as const

/** A server on this state. `damage` says whether an epoch's seal for this person gets lost on its way into the store. */
export function openServer(state: State, now: () => number, watcher: Watcher, damage: () => boolean = () => false): Server {
  const lines = new Set<Line>()
  const callerOf = (session: string): Caller | null => {
    const it = state.sessions.get(session)
    return it && !it.ended ? it : null
  }
  const linesOf = (person: string): Line[] => [...lines].filter((it) => state.sessions.get(it.session)!.person === person)
  const hears = (line: Line, room: Room): boolean => {
    const it = callerOf(line.session)
    return it !== null && it.device !== null && isMember(room, it.person)
  }
  const publish = (room: Room, frame: Frame, but?: Line): void => {
    for (const it of lines) if (it !== but && hears(it, room)) it.send(frame)
  }
  const tell = (person: string, frame: Frame): void => {
    for (const it of linesOf(person)) it.send(frame)
  }
  const keys = keysOf(
    state,
    now,
    (person) => {
      const position = state.people.get(person)!.statements.length
      for (const it of lines) it.send({ t: 'statements', person, position })
    },
    (device) => {
      for (const it of state.sessions.values()) if (it.device === device) it.ended = true
      for (const it of [...lines]) if (!callerOf(it.session)) drop(it)
    },
  )
  function drop(line: Line): void {
    lines.delete(line)
    line.end(SIGNED_OUT)
  }

  const mine = (caller: Caller, id: string): Room => {
    const room = state.rooms.get(id)
    return room && isMember(room, caller.person) ? room : refuse('not-found')
  }
  const stateOf = (room: Room) => ({
    rekey: room.rekey,
    usedAt: room.usedAt,
    from: room.from,
    last: room.messages.length,
    month: room.month,
  })
  const at = () => ({ now: now(), month: monthOf(now()) })

  function listed(room: Room, person: string): Static<typeof conversations.Conversation> {
    const newest = room.epochs.at(-1)!
    const shown = Math.max(0, ...[...room.marks.values()].filter((it) => it.person === person).map((it) => it.shown))
    return {
      conversation: room.id,
      kind: room.kind,
      members: [...room.members].map(([who, it]) => ({ person: who, since: it.since, removed: it.removedAt !== null })),
      createdAt: room.createdAt,
      epoch: { n: newest.n, hash: toBase64url(newest.statement.hash) },
      rekey: rekeyReason(stateOf(room), at(), false),
      lastSequence: room.messages.length,
      lastAt: room.messages.at(-1)?.at ?? null,
      shown,
      unread: Math.min(room.messages.filter((it) => it.sequence > shown && it.person !== person).length, 100),
      disputed: room.disputed,
    }
  }

  const mayHave = (room: Room, person: string, n: number): boolean => {
    const epoch = room.epochs[n - 1]!
    return epoch.seals.has(person) || (epoch.statement.body.history === 'all' && epoch.history.has(person))
  }
  const given = ({ msgId: _, ...it }: StoredMessage): Static<typeof messages.Message> => it

  function followEpoch(room: Room, moved: { readonly came: readonly string[]; readonly went: readonly string[] }): void {
    const newest = room.epochs.at(-1)!
    for (const [person, it] of newest.seals) {
      if (person === newest.statement.body.author.person || !damage()) continue
      newest.seals.set(person, { ...it, seal: (it.seal.startsWith('A') ? 'B' : 'A') + it.seal.slice(1) })
    }
    for (const person of moved.went) tell(person, { t: 'removed', conversation: room.id, person })
    for (const person of moved.came) tell(person, { t: 'conversation', conversation: room.id })
    publish(room, { t: 'epoch', conversation: room.id, n: newest.n, hash: toBase64url(newest.statement.hash) })
  }

  function epochs(caller: Caller, room: Room, after: number): GivesOf<typeof conversations.epochsAfter> {
    const { person } = caller
    const page = room.epochs.slice(after, after + PAGE)
    return {
      epochs: page.map((it) => ({
        n: it.n,
        hash: toBase64url(it.statement.hash),
        statement: it.text,
        acceptedAt: it.at,
        seal: it.seals.get(person)?.seal ?? null,
        history: it.statement.body.history === 'all' ? (it.history.get(person) ?? null) : null,
        candidates: [...it.sets],
      })),
      removals: room.removals.map((it) => ({ statement: it.text, at: it.at })),
      more: room.epochs.length > after + PAGE,
    }
  }

  function dispute(caller: Caller, room: Room, n: number, recipients: string): boolean {
    const epoch = room.epochs[n - 1] ?? refuse('not-found')
    const [author] = epoch.sets
    if (author!.recipients === recipients) return false
    if (epoch.sets.some((it) => it.person === caller.person)) return true
    epoch.sets.push({ person: caller.person, recipients, at: now() })
    if (room.epochs.length === n) {
      room.disputed = true
      if (epoch.sets.length > 2) room.rekey = strongerRekey(room.rekey, 'dispute')
    }
    publish(room, { t: 'dispute', conversation: room.id, n, author: epoch.statement.body.author.person, reporter: caller.person })
    return true
  }

  type Handler = (caller: Caller, params: Readonly<Record<string, string>>, body: unknown) => unknown
  const handlers = new Map<string, Handler>()
  function on<E extends Endpoint>(
    endpoint: E,
    run: (caller: Caller, params: ParamsOf<E>, body: TakesOf<E>) => GivesOf<E> | Promise<GivesOf<E>>,
  ): void {
    handlers.set(endpoint.name, run as unknown as Handler)
  }

  on(devices.myVault, (caller) => keys.vault(caller))
  on(devices.trust, () => ({ organisation: state.org, root: state.root, ...structuredClone(state.trust), authorities: [], roleKeys: [] }))
  on(devices.statementsOf, (_, __, body) => keys.statements(body))
  on(devices.enrolDevice, (caller, _, body) => keys.enrol(caller, body))
  on(devices.putVault, (caller, _, body) => keys.putVault(caller, body))
  on(devices.revokeDevice, (caller, { device }, body) => keys.revoke(caller, device, body))
  on(devices.deviceHeads, (caller, { device }) => keys.heads(caller, device))
  on(devices.signInDevice, (caller, { device }, body) => keys.signIn(caller, device, body.signature))
  on(devices.myDevices, ({ person, device }) => ({ devices: keys.list(person, device) }))
  on(devices.container, () => limits)
  on(devices.describeDevice, () => limits)
  on(devices.deviceOrders, () => ({ wipe: false, now: now() }))
  on(conversations.myConversations, ({ person }) => ({ conversations: roomsOf(state, person).map((it) => listed(it, person)) }))
  on(conversations.oneConversation, (caller, { conversation }) => listed(mine(caller, conversation), caller.person))
  on(conversations.epochsAfter, (caller, { conversation }, { after }) => epochs(caller, mine(caller, conversation), Number(after ?? 0)))
  on(conversations.createConversation, async (caller, _, body) => {
    const { room, moved } = await begin(state, caller, body, now())
    if (moved) followEpoch(room, moved)
    return { created: moved !== null, conversation: listed(room, caller.person) }
  })
  on(conversations.addEpoch, async (caller, { conversation }, body) => {
    const room = state.rooms.get(conversation)
    const moved = await addEpoch(state, caller, room, body, now())
    if (moved) followEpoch(room!, moved)
    const n = body && room ? room.epochs.find((it) => it.text === body.statement)!.n : 0
    return { n, hash: toBase64url(room!.epochs[n - 1]!.statement.hash) }
  })
  on(conversations.removePerson, async (caller, _, body) => {
    const gone = await remove(state, caller, body.removal, now())
    for (const room of gone) {
      const { person } = room.removals.at(-1)!.statement.body
      tell(person, { t: 'removed', conversation: room.id, person })
      publish(room, { t: 'removed', conversation: room.id, person })
    }
    return { conversations: gone.map((it) => it.id) }
  })
  on(conversations.reportSeal, (caller, { conversation }, { n }) => {
    const room = mine(caller, conversation)
    const seal = room.epochs[n - 1]?.seals.get(caller.person)
    if (!seal) return { stored: false }
    const stored = !seal.missing
    seal.missing = true
    publish(room, { t: 'seal', conversation, n, person: caller.person, missing: true })
    return { stored }
  })
  on(conversations.repairSeal, (caller, { conversation }, { n, person, seal }) => {
    const room = mine(caller, conversation)
    const there = room.epochs[n - 1]?.seals.get(person)
    if (!there?.missing) return { stored: false }
    room.epochs[n - 1]!.seals.set(person, { seal, missing: false })
    publish(room, { t: 'seal', conversation, n, person, missing: false })
    return { stored: true }
  })
  on(conversations.disputeSeals, (caller, { conversation }, { n, recipients }) => ({
    differs: dispute(caller, mine(caller, conversation), n, recipients),
  }))
  on(messages.messagePage, (caller, { conversation }, { before, limit }) => {
    const room = mine(caller, conversation)
    const end = Number(before ?? Number.MAX_SAFE_INTEGER)
    const found = room.messages.filter((it) => it.sequence < end && mayHave(room, caller.person, it.epoch)).toReversed()
    const most = Number(limit ?? 50)
    return { messages: found.slice(0, most).map(given), more: found.length > most }
  })
  on(messages.receipts, (caller, { conversation }) => {
    const room = mine(caller, conversation)
    const marks = [...room.marks].filter(([, it]) => isMember(room, it.person))
    return { receipts: marks.map(([device, it]) => ({ device, ...it })) }
  })
  handlers.set('team.messages.log-checkpoint', () => ({ checkpoint: null }))

  // --- the live connection ----------------------------------------------------------------------------------------------------------

  async function send(line: Line, caller: Caller, frame: Static<typeof messages.SendFrame>): Promise<Frame> {
    const { id, conversation } = frame
    const no = (code: string, more: object = {}): Frame => ({ t: 'refused', id, code, ...more })
    if (caller.device === null) return no('not-a-device')
    const head = readEnvelopeHead(fromBase64url(frame.envelope), sha256)
    if (head.conversation !== conversation || head.device !== caller.device) return no('bad-envelope')
    const room = state.rooms.get(conversation)
    if (frame.epoch) {
      const moved = await addEpoch(state, caller, room, frame.epoch, now())
      if (moved) followEpoch(room!, moved)
    }
    if (frame.seals !== undefined && room) dispute(caller, room, head.n, frame.seals)
    const { person, device } = { ...caller, device: caller.device }
    const before = [...state.rooms.values()].flatMap((r) => r.messages).find((it) => it.device === device && it.msgId === head.msgId)
    const newest = room?.epochs.at(-1)
    const hash = toBase64url(head.hash)
    const sent = { conversation, person, device, msgId: head.msgId, n: head.n, epochHash: toBase64url(head.epochHash) }
    const [verdict] = judgeBatch(
      [{ ...sent, prev: toBase64url(head.prev), hash, stat: head.priority === 'stat' }],
      [
        {
          known: before ? { conversation: before.conversation, sequence: before.sequence, hash: before.hash, at: before.at } : null,
          member: room !== undefined && isMember(room, person),
          device: isActive(state, { person, device }),
          head: room?.heads.get(device) ?? null,
        },
      ],
      new Map(room && newest ? [[conversation, { ...stateOf(room), n: newest.n, epochHash: toBase64url(newest.statement.hash) }]] : []),
      at(),
    )
    if (!verdict || verdict.is === 'refused') {
      const { is: _, code, ...why } = verdict ?? { is: 'refused', code: 'internal' }
      return no(code, 'head' in why ? (why.head === null ? {} : { head: why.head }) : why)
    }
    if (verdict.is === 'known') {
      const { sequence, hash: known, at: when } = verdict
      return { t: 'ack', id, conversation: verdict.conversation, sequence, hash: known, at: when, known: true }
    }
    const { sequence } = verdict
    const message: StoredMessage = {
      conversation,
      sequence,
      epoch: head.n,
      person,
      device,
      at: now(),
      hash,
      envelope: frame.envelope,
      msgId: head.msgId,
    }
    room!.messages.push(message)
    room!.heads.set(device, hash)
    room!.usedAt ??= now()
    watcher.stored(room!, message)
    publish(room!, { t: 'message', ...given(message) }, line)
    return { t: 'ack', id, conversation, sequence, hash, at: message.at }
  }

  function sync(line: Line, caller: Caller, { id, have }: Static<typeof messages.SyncFrame>): void {
    if (caller.device === null) return line.send({ t: 'refused', id, code: 'not-a-device' })
    const known = new Map(have.map((it) => [it.conversation, it.sequence]))
    const rooms = roomsOf(state, caller.person)
    for (const room of rooms) {
      const since = known.get(room.id) ?? Math.max(0, room.messages.length - NEWEST)
      const rest = room.messages.slice(since).filter((it) => mayHave(room, caller.person, it.epoch))
      for (let i = 0; i < rest.length; i += PAGE) line.send({ t: 'rest', id, messages: rest.slice(i, i + PAGE).map(given) })
    }
    const ends = rooms.map((it) => ({ conversation: it.id, sequence: it.messages.length, epoch: it.epochs.length }))
    line.send({ t: 'synced', id, conversations: ends, more: false })
  }

  function receipt(line: Line, caller: Caller, frame: Static<typeof messages.ReceiptFrame>): void {
    const room = state.rooms.get(frame.conversation)
    if (!room || caller.device === null || !hears(line, room) || !isActive(state, { person: caller.person, device: caller.device })) return
    const before = room.marks.get(caller.device) ?? { delivered: 0, shown: 0 }
    const next = moveWatermark(before, frame, room.messages.length)
    if (!next) return
    room.marks.set(caller.device, { person: caller.person, ...next, at: now() })
    watcher.marked(room, caller.device, before.delivered, next.delivered)
    publish(room, { t: 'receipt', conversation: room.id, person: caller.person, device: caller.device, ...next })
  }

  return {
    state,
    async handle(session, name, params, body) {
      const caller = name === devices.deviceOrders.name ? { person: '', session, device: null } : callerOf(session)
      if (!caller) return { ok: false, code: 'signed-out' }
      const run = handlers.get(name)
      if (!run) throw new Error(`The model has no ${name}.`)
      try {
        return { ok: true, value: await run({ ...caller }, params, body ?? {}) }
      } catch (thrown) {
        if (!(thrown instanceof Refused)) throw thrown
        return { ok: false, code: thrown.code, ...(thrown.field !== undefined && { field: thrown.field }) }
      }
    },
    connect(line) {
      if (!callerOf(line.session)) return false
      lines.add(line)
      line.send({ t: 'open', at: now() })
      return true
    },
    disconnect: (line) => void lines.delete(line),
    async hear(line, frame) {
      const caller = callerOf(line.session)
      if (!caller || !lines.has(line)) return
      if (frame.t === 'sync') return sync(line, caller, frame as unknown as Static<typeof messages.SyncFrame>)
      if (frame.t === 'receipt') return receipt(line, caller, frame as unknown as Static<typeof messages.ReceiptFrame>)
      if (frame.t !== 'send') return
      const it = frame as unknown as Static<typeof messages.SendFrame>
      const answer = await send(line, { ...caller }, it).catch((thrown: unknown): Frame => {
        if (!(thrown instanceof Refused)) throw thrown
        return { t: 'refused', id: it.id, code: thrown.code, ...(thrown.field !== undefined && { field: thrown.field }) }
      })
      line.send(answer)
    },
    beat() {
      for (const line of lines) {
        const rooms = roomsOf(state, callerOf(line.session)!.person)
        line.send({ t: 'beat', at: now(), conversations: rooms.length, sequences: rooms.reduce((sum, it) => sum + it.messages.length, 0) })
      }
    },
    policyChanged() {
      for (const room of state.rooms.values()) room.rekey ??= 'policy'
    },
  }
}

/** Whether a device's messages of a conversation follow one another. */
export const isChained = (room: Room): boolean => {
  const heads = new Map<string, string>()
  return room.messages.every((it) => {
    const { prev } = readEnvelopeHead(fromBase64url(it.envelope), sha256)
    const follows = equal(prev, fromBase64url(heads.get(it.device) ?? noEnvelope))
    heads.set(it.device, it.hash)
    return follows
  })
}
