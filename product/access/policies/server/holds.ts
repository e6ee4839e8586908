import type { Static } from '@wardline/platform/contract'
import type { Db, Tx } from '@wardline/platform/db'
import { newId } from '@wardline/platform/server'
import type { KeyLedger } from '@wardline/platform/server'
import { makersOf } from '@wardline/product/access/dual-control/server'
import { holdReleaseAsked, holdReleased, holdSet } from '../contract.ts'
import type { Hold, HoldOf } from '../contract.ts'
import { lockOrganisation } from './queries.ts'
import { insertHold, lockHold, markReleaseAsked, markReleased, readHeld, readHolds } from './security-queries.ts'
import { openText, sealText } from './sealing.ts'

/** What a legal hold covers. */
export type Held = Static<typeof HoldOf>

const context = (hold: string) => `legal_hold|${hold}`

/** Which of these subjects are under a legal hold: they may not be erased. Erasure asks in its own transaction. */
export const heldOf = async (db: Db, of: Held, subjects: readonly string[]): Promise<ReadonlySet<string>> =>
  new Set((await readHeld(db, of, subjects)).map((row) => row.subject))

/** All holds, open ones first. */
export const holds = async (db: Db, keys: KeyLedger): Promise<Static<typeof Hold>[]> =>
  (await readHolds(db)).map((row) => ({
    hold: row.hold,
    of: row.covers,
    subject: row.subject,
    matter: openText(keys, db.org, row, context(row.hold)),
    setBy: row.set_by,
    setAt: row.set_at.getTime(),
    releaseAskedBy: row.release_asked_by,
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

/** The first person asks, another one releases. Undefined: there is no such open hold. */
export async function releaseHold(tx: Tx, hold: string): Promise<'asked' | 'released' | 'own-proposal' | 'appointed-by-asker' | undefined> {
  const row = await lockHold(tx, hold)
  if (!row) return undefined
  if (row.release_asked_by === null) {
    await markReleaseAsked(tx, hold)
    tx.announce(holdReleaseAsked, { key: `hold|${hold}`, payload: { hold } })
    return 'asked'
  }
  if (row.release_asked_by === tx.by.actor) return 'own-proposal'
  if ((await makersOf(tx, tx.by.actor ?? '', 'hold.set')).has(row.release_asked_by)) return 'appointed-by-asker'
  await markReleased(tx, hold)
  tx.announce(holdReleased, { key: `hold|${hold}`, payload: { hold } })
  return 'released'
}
