import { CryptoError, ZERO_HASH, equal, fromBase64url, linkOfTombstone, parseEnvelope, toBase64url, verifyOuter } from '@wardline/crypto'
import type { Bytes, Envelope } from '@wardline/crypto'
import type { Static } from '@wardline/platform/contract'
import type { Room, Rooms } from '@wardline/product/team/conversations/client'
import type { DeviceParts, Key, Knowledge } from '@wardline/product/team/devices/client'
import { deviceOf, replacedAt } from '@wardline/product/team/devices/client'
import type { Message } from '@wardline/product/team/messages/contract'
import type { Cursor, Kept, KeptMessage, NewLink } from './kept.ts'
import type { DisputeReason } from './types.ts'

/** A message as the server gives it. */
export type Served = Static<typeof Message>

/** What receiving works with. */
export interface ReceiveParts extends DeviceParts {
  readonly rooms: Rooms
  readonly knowledge: Knowledge
  readonly kept: Kept
  /** This device, once it is enrolled. */
  readonly device: () => string | null
  /** A checkpoint that a sender had seen. */
  readonly sawCheckpoint: (checkpoint: Envelope['header']['checkpoint']) => void
}

/** Takes messages into the store, in the order of the log. */
export interface Receiver {
  /**
   * Takes what follows the newest kept one. `holes`: the server was asked for everything, so a jump is what it keeps from me; otherwise a jump
   * stops, and the answer is false: ask for the rest. `removeOf` names what goes together with a message that is kept.
   */
  take(
    conversation: string,
    served: readonly Served[],
    holes: boolean,
    removeOf?: (message: KeptMessage) => readonly Key[],
  ): Promise<{ readonly kept: readonly KeptMessage[]; readonly whole: boolean }>
  /** Takes a page above the first kept one, newest first as served. */
  takeAbove(conversation: string, served: readonly Served[]): Promise<void>
  /** The server says that this is all: what lies between is kept from me. */
  closeTail(conversation: string, sequence: number): Promise<void>
  /** Looks for the chain heads that epochs up to this one carry, which name only what the server was asked for: a cut tail is seen. */
  checkHeads(conversation: string, through: number): Promise<void>
}

/** `hash`: of an envelope that its device did sign and that is disputed: it is no link, and nobody has kept it from me. */
type Judged = { readonly message: KeptMessage; readonly link: NewLink | null; readonly epoch: number; readonly hash?: Bytes }

/** Two times of one server may differ by this much, ms. */
const SLACK = 5_000

/** The receiver of these parts. Callers hand in one piece of work per conversation at a time. */
export function openReceiver(parts: ReceiveParts): Receiver {
  const { rooms, knowledge, kept, alarm } = parts

  /** The room, with the epoch if the server has it. */
  async function roomWith(conversation: string, n: number): Promise<Room | undefined> {
    const room = rooms.find(conversation)
    return room && room.epochs.length < n ? rooms.catchUp(conversation) : room
  }

  /** The key of the sender's device, asked for again before anybody is accused. */
  async function deviceKey(person: string, device: string): Promise<Bytes | null> {
    for (const fresh of [false, true]) {
      const known = (await knowledge.people([person], fresh)).get(person)
      const found = known ? deviceOf(known, device) : null
      if (found) return found.signKey
    }
    return null
  }

  async function judge(served: Served, cursor: Cursor, above: boolean): Promise<Judged> {
    const { conversation, sequence, epoch, person, device, at } = served
    const base = { conversation, sequence, id: `${conversation}:${sequence}`, epoch, person, device, at, envelope: null, found: null }
    // My own chain goes on only from what I have signed, which a tombstone does not show.
    if (served.envelope === null) return { message: base, link: device === parts.device() ? null : erasedLink(served), epoch: 0 }
    const envelope = read(served.envelope)
    const damaged = (bytes: Bytes | null): Judged => ({ message: { ...base, envelope: bytes, found: 'damaged' }, link: null, epoch: 0 })
    if (!envelope) return damaged(null)
    const { header, bytes } = envelope
    const room = await roomWith(conversation, header.n)
    if (header.conversation !== conversation || header.organisation !== knowledge.organisation()) return damaged(bytes)

    const message = { ...base, id: header.msgId, device: header.device, epoch: header.n, envelope: bytes }
    const disputed = (found: DisputeReason): Judged => ({ message: { ...message, found }, link: null, epoch: 0 })
    const signed = (found: DisputeReason): Judged => ({ ...disputed(found), hash: envelope.hash })
    if (header.device !== device || header.n !== epoch || toBase64url(envelope.hash) !== served.hash) return disputed('labels')
    const key = await deviceKey(person, device)
    if (!key) {
      await alarm({ kind: 'device', person, by: null, conversation, epoch, device, code: 'unknown-device' })
      return disputed('unknown-device')
    }
    if (!(await verifyOuter(envelope, key))) return disputed('signature')
    const place = await kept.placeOf(conversation, device, header.msgId)
    if (place !== undefined && place !== sequence)
      return { ...disputed('replayed'), message: { ...message, id: base.id, found: 'replayed' } }
    parts.sawCheckpoint(header.checkpoint)

    const roster = room?.epochs[header.n - 1]?.statement.body.roster
    if (roster && !roster.some((it) => it.person === person)) return signed('not-member')
    if (await isRevoked(served, envelope)) return signed('revoked')
    if (!above && isLate(room, header.n, at, cursor)) return signed('order')
    const link: NewLink = { device, hash: envelope.hash, prev: header.prev, msgId: header.msgId }
    const follows = place === sequence || (await continuesChain(room, link, served, cursor, above))
    if (!follows) await alarm({ kind: 'cut', person, by: null, conversation, epoch, device, code: 'chain' })
    return {
      message: { ...message, found: follows ? null : 'chain' },
      link: place === sequence ? null : link,
      epoch: roster ? header.n : 0,
    }
  }

  /** Sent by a device that was cut off, after the envelope that the revocation names as its last here. */
  async function isRevoked(served: Served, envelope: Envelope): Promise<boolean> {
    const { conversation, person, device, sequence, at } = served
    const known = knowledge.known(person)
    const cut = known?.revocations.find((it) => it.statement.body.device === device)
    const replaced = known ? replacedAt(known, device) : null
    if (!cut) return replaced !== null && at > replaced + SLACK
    const last = cut.statement.body.last.find((it) => it.conversation === conversation)?.envelope
    if (!last || equal(last, envelope.hash)) return last === undefined
    const place = await kept.placeOfHash(conversation, last)
    // Not here: it came before all that is here, or a device that is catching up has not come to it yet. The times tell.
    return place === undefined ? at > cut.at + SLACK : sequence > place
  }

  /** Of an epoch that had ended: another one's message stands before it, or the next epoch is older than it. */
  function isLate(room: Room | undefined, n: number, at: number, cursor: Cursor): boolean {
    const next = room?.epochs[n]
    return n < cursor.epoch || (next !== undefined && at > next.at + SLACK)
  }

  async function continuesChain(room: Room | undefined, link: NewLink, served: Served, cursor: Cursor, above: boolean): Promise<boolean> {
    const chain = (await kept.chains(served.conversation)).get(link.device)
    if (above) return !chain || equal(link.hash, chain.before) || hidden(room, cursor)
    if (chain) return equal(link.prev, chain.head) || hidden(room, cursor, chain.sequence)
    // A device's first link here follows nothing, unless what came before is not here.
    return cursor.from > 1 || equal(link.prev, ZERO_HASH) || hidden(room, cursor) || cursor.holes.some((it) => it.from === 1)
  }

  /** Whether places after `since` were kept from me for a time in which I was no member: then a link may be missing honestly. */
  function hidden(room: Room | undefined, cursor: Cursor, since = 0): boolean {
    const holes = cursor.holes.some((it) => it.to > since)
    return holes && (room?.epochs.some((it) => !it.statement.body.roster.some((r) => r.person === parts.person)) ?? false)
  }

  /** Erased messages leave tombstones, so a member misses nothing by right. */
  async function judgeHole(conversation: string, cursor: Cursor, since: number): Promise<void> {
    if (hidden(rooms.find(conversation), cursor, since)) return
    await alarm({ kind: 'cut', person: null, by: null, conversation, epoch: null, device: null, code: 'hole' })
  }

  /** False: others before it are missing. */
  async function takeOne(
    it: Served,
    holes: boolean,
    removeOf: (message: KeptMessage) => readonly Key[],
    added: KeptMessage[],
  ): Promise<boolean> {
    const { conversation } = it
    const cursor = await kept.cursor(conversation)
    if (it.sequence <= cursor.have) return true
    const first = cursor.have === 0
    const jump = !first && it.sequence > cursor.have + 1
    if ((jump || (first && it.sequence > 1)) && !holes) return false
    const here: Cursor = {
      ...cursor,
      from: first ? it.sequence : cursor.from,
      holes: jump ? [...cursor.holes, { from: cursor.have + 1, to: it.sequence - 1 }] : cursor.holes,
    }
    const { message, link, epoch, hash = null } = await judge(it, here, false)
    if (jump) await judgeHole(conversation, here, cursor.have)
    const moved = { ...here, have: it.sequence, epoch: Math.max(here.epoch, epoch) }
    await kept.add(conversation, { message, link, hash, cursor: moved, remove: removeOf(message) })
    added.push(message)
    return true
  }

  return {
    async take(conversation, served, holes, removeOf = () => []) {
      const added: KeptMessage[] = []
      let whole = true
      try {
        for (const it of served.toSorted((a, b) => a.sequence - b.sequence)) {
          whole = await takeOne(it, holes, removeOf, added)
          if (!whole) break
        }
      } catch (thrown) {
        // What came before it is kept and told; the rest is asked for again.
        if (added.length === 0) throw thrown
        whole = false
      } finally {
        await kept.flush(conversation)
      }
      return { kept: added, whole }
    },
    async takeAbove(conversation, served) {
      for (const it of served.toSorted((a, b) => b.sequence - a.sequence)) {
        const cursor = await kept.cursor(conversation)
        if (cursor.have === 0 || it.sequence >= cursor.from) continue
        const jump = it.sequence < cursor.from - 1
        const here: Cursor = jump ? { ...cursor, holes: [{ from: it.sequence + 1, to: cursor.from - 1 }, ...cursor.holes] } : cursor
        const { message, link, hash = null } = await judge(it, here, true)
        await kept.add(conversation, { message, link, hash, cursor: { ...here, from: it.sequence }, above: true })
      }
      await kept.flush(conversation)
    },
    async closeTail(conversation, sequence) {
      const cursor = await kept.cursor(conversation)
      if (sequence <= cursor.have) return
      const first = cursor.have === 0
      const holes = first ? [] : [...cursor.holes, { from: cursor.have + 1, to: sequence }]
      const moved = { ...cursor, from: first ? sequence + 1 : cursor.from, have: sequence, holes }
      if (!first) await judgeHole(conversation, moved, cursor.have)
      await kept.moveCursor(conversation, moved)
    },
    async checkHeads(conversation, through) {
      const cursor = await kept.cursor(conversation)
      const epochs = rooms.find(conversation)?.epochs.slice(0, through)
      if (!epochs || epochs.length <= cursor.headsChecked) return
      // Only who has everything from the first message on can tell that one is missing.
      const complete = cursor.from <= 1 && cursor.holes.length === 0
      for (const epoch of complete ? epochs.slice(cursor.headsChecked) : []) {
        for (const head of epoch.statement.body.heads) {
          if ((await kept.placeOfHash(conversation, head.envelope)) !== undefined) continue
          await alarm({
            kind: 'cut',
            person: null,
            by: epoch.statement.body.author.person,
            conversation,
            epoch: epoch.n,
            device: head.device,
            code: 'head',
          })
        }
      }
      await kept.moveCursor(conversation, { ...(await kept.cursor(conversation)), headsChecked: epochs.length })
    },
  }
}

function read(text: string): Envelope | null {
  try {
    return parseEnvelope(fromBase64url(text))
  } catch (thrown) {
    if (thrown instanceof CryptoError) return null
    throw thrown
  }
}

/** An erased message still carries its chain on, where its tombstone gives the hash that the server names. */
function erasedLink(served: Served): NewLink | null {
  if (!served.tombstone) return null
  const link = linkOfTombstone({ prev: fromBase64url(served.tombstone.prev), rest: fromBase64url(served.tombstone.rest) })
  const { device, conversation, sequence } = served
  return toBase64url(link.hash) === served.hash ? { device, ...link, msgId: `${conversation}:${sequence}` } : null
}
