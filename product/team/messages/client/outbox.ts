import { CryptoError, ZERO_HASH, equal, parseEnvelope, sealMessage, toBase64url } from '@wardline/crypto'
import type { Bytes, Checkpoint } from '@wardline/crypto'
import type { Author, KnownEpoch, Rooms, SealWatch } from '@wardline/product/team/conversations/client'
import { usable } from '@wardline/product/team/conversations/client'
import type { OwnDevice } from '@wardline/product/team/devices/client'
import { Stop, serials, stop } from '@wardline/product/team/devices/client'
import type { AckFrame, RefusedFrame } from '@wardline/product/team/messages/contract'
import type { Static } from '@wardline/platform/contract'
import type { AtRest } from './at-rest.ts'
import { TEXT_KIND, encodeBody } from './body.ts'
import type { Kept } from './kept.ts'
import type { Link } from './link.ts'
import type { Outgoing, OutboxFile, SenderHead } from './outgoing.ts'
import type { Served } from './receive.ts'
import type { NotSentCode } from './types.ts'

/** What sending works with. */
export interface OutboxParts {
  readonly file: OutboxFile
  readonly kept: Kept
  readonly rooms: Rooms
  readonly author: Author
  readonly sealWatch: SealWatch
  readonly ownDevice: OwnDevice
  readonly atRest: AtRest
  readonly link: Pick<Link, 'ask'>
  /** Connected, and caught up with what this device sent before. */
  readonly ready: () => boolean
  readonly later: (ms: number, run: () => void) => () => void
  readonly checkpoint: () => Checkpoint
  /** Takes a message of my own as if it had come from the server; false: messages before it are missing. */
  readonly keep: (served: Served) => Promise<boolean>
  /** Asks the server for everything that is missing. */
  readonly sync: () => Promise<void>
  /** The server does not know this session's device. */
  readonly signInAgain: () => Promise<boolean>
  readonly cutOff: (conversation: string) => Promise<void>
  readonly revoked: () => void
  readonly changed: (it: Outgoing) => void
  readonly failed: (thrown: unknown) => void
}

/** Sends what waits: one message a conversation at a time, in the order in which they were written. */
export interface Outbox {
  /** Sends whatever waits in a conversation, or everywhere. */
  pump(conversation?: string): void
  /** What is being sent at this moment. */
  isSending(id: string): boolean
  /** Resolves once nothing is being sent. */
  idle(): Promise<void>
}

type Ack = Static<typeof AckFrame>
type Refused = Static<typeof RefusedFrame>
/** `next`: done with it, sent or not; `again`: seal and send once more; `wait`: its turn comes again by itself. */
type Turn = 'next' | 'again' | 'wait'

const ROUNDS = 12
const PAUSE = 2_000
const LONGEST_PAUSE = 60_000

/** The newest of what I know to be mine: what was acknowledged, or what came back signed by this device. */
async function headOf(parts: Pick<OutboxParts, 'file' | 'kept' | 'ownDevice'>, conversation: string): Promise<Bytes> {
  const device = parts.ownDevice.own()?.device.device
  if (device === undefined) return ZERO_HASH
  const acknowledged = await parts.file.head(conversation, device)
  const seen = (await parts.kept.chains(conversation)).get(device)
  const newest: SenderHead | undefined = seen && { device, hash: seen.head, sequence: seen.sequence }
  if (!acknowledged || (newest && newest.sequence > acknowledged.sequence)) return newest?.hash ?? ZERO_HASH
  return acknowledged.hash
}

/** The outbox of a device. */
export function openOutbox(parts: OutboxParts): Outbox {
  const { file, rooms, author, sealWatch, ownDevice, atRest, link, ready, later, changed } = parts
  const inTurn = serials()
  const queued = new Set<string>()
  const sending = new Set<string>()
  const running = new Set<Promise<void>>()
  const pauses = new Map<string, number>()

  /** The epoch to seal under, and the one that must be added first. STATs wait for no more than the server insists on. */
  async function epochFor(it: Outgoing, insisted: boolean): Promise<{ use: KnownEpoch; add: Outgoing['epoch'] }> {
    let room = rooms.find(it.conversation) ?? stop('not-found')
    if (!room.member) stop('not-found')
    if (room.epochs.length < room.info.epoch.n || room.bad) room = await rooms.catchUp(it.conversation)
    if (room.bad) stop('alarm')
    const newest = usable(room)
    const due = insisted || (room.info.rekey !== null && it.flags.priority !== 'stat')
    if (newest && !due) return { use: newest, add: null }
    const made = await author.next(it.conversation)
    return { use: made.epoch, add: made }
  }

  /** Seals anew. The bytes are in the store before they are anywhere else. */
  async function seal(it: Outgoing, insisted: boolean): Promise<Outgoing> {
    const own = ownDevice.own() ?? stop('not-a-device')
    const { use, add } = await epochFor(it, insisted)
    const { root } = use
    if (!root) return stop('cannot-open')
    const seals = add ? null : await sealWatch.check(it.conversation, use.n)
    const sealed = await sealMessage({
      root,
      device: own.device,
      msgId: it.id,
      prev: await headOf(parts, it.conversation),
      flags: it.flags,
      kind: TEXT_KIND,
      checkpoint: parts.checkpoint(),
      body: encodeBody({ kind: 'text', text: await atRest.open(it.text) }),
    })
    return file.change(it, { sealed: { ...sealed, n: use.n, seals }, epoch: add })
  }

  const frameOf = (it: Outgoing & { readonly sealed: NonNullable<Outgoing['sealed']> }) => ({
    t: 'send',
    id: it.id,
    conversation: it.conversation,
    envelope: toBase64url(it.sealed.bytes),
    ...(it.epoch ? { epoch: it.epoch.upload } : {}),
    ...(it.sealed.seals ? { seals: toBase64url(it.sealed.seals) } : {}),
  })

  async function stored(it: Outgoing, ack: Ack): Promise<void> {
    const { sealed, epoch, conversation } = it
    const mine = sealed !== null && toBase64url(sealed.hash) === ack.hash && ack.conversation === conversation
    if (epoch) await rooms.adopt(conversation, epoch.epoch)
    const place = { sequence: ack.sequence, at: ack.at }
    const own = ownDevice.own()
    const head = mine && own ? { device: own.device.device, hash: sealed.hash, sequence: ack.sequence } : undefined
    const next = await file.change(it, { state: 'stored', code: null, place }, head)
    changed(next)
    // Other bytes under this id came first: a backup of this device sent them. They come by sync and prove themselves by their signature.
    if (!mine) return parts.sync()
    if (!own) return
    const served: Served = {
      conversation,
      sequence: ack.sequence,
      epoch: sealed.n,
      person: own.person,
      device: own.device.device,
      at: ack.at,
      hash: ack.hash,
      envelope: toBase64url(sealed.bytes),
    }
    if (!(await parts.keep(served))) await parts.sync()
  }

  const notSent = async (it: Outgoing, code: NotSentCode): Promise<Turn> => {
    changed(await file.change(it, { state: 'not-sent', code, sealed: null, epoch: null }))
    return 'next'
  }
  const sealAgain = async (it: Outgoing): Promise<Turn> => {
    await file.change(it, { sealed: null, epoch: null })
    return 'again'
  }

  /** This device sent something that it does not remember, or the server lost something that it acknowledged. */
  async function brokenChain(it: Outgoing, head: string | undefined): Promise<Turn> {
    await parts.sync()
    const now = file.find(it.id)
    if (now?.state !== 'waiting') return 'next'
    const mine = await headOf(parts, it.conversation)
    const same = head === undefined ? equal(mine, ZERO_HASH) : toBase64url(mine) === head
    if (same) return sealAgain(now)
    await parts.cutOff(it.conversation)
    return notSent(now, 'chain')
  }

  async function refused(it: Outgoing, answer: Refused, round: number): Promise<Turn> {
    const { code } = answer
    switch (code) {
      case 'stale-epoch':
        await rooms.catchUp(it.conversation)
        return sealAgain(it)
      case 'rekey-first':
        rooms.note(it.conversation, { rekey: answer.rekey ?? 'removal' })
        return sealAgain(it)
      case 'bad-epoch':
        return round < 3 ? sealAgain(it) : notSent(it, code)
      case 'chain':
        return round < 3 ? brokenChain(it, answer.head) : notSent(it, code)
      case 'not-a-device':
        return (await parts.signInAgain()) ? 'again' : 'wait'
      case 'revoked':
        parts.revoked()
        return notSent(it, code)
      case 'not-found':
        await rooms.refreshOne(it.conversation)
        return notSent(it, code)
      case 'bad-envelope':
      case 'bad-request':
      case 'too-large':
        return notSent(it, code)
      case 'too-many':
      case 'disk-full':
      case 'unavailable':
      case 'internal':
        return 'wait'
    }
  }

  /**
   * What this store's former device sealed and never heard of: it may have been stored, in which case it is here by now, because nothing is sent
   * before this device has caught up. True: it was, and nothing is left to be sent. Else it is sealed anew.
   */
  async function isSettled(it: Outgoing): Promise<boolean> {
    const sealedBy = it.sealed ? parseEnvelope(it.sealed.bytes).header.device : null
    if (sealedBy === null || sealedBy === ownDevice.own()?.device.device) return false
    if ((await parts.kept.placeOf(it.conversation, sealedBy, it.id)) === undefined) {
      await file.change(it, { sealed: null, epoch: null })
      return false
    }
    await file.remove(it)
    return true
  }

  async function sendOne(id: string): Promise<Turn> {
    let insisted = false
    const found = file.find(id)
    if (!ready()) return 'wait'
    if (found && (await isSettled(found))) return 'next'
    for (let round = 0; round < ROUNDS; round++) {
      if (!ready()) return 'wait'
      const it = file.find(id)
      if (it?.state !== 'waiting') return 'next'
      const sealed = it.sealed ? it : await seal(it, insisted)
      if (!sealed.sealed) return 'wait'
      const answer = await link.ask(frameOf({ ...sealed, sealed: sealed.sealed }))
      if (answer === 'lost') return 'wait'
      if (answer.t === 'ack') {
        await stored(sealed, answer as unknown as Ack)
        return 'next'
      }
      const refusal = answer as unknown as Refused
      insisted = refusal.code === 'rekey-first'
      const turn = await refused(sealed, refusal, round)
      if (turn !== 'again') return turn
    }
    return 'wait'
  }

  /** What stopped before anything was sent. */
  async function unsealed(it: Outgoing, code: string): Promise<Turn> {
    switch (code) {
      case 'alarm':
      case 'cannot-open':
      case 'not-found':
      case 'bad-epoch':
      case 'revoked':
        return notSent(it, code)
      case 'no-keys':
        return notSent(it, 'cannot-open')
      default:
        return 'wait'
    }
  }

  async function turnOf(it: Outgoing): Promise<Turn> {
    sending.add(it.id)
    changed(it)
    try {
      return await sendOne(it.id)
    } catch (thrown) {
      const now = file.find(it.id)
      if (thrown instanceof Stop && now) return await unsealed(now, thrown.code)
      if (thrown instanceof CryptoError && now) return await notSent(now, 'cannot-open')
      throw thrown
    } finally {
      sending.delete(it.id)
      const now = file.find(it.id)
      if (now) changed(now)
    }
  }

  async function drain(conversation: string): Promise<void> {
    for (;;) {
      const [first] = file.of(conversation).filter((it) => it.state === 'waiting')
      if (!first || !ready() || !rooms.find(conversation)) return
      const turn = await turnOf(first)
      if (turn === 'wait') return pause(conversation)
      pauses.delete(conversation)
    }
  }

  /** Connected but not served: the same bytes go out again after a while. A lost connection pumps by itself when it is back. */
  function pause(conversation: string): void {
    if (!ready()) return
    const ms = pauses.get(conversation) ?? PAUSE
    pauses.set(conversation, Math.min(ms * 2, LONGEST_PAUSE))
    later(ms, () => pump(conversation))
  }

  function pump(conversation?: string): void {
    const all = conversation === undefined ? new Set(file.all().map((it) => it.conversation)) : [conversation]
    for (const id of all) {
      if (queued.has(id)) continue
      queued.add(id)
      const work = inTurn(id, () => {
        queued.delete(id)
        return drain(id)
      })
      const done = work.catch(parts.failed).finally(() => running.delete(done))
      running.add(done)
    }
  }

  return {
    pump,
    isSending: (id) => sending.has(id),
    async idle() {
      while (running.size > 0) await Promise.all(running)
    },
  }
}
