import type { RequestState } from './contract.ts'

const DAY_MS = 24 * 60 * 60 * 1000

/** A request that nobody approved for so long has run out, ms. */
export const APPROVE_WITHIN_MS = 14 * DAY_MS
/** An approval is good for so long, ms. */
export const RELEASE_WITHIN_MS = 14 * DAY_MS

/** What is decided by. Times are database ms. */
export interface RequestFacts {
  readonly requester: string
  readonly askedAt: number
  readonly decision: 'approved' | 'refused' | null
  readonly decidedAt: number | null
  readonly releasedAt: number | null
}

/** Where a request stands now. What was released stays so: it cannot be taken back. */
export const stateOf = (it: RequestFacts, now: number): RequestState => {
  if (it.decision === 'refused') return 'refused'
  if (it.releasedAt !== null) return 'released'
  if (it.decision === null) return now - it.askedAt > APPROVE_WITHIN_MS ? 'expired' : 'requested'
  return now - (it.decidedAt ?? it.askedAt) > RELEASE_WITHIN_MS ? 'expired' : 'approved'
}

/** Why somebody may not decide about a request, or null. Approval needs a second person; one's own request can be taken back. */
export const judgeDecision = (
  it: RequestFacts,
  by: { readonly person: string; readonly decision: 'approved' | 'refused' },
  now: number,
): 'already-decided' | 'own-request' | null => {
  if (stateOf(it, now) !== 'requested') return 'already-decided'
  return by.decision === 'approved' && by.person === it.requester ? 'own-request' : null
}

/** Where the log is with a request: the indexes of its facts, null while they have none, and the entries that a checkpoint covers. */
export interface LogFacts {
  readonly requestedIndex: number | null
  readonly approvedIndex: number | null
  readonly signedSize: number
}

/** Whether a signed checkpoint covers both the request and its approval. */
export const isLogged = ({ requestedIndex, approvedIndex, signedSize }: LogFacts): boolean =>
  requestedIndex !== null && approvedIndex !== null && Math.max(requestedIndex, approvedIndex) < signedSize

/** Why the sealed material may not leave the server, or null. It may be fetched again while the approval is good. */
export const judgeRelease = (it: RequestFacts, log: LogFacts, now: number): 'not-approved' | 'not-logged' | null => {
  const good = it.decision === 'approved' && it.decidedAt !== null && now - it.decidedAt <= RELEASE_WITHIN_MS
  if (!good) return 'not-approved'
  return isLogged(log) ? null : 'not-logged'
}
