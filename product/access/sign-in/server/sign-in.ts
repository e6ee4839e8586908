import type { GivesOf, TakesOf } from '@wardline/platform/contract'
import { bySystem, installationOrg, networkOf, refuse } from '@wardline/platform/server'
import type { Caller, Ctx } from '@wardline/platform/server'
import { authenticatorDisabled } from '@wardline/product/access/mfa/contract'
import { figuresOf } from '@wardline/product/access/policies/server'
import { foldName } from '@wardline/product/access/provisioning/rules'
import { lockPerson } from '@wardline/product/access/provisioning/server'
import { newToken } from '@wardline/product/access/sessions/server'
import { signIn, signInFailed } from '../contract.ts'
import { signInPolicy } from '../rules.ts'
import { charge, fromOf, refund } from './backoff.ts'
import type { From } from './tables.ts'
import { inTurn, verifyPassword } from './hashing.ts'
import { chargePassword, clearPasswordFailures, countStranger, disablePassword, hasPassword, insertTicket } from './queries.ts'
import { sealContext } from './set-password.ts'

/**
 * The first step: name and password, for a ticket. A name that nobody has takes the same way with the same number of commits and one
 * argon2 run, and gets the same answer.
 */
export async function signInByPassword(ctx: Ctx<Caller | null>, body: TakesOf<typeof signIn>): Promise<GivesOf<typeof signIn>> {
  const name = foldName(body.name)
  const from = fromOf(name, ctx.request.ip)
  return inTurn(async () => {
    const charged = await charge(ctx, from, name)
    if (!('found' in charged)) throw refuse(signIn, 'wait', { retryAfter: charged.wait })
    const given = charged.found ? await knownPerson(ctx, charged.found, from, body.password) : await stranger(ctx, from, body.password)
    if (!given) throw refuse(signIn, 'wrong-name-or-password')
    await refund(ctx, from)
    return given
  })
}

async function stranger(ctx: Ctx<Caller | null>, from: From, password: string): Promise<null> {
  await ctx.db.write(installationOrg, bySystem, (tx) => countStranger(tx, from))
  await verifyPassword(null, password)
  return null
}

async function knownPerson(
  ctx: Ctx<Caller | null>,
  { org, person }: { org: string; person: string },
  from: From,
  password: string,
): Promise<GivesOf<typeof signIn> | null> {
  const most = (await figuresOf(ctx, org))['password.most-failures']
  const credential = await ctx.db.write(org, bySystem, (tx) => chargePassword(tx, person, most))
  const hashed = credential ? ctx.keys.open(org, credential.data_key, credential.sealed, sealContext(person)).toString('utf8') : null
  const right = await verifyPassword(hashed, password)
  return ctx.db.write(org, bySystem, async (tx) => {
    const active = (await lockPerson(tx, person))?.active === true
    if (right && active) {
      await clearPasswordFailures(tx, person)
      const ticket = newToken(org)
      const row = await insertTicket(tx, { hash: ticket.hash, person, nameKey: from.nameKey, minutes: signInPolicy.ticketMinutes })
      return { ticket: ticket.text, until: row.until.getTime() }
    }
    const reason = credential ? (active ? 'wrong' : 'inactive') : (await hasPassword(tx, person)) ? 'disabled' : 'not-set'
    tx.announce(signInFailed, {
      key: `person|${person}`,
      payload: { person, step: 'password', reason, address: networkOf(ctx.request.ip) },
    })
    if (!right && credential && credential.failures >= most) {
      await disablePassword(tx, person)
      tx.announce(authenticatorDisabled, { key: `person|${person}`, payload: { person, authenticator: 'password' } })
    }
    return null
  })
}
