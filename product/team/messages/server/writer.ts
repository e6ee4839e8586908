import { DatabaseFailure, KeyFailure, monthOf, openLanes } from '@wardline/platform/server'
import type { Database, LiveSocket, Services } from '@wardline/platform/server'
import type { Tx } from '@wardline/platform/db'
import { bySystem } from '@wardline/platform/db'
import { topicOf } from '@wardline/product/team/conversations/server'
import { messageAccepted } from '@wardline/product/team/messages/contract'
import { judgeBatch } from '@wardline/product/team/messages/rules'
import type { Locked, Send, Standing, Verdict } from '@wardline/product/team/messages/rules'
import { messageFrame } from './frame.ts'
import { insertMessages, knownOf, lockConversations, sendersOf } from './queries.ts'
import type { KnownRow, LockedRow, SenderRow } from './tables.ts'

/** A send that waits for its commit. */
export interface Command extends Send {
  readonly org: string
  /** The envelope as it came, for the frames to the others; its bytes and its hash. */
  readonly text: string
  readonly envelope: Uint8Array
  readonly hashBytes: Uint8Array
  /** The window that sent it is answered, not told. */
  readonly from: LiveSocket | undefined
  answer(outcome: Outcome): void
}

/** What a sender is told: a verdict with the time of what was stored, or why nothing could be. */
export type Outcome =
  | { readonly is: 'stored'; readonly sequence: number; readonly at: number }
  | Exclude<Verdict, { is: 'stored' }>
  | { readonly is: 'failed'; readonly code: 'unavailable' | 'disk-full' | 'internal' }

/** The one way by which messages are stored. */
export interface Writer {
  /** False: too many wait already, and nothing was taken. */
  offer(command: Command): boolean
  idle(): Promise<void>
}

/** How the writer works: 256 messages or 1 MB a batch; four lanes, 40,000 messages and 128 MB waiting, half of each for one organisation. */
export const writerSize = {
  lanes: 4,
  most: 256,
  mostBytes: 1024 * 1024,
  mostWaiting: 40_000,
  mostWaitingBytes: 128 * 1024 * 1024,
  gatherMs: 1,
} as const

const context = (it: Pick<Send, 'conversation' | 'device' | 'msgId'>) => wrapOf(it.conversation, it.device, it.msgId)

/** What a stored envelope's outer wrap is bound to. */
export const wrapOf = (conversation: string, device: string, msgId: string): string => `message|${conversation}|${device}|${msgId}`

/** Opens the writer of a server. */
export function openWriter(services: Pick<Services, 'db' | 'keys' | 'live' | 'log'>): Writer {
  const { db, keys, live, log } = services

  /** One batch in one transaction. Throws what the database throws; nothing is answered then. */
  async function commit(org: string, batch: readonly Command[]): Promise<{ verdicts: Verdict[]; at: Date }> {
    return db.write(org, bySystem, async (tx) => {
      const { senders, of } = sendersIn(batch)
      // Sent together, done one after the other: the later ones see what was committed while the first waited for its locks.
      const [locked, rows, known] = await Promise.all([
        lockConversations(tx, [...new Set(batch.map((it) => it.conversation))].toSorted()),
        sendersOf(tx, senders),
        knownOf(tx, batch),
      ])
      const month = monthOf(tx.at)
      const verdicts = judgeBatch(batch, standings(of, rows, known), new Map(locked.map((row) => [row.id, lockedOf(row)])), {
        now: tx.at.getTime(),
        month,
      })
      const stored = batch.flatMap((it, i) =>
        verdicts[i]!.is === 'stored' ? [{ it, sequence: (verdicts[i] as { sequence: number }).sequence }] : [],
      )
      if (stored.length > 0) await store(tx, month, stored)
      return { verdicts, at: tx.at }
    })
  }

  async function store(tx: Tx, month: string, stored: readonly { it: Command; sequence: number }[]): Promise<void> {
    const scope = { org: tx.org, bucket: 'team', month } as const
    await keys.ready(scope)
    let dataKey = ''
    const messages = stored.map(({ it, sequence }) => {
      const box = keys.sealNow(scope, it.envelope, context(it))!
      dataKey = box.dataKey
      return { ...row(it), sequence, sealed: box.sealed }
    })
    insertMessages(tx, messages, dataKey)
    for (const { it, sequence } of stored)
      tx.announce(messageAccepted, {
        key: `conversation|${it.conversation}`,
        payload: { conversation: it.conversation, sequence, envelope: it.hash },
        actor: it.person,
        device: it.device,
      })
  }

  /** Answers the senders and tells the members, in the order of the sequences, from the commit's return path. */
  function finish(org: string, batch: readonly Command[], { verdicts, at }: { verdicts: Verdict[]; at: Date }, tellKnown: boolean): void {
    const now = at.getTime()
    for (const [i, it] of batch.entries()) {
      const verdict = verdicts[i]!
      try {
        it.answer(verdict.is === 'stored' ? { ...verdict, at: now } : verdict)
        if (verdict.is === 'stored') tell(org, it, verdict.sequence, now)
        else if (verdict.is === 'known' && tellKnown && verdict.hash === it.hash) tell(org, it, verdict.sequence, verdict.at)
      } catch (thrown) {
        log.error('messages.answer-failed', {}, thrown)
      }
    }
  }

  function tell(org: string, it: Command, sequence: number, at: number): void {
    const { conversation, n: epoch, person, device, hash, text: envelope } = it
    const frame = messageFrame({ conversation, sequence, epoch, person, device, at, hash, envelope })
    live.publish(topicOf(org, conversation), frame, it.from)
  }

  const fail = (batch: readonly Command[], thrown: unknown): void => {
    const code = failureOf(thrown)
    if (code === 'internal') log.error('messages.write-failed', { size: batch.length }, thrown)
    for (const it of batch) it.answer({ is: 'failed', code })
  }

  async function run(org: string, batch: readonly Command[]): Promise<void> {
    try {
      finish(org, batch, await commit(org, batch), false)
    } catch (thrown) {
      await again(org, batch, thrown).catch((worse: unknown) => fail(batch, worse))
    }
  }

  /**
   * After a failed batch. If the answer to COMMIT was lost it is asked again: the locks wait for the old transaction's end, what it stored
   * is then known by message id, and is told to the members now. If the batch itself was refused, its commands go one by one, so that only
   * the one that fails alone gets its error. If the database is away, nobody waits for it.
   */
  async function again(org: string, batch: readonly Command[], thrown: unknown): Promise<void> {
    const lost = thrown instanceof DatabaseFailure && thrown.code === 'commit-unknown'
    if (lost) return finish(org, batch, await commit(org, batch), true)
    if (batch.length === 1 || isAway(thrown)) return fail(batch, thrown)
    for (const it of batch) await run(org, [it])
  }

  const lanes = openLanes<Command>({
    ...writerSize,
    group: (it) => it.org,
    key: (it) => it.conversation,
    bytes: (it) => it.envelope.length,
    run,
  })
  return { offer: lanes.offer, idle: lanes.idle }
}

const row = (it: Command) => ({
  conversation: it.conversation,
  epoch: it.n,
  person: it.person,
  device: it.device,
  msgId: it.msgId,
  hash: it.hashBytes,
})

const text = (bytes: Buffer): string => bytes.toString('base64url')

const lockedOf = (it: LockedRow): Locked => ({
  n: it.epoch,
  epochHash: text(it.epoch_hash),
  rekey: it.rekey,
  usedAt: it.epoch_used_at?.getTime() ?? null,
  from: it.epoch_from,
  last: it.last_sequence,
  month: it.epoch_month,
})

/** The different senders of a batch, and for each of its commands which of them sent it. */
function sendersIn<S extends Send>(batch: readonly S[]): { readonly senders: readonly S[]; readonly of: readonly number[] } {
  const places = new Map<string, number>()
  const senders: S[] = []
  const of = batch.map((it) => {
    const key = `${it.conversation} ${it.person} ${it.device}`
    let place = places.get(key)
    if (place === undefined) places.set(key, (place = senders.push(it) - 1))
    return place
  })
  return { senders, of }
}

/** What stands about each command, from the rows about its sender and about itself. */
function standings(of: readonly number[], rows: readonly SenderRow[], known: readonly KnownRow[]): Standing[] {
  const senders: Standing[] = rows.map(({ member, device, head }) => ({ member, device, head: head && text(head), known: null }))
  const found = of.map((place) => senders[place]!)
  for (const { ord, conversation, sequence, hash, at } of known)
    found[ord - 1] = { ...found[ord - 1]!, known: { conversation, sequence, hash: text(hash), at: at.getTime() } }
  return found
}

const isAway = (thrown: unknown): boolean =>
  thrown instanceof DatabaseFailure && ['unreachable', 'timed-out', 'disk-full', 'lock-lost'].includes(thrown.code)

function failureOf(thrown: unknown): 'unavailable' | 'disk-full' | 'internal' {
  if (thrown instanceof KeyFailure) return 'unavailable'
  if (!(thrown instanceof DatabaseFailure)) return 'internal'
  if (thrown.code === 'disk-full') return 'disk-full'
  return isAway(thrown) || thrown.code === 'retry' || thrown.code === 'commit-unknown' ? 'unavailable' : 'internal'
}

const writers = new WeakMap<Database, Writer>()

/** The writer of this server. */
export function writerOf(services: Pick<Services, 'db' | 'keys' | 'live' | 'log'>): Writer {
  let writer = writers.get(services.db)
  if (!writer) writers.set(services.db, (writer = openWriter(services)))
  return writer
}
