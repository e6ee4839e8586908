import type { Database, Tx } from '@wardline/platform/db'
import { bySystem } from '@wardline/platform/db'
import type { Log } from '@wardline/platform/server'
import type { LookUpOutcome } from '@wardline/product/integrations/sms/contract'
import { linesOf } from '@wardline/product/patients/roster/server'
import { textNotSent, textUnknown } from '../contract.ts'
import { claimStaleMs, judgeLookUp, lookUpDue } from '../rules.ts'
import { announceThread, contentOf } from './outbox.ts'
import type { Desk } from './port.ts'
import { claimLookUp, dueLookUps, findChannel, findText, knownProviderIds, setLookedUp, setUnknown, staleClaims } from './queries.ts'
import { accept } from './send.ts'
import type { DueRow, OutboundRow } from './tables.ts'

/** The carrier's clock and ours may differ by this much, ms. */
const skewMs = 5 * 60_000

/** Texts that were claimed and never answered become unknown: whoever held them is gone. Returns how many. */
export async function noticeLost(db: Database, desk: Desk): Promise<number> {
  let done = 0
  for (const row of await db.sweep((sweep) => staleClaims(sweep, claimStaleMs, 100))) {
    done += await db.write(row.org, bySystem, async (tx) => {
      const before = await findText(tx, row.text)
      if (!before || (await setUnknown(tx, row.text, { attempt: row.attempt, lookUpAt: tx.at, problem: 'interrupted' })) === 0) return 0
      const { text, thread, number } = before
      tx.announce(textUnknown, { key: `number|${number}`, payload: { text, thread, number, why: 'interrupted' } })
      await announceThread(tx, desk, thread)
      return 1
    })
  }
  return done
}

/** Asks the carrier for texts of which nobody knows. Nothing in here sends. Returns how many were looked up. */
export async function lookUpUnknown(db: Database, desk: Desk, log: Log): Promise<number> {
  let done = 0
  for (const due of await db.sweep((sweep) => dueLookUps(sweep, 20))) if (await lookUpOne(db, desk, log, due)) done += 1
  return done
}

async function lookUpOne(db: Database, desk: Desk, log: Log, due: DueRow): Promise<boolean> {
  const { carrier } = desk
  const taken = await db.write(due.org, bySystem, async (tx) => {
    const before = await findText(tx, due.text)
    if (!before?.sent_at) return undefined
    const after = lookUpDue(before.sent_at.getTime(), before.look_ups + 1)
    // Claimed with the next one already due: a crash now loses one answer, not the text.
    const row = await claimLookUp(tx, due.text, new Date(Math.max(after ?? 0, tx.at.getTime() + claimStaleMs)))
    if (!row) return undefined
    const since = new Date(row.sent_at!.getTime() - skewMs)
    return {
      row,
      since,
      body: contentOf(desk, tx.org, row).body,
      to: (await linesOf(tx, desk.keys, [row.number])).get(row.number)!.e164,
      from: (await findChannel(tx, row.channel))!,
      known: (await knownProviderIds(tx, row.number, since)).map((it) => it.provider_id),
    }
  })
  if (!taken) return false
  const { row, since, body, to, from, known } = taken
  const outcome: LookUpOutcome =
    carrier === null || carrier.name !== from.carrier
      ? { kind: 'unknown', why: 'refused' }
      : await carrier
          .lookUp({ from: from.number, to, body, sentAfter: since.toISOString(), known })
          .catch((thrown: unknown): LookUpOutcome => {
            log.error('texting.carrier-threw', { text: row.text }, thrown)
            return { kind: 'unknown', why: 'connection-lost' }
          })
  await db.write(due.org, bySystem, (tx) => settle(tx, desk, row, outcome))
  return true
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
