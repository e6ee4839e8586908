import type { Static } from '@wardline/platform/contract'
import type { Tx } from '@wardline/platform/db'
import { isProvenLately, signedIn } from '@wardline/platform/server'
import type { Guard } from '@wardline/platform/server'
import { figure } from '@wardline/product/access/policies/server'
import type { ProofKind } from '../contract.ts'
import { sessionProven } from '../contract.ts'
import { setProven } from './queries.ts'
import { reread } from './signals.ts'

/**
 * The person of this session has just proven themselves once more (step-up). After the commit every node knows. Returns until when the proof is fresh, ms; null: there is no such open session.
 */
export async function proveSession(tx: Tx, session: string, by: Static<typeof ProofKind>): Promise<number | null> {
  const row = await setProven(tx, session)
  if (!row) return null
  tx.announce(sessionProven, { key: `session|${session}`, actor: row.person, payload: { person: row.person, session, by } })
  tx.signal(reread, { session })
  return row.proven_at.getTime() + (await figure(tx, 'step-up.minutes')) * 60_000
}

/** Any signed-in person who has proven themselves within the last minutes; others are told `step-up-needed`. */
export const signedInFreshly: Guard & { open: false } = {
  ...signedIn,
  name: 'signed in, and proven just now',
  isFresh: (caller, now) => isProvenLately(caller, now),
}
