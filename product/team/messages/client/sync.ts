import { newUuid } from '@wardline/crypto'
import type { Static } from '@wardline/platform/contract'
import type { Rooms } from '@wardline/product/team/conversations/client'
import { serial, serials, stop } from '@wardline/product/team/devices/client'
import type { BeatFrame, RestFrame, SyncedFrame } from '@wardline/product/team/messages/contract'
import type { Emitter } from './emitter.ts'
import type { Kept, KeptMessage } from './kept.ts'
import type { Link } from './link.ts'
import type { OutboxFile } from './outgoing.ts'
import type { Receipts } from './receipts.ts'
import type { Receiver, Served } from './receive.ts'
import type { Views } from './views.ts'

/** What catching up works with. */
export interface SyncParts {
  readonly rooms: Rooms
  readonly kept: Kept
  readonly receiver: Receiver
  readonly file: OutboxFile
  readonly link: Pick<Link, 'ask'>
  readonly views: () => Pick<Views, 'isUnopened'>
  readonly receipts: () => Receipts
  readonly emitter: () => Emitter
  readonly device: () => string | null
  readonly signInAgain: () => Promise<boolean>
}

/** Brings messages from the server here, in order and without a gap. */
export interface Sync {
  /** Asks for everything that is missing. Calls that come meanwhile share the next round. Throws Stop `unreachable`. */
  run(): Promise<void>
  /** A `rest` frame that answers a running round. */
  rest(frame: Static<typeof RestFrame>): void
  /** A message as it came. False: others before it are missing, and nothing was kept. */
  deliver(conversation: string, served: readonly Served[], holes: boolean): Promise<boolean>
  /** A page above the first kept message. */
  deliverAbove(conversation: string, served: readonly Served[]): Promise<void>
  /** An epoch opened, or its author's keys became known: what waited for it is shown, and counts as delivered. */
  reopened(conversation: string, epoch: number): Promise<void>
  /** Up to which message everything can be read here. */
  readable(conversation: string): Promise<number>
  /** Drops what is older than a moment, ms. */
  prune(olderThan: number): Promise<void>
  /** Whether the heartbeat's figures differ from what is here. */
  differs(beat: Static<typeof BeatFrame>): Promise<boolean>
}

const LOOKED_BACK = 200
const ROUNDS = 1_000

/** The sync of these parts. */
export function openSync(parts: SyncParts): Sync {
  const { rooms, kept, receiver, file, link, device } = parts
  const inTurn = serials()
  const lookedUp = serial()
  const unopened = new Map<string, number | null>()
  const rests = new Map<string, Promise<boolean>[]>()
  let running: Promise<void> | null = null
  let next: Promise<void> | null = null

  /** The first message here that waits for a key, or null; looked for once, then followed. */
  async function firstUnopened(conversation: string, added: readonly KeptMessage[] | null): Promise<number | null> {
    const known = unopened.get(conversation)
    const some = known !== undefined && added ? added : await kept.page(conversation, Number.MAX_SAFE_INTEGER, LOOKED_BACK)
    const found = (added ? known : null) ?? some.find((it) => parts.views().isUnopened(it))?.sequence ?? null
    unopened.set(conversation, found)
    return found
  }

  /** Delivered is what can be read here; what waits for a key is not. `added` null: keys may have come. */
  async function readable(conversation: string, added: readonly KeptMessage[] | null): Promise<number> {
    const { have } = await kept.cursor(conversation)
    const first = await firstUnopened(conversation, added)
    return first === null ? have : first - 1
  }
  async function tellDelivered(conversation: string, added: readonly KeptMessage[] | null): Promise<void> {
    const upTo = await readable(conversation, added)
    if (upTo > 0) parts.receipts().delivered(conversation, upTo)
  }

  /** The outbox's copy goes in the same write that keeps the message. */
  const sentOf = (it: KeptMessage) => {
    const sent = file.find(it.id)
    const mine = sent && sent.conversation === it.conversation && it.device === device()
    return mine && (it.found === null || it.found === 'chain') ? sent : undefined
  }

  const deliver: Sync['deliver'] = (conversation, served, holes) =>
    inTurn(conversation, async () => {
      const { kept: added, whole } = await receiver.take(conversation, served, holes, (it) => {
        const sent = sentOf(it)
        return sent ? [file.keyOf(sent)] : []
      })
      for (const it of added) {
        const sent = sentOf(it)
        if (sent) file.gone(sent)
        parts.emitter().message(it)
      }
      const last = added.at(-1)
      const info = rooms.find(conversation)?.info
      if (last && info && last.sequence > info.lastSequence) rooms.note(conversation, { lastSequence: last.sequence, lastAt: last.at })
      if (last) await tellDelivered(conversation, added)
      return whole
    })

  /** `short`: where the last round ended, of conversations of which less had come. */
  async function round(short: ReadonlyMap<string, number>): Promise<ReadonlyMap<string, number> | null> {
    const have: { conversation: string; sequence: number }[] = []
    const epochs = new Map<string, number>()
    for (const room of rooms.all()) {
      epochs.set(room.id, room.epochs.length)
      const { have: sequence } = await kept.cursor(room.id)
      if (room.member && sequence > 0) have.push({ conversation: room.id, sequence })
    }
    const id = newUuid()
    const taken: Promise<boolean>[] = []
    rests.set(id, taken)
    try {
      const answer = await link.ask({ t: 'sync', id, have })
      if (answer === 'lost') return stop('unreachable')
      if (answer.t !== 'synced') {
        if (answer.code === 'not-a-device' && (await parts.signInAgain())) return short
        return stop('unreachable')
      }
      const results = await Promise.allSettled(taken)
      const failed = results.find((it) => it.status === 'rejected')
      // One conversation that cannot be read keeps the others from nothing; it is asked for again.
      if (failed) throw failed.reason
      if (results.some((it) => it.status === 'fulfilled' && !it.value)) return short
      const { conversations, more } = answer as unknown as Static<typeof SyncedFrame>
      if (more && taken.length > 0) return short
      const shortNow = new Map<string, number>()
      for (const end of conversations) if (!(await close(end, short, epochs))) shortNow.set(end.conversation, end.sequence)
      return shortNow.size > 0 ? shortNow : null
    } finally {
      rests.delete(id)
    }
  }

  /**
   * Whether all up to the end is here. A message that came while the server was answering is in the end's number and not in the answer:
   * only what is missing in a second answer as well is kept from me. `asked`: the epochs that were known when the server was asked.
   */
  async function close(
    end: Static<typeof SyncedFrame>['conversations'][number],
    short: ReadonlyMap<string, number>,
    asked: ReadonlyMap<string, number>,
  ): Promise<boolean> {
    const { conversation, sequence, epoch } = end
    const room = await known(conversation)
    if (!room) return true
    if (room.epochs.length < epoch && room.epochs.length > 0) await rooms.catchUp(conversation)
    return inTurn(conversation, async () => {
      const missing = short.get(conversation) ?? 0
      if ((await kept.cursor(conversation)).have < missing) await receiver.closeTail(conversation, missing)
      if ((await kept.cursor(conversation)).have < sequence) return false
      // An epoch that came since names messages that came since.
      await receiver.checkHeads(conversation, Math.max(epoch, asked.get(conversation) ?? 0))
      return true
    })
  }

  /** A conversation that came while its frame was lost. */
  async function known(conversation: string) {
    if (!rooms.find(conversation)) await rooms.refreshOne(conversation)
    return rooms.find(conversation)
  }

  const all = async (): Promise<void> => {
    let short: ReadonlyMap<string, number> | null = new Map()
    // A server that promises for ever what it never gives is asked again by the heartbeat, not at once.
    for (let rounds = 0; short && rounds < ROUNDS; rounds++) short = await round(short)
  }
  const start = (): Promise<void> => {
    const mine = all().finally(() => {
      running = null
    })
    running = mine
    return mine
  }

  return {
    run() {
      if (!running) return start()
      next ??= running
        .catch(() => undefined)
        .then(() => {
          next = null
          return start()
        })
      return next
    },
    rest(frame) {
      const taken = rests.get(frame.id)
      if (!taken) return
      for (const [conversation, messages] of Map.groupBy(frame.messages, (it) => it.conversation)) {
        const work = lookedUp(() => known(conversation)).then(() => deliver(conversation, messages, true))
        // The round looks at it once the server has finished, which it may never do.
        work.catch(() => undefined)
        taken.push(work)
      }
    },
    deliver: async (conversation, served, holes) => ((await known(conversation)) ? deliver(conversation, served, holes) : true),
    deliverAbove: (conversation, served) => inTurn(conversation, () => receiver.takeAbove(conversation, served)),
    async reopened(conversation, epoch) {
      for (const it of await kept.page(conversation, Number.MAX_SAFE_INTEGER, LOOKED_BACK))
        if (it.epoch === epoch) parts.emitter().message(it)
      // In its turn: what is being taken at this moment counts once it is in the store.
      await inTurn(conversation, () => tellDelivered(conversation, null))
    },
    readable: (conversation) => readable(conversation, []),
    async prune(olderThan) {
      for (const room of rooms.all()) await inTurn(room.id, () => kept.prune(room.id, olderThan))
    },
    async differs(beat) {
      let sum = 0
      const mine = rooms.all().filter((it) => it.member)
      for (const it of mine) sum += (await kept.cursor(it.id)).have
      return mine.length !== (beat.conversations ?? mine.length) || sum !== (beat.sequences ?? sum)
    },
  }
}
