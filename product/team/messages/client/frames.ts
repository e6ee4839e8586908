import type { Static } from '@wardline/platform/contract'
import type { Rooms, SealWatch } from '@wardline/product/team/conversations/client'
import type { DisputeFrame, EpochFrame, RemovedFrame, SealFrame } from '@wardline/product/team/conversations/contract'
import type { Knowledge } from '@wardline/product/team/devices/client'
import type { StatementsFrame } from '@wardline/product/team/devices/contract'
import type { BeatFrame, MessageFrame, ReceiptMovedFrame, RestFrame } from '@wardline/product/team/messages/contract'
import type { Emitter } from './emitter.ts'
import type { Frame } from './link.ts'
import type { Outbox } from './outbox.ts'
import type { Receipts } from './receipts.ts'
import type { Sync } from './sync.ts'

/** What hearing frames works with. */
export interface FrameParts {
  readonly person: string
  readonly knowledge: Knowledge
  readonly rooms: Rooms
  readonly sealWatch: SealWatch
  readonly sync: Sync
  readonly outbox: Outbox
  readonly receipts: Receipts
  readonly emitter: Emitter
  readonly later: (ms: number, run: () => void) => () => void
  readonly background: (work: () => Promise<void>) => void
  /** The server told its time, ms. */
  readonly setClock: (at: number) => void
  readonly caughtUp: () => boolean
  readonly catchUp: () => Promise<void>
  /** My own keys or devices changed. */
  readonly greet: () => Promise<boolean>
  /** What the organisation lets this browser keep may have changed. */
  readonly askAgain: () => Promise<void>
  /** A colleague has another identity. */
  readonly renewed: (person: string) => void
}

const WITHIN = 2_000
/** Where any member may act, or every device asks, they do not all do it at one moment: when this one does, ms from now. */
export const spread = (within: unknown = WITHIN): number =>
  ((crypto.getRandomValues(new Uint16Array(1))[0] ?? 0) / 65_536) * (typeof within === 'number' ? within : WITHIN)

/** Does what the server's frames ask for. Answers to questions are the link's. */
export function openFrames(parts: FrameParts): (frame: Frame) => void {
  const { person, knowledge, rooms, sealWatch, sync, outbox, receipts, emitter, later, background } = parts

  async function heardBeat(it: Static<typeof BeatFrame>): Promise<void> {
    if (parts.caughtUp() && (await sync.differs(it))) await parts.catchUp()
  }
  async function heardMessage({ t: _, ...message }: Static<typeof MessageFrame>): Promise<void> {
    if (!(await sync.deliver(message.conversation, [message], false))) await sync.run()
  }
  async function heardConversation(conversation: string): Promise<void> {
    await rooms.refreshOne(conversation)
    if (rooms.find(conversation)?.member) await rooms.catchUp(conversation)
  }
  async function heardEpoch({ conversation, n, hash }: Static<typeof EpochFrame>): Promise<void> {
    const room = rooms.find(conversation)
    if (!room) return heardConversation(conversation)
    rooms.note(conversation, { epoch: { n, hash }, rekey: null })
    if (room.epochs.length < n) await rooms.catchUp(conversation)
    await rooms.refreshOne(conversation)
    outbox.pump(conversation)
  }
  async function heardRemoved({ conversation, person: who }: Static<typeof RemovedFrame>): Promise<void> {
    await rooms.refreshOne(conversation)
    if (who !== person) await rooms.catchUp(conversation)
  }
  function heardSeal({ conversation, n, person: who, missing }: Static<typeof SealFrame>): void {
    rooms.heardSeal(conversation, n, who, missing)
    if (!missing && who === person) return background(() => rooms.rereadSeals(conversation, n))
    if (!missing || who === person) return
    later(spread(), () => background(() => sealWatch.repair(conversation, n, who)))
  }
  async function heardDispute(it: Static<typeof DisputeFrame>): Promise<void> {
    if ((rooms.find(it.conversation)?.epochs.length ?? 0) < it.n) await rooms.catchUp(it.conversation)
    await rooms.rereadSeals(it.conversation, it.n)
    await rooms.heardDispute(it)
    await sealWatch.check(it.conversation, it.n)
  }
  function heardReceipt(it: Static<typeof ReceiptMovedFrame>): void {
    receipts.heard(it)
    emitter.receipts(it.conversation)
    if (it.person === person) emitter.conversation(it.conversation)
  }
  function heardStatements({ person: who, position, renewed }: Static<typeof StatementsFrame>): void {
    knowledge.heard(who, position)
    if (who !== person) {
      // A new identity is told in every conversation at once, not only when somebody writes next; not all devices ask at one moment.
      const concerns = renewed === true && rooms.all().some((room) => room.info.members.some((it) => it.person === who))
      if (concerns) later(spread(), () => background(() => knowledge.people([who]).then(() => parts.renewed(who))))
      return
    }
    background(async () => {
      await parts.greet()
      for (const room of rooms.all()) await rooms.reopen(room.id)
    })
  }

  return (it) => {
    switch (it.t) {
      case 'open':
        return parts.setClock(Number(it['at']))
      case 'beat':
        parts.setClock(Number(it['at']))
        return background(() => heardBeat(it as unknown as Static<typeof BeatFrame>))
      case 'message':
        return background(() => heardMessage(it as unknown as Static<typeof MessageFrame>))
      case 'rest':
        return sync.rest(it as unknown as Static<typeof RestFrame>)
      case 'conversation':
        return background(() => heardConversation(String(it['conversation'])))
      case 'epoch':
        return background(() => heardEpoch(it as unknown as Static<typeof EpochFrame>))
      case 'removed':
        return background(() => heardRemoved(it as unknown as Static<typeof RemovedFrame>))
      case 'seal':
        return heardSeal(it as unknown as Static<typeof SealFrame>)
      case 'dispute':
        return background(() => heardDispute(it as unknown as Static<typeof DisputeFrame>))
      case 'receipt':
        return heardReceipt(it as unknown as Static<typeof ReceiptMovedFrame>)
      case 'policies':
        return void later(spread(it['within']), () => background(parts.askAgain))
      case 'statements':
        return heardStatements(it as unknown as Static<typeof StatementsFrame>)
    }
  }
}
