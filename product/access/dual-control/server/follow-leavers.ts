import { after, bySystem } from '@wardline/platform/server'
import { personDeactivated } from '@wardline/product/access/provisioning/contract'
import { pendingWithdrawn } from '../contract.ts'
import { decide, lockAskedBy } from './queries.ts'

/** What somebody asked for and nobody decided goes with them. Until this is heard `judgeDecision` stands in the way. */
export const followLeavers = after('dual-control-follows-leavers', [personDeactivated], async (db, fact) => {
  const person = fact.payload?.person
  if (person === undefined) return
  await db.write(fact.org, bySystem, async (tx) => {
    for (const { act, kind, subject } of await lockAskedBy(tx, person)) {
      await decide(tx, act, 'withdrawn', null)
      tx.announce(pendingWithdrawn, { key: `pending|${act}`, payload: { act, kind, subject } })
    }
  })
})
