import { CryptoError, openMessage, parseEnvelope } from '@wardline/crypto'
import type { Rooms, Room } from '@wardline/product/team/conversations/client'
import type { Knowledge } from '@wardline/product/team/devices/client'
import { deviceOf, isGivenUp } from '@wardline/product/team/devices/client'
import type { AtRest } from './at-rest.ts'
import { decodeBody } from './body.ts'
import type { Kept, KeptMessage } from './kept.ts'
import type { Outgoing, OutboxFile } from './outgoing.ts'
import type { Receipts } from './receipts.ts'
import type { Content, ConversationView, MemberView, MessageView, NewFlags, Sending } from './types.ts'
import { routine } from './types.ts'

/** What views are made from. */
export interface ViewParts {
  readonly person: string
  readonly rooms: Rooms
  readonly knowledge: Knowledge
  readonly kept: Kept
  readonly file: OutboxFile
  readonly atRest: AtRest
  readonly receipts: Receipts
  readonly isSending: (id: string) => boolean
  readonly hasDraft: (conversation: string) => Promise<boolean>
}

/** What a screen sees, made of what is kept. */
export interface Views {
  message(it: KeptMessage): Promise<MessageView>
  outgoing(it: Outgoing): Promise<MessageView>
  conversation(room: Room): Promise<ConversationView>
  /** Whether a message's epoch is one that I should be able to open and cannot yet. */
  isUnopened(it: KeptMessage): boolean
}

type Opened = { readonly content: Content; readonly flags: NewFlags }

/** Opened messages are remembered in memory, at most so many. */
const MOST = 1_000

/** Views on these parts. */
export function openViews(parts: ViewParts): Views {
  const { person, rooms, knowledge, kept, file, atRest, receipts } = parts
  const opened = new Map<string, Opened>()

  const epochOf = (it: KeptMessage) => rooms.find(it.conversation)?.epochs[it.epoch - 1]

  async function open(it: KeptMessage): Promise<Opened> {
    const known = opened.get(`${it.conversation} ${it.sequence}`)
    if (known) return known
    const made = await openAnew(it)
    if (made.content.is !== 'waiting' && made.content.is !== 'before') {
      if (opened.size >= MOST) opened.delete(opened.keys().next().value ?? '')
      opened.set(`${it.conversation} ${it.sequence}`, made)
    }
    return made
  }

  async function openAnew(it: KeptMessage): Promise<Opened> {
    const plain = (content: Content): Opened => ({ content, flags: routine })
    if (it.found === 'damaged') return plain({ is: 'damaged' })
    if (!it.envelope) return plain({ is: 'erased' })
    const epoch = epochOf(it)
    if (!epoch?.root) {
      if (!epoch || isMine(it)) return plain({ is: 'waiting', epoch: it.epoch })
      const wasHere = epoch.statement.body.roster.some((r) => r.person === person)
      return plain({ is: 'before', what: wasHere ? 'new-identity' : 'joining' })
    }
    const device = await knowledge.kept(it.person)
    const key = (device ? deviceOf(device, it.device)?.signKey : null) ?? new Uint8Array(32)
    try {
      const message = await openMessage(epoch.root, parseEnvelope(it.envelope), key)
      const content = decodeBody(message.header.kind, message.body)
      return { flags: message.flags, content: judged(it, content, message.standing === 'disputed') }
    } catch (thrown) {
      if (thrown instanceof CryptoError) return plain({ is: 'damaged' })
      throw thrown
    }
  }

  /** What is not believed keeps its text, and its flags count for nothing: see `flagsOf`. */
  function judged(it: KeptMessage, content: Content, unsigned: boolean): Content {
    const roster = epochOf(it)?.statement.body.roster
    const stranger = roster !== undefined && !roster.some((r) => r.person === it.person)
    const reason = it.found ?? (unsigned ? 'signature' : stranger ? 'not-member' : null)
    if (reason === null) return content
    if (reason === 'damaged') return { is: 'damaged' }
    return { is: 'disputed', text: content.is === 'text' ? content.text : '', reason }
  }

  /** Whether I should be able to open it: I was in that epoch, under a key that I did not lose. What a lost identity could read is closed to a new one. */
  function isMine(it: KeptMessage): boolean {
    const roster = epochOf(it)?.statement.body.roster
    const me = knowledge.known(person)
    return roster?.some((r) => r.person === person && !(me && isGivenUp(me, r.keyId))) ?? true
  }

  const sendingOf = (it: { readonly conversation: string }, sequence: number): Sending => ({
    is: 'sent',
    ...receipts.countOf(it.conversation, sequence),
  })

  async function message(it: KeptMessage): Promise<MessageView> {
    const { content, flags } = await open(it)
    const mine = it.person === person && content.is !== 'disputed' && content.is !== 'damaged'
    return {
      id: it.id,
      conversation: it.conversation,
      sequence: it.sequence,
      person: it.person,
      device: it.device,
      at: it.at,
      mine,
      content,
      flags: content.is === 'disputed' ? routine : flags,
      sending: mine ? sendingOf(it, it.sequence) : null,
    }
  }

  async function outgoing(it: Outgoing): Promise<MessageView> {
    const state = (): Sending => {
      if (it.place) return sendingOf(it, it.place.sequence)
      if (it.state === 'not-sent') return { is: 'not-sent', code: it.code ?? 'internal' }
      return { is: parts.isSending(it.id) ? 'sending' : 'waiting' }
    }
    return {
      id: it.id,
      conversation: it.conversation,
      sequence: it.place?.sequence ?? null,
      person,
      device: '',
      at: it.place?.at ?? it.at,
      mine: true,
      content: { is: 'text', text: await atRest.open(it.text) },
      flags: it.flags,
      sending: state(),
    }
  }

  async function newest(room: Room): Promise<MessageView | null> {
    const waiting = file.of(room.id).at(-1)
    if (waiting) return outgoing(waiting)
    const [last] = await kept.page(room.id, Number.MAX_SAFE_INTEGER, 1)
    return last ? message(last) : null
  }

  async function unread(room: Room): Promise<number> {
    const { have } = await kept.cursor(room.id)
    const shown = receipts.shownByMe(room.id)
    if (have < room.info.lastSequence) return room.info.unread
    return Math.min((await kept.after(room.id, shown, 150)).filter((it) => it.person !== person).length, 100)
  }

  async function members(room: Room): Promise<readonly MemberView[]> {
    return Promise.all(
      room.info.members.map(async (it) => ({
        person: it.person,
        removed: it.removed,
        alarm: knowledge.isBroken(it.person),
        unopened: room.unopened.includes(it.person),
        renewed: await renewed(it.person),
      })),
    )
  }

  async function renewed(who: string): Promise<MemberView['renewed']> {
    const renewal = who === person ? null : await knowledge.renewal(who)
    return renewal && { at: renewal.at, by: renewal.by, seen: renewal.seen }
  }

  return {
    message,
    outgoing,
    async conversation(room) {
      const { info } = room
      const [last, { have }, draft] = await Promise.all([newest(room), kept.cursor(room.id), parts.hasDraft(room.id)])
      const epoch = room.epochs.at(-1)
      const rule = epoch?.statement.body.governance
      const may = (who: string | undefined): boolean =>
        who === 'members' ||
        (who === 'moderators' && (rule?.moderators.includes(person) ?? false)) ||
        (who === 'administrators' && isAdministrator(knowledge, person))
      const group = info.kind === 'group' && room.member
      return {
        conversation: room.id,
        kind: info.kind,
        members: await members(room),
        createdAt: info.createdAt,
        lastSequence: Math.max(info.lastSequence, have),
        lastAt: last?.sequence != null ? last.at : info.lastAt,
        unread: await unread(room),
        shown: receipts.shownByMe(room.id),
        newest: last,
        epoch: { n: info.epoch.n, is: room.bad ? 'alarm' : epoch && !epoch.root ? 'waiting' : 'open' },
        rekey: info.rekey,
        disputes: room.disputes,
        may: { add: group && may(rule?.add), remove: group && (may(rule?.remove) || isAdministrator(knowledge, person)), leave: group },
        member: room.member,
        waiting: file.of(room.id).filter((it) => it.state !== 'stored').length,
        draft,
      }
    },
    isUnopened: (it) => it.envelope !== null && it.found === null && !epochOf(it)?.root && isMine(it),
  }
}

function isAdministrator(knowledge: Knowledge, person: string): boolean {
  return knowledge.organisation() !== null && knowledge.trustAt(Number.MAX_SAFE_INTEGER).administrators.has(person)
}
