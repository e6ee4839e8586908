/** The door of team/conversations: who is in one, under which epoch, in which order. */
import path from 'node:path'
import { after } from '@wardline/platform/server'
import type { Feature } from '@wardline/platform/server'
import type { Tx } from '@wardline/platform/db'
import { archivePolicyStored } from '@wardline/product/access/policies/contract'
import { trustChanged } from '@wardline/product/team/devices/contract'
import type { Conversations } from '@wardline/product/team/devices/server'
import { followLeavers, startLeavers } from './leavers.ts'
import { digest, rosterMoved } from './live.ts'
import { demandEpoch, demandEpochAfter, everywhere, headsOfDevice, lockConversationsOf } from './queries.ts'
import { routes } from './routes.ts'

export { addEpoch } from './add-epoch.ts'
export { directoryHand, handIsNamed } from './hand.ts'
export { unwrapEpochs } from './for-archive.ts'
export type { UnwrappedEpoch } from './for-archive.ts'
export { isMember } from './queries.ts'
export { topicOf } from './live.ts'
export { dispute } from './seals.ts'

/** What a change of a person's keys does here, in its transaction: given to team/devices when the server is composed. */
export const followDevices: Conversations = {
  async rekeyAll(tx: Tx, person: string) {
    const ids = (await lockConversationsOf(tx, person)).map((row) => row.id)
    await demandEpoch(tx, ids, 'user-key')
    return ids
  },
  headsOf: headsOfDevice,
}

/** A policy changed: every conversation needs an epoch that obeys it. Repeating it only demands again what is demanded already. */
const followPolicies = after('conversations-follow-policies', [archivePolicyStored, trustChanged], async (db, fact) => {
  // Who is an administrator stands in no epoch.
  if (fact.payload && 'subject' in fact.payload && fact.payload.subject.startsWith('authority:')) return
  for (let last = everywhere; ;) {
    const marked = await db.write(fact.org, { actor: null, device: null }, (tx) => demandEpochAfter(tx, last, 'policy'))
    if (marked.length === 0) return
    last = marked.at(-1)!.id
  }
})

export const conversations: Feature = {
  name: 'team/conversations',
  migrations: path.join(import.meta.dirname, 'migrations'),
  routes,
  digest,
  signals: [rosterMoved],
  after: [followPolicies, followLeavers],
  start: startLeavers,
}
