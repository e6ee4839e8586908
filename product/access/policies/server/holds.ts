import type { Static } from '@wardline/platform/contract'
import type { Db, Tx } from '@wardline/platform/db'
import { newId } from '@wardline/platform/server'
import type { KeyLedger } from '@wardline/platform/server'
import { askersOf, makersOf } from '@wardline/product/access/dual-control/server'
import { holdReleaseAsked, holdReleased, holdReleaseRefused, holdSet } from '../contract.ts'
import type { Hold, HoldOf } from '../contract.ts'
import { judgeApproval, waitsUntil } from '../rules.ts'
import { lockOrganisation } from './queries.ts'
import { insertHold, lockHold, markReleaseAsked, markReleased, readHeld, readHolds, unmarkReleaseAsked } from './security-queries.ts'
import { openText, sealText } from './sealing.ts'
import type { HoldRow } from './tables.ts'

/** What a legal hold covers. */
export type Held = Static<typeof HoldOf>

const context = (hold: string) => `legal_hold|${hold}`

/** Which of these subjects are under a legal hold: they may not be erased. Erasure asks in its own transaction. */
export const heldOf = async (db: Db, of: Held, subjects: readonly string[]): Promise<ReadonlySet<string>> =>
  new Set((await readHeld(db, of, subjects)).map((row) => row.subject))

/** Until when a release that was asked for waits, ms; null: none waits. */
function waiting(row: Pick<HoldRow, 'release_asked_by' | 'release_asked_at' | 'now'>): number | null {
  if (row.release_asked_by === null || row.release_asked_at === null) return null
  const until = waitsUntil(row.release_asked_at.getTime())
  return until > row.now.getTime() ? until : null
}

/** All holds, open ones first. */
export const holds = async (db: Db, keys: KeyLedger): Promise<Static<typeof Hold>[]> =>
  (await readHolds(db)).map((row) => ({
    hold: row.hold,
    of: row.covers,
    subject: row.subject,
    matter: openText(keys, db.org, row, context(row.hold)),
    setBy: row.set_by,
    setAt: row.set_at.getTime(),
    releaseAskedBy: row.released_at || waiting(row) !== null ? row.release_asked_by : null,
    releaseUntil: row.released_at ? null : waiting(row),
    releasedBy: row.released_by,
    releasedAt: row.released_at?.getTime() ?? null,
  }))

/** Sets a hold; returns its id. `subject` is ignored for the organisation, which holds everything. */
export async function setHold(
  tx: Tx,
  keys: KeyLedger,
  it: { readonly of: Held; readonly subject: string; readonly matter: string },
): Promise<string> {
  // Also says what time it is, which the seal's month is of.
  await lockOrganisation(tx)
  const hold = newId()
  const subject = it.of === 'organisation' ? tx.org : it.subject
  await insertHold(tx, { hold, covers: it.of, subject, ...(await sealText(keys, tx, context(hold), it.matter)) })
  tx.announce(holdSet, { key: `hold|${hold}`, payload: { hold, of: it.of, subject, matter: it.matter } })
  return hold
}

/** Why a hold is not released. */
export type ReleaseRefusal = Exclude<NonNullable<ReturnType<typeof judgeApproval>>, 'already-decided' | 'over'>

/**
 * The first person asks, another one releases. What nobody granted in time, or what was asked for by somebody who is gone, grants nothing:
 * over, it is asked for anew. Undefined: there is no such open hold.
 */
export async function releaseHold(tx: Tx, hold: string): Promise<'asked' | 'released' | ReleaseRefusal | undefined> {
  const row = await lockHold(tx, hold)
  if (!row) return undefined
  const [by, now, until] = [tx.by.actor ?? '', row.now.getTime(), waiting(row)]
  if (row.release_asked_by === null || until === null) {
    await markReleaseAsked(tx, hold)
    tx.announce(holdReleaseAsked, { key: `hold|${hold}`, payload: { hold } })
    return 'asked'
  }
  const mayAsk = (await askersOf(tx, [row.release_asked_by], now))(row.release_asked_by, 'hold.set')
  const asked = { proposedBy: row.release_asked_by, open: true, expiresAt: until, mayAsk }
  const refused = judgeApproval(asked, by, await makersOf(tx, by, 'hold.set'), now)
  if (refused === 'already-decided' || refused === 'over') throw new Error('An open request is neither decided nor over.')
  if (refused) return refused
  await markReleased(tx, hold)
  tx.announce(holdReleased, { key: `hold|${hold}`, payload: { hold } })
  return 'released'
}

/** Refuses the release of a hold, or takes one's own request back: nothing is released. False: no release waits. */
export async function refuseRelease(tx: Tx, hold: string): Promise<boolean> {
  const row = await lockHold(tx, hold)
  if (!row || waiting(row) === null) return false
  await unmarkReleaseAsked(tx, hold)
  tx.announce(holdReleaseRefused, { key: `hold|${hold}`, payload: { hold } })
  return true
}
