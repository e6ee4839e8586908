import type { WebSocket } from 'ws'
import { openShare, waitOf } from './share.ts'
import type { Share, ShareRule } from './share.ts'

/** What all windows of a person have together. */
export interface Common {
  readonly share: Share
  /** Windows that are not read until something of this person's has been answered. */
  readonly stalled: Set<Inbox>
  waking: boolean
}

/** The near end of a connection: what is heard from it, and when. */
export interface Inbox {
  readonly ws: WebSocket
  readonly own: Share
  readonly common: Common
  /** True from the moment at which access ended: nothing is heard any more, whatever the other side still writes. */
  dead: boolean
  /** Frames that came before the connection was paused; null: it is being read. */
  held: Buffer[] | null
  hear(data: Buffer): void
}

/** Nothing asked and nothing in flight. */
export const openCommon = (rule: ShareRule): Common => ({ share: openShare(rule, performance.now()), stalled: new Set(), waking: false })

/** Pauses shorter than this, ms, cost more than they spare. */
const shortestPause = 20
const now = () => performance.now()
const waitFor = (inbox: Inbox): number => Math.max(waitOf(inbox.own, now), waitOf(inbox.common.share, now))

/**
 * A frame has come. One too many is not refused: the connection is not read for a while, and TCP holds the sender back (RFC 9293 section
 * 3.8.6). What had come in the same piece waits here, at most 64 KiB and one frame.
 */
export function receive(inbox: Inbox, data: Buffer): void {
  if (inbox.dead) return
  if (inbox.held) return void inbox.held.push(data)
  const wait = waitFor(inbox)
  if (wait === 0) return inbox.hear(data)
  stop(inbox)
  inbox.held!.push(data)
  park(inbox, wait)
}

/** Reads no more of a connection until `drain`. */
export function stop(inbox: Inbox): void {
  inbox.held = []
  inbox.ws.pause()
}

/** Hears what waited, as far as it may be, and then reads on. */
export function drain(inbox: Inbox): void {
  while (!inbox.dead) {
    const wait = waitFor(inbox)
    if (wait > 0) return park(inbox, wait)
    const data = inbox.held?.shift()
    if (data === undefined) {
      inbox.held = null
      return inbox.ws.resume()
    }
    inbox.hear(data)
  }
  inbox.held = null
}

function park(inbox: Inbox, wait: number): void {
  if (wait === Infinity) inbox.common.stalled.add(inbox)
  else setTimeout(drain, Math.max(shortestPause, wait), inbox).unref()
}

/** Takes tokens. */
export function spend(inbox: Inbox, cost: number): void {
  inbox.own.tokens -= cost
  inbox.common.share.tokens -= cost
}

/** A command begins to wait for its answer. */
export function begin(inbox: Inbox, cost: number): void {
  inbox.own.flying += cost
  inbox.common.share.flying += cost
}

/** It has been answered: whoever waited for that is read again. */
export function finish(inbox: Inbox, cost: number): void {
  const { own, common } = inbox
  own.flying -= cost
  common.share.flying -= cost
  if (common.stalled.size === 0 || common.waking) return
  common.waking = true
  setImmediate(wake, common)
}

function wake(common: Common): void {
  common.waking = false
  const all = [...common.stalled]
  common.stalled.clear()
  for (const inbox of all) drain(inbox)
}
