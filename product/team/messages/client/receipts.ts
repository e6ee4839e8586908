import type { Static } from '@wardline/platform/contract'
import type { Rooms } from '@wardline/product/team/conversations/client'
import type { DeviceParts } from '@wardline/product/team/devices/client'
import { receipts as receiptsEndpoint } from '@wardline/product/team/messages/contract'
import type { ReceiptMovedFrame } from '@wardline/product/team/messages/contract'
import type { Kept } from './kept.ts'
import type { PersonReceipt } from './types.ts'

/** What receipts work with. */
export interface ReceiptParts extends DeviceParts {
  readonly rooms: Rooms
  readonly kept: Kept
  readonly later: (ms: number, run: () => void) => () => void
  /** Sends a frame if connected; false if not. */
  readonly report: (frame: {
    readonly t: 'receipt'
    readonly conversation: string
    readonly delivered: number
    readonly shown: number
  }) => boolean
  readonly changed: (conversation: string) => void
}

/** Watermarks: mine, told to the server at most once a second, and those of the other members. */
export interface Receipts {
  load(): Promise<void>
  /** Received up to here, as far as it can be opened. */
  delivered(conversation: string, sequence: number): void
  /** Shown up to here. */
  markShown(conversation: string, sequence: number): Promise<void>
  shownByMe(conversation: string): number
  /** Tells again what may have been lost with a connection. */
  repeat(): void
  heard(frame: Static<typeof ReceiptMovedFrame>): void
  /** Reads the members' marks. */
  read(conversation: string): Promise<readonly PersonReceipt[]>
  /** Of how many other members a message is delivered and shown. */
  countOf(conversation: string, sequence: number): { readonly delivered: number; readonly shown: number; readonly of: number }
  /** The members' marks as far as they are known, the furthest device of each. */
  known(conversation: string): readonly PersonReceipt[]
}

interface Mark {
  readonly delivered: number
  readonly shown: number
}

const EVERY = 1_000
const UNSURE = 5_000

/** The receipts of a device. */
export function openReceipts(parts: ReceiptParts): Receipts {
  const { call, store, person, rooms, now, later, report, changed } = parts
  const mine = new Map<string, Mark>()
  const due = new Set<string>()
  const told = new Map<string, number>()
  const waiting = new Set<string>()
  const others = new Map<string, Map<string, PersonReceipt>>()

  const mark = (conversation: string): Mark => mine.get(conversation) ?? { delivered: 0, shown: 0 }

  function tell(conversation: string): void {
    if (waiting.has(conversation)) return
    if (!due.has(conversation)) return
    const { delivered, shown } = mark(conversation)
    if (!report({ t: 'receipt', conversation, delivered: Math.max(delivered, shown), shown })) return
    due.delete(conversation)
    told.set(conversation, now())
    waiting.add(conversation)
    later(EVERY, () => {
      waiting.delete(conversation)
      tell(conversation)
    })
  }
  function move(conversation: string, next: Mark): void {
    mine.set(conversation, next)
    due.add(conversation)
    tell(conversation)
  }

  function take(conversation: string, it: Static<typeof ReceiptMovedFrame> | Omit<Static<typeof ReceiptMovedFrame>, 't'>): void {
    const devices = others.get(conversation) ?? new Map<string, PersonReceipt>()
    others.set(conversation, devices)
    const before = devices.get(it.device)
    devices.set(it.device, {
      person: it.person,
      delivered: Math.max(it.delivered, before?.delivered ?? 0),
      shown: Math.max(it.shown, before?.shown ?? 0),
    })
  }

  function known(conversation: string): readonly PersonReceipt[] {
    const byPerson = new Map<string, PersonReceipt>()
    for (const it of others.get(conversation)?.values() ?? []) {
      const before = byPerson.get(it.person) ?? it
      byPerson.set(it.person, {
        person: it.person,
        delivered: Math.max(it.delivered, before.delivered),
        shown: Math.max(it.shown, before.shown),
      })
    }
    return [...byPerson.values()]
  }

  return {
    async load() {
      for (const { key, value } of await store.list(['mark'])) mine.set(String(key[1]), value as Mark)
    },
    delivered(conversation, sequence) {
      const before = mark(conversation)
      if (sequence > before.delivered) move(conversation, { ...before, delivered: sequence })
    },
    async markShown(conversation, sequence) {
      const before = mark(conversation)
      if (sequence <= before.shown) return
      const next = { delivered: Math.max(before.delivered, sequence), shown: sequence }
      await store.write({ put: [[['mark', conversation], next]] })
      move(conversation, next)
      changed(conversation)
    },
    shownByMe: (conversation) => Math.max(mark(conversation).shown, rooms.find(conversation)?.info.shown ?? 0),
    repeat() {
      // What was told last may not have been stored when the server went.
      for (const [conversation, at] of told) if (now() - at <= UNSURE) due.add(conversation)
      for (const [conversation, { shown }] of mine) if (shown > (rooms.find(conversation)?.info.shown ?? 0)) due.add(conversation)
      for (const conversation of due) tell(conversation)
    },
    heard(frame) {
      take(frame.conversation, frame)
      if (frame.person !== person) return
      // Another device of mine has shown it: it is not unread here either.
      const info = rooms.find(frame.conversation)?.info
      if (info && frame.shown > info.shown) rooms.note(frame.conversation, { shown: frame.shown })
    },
    async read(conversation) {
      const answer = await call(receiptsEndpoint, { params: { conversation } })
      if (answer.ok) for (const it of answer.value.receipts) take(conversation, { conversation, ...it })
      return known(conversation)
    },
    countOf(conversation, sequence) {
      const members = rooms.find(conversation)?.info.members.filter((it) => !it.removed && it.person !== person) ?? []
      const marks = new Map(known(conversation).map((it) => [it.person, it]))
      const count = (of: 'delivered' | 'shown') => members.filter((it) => (marks.get(it.person)?.[of] ?? 0) >= sequence).length
      return { delivered: count('delivered'), shown: count('shown'), of: members.length }
    },
    known,
  }
}
