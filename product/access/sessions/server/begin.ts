import { newId } from '@wardline/platform/server'
import type { Tx } from '@wardline/platform/db'
import { figures } from '@wardline/product/access/policies/server'
import { rolesOf } from '@wardline/product/access/roles/server'
import { sessionStarted } from '../contract.ts'
import { browserOf } from '../preview.ts'
import type { BrowserHeaders } from '../preview.ts'
import type { Place } from '../rules.ts'
import { absoluteSecondsOf, crowdedOut, idleSecondsOf } from '../rules.ts'
import { endSessions } from './end.ts'
import { insertSession, noteSignIn, openSessions } from './queries.ts'
import { newToken } from './tokens.ts'

/** A session that has begun. `token` is for the cookie and stands nowhere else. */
export interface BegunSession {
  readonly session: string
  readonly token: string
  /** The absolute end, ms. */
  readonly endsAt: number
}

/** A session that goes on from an earlier proof: it is no fresher than that, and ends no later than what the proof began. Times in ms. */
export interface Reopened {
  readonly session: string
  readonly provenAt: number
  readonly endsBy: number
}

/**
 * Begins a session of a person who has just proven who they are. Who has too many open loses the oldest.
 * `headers`: of the request with which it begins; its browser is kept in known words, and trusted for nothing.
 * The caller holds a lock on the person, so that two of these and a deactivation have an order.
 */
export async function beginSession(
  tx: Tx,
  it: { person: string; place: Place; headers?: BrowserHeaders; from?: Reopened },
): Promise<BegunSession> {
  const open = await openSessions(tx, it.person)
  const roles = await rolesOf(tx, it.person)
  const policy = await figures(tx)
  const tooMany = crowdedOut(policy, open, roles, it.place)
  if (tooMany.length > 0) await endSessions(tx, { sessions: tooMany }, 'limit')
  const session = it.from?.session ?? newId()
  const token = newToken(tx.org)
  const row = await insertSession(tx, {
    session,
    person: it.person,
    tokenHash: token.hash,
    place: it.place,
    browser: browserOf(it.headers ?? {}),
    idleSeconds: idleSecondsOf(policy, roles, it.place),
    absoluteSeconds: absoluteSecondsOf(policy, roles),
    ...(it.from && { provenAt: it.from.provenAt, endsBy: it.from.endsBy }),
  })
  noteSignIn(tx, it.person)
  const endsAt = row.ends_at.getTime()
  tx.announce(sessionStarted, {
    key: `session|${session}`,
    actor: it.person,
    payload: { person: it.person, session, place: it.place, endsAt },
  })
  return { session, token: token.text, endsAt }
}
