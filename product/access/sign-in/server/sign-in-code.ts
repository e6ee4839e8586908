import type { GivesOf, TakesOf } from '@wardline/platform/contract'
import type { Tx } from '@wardline/platform/db'
import { bySystem, networkOf, refuse } from '@wardline/platform/server'
import type { Caller, Ctx } from '@wardline/platform/server'
import { notify, useCode, useRecoveryCode } from '@wardline/product/access/mfa/server'
import type { CodeResult } from '@wardline/product/access/mfa/server'
import { lockPerson } from '@wardline/product/access/provisioning/server'
import { beginSession, cookieName, endSessions, hasSignedIn, readToken } from '@wardline/product/access/sessions/server'
import type { BegunSession } from '@wardline/product/access/sessions/server'
import type { signInRecovery } from '../contract.ts'
import { signInCode, signInFailed, signInSucceeded } from '../contract.ts'
import { charge, forget, laneOf } from './backoff.ts'
import { carryKnown, recognise, remember } from './known-browsers.ts'
import type { KnownCookie } from './known-browsers.ts'
import { deleteTickets, readTicket, tryTicket } from './queries.ts'

type Place = NonNullable<TakesOf<typeof signInCode>['place']>

/** The second step: ticket and code, for a session. */
export const signInByCode = (ctx: Ctx<Caller | null>, body: TakesOf<typeof signInCode>): Promise<GivesOf<typeof signInCode>> =>
  secondStep(ctx, body, 'code', (tx, person) => useCode(tx, ctx.keys, person, body.code))

/** The second step without an authenticator: ticket and a one-time recovery code. */
export const signInByRecoveryCode = (
  ctx: Ctx<Caller | null>,
  body: TakesOf<typeof signInRecovery>,
): Promise<GivesOf<typeof signInRecovery>> =>
  secondStep(ctx, body, 'recovery-code', async (tx, person) => ((await useRecoveryCode(tx, person, body.code)) ? 'right' : 'wrong'))

async function secondStep(
  ctx: Ctx<Caller | null>,
  body: { readonly ticket: string; readonly place?: Place },
  step: 'code' | 'recovery-code',
  use: (tx: Tx, person: string) => Promise<CodeResult>,
): Promise<GivesOf<typeof signInCode>> {
  const ticket = readToken(body.ticket)
  const known = ticket && (await ctx.db.read(ticket.org, (db) => readTicket(db, ticket.hash)))
  if (!ticket || !known) throw refuse(signInCode, 'ticket-gone')
  const browser = await recognise(ctx, (row) => row.person === known.person)
  const from = { nameKey: known.name_key, network: laneOf(ctx.request.ip, browser) }
  const charged = await charge(ctx, from, { org: ticket.org })
  if (charged.wait > 0) throw refuse(signInCode, 'wait', { retryAfter: charged.wait })
  const result = await ctx.db.write(ticket.org, bySystem, async (tx) => {
    // The person before the ticket, as everywhere: two steps at once, or a deactivation between, wait and do not deadlock.
    const { person } = known
    const active = (await lockPerson(tx, person))?.active === true
    if (!(await tryTicket(tx, ticket.hash))) return 'ticket-gone' as const
    const used = active ? await use(tx, person) : 'inactive'
    if (used === 'right') return begin(tx, ctx, person, body.place ?? 'private')
    tx.announce(signInFailed, {
      key: `person|${person}`,
      payload: { person, step, reason: used, address: networkOf(ctx.request.ip) },
    })
    return 'wrong-code' as const
  })
  if (typeof result === 'string') throw refuse(signInCode, result)
  await forget(ctx, from)
  return carry(ctx, result)
}

/** A session that has begun, whose it is, and what their browser is to keep to be known. */
export interface Begun extends BegunSession {
  readonly person: string
  readonly known?: KnownCookie | null
}

/** A session begins: the ticket is used, and one that this browser still had ends. */
export async function begin(tx: Tx, ctx: Ctx<Caller | null>, person: string, place: Place): Promise<Begun> {
  await deleteTickets(tx, person)
  if (ctx.caller?.org === tx.org) await endSessions(tx, { sessions: [ctx.caller.session] }, 'replaced')
  const wasHere = await hasSignedIn(tx, person)
  const begun = await beginSession(tx, { person, place, headers: ctx.request.headers })
  tx.announce(signInSucceeded, {
    key: `person|${person}`,
    actor: person,
    payload: { person, session: begun.session, address: networkOf(ctx.request.ip) },
  })
  const known = await remember(tx, ctx, { person, session: begun.session })
  // NIST SP 800-63B-4, 4.6: people hear of what they may not have done. The first sign-in of all is no news.
  if (known?.isNew && wasHere) await notify(tx, person, 'signed-in-anew')
  return { ...begun, person, known }
}

/** Sets the cookie and says whose session it is. */
export function carry(ctx: Ctx<Caller | null>, it: Begun): GivesOf<typeof signInCode> {
  // No Max-Age: a browser that is closed forgets it (NIST SP 800-63B-4, 5.1.1).
  ctx.setCookie(cookieName, it.token)
  if (it.known) carryKnown(ctx, it.known)
  return { person: it.person, session: it.session, endsAt: it.endsAt }
}
