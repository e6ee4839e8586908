import { DatabaseFailure } from '@wardline/platform/db'
import type { Authenticator, Caller, Services } from '@wardline/platform/server'
import { figuresOf } from '@wardline/product/access/policies/server'
import { rolesOf } from '@wardline/product/access/roles/server'
import { backgroundHeader } from '../contract.ts'
import { absoluteSecondsOf, idleSecondsOf, sessionPolicy } from '../rules.ts'
import type { Place } from '../rules.ts'
import { deskOf, openDesk } from './desk.ts'
import { findOpenSession, moveIdleEnd } from './queries.ts'
import { readToken } from './tokens.ts'

/** The cookie that carries a session's token. */
export const cookieName = 'wl'

/** Finds the caller of a request by its cookie. Whether the session is open is judged by the database's clock. */
export function authenticate(services: Services): Authenticator {
  const desk = openDesk(services.db, services.live)
  return async (request) => {
    const token = readToken(request.cookies[cookieName])
    if (!token) return null
    const key = token.hash.toString('base64url')
    let caller = desk.caller(key, services.clock.ms())
    if (!caller) {
      const generation = desk.generation
      const found = await services.db.read(token.org, async (db) => {
        const row = await findOpenSession(db, token.hash)
        return row && { row, roles: await rolesOf(db, row.person) }
      })
      if (!found) return null
      const { row, roles } = found
      const figures = await figuresOf(services, token.org)
      caller = {
        org: token.org,
        person: row.person,
        session: row.session,
        device: row.device,
        roles,
        provenAt: row.proven_at.getTime(),
        proofMinutes: figures['step-up.minutes'],
      }
      if (desk.generation === generation)
        desk.remember(key, {
          caller,
          readAt: services.clock.ms(),
          idleUntil: row.idle_until.getTime(),
          endsAt: row.ends_at.getTime(),
        })
    }
    // A window that connects again by itself, or refreshes a list because of a push, is not a person at work.
    const byItself = request.headers[backgroundHeader] !== undefined || request.url.startsWith('/api/v1/live')
    if (!byItself) await keepFromIdling(services, caller)
    return caller
  }
}

const places: readonly Place[] = ['private', 'counter', 'hallway', 'phone']

/** A person is at work in this session: its idle end moves, at most once a minute. */
export async function keepFromIdling(services: Services, caller: Caller): Promise<void> {
  const desk = deskOf(services.db)
  if (!desk?.shouldMove(caller.session, services.clock.ms())) return
  const figures = await figuresOf(services, caller.org)
  const idleSeconds = Object.fromEntries(places.map((place) => [place, idleSecondsOf(figures, caller.roles, place)]))
  const absoluteSeconds = absoluteSecondsOf(figures, caller.roles)
  try {
    const moved = await services.db.write(caller.org, { actor: caller.person, device: caller.device }, (tx) =>
      moveIdleEnd(tx, caller.session, { idleSeconds, absoluteSeconds, every: sessionPolicy.moveSeconds }),
    )
    if (moved) desk.forget({ session: caller.session })
  } catch (thrown) {
    // With a full disk reading goes on; the session only ends earlier than it need.
    if (!(thrown instanceof DatabaseFailure) || thrown.code !== 'disk-full') throw thrown
    services.log.warn('sessions.not-kept', { session: caller.session, code: thrown.code })
  }
}
