import type { Static } from '@wardline/platform/contract'
import type { Db, Tx } from '@wardline/platform/db'
import { KeyFailure, newId } from '@wardline/platform/server'
import { isRestricted, lockNumber, openJson, sealJson } from '@wardline/product/patients/roster/server'
import { gateWords, textQueued, textRefused, textWithdrawn } from '../contract.ts'
import type { Decision, GateCode, Purpose } from '../contract.ts'
import { gate, gateConfig } from '../rules.ts'
import type { Verdict } from '../rules.ts'
import { gather } from './facts.ts'
import type { Asked } from './facts.ts'
import { topicOf } from './port.ts'
import type { Desk } from './port.ts'
import {
  findSame,
  findText,
  findThread,
  insertOutbound,
  insertThread,
  setWaiting,
  threadOf,
  touchThread,
  withdrawOfVisit,
  withdrawWaiting,
} from './queries.ts'
import type { OutboundContent, OutboundRow, ThreadRow } from './tables.ts'

/** A text to send. */
export interface NewText extends Omit<Asked, 'body' | 'namedAt' | 'waiting'> {
  readonly text: string
  /** The thread that it belongs to; without it the patient's own at this number. */
  readonly thread?: string | undefined
  /** What a text rests on that needs no consent: the code that it carries, or the stop that it confirms. */
  readonly evidence?: { readonly verification?: string; readonly stop?: string } | undefined
  /** Stores the evidence; called when the text may go. */
  readonly open?: (() => Promise<void>) | undefined
  /** What it stands for beyond its id: sent once, however often it is asked for. */
  readonly dedupe?: Buffer | undefined
  /** True when a person wrote it: whoever waited has been answered. */
  readonly answers?: boolean
}

/** What became of a text. */
export type Queued =
  | { readonly kind: 'judged'; readonly verdict: Verdict; readonly thread: string | null; readonly again: boolean }
  | { readonly kind: 'id-taken' }
  | { readonly kind: 'no-such-thread' }

const contextOf = (text: string) => `outbound_text|${text}`

/** What is sealed of an outbound text. */
export const contentOf = (desk: Pick<Desk, 'keys'>, org: string, row: OutboundRow): OutboundContent =>
  openJson<OutboundContent>(desk.keys, org, row, contextOf(row.text))

/** True for a failure that no later try will mend: the sealed bytes are damaged, or their key is gone. */
export const isUnreadable = (thrown: unknown): boolean => thrown instanceof KeyFailure && thrown.code !== 'ledger-unwritable'

/** A verdict as screens get it. */
export const shown = (verdict: Verdict): Static<typeof Decision> => ({
  kind: verdict.kind,
  until: verdict.until,
  reasons: reasonsOf(verdict.codes),
  rules: verdict.rules,
})

/** Codes with their words. */
export const reasonsOf = (codes: readonly GateCode[]) => codes.map((code) => ({ code, says: gateWords[code] }))

/** The verdict that a stored text stands for. */
const verdictOf = (row: OutboundRow): Verdict => ({
  kind: row.state === 'held' ? 'hold' : row.state === 'withdrawn' || row.state === 'refused' ? 'refuse' : 'send',
  until: row.state === 'held' ? row.due_at.getTime() : null,
  codes: row.codes,
  rules: gateConfig.version,
})

/** Tells open inboxes that a thread changed, once that is committed. */
export async function announceThread(tx: Tx, desk: Pick<Desk, 'live'>, thread: string): Promise<void> {
  const { changed_at, patient } = await touchThread(tx, thread)
  // Of a restricted record not even the thread's id is told to all; the heartbeat tells that something changed.
  if (patient !== null && (await isRestricted(tx, patient))) return
  tx.afterCommit(() => desk.live.publish(topicOf(tx.org), { t: 'patients.thread', thread, at: changed_at.getTime() }))
}

/** The thread of a patient (or of nobody in particular) at a number, made if it is not there. */
export async function ensureThread(tx: Tx, number: string, patient: string | null): Promise<ThreadRow> {
  const there = await threadOf(tx, number, patient)
  if (there) return there
  await insertThread(tx, newId(), number, patient)
  return (await threadOf(tx, number, patient))!
}

/**
 * Lets the gate judge a text and, if it may go now or later, puts it into the outbox: the sweep hands it over. What is refused leaves a
 * fact and nothing else. Repeating it with the same id, or for the same `dedupe`, sends nothing again.
 */
export async function queueText(tx: Tx, desk: Desk, it: NewText): Promise<Queued> {
  // Alone: the same text asked for twice at once is found by the second.
  await lockNumber(tx, it.number, 'alone')
  const before = await findText(tx, it.text)
  if (before)
    return before.number === it.number && before.patient === it.patient && saysTheSame(desk, tx.org, before, it)
      ? { kind: 'judged', verdict: verdictOf(before), thread: before.thread, again: true }
      : { kind: 'id-taken' }
  const same = it.dedupe && (await findSame(tx, it.dedupe))
  if (same) return { kind: 'judged', verdict: verdictOf(same), thread: same.thread, again: true }
  const given = it.thread === undefined ? await threadOf(tx, it.number, it.patient) : await findThread(tx, it.thread)
  if (it.thread !== undefined && given?.number !== it.number) return { kind: 'no-such-thread' }
  const { facts, channel, receipt, draft } = await gather(tx, desk, { ...it, namedAt: given?.named_at ?? null }, tx.at.getTime())
  const verdict = gate(gateConfig, facts, tx.at.getTime())
  const codes = [...verdict.codes]
  const key = `number|${it.number}`
  const { text, number, patient, purpose } = it
  if (verdict.kind === 'refuse' || verdict.kind === 'secure-page-needed') {
    tx.announce(textRefused, { key, payload: { text, patient, number, purpose, codes, rules: verdict.rules } })
    return { kind: 'judged', verdict, thread: given?.thread ?? null, again: false }
  }
  const { thread } = given ?? (await ensureThread(tx, number, patient))
  await it.open?.()
  const verification = it.evidence?.verification ?? null
  const stop = it.evidence?.stop ?? null
  const content: OutboundContent = { draft, body: facts.body }
  await insertOutbound(tx, {
    text,
    channel: channel!.channel,
    thread,
    number,
    patient,
    purpose,
    template: facts.template,
    receipt: verification === null && stop === null ? receipt : null,
    verification,
    stop,
    visit: it.visit?.id ?? null,
    visitAt: it.visit?.at ?? null,
    dedupe: it.dedupe ?? null,
    state: verdict.kind === 'hold' ? 'held' : 'queued',
    codes: verdict.kind === 'hold' ? codes : [],
    dueAt: verdict.until === null ? tx.at : new Date(verdict.until),
    useBy: it.useBy ?? null,
    ...(await sealJson(desk.keys, tx.org, tx.at, contextOf(text), content)),
  })
  if (it.answers) await setWaiting(tx, thread, 'none')
  const basis = verification !== null ? 'code' : stop !== null ? 'stop' : 'receipt'
  tx.announce(textQueued, {
    key,
    payload: {
      text,
      thread,
      number,
      patient,
      purpose,
      basis,
      evidence: (verification ?? stop ?? receipt)!,
      held: verdict.kind === 'hold',
      codes,
      rules: verdict.rules,
    },
  })
  await announceThread(tx, desk, thread)
  tx.afterCommit(desk.hint)
  return { kind: 'judged', verdict, thread, again: false }
}

/** Takes back everything that waits for a number, because it was stopped. */
export async function withdrawFor(tx: Tx, desk: Desk, number: string): Promise<void> {
  const codes: GateCode[] = ['opted-out']
  for (const { text, thread } of await withdrawWaiting(tx, number, codes)) {
    tx.announce(textWithdrawn, { key: `number|${number}`, payload: { text, thread, number, codes, rules: gateConfig.version } })
    await announceThread(tx, desk, thread)
  }
}

/** Takes back what waits because of one visit, because it was cancelled. */
export async function withdrawForVisit(tx: Tx, desk: Desk, visit: string): Promise<void> {
  const codes: GateCode[] = ['visit-cancelled']
  for (const { text, thread, number } of await withdrawOfVisit(tx, visit, codes)) {
    tx.announce(textWithdrawn, { key: `number|${number}`, payload: { text, thread, number, codes, rules: gateConfig.version } })
    await announceThread(tx, desk, thread)
  }
}

/** Whether a text that is there is the one that is asked for again. What a template says depends on when it was asked. */
const saysTheSame = (desk: Desk, org: string, row: OutboundRow, it: NewText): boolean =>
  typeof it.draft === 'string'
    ? !row.template && contentOf(desk, org, row).draft === it.draft
    : row.template && writtenFor(row.purpose) === writtenFor(it.purpose)

/** What a person sends is an answer or care, whichever it was when they sent it: sent again a little later it is still the same text. */
const writtenFor = (purpose: Purpose): Purpose => (purpose === 'care' ? 'answer' : purpose)

/** What the gate would say to a text at `now` (ms), and how it would look. Keeps nothing. */
export async function judge(
  db: Db,
  desk: Desk,
  it: Pick<NewText, 'purpose' | 'patient' | 'number' | 'draft' | 'visit' | 'useBy'>,
  now: number,
): Promise<{ readonly verdict: Verdict; readonly body: string }> {
  const thread = await threadOf(db, it.number, it.patient)
  const { facts } = await gather(db, desk, { ...it, namedAt: thread?.named_at ?? null }, now)
  return { verdict: gate(gateConfig, facts, now), body: facts.body }
}
