import type { Database, Tx } from '@wardline/platform/db'
import { bySystem, DatabaseFailure } from '@wardline/platform/db'
import { openWorkers } from '@wardline/platform/server'
import type { Log, Services, Workers } from '@wardline/platform/server'
import type { Carrier, CarrierStatus, SendOutcome } from '@wardline/product/integrations/sms/contract'
import { stopNumber } from '@wardline/product/patients/consent/server'
import { freezeNumber, linesOf, lockNumber, markLandline } from '@wardline/product/patients/roster/server'
import { textNotSent, textSent, textUnknown, textWithdrawn } from '../contract.ts'
import type { GateCode } from '../contract.ts'
import { gate, gateConfig, isDressed, lookUpDue, retryAfter } from '../rules.ts'
import { gather } from './facts.ts'
import { announceThread, contentOf, isUnreadable } from './outbox.ts'
import { webhookUrl } from './port.ts'
import type { Desk } from './port.ts'
import {
  dueTexts,
  lockDue,
  setAccepted,
  setLater,
  setNamed,
  setRefused,
  setSending,
  setUnknown,
  setWaiting,
  setWaitingText,
  setWithdrawn,
} from './queries.ts'
import type { ChannelRow, DueRow, OutboundRow } from './tables.ts'

/** Rows that one look takes on, and of these the claims that are made at a time: connections of the database are few. */
const atOnce = 48
const claimsAtOnce = 6
/** Calls to the carrier that are open at a time, of all organisations and of one: a number's own rate is about one text a second. */
const mostCalls = 48
const mostCallsEach = 4
/** Longer than the carrier's own time limit, shorter than it takes a claim to count as lost, ms. */
const callBudgetMs = 30_000

/** Who calls the carrier, beside the sweep: an organisation whose texts are not answered keeps its own places and no others. */
export const senders = ({ log, hint }: Pick<Services, 'log' | 'hint'>): Workers =>
  openWorkers({ name: 'texting.send', most: mostCalls, mostEach: mostCallsEach, budgetMs: callBudgetMs, log, freed: () => hint() })

/** A text that this node may hand over, once. */
interface Claim {
  readonly row: OutboundRow
  readonly body: string
  readonly to: string
  readonly channel: ChannelRow
  readonly attempt: number
  readonly sentAt: Date
}

type Step = { readonly kind: 'claimed'; readonly claim: Claim } | { readonly kind: 'settled' } | { readonly kind: 'not-mine' }

/** Judges what is due, and begins to hand over what may go, as far as there is room. Returns how many texts moved. */
export async function sendDue(db: Database, desk: Desk, workers: Workers, log: Log): Promise<number> {
  let moved = 0
  const due = await db.sweep((sweep) => dueTexts(sweep, { most: atOnce, each: mostCallsEach, without: workers.full }))
  for (let i = 0; i < due.length; i += claimsAtOnce) {
    const steps = await Promise.all(due.slice(i, i + claimsAtOnce).map((row) => sendOne(db, desk, workers, log, row)))
    moved += steps.filter((yes) => yes).length
  }
  return moved
}

async function sendOne(db: Database, desk: Desk, workers: Workers, log: Log, due: DueRow): Promise<boolean> {
  // A place before the claim: what is claimed is handed over at once.
  const slot = workers.take(due.org)
  if (!slot) return false
  const step = await db
    .write(due.org, bySystem, (tx) => claim(tx, desk, due))
    .catch((thrown: unknown) => setAside(db, desk, log, due, thrown))
    .catch((thrown: unknown): Step => {
      log.error('texting.not-set-aside', { org: due.org, text: due.text }, thrown)
      return { kind: 'not-mine' }
    })
  if (step.kind !== 'claimed') {
    slot.release()
    return step.kind === 'settled'
  }
  slot.run({
    call: () => handOver(desk, step.claim, log),
    late: { kind: 'unknown', why: 'timed-out' } satisfies SendOutcome,
    then: (outcome) => db.write(due.org, bySystem, (tx) => settle(tx, desk, step.claim, outcome)),
  })
  return true
}

/** A text that could not be claimed must not stand in the way of the others: it is withdrawn if it can never be read, or comes later. */
async function setAside(db: Database, desk: Desk, log: Log, due: DueRow, thrown: unknown): Promise<Step> {
  const { org, text } = due
  if (isUnreadable(thrown)) {
    log.error('texting.unreadable', { org, text }, thrown)
    return db.write(org, bySystem, (tx) => withdrawUnreadable(tx, desk, due))
  }
  if (thrown instanceof DatabaseFailure) log.warn('texting.claim-failed', { org, text, code: thrown.code })
  else log.error('texting.claim-failed', { org, text }, thrown)
  // A stop that came between the gate and the constraint: the next look withdraws the text.
  if (!(thrown instanceof DatabaseFailure && thrown.code === 'constraint'))
    await db.write(org, bySystem, (tx) => setLater(tx, text, claimAgainMs))
  return { kind: 'not-mine' }
}

/** When a text is tried again whose claim failed for a reason that is not its own, ms. */
const claimAgainMs = 60_000

/** Takes back what can never be read, and shows its thread to a person among those that wait. */
async function withdrawUnreadable(tx: Tx, desk: Desk, due: DueRow): Promise<Step> {
  await lockNumber(tx, due.number, 'share')
  const row = await lockDue(tx, due.text)
  if (!row) return { kind: 'not-mine' }
  const { text, thread, number } = row
  const codes: GateCode[] = ['unreadable']
  await setWithdrawn(tx, text, codes)
  tx.announce(textWithdrawn, { key: `number|${number}`, payload: { text, thread, number, codes, rules: gateConfig.version } })
  await setWaiting(tx, thread, 'now')
  await announceThread(tx, desk, thread)
  return { kind: 'settled' }
}

/** Judges the text again and takes it for this node: after this commit nobody else will call the carrier with it. */
async function claim(tx: Tx, desk: Desk, due: DueRow): Promise<Step> {
  await lockNumber(tx, due.number, 'share')
  const row = await lockDue(tx, due.text)
  if (!row) return { kind: 'not-mine' }
  const { draft, body } = contentOf(desk, tx.org, row)
  const { facts, channel } = await gather(tx, desk, { ...askedOf(row), draft, body }, tx.at.getTime())
  const verdict = gate(gateConfig, facts, tx.at.getTime())
  if (verdict.kind === 'hold') await setWaitingText(tx, row.text, 'held', new Date(verdict.until!), verdict.codes)
  else if (verdict.kind !== 'send') {
    const codes = [...verdict.codes]
    await setWithdrawn(tx, row.text, codes)
    const { text, thread, number } = row
    tx.announce(textWithdrawn, { key: `number|${number}`, payload: { text, thread, number, codes, rules: verdict.rules } })
  } else {
    const to = (await linesOf(tx, desk.keys, [row.number])).get(row.number)!.e164
    const { attempt, sent_at } = await setSending(tx, row.text)
    await announceThread(tx, desk, row.thread)
    return { kind: 'claimed', claim: { row, body, to, channel: channel!, attempt, sentAt: sent_at } }
  }
  await announceThread(tx, desk, row.thread)
  return { kind: 'settled' }
}

const askedOf = (row: OutboundRow) => ({
  purpose: row.purpose,
  patient: row.patient,
  number: row.number,
  namedAt: null,
  visit: row.visit !== null && row.visit_at !== null ? { id: row.visit, at: row.visit_at } : undefined,
  useBy: row.use_by,
  waiting: { text: row.text, channel: row.channel, receipt: row.receipt, template: row.template },
})

/** The one call. Whatever goes wrong in it may have happened after the carrier took the text. */
async function handOver(desk: Desk, it: Claim, log: Log): Promise<SendOutcome> {
  try {
    return await (desk.carrier as Carrier).send({
      from: it.channel.number,
      to: it.to,
      body: it.body,
      statusCallback: webhookUrl(desk, it.channel.channel, 'status'),
      idempotencyHint: it.row.text,
    })
  } catch (thrown) {
    log.error('texting.carrier-threw', { text: it.row.text }, thrown)
    return { kind: 'unknown', why: 'connection-lost' }
  }
}

/** Writes down what the carrier said. */
async function settle(tx: Tx, desk: Desk, it: Claim, outcome: SendOutcome): Promise<void> {
  const { text, thread, number } = it.row
  const about = { text, thread, number }
  const key = `number|${number}`
  if (outcome.kind === 'accepted') {
    await accept(tx, desk, it.row, { providerId: outcome.providerId, status: outcome.status, attempt: it.attempt })
  } else if (outcome.kind === 'unknown') {
    const lookUpAt = new Date(lookUpDue(it.sentAt.getTime(), 0)!)
    if ((await setUnknown(tx, text, { attempt: it.attempt, lookUpAt, problem: outcome.why })) > 0)
      tx.announce(textUnknown, { key, payload: { ...about, why: outcome.why } })
  } else {
    // Before the row: whatever stops or freezes a number takes its lock first.
    await lockNumber(tx, number, 'alone')
    const again = retryAfter(outcome, it.attempt, tx.at.getTime())
    const againAt = again === null ? null : new Date(again)
    if ((await setRefused(tx, text, { attempt: it.attempt, problem: outcome.code, againAt })) > 0)
      tx.announce(textNotSent, { key, payload: { ...about, problem: outcome.code, again: againAt !== null } })
    await heed(tx, desk, number, outcome)
  }
  await announceThread(tx, desk, thread)
}

/** The carrier has the text: by its answer, by a look-up or by a report. */
export async function accept(
  tx: Tx,
  desk: Desk,
  row: OutboundRow,
  it: { providerId: string; status: CarrierStatus; attempt: number },
): Promise<void> {
  const done = await setAccepted(tx, row.text, { providerId: it.providerId, delivery: it.status, from: ['sending', 'unknown'] })
  if (done > 0) await noteSent(tx, desk, row, it.attempt)
}

/** What follows from a text being with the carrier: a fact, and perhaps that the thread knows now who writes and how to stop. */
export async function noteSent(tx: Tx, desk: Desk, row: OutboundRow, attempt: number): Promise<void> {
  const { text, thread, number } = row
  if (row.purpose === 'reminder' || isDressed(contentOf(desk, tx.org, row))) await setNamed(tx, thread, tx.at)
  tx.announce(textSent, { key: `number|${number}`, payload: { text, thread, number, attempt } })
}

/** What a problem says about the number: a stop that the carrier keeps, a line without texts, a number that has no owner any more. */
export async function heed(tx: Tx, desk: Desk, number: string, problem: { code: string; optedOut: boolean }): Promise<void> {
  if (problem.optedOut) await stopNumber(tx, desk.keys, { number, source: 'carrier' })
  if (problem.code === 'not-textable') await markLandline(tx, number)
  if (problem.code === 'number-unknown') await freezeNumber(tx, number, 'carrier-says-unknown')
}
