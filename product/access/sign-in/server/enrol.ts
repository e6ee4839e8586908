import type { GivesOf, TakesOf } from '@wardline/platform/contract'
import type { Tx } from '@wardline/platform/db'
import { bySystem, installationOrg, refuse } from '@wardline/platform/server'
import type { Caller, Ctx } from '@wardline/platform/server'
import { beginTotpOf, confirmTotpOf } from '@wardline/product/access/mfa/server'
import { foldName } from '@wardline/product/access/provisioning/rules'
import { enrolmentOf, lockPerson, readOrganisation, useEnrolment } from '@wardline/product/access/provisioning/server'
import type { PersonRow } from '@wardline/product/access/provisioning/server'
import { endSessions } from '@wardline/product/access/sessions/server'
import { beginEnrolment, finishEnrolment, signInFailed } from '../contract.ts'
import { networkOf } from '../rules.ts'
import { charge, forget, fromOf, refund } from './backoff.ts'
import type { From } from './tables.ts'
import { countStranger } from './queries.ts'
import { passwordRefusal, setPassword } from './set-password.ts'
import { begin, carry } from './sign-in-code.ts'

/** Step one of a first sign-in: the one-time code proves the person, who gets an authenticator key. The code is not used up yet. */
export async function beginFirstSignIn(
  ctx: Ctx<Caller | null>,
  body: TakesOf<typeof beginEnrolment>,
): Promise<GivesOf<typeof beginEnrolment>> {
  const from = fromOf(foldName(body.name), ctx.request.ip)
  const begun = await withEnrolment(ctx, from, body, async (tx, person) => {
    const organisation = await readOrganisation(tx)
    return beginTotpOf(tx, ctx.keys, { person: person.person, signInName: person.sign_in_name, organisation: organisation.name })
  })
  await refund(ctx, from)
  return begun
}

/** Step two: password and the authenticator's code. What the person had before ends, and a session begins. */
export async function finishFirstSignIn(
  ctx: Ctx<Caller | null>,
  body: TakesOf<typeof finishEnrolment>,
): Promise<GivesOf<typeof finishEnrolment>> {
  const from = fromOf(foldName(body.name), ctx.request.ip)
  const result = await withEnrolment(ctx, from, body, async (tx, { person }, enrolment) => {
    const refused = await passwordRefusal(tx, { person, password: body.password })
    if (refused) return refused
    const confirmed = await confirmTotpOf(tx, ctx.keys, person, body.code)
    if (confirmed === 'wrong-code') announceFailure(tx, ctx, person)
    if (confirmed !== 'done') return confirmed
    await setPassword(tx, ctx.keys, { person, password: body.password })
    if (!(await useEnrolment(tx, person, enrolment))) throw refuse(finishEnrolment, 'wrong-secret')
    await endSessions(tx, { person }, 'credentials-changed')
    return begin(tx, ctx, person, body.place ?? 'private')
  })
  if (typeof result === 'string') {
    // Whoever has the one-time code and only chose a bad password guessed at nothing.
    if (result !== 'wrong-code') await refund(ctx, from)
    throw refuse(finishEnrolment, result)
  }
  await forget(ctx, from)
  return carry(ctx, result)
}

/** Runs in the transaction of the person whom name and one-time code prove; throws the refusal that both endpoints share. */
async function withEnrolment<T>(
  ctx: Ctx<Caller | null>,
  from: From,
  body: { name: string; secret: string },
  run: (tx: Tx, person: PersonRow, enrolment: string) => Promise<T>,
): Promise<T> {
  const charged = await charge(ctx, from, foldName(body.name))
  if (!('found' in charged)) throw refuse(beginEnrolment, 'wait', { retryAfter: charged.wait })
  const { found } = charged
  if (!found) {
    await ctx.db.write(installationOrg, bySystem, (tx) => countStranger(tx, from))
    throw refuse(beginEnrolment, 'wrong-secret')
  }
  const done = await ctx.db.write(found.org, bySystem, async (tx) => {
    const person = await lockPerson(tx, found.person)
    const enrolment = person?.active ? await enrolmentOf(tx, person.person, body.secret) : null
    if (person && enrolment !== null) return { value: await run(tx, person, enrolment) }
    announceFailure(tx, ctx, found.person)
    return null
  })
  if (!done) throw refuse(beginEnrolment, 'wrong-secret')
  return done.value
}

function announceFailure(tx: Tx, ctx: Ctx<Caller | null>, person: string): void {
  tx.announce(signInFailed, {
    key: `person|${person}`,
    payload: { person, step: 'enrolment', reason: 'wrong', address: networkOf(ctx.request.ip) },
  })
}
