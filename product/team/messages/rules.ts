import type { RekeyWord } from '@wardline/product/team/conversations/contract'
import { rekeyReason } from '@wardline/product/team/conversations/rules'
import type { EpochState } from '@wardline/product/team/conversations/rules'

/** What the writer judges a send by. Hashes are base64url text; ids are lower-case uuids. */
export interface Send {
  readonly conversation: string
  readonly person: string
  readonly device: string
  readonly msgId: string
  /** The epoch under which the envelope is sealed. */
  readonly n: number
  readonly epochHash: string
  /** The envelope that it follows on this device, and its own hash. */
  readonly prev: string
  readonly hash: string
  readonly stat: boolean
}

/** A conversation under its row lock. */
export interface Locked extends EpochState {
  readonly n: number
  readonly epochHash: string
}

/** A message that is stored already under the same device and message id. */
export interface Known {
  readonly conversation: string
  readonly sequence: number
  readonly hash: string
  /** ms */
  readonly at: number
}

/** What a fresh snapshot under the locks says about one send. */
export interface Standing {
  readonly known: Known | null
  /** The person is a member now. */
  readonly member: boolean
  /** The device is the person's and is not revoked. */
  readonly device: boolean
  /** The device's last envelope in this conversation; null: none yet. */
  readonly head: string | null
}

/** What becomes of a send. */
export type Verdict =
  | { readonly is: 'stored'; readonly sequence: number }
  | ({ readonly is: 'known' } & Known)
  | { readonly is: 'refused'; readonly code: 'not-found' | 'revoked' }
  | { readonly is: 'refused'; readonly code: 'stale-epoch'; readonly epoch: { readonly n: number; readonly hash: string } }
  | {
      readonly is: 'refused'
      readonly code: 'rekey-first'
      readonly rekey: RekeyWord
      readonly epoch: { readonly n: number; readonly hash: string }
    }
  | { readonly is: 'refused'; readonly code: 'chain'; readonly head: string | null }

/** 32 zero bytes: the envelope that a device's first one follows. */
export const noEnvelope = 'A'.repeat(43)

/**
 * Judges a batch in the order in which it came and numbers what is accepted, gapless from each conversation's last sequence. A message id
 * that comes twice, in the batch or from the store, is stored once: the first bytes win. Everything else about a refused one is unused.
 */
export function judgeBatch(
  sends: readonly Send[],
  standings: readonly Standing[],
  locked: ReadonlyMap<string, Locked>,
  at: { readonly now: number; readonly month: string },
): Verdict[] {
  const heads = new Map<string, string>()
  const numbers = new Map<string, number>()
  const now = new Map<string, Known>()
  return sends.map((send, i) => {
    const standing = standings[i]!
    const once = `${send.device} ${send.msgId}`
    const known = standing.known ?? now.get(once)
    if (known) return { is: 'known', ...known }
    const conversation = locked.get(send.conversation)
    if (!conversation || !standing.member) return { is: 'refused', code: 'not-found' }
    if (!standing.device) return { is: 'refused', code: 'revoked' }
    const epoch = { n: conversation.n, hash: conversation.epochHash }
    if (send.n !== epoch.n || send.epochHash !== epoch.hash) return { is: 'refused', code: 'stale-epoch', epoch }
    const last = numbers.get(send.conversation) ?? conversation.last
    const reason = rekeyReason({ ...conversation, last }, at, send.stat)
    if (reason !== null) return { is: 'refused', code: 'rekey-first', rekey: reason, epoch }
    const chain = `${send.conversation} ${send.device}`
    const head = heads.get(chain) ?? standing.head
    if (send.prev !== (head ?? noEnvelope)) return { is: 'refused', code: 'chain', head }
    const sequence = last + 1
    numbers.set(send.conversation, sequence)
    heads.set(chain, send.hash)
    now.set(once, { conversation: send.conversation, sequence, hash: send.hash, at: at.now })
    return { is: 'stored', sequence }
  })
}

/** How far a device says it has got; it never goes back, and what is shown was delivered. */
export interface Watermark {
  readonly delivered: number
  readonly shown: number
}

/** The watermark after a report, at most the conversation's last sequence; null when nothing moves. */
export function moveWatermark(now: Watermark, report: Watermark, last: number): Watermark | null {
  const shown = Math.max(now.shown, Math.min(report.shown, last))
  const delivered = Math.max(now.delivered, shown, Math.min(report.delivered, last))
  return delivered === now.delivered && shown === now.shown ? null : { delivered, shown }
}
