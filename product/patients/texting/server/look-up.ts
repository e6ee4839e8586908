import type { Database, Tx } from '@wardline/platform/db'
import { bySystem } from '@wardline/platform/db'
import { openWorkers } from '@wardline/platform/server'
import type { Log, Services, Workers } from '@wardline/platform/server'
import type { LookUpOutcome } from '@wardline/product/integrations/sms/contract'
import { linesOf } from '@wardline/product/patients/roster/server'
import { textNotSent, textUnknown } from '../contract.ts'
import { claimStaleMs, judgeLookUp, lookUpDue } from '../rules.ts'
import { announceThread, contentOf, isUnreadable } from './outbox.ts'
import type { Desk } from './port.ts'
import {
  claimLookUp,
  dueLookUps,
  findChannel,
  findText,
  knownProviderIds,
  setLookedUp,
  setLookUpLater,
  setNotLookedUp,
  setUnknown,
  setWaiting,
  staleClaims,
} from './queries.ts'
import { accept } from './send.ts'
import type { DueRow, OutboundRow } from './tables.ts'

/** The carrier's clock and ours may differ by this much, ms. */
const skewMs = 5 * 60_000

/** Listings that are being read at a time, and how long one may take, ms. */
const mostCalls = 20
const callBudgetMs = 60_000

/** Who asks the carrier, beside the sweep. One call of an organisation at a time: what one finds is known to the next. */
export const lookersUp = ({ log, hint }: Pick<Services, 'log' | 'hint'>): Workers =>
  openWorkers({ name: 'texting.look-up', most: mostCalls, mostEach: 1, budgetMs: callBudgetMs, log, freed: () => hint() })

/** Texts that were claimed and never answered become unknown: whoever held them is gone. Returns how many. */
export async function noticeLost(db: Database, desk: Desk, log: Log): Promise<number> {
  let done = 0
  for (const row of await db.sweep((sweep) => staleClaims(sweep, claimStaleMs, 100)))
    done += await db
      .write(row.org, bySystem, (tx) => loseOne(tx, desk, row))
      .catch((thrown: unknown) => {
        log.error('texting.lost-failed', { org: row.org, text: row.text }, thrown)
        return 0
      })
  return done
}

async function loseOne(tx: Tx, desk: Desk, row: { readonly text: string; readonly attempt: number }): Promise<number> {
  const before = await findText(tx, row.text)
  if (!before || (await setUnknown(tx, row.text, { attempt: row.attempt, lookUpAt: tx.at, problem: 'interrupted' })) === 0) return 0
  const { text, thread, number } = before
  tx.announce(textUnknown, { key: `number|${number}`, payload: { text, thread, number, why: 'interrupted' } })
  await announceThread(tx, desk, thread)
  return 1
}

/** Begins to ask the carrier for texts of which nobody knows. Nothing in here sends. Returns how many were taken on. */
export async function lookUpUnknown(db: Database, desk: Desk, workers: Workers, log: Log): Promise<number> {
  let done = 0
  for (const due of await db.sweep((sweep) => dueLookUps(sweep, { most: mostCalls, without: workers.full })))
    if (await lookUpOne(db, desk, workers, log, due)) done += 1
  return done
}

interface Taken {
  readonly row: OutboundRow
  readonly ask: () => Promise<LookUpOutcome>
}

async function lookUpOne(db: Database, desk: Desk, workers: Workers, log: Log, due: DueRow): Promise<boolean> {
  const slot = workers.take(due.org)
  if (!slot) return false
  const taken = await db
    .write(due.org, bySystem, (tx) => take(tx, desk, log, due))
    .catch((thrown: unknown) => setAside(db, desk, log, due, thrown))
    .catch((thrown: unknown) => void log.error('texting.not-set-aside', { org: due.org, text: due.text }, thrown))
  if (!taken) {
    slot.release()
    return false
  }
  slot.run({
    call: taken.ask,
    late: { kind: 'unknown', why: 'timed-out' } satisfies LookUpOutcome,
    then: (outcome) => db.write(due.org, bySystem, (tx) => settle(tx, desk, taken.row, outcome)),
  })
  return true
}

async function take(tx: Tx, desk: Desk, log: Log, due: DueRow): Promise<Taken | undefined> {
  const before = await findText(tx, due.text)
  if (!before?.sent_at) return undefined
  const after = lookUpDue(before.sent_at.getTime(), before.look_ups + 1)
  // Claimed with the next one already due: a crash now loses one answer, not the text.
  const row = await claimLookUp(tx, due.text, new Date(Math.max(after ?? 0, tx.at.getTime() + claimStaleMs)))
  if (!row) return undefined
  const since = new Date(row.sent_at!.getTime() - skewMs)
  const { carrier } = desk
  const from = (await findChannel(tx, row.channel))!
  const query = {
    from: from.number,
    to: (await linesOf(tx, desk.keys, [row.number])).get(row.number)!.e164,
    body: contentOf(desk, tx.org, row).body,
    sentAfter: since.toISOString(),
    known: (await knownProviderIds(tx, row.number, since)).map((it) => it.provider_id),
  }
  const ask = async (): Promise<LookUpOutcome> => {
    if (carrier === null || carrier.name !== from.carrier) return { kind: 'unknown', why: 'refused' }
    try {
      return await carrier.lookUp(query)
    } catch (thrown) {
      log.error('texting.carrier-threw', { text: row.text }, thrown)
      return { kind: 'unknown', why: 'connection-lost' }
    }
  }
  return { row, ask }
}

/** A look-up that cannot even begin must not stand in the way of the others. */
async function setAside(db: Database, desk: Desk, log: Log, due: DueRow, thrown: unknown): Promise<undefined> {
  const { org, text } = due
  log.error(isUnreadable(thrown) ? 'texting.unreadable' : 'texting.look-up-failed', { org, text }, thrown)
  await db.write(org, bySystem, async (tx) => {
    if (!isUnreadable(thrown)) return void (await setLookUpLater(tx, text, claimStaleMs))
    // Without its words it cannot be found in the carrier's list. It stays unknown, and a person sees it among the threads that wait.
    const row = await findText(tx, text)
    if (!row || (await setNotLookedUp(tx, text, 'unreadable')) === 0) return
    const { thread, number } = row
    tx.announce(textUnknown, { key: `number|${number}`, payload: { text, thread, number, why: 'unreadable' } })
    await setWaiting(tx, thread, 'now')
    await announceThread(tx, desk, thread)
  })
}

async function settle(tx: Tx, desk: Desk, row: OutboundRow, outcome: LookUpOutcome): Promise<void> {
  const { text, thread, number } = row
  if (outcome.kind === 'found') {
    await accept(tx, desk, row, { providerId: outcome.providerId, status: outcome.status, attempt: row.attempt })
    return announceThread(tx, desk, thread)
  }
  // The first statement, so that tx.at is known; it also says whether a report came meanwhile.
  const now = await findText(tx, text)
  if (now?.state !== 'unknown') return
  const absences = row.absences + (outcome.kind === 'absent' ? 1 : 0)
  const judged = judgeLookUp(
    { sentAt: row.sent_at!.getTime(), done: row.look_ups - 1, absences: row.absences },
    outcome.kind,
    tx.at.getTime(),
  )
  const lookUpAt = judged.kind === 'again' ? new Date(judged.at) : null
  const changed = await setLookedUp(tx, text, { state: judged.kind === 'not-taken' ? 'not-taken' : 'unknown', lookUpAt, absences })
  if (changed > 0 && judged.kind === 'not-taken')
    tx.announce(textNotSent, { key: `number|${number}`, payload: { text, thread, number, problem: 'never-taken', again: false } })
  if (judged.kind !== 'again') await announceThread(tx, desk, thread)
}
