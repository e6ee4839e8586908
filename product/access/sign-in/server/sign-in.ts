import type { GivesOf, TakesOf } from '@wardline/platform/contract'
import { bySystem, installationOrg, networkOf, refuse } from '@wardline/platform/server'
import type { Caller, Ctx } from '@wardline/platform/server'
import { foldName } from '@wardline/product/access/provisioning/rules'
import { lockPerson } from '@wardline/product/access/provisioning/server'
import { newToken } from '@wardline/product/access/sessions/server'
import { signIn, signInFailed } from '../contract.ts'
import { signInPolicy } from '../rules.ts'
import { charge, fromOf, refund } from './backoff.ts'
import type { From } from './tables.ts'
import { inTurn, verifyPassword } from './hashing.ts'
import { recognise } from './known-browsers.ts'
import { countTry, forgiveTries, judgeWrong } from './lanes.ts'
import { countStranger, hasPassword, insertTicket, touchAttempt } from './queries.ts'
import { sealContext } from './set-password.ts'

/**
 * The first step: name and password, for a ticket. A name that nobody has takes the same way with the same number of commits and one
 * argon2 run, and gets the same answer.
 */
export async function signInByPassword(ctx: Ctx<Caller | null>, body: TakesOf<typeof signIn>): Promise<GivesOf<typeof signIn>> {
  const name = foldName(body.name)
  return inTurn(async () => {
    const browser = await recognise(ctx, (row) => row.sign_in_name === name)
    const from = fromOf(name, ctx.request.ip, browser)
    const charged = await charge(ctx, from, { name })
    if (!('found' in charged)) throw refuse(signIn, 'wait', { retryAfter: charged.wait })
    const tried = { from, browser, password: body.password }
    const given = charged.found ? await knownPerson(ctx, charged.found, tried) : await stranger(ctx, tried)
    if (!given) throw refuse(signIn, 'wrong-name-or-password')
    await refund(ctx, from)
    return given
  })
}

interface Tried {
  readonly from: From
  readonly browser: string | null
  readonly password: string
}

async function stranger(ctx: Ctx<Caller | null>, { from, password }: Tried): Promise<null> {
  await ctx.db.write(installationOrg, bySystem, (tx) => touchAttempt(tx, from))
  await verifyPassword(null, password)
  await ctx.db.write(installationOrg, bySystem, (tx) => countStranger(tx, from))
  return null
}

async function knownPerson(
  ctx: Ctx<Caller | null>,
  { org, person }: { org: string; person: string },
  { from, browser, password }: Tried,
): Promise<GivesOf<typeof signIn> | null> {
  const counted = await ctx.db.write(org, bySystem, (tx) => countTry(tx, person, browser))
  const { password: stored } = counted
  const hashed = stored ? ctx.keys.open(org, stored.dataKey, stored.sealed, sealContext(person)).toString('utf8') : null
  const right = await verifyPassword(hashed, password)
  return ctx.db.write(org, bySystem, async (tx) => {
    const active = (await lockPerson(tx, person))?.active === true
    if (right && active) {
      await forgiveTries(tx, person, counted.browser)
      const ticket = newToken(org)
      const row = await insertTicket(tx, { hash: ticket.hash, person, nameKey: from.nameKey, minutes: signInPolicy.ticketMinutes })
      return { ticket: ticket.text, until: row.until.getTime() }
    }
    const reason = stored ? (active ? 'wrong' : 'inactive') : (await hasPassword(tx, person)) ? 'disabled' : 'not-set'
    tx.announce(signInFailed, {
      key: `person|${person}`,
      payload: { person, step: 'password', reason, address: networkOf(ctx.request.ip) },
    })
    if (!right && stored) await judgeWrong(tx, person, counted)
    return null
  })
}
