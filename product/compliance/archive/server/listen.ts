import { after, bySystem } from '@wardline/platform/server'
import { openingApproved, openingRequested } from '../contract.ts'
import { noteApproved, noteRequested } from './queries.ts'

/** The log's numbers of request and approval: a release waits until a checkpoint covers both. Hearing a fact twice changes nothing. */
export const followLog = after('archive-follows-log', [openingRequested, openingApproved], async (db, fact) => {
  const { payload, index, kind } = fact
  // An erased payload is of a request that ran out long ago.
  if (payload === undefined) return
  const note = kind === openingRequested.kind ? noteRequested : noteApproved
  await db.write(fact.org, bySystem, (tx) => note(tx, payload.request, index))
})
