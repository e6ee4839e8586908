import type { GivesOf, TakesOf } from '@wardline/platform/contract'
import type { Tx } from '@wardline/platform/db'
import { bySystem, installationOrg, networkOf, refuse } from '@wardline/platform/server'
import type { Caller, Ctx } from '@wardline/platform/server'
import { beginTotpOf, confirmTotpOf } from '@wardline/product/access/mfa/server'
import { figure } from '@wardline/product/access/policies/server'
import { foldName } from '@wardline/product/access/provisioning/rules'
import { enrolmentOf, lockPerson, readOrganisation, useEnrolment } from '@wardline/product/access/provisioning/server'
import type { PersonRow } from '@wardline/product/access/provisioning/server'
import { endSessions } from '@wardline/product/access/sessions/server'
import { beginEnrolment, finishEnrolment, signInFailed } from '../contract.ts'
import { charge, forget, fromOf, refund } from './backoff.ts'
import type { From } from './tables.ts'
import { hashPassword, inTurn } from './hashing.ts'
import { countStranger } from './queries.ts'
import { passwordRefusal, storePassword } from './set-password.ts'
import { begin, carry } from './sign-in-code.ts'

/** Step one of a first sign-in: the one-time code proves the person, who gets an authenticator key. The code is not used up yet. */
export async function beginFirstSignIn(
  ctx: Ctx<Caller | null>,
  body: TakesOf<typeof beginEnrolment>,
): Promise<GivesOf<typeof beginEnrolment>> {
  const from = fromOf(foldName(body.name), ctx.request.ip)
  const found = await findEnrolled(ctx, from, body.name)
  const begun = await withEnrolment(ctx, found, body.secret, async (tx, person) => {
    const organisation = await readOrganisation(tx)
    const made = await beginTotpOf(tx, ctx.keys, {
      person: person.person,
      signInName: person.sign_in_name,
      organisation: organisation.name,
    })
    return { ...made, shortest: await figure(tx, 'password.shortest') }
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
  return inTurn(async () => {
    const found = await findEnrolled(ctx, from, body.name)
    const refused = await withEnrolment(ctx, found, body.secret, (tx, { person }) =>
      passwordRefusal(tx, { person, password: body.password }),
    )
    // Between two transactions: hashing must not hold a connection. The one-time code is asked for again in the second.
    const result = refused ?? (await setUp(ctx, found, body, await hashPassword(body.password)))
    if (typeof result === 'string') {
      // Whoever has the one-time code and only chose a bad password guessed at nothing.
      if (result !== 'wrong-code') await refund(ctx, from)
      throw refuse(finishEnrolment, result)
    }
    await forget(ctx, from)
    return carry(ctx, result)
  })
}

const setUp = (ctx: Ctx<Caller | null>, found: Found, body: TakesOf<typeof finishEnrolment>, hashed: string) =>
  withEnrolment(ctx, found, body.secret, async (tx, { person }, enrolment) => {
    const confirmed = await confirmTotpOf(tx, ctx.keys, person, body.code)
    if (confirmed === 'wrong-code') announceFailure(tx, ctx, person)
    if (confirmed !== 'done') return confirmed
    await storePassword(tx, ctx.keys, person, hashed)
    if (!(await useEnrolment(tx, person, enrolment))) throw refuse(finishEnrolment, 'wrong-secret')
    await endSessions(tx, { person }, 'credentials-changed')
    return begin(tx, ctx, person, body.place ?? 'private')
  })

interface Found {
  readonly org: string
  readonly person: string
  readonly from: From
}

/** Counts the attempt and looks the name up; a name that nobody has is refused like a wrong code. */
async function findEnrolled(ctx: Ctx<Caller | null>, from: From, name: string): Promise<Found> {
  const charged = await charge(ctx, from, { name: foldName(name) })
  if (!('found' in charged)) throw refuse(beginEnrolment, 'wait', { retryAfter: charged.wait })
  if (charged.found) return { ...charged.found, from }
  await ctx.db.write(installationOrg, bySystem, (tx) => countStranger(tx, from))
  throw refuse(beginEnrolment, 'wrong-secret')
}

/** Runs in a transaction of the person, if the one-time code is theirs and open; else it throws `wrong-secret`, and that is told. */
async function withEnrolment<T>(
  ctx: Ctx<Caller | null>,
  found: Found,
  secret: string,
  run: (tx: Tx, person: PersonRow, enrolment: string) => Promise<T>,
): Promise<T> {
  const done = await ctx.db.write(found.org, bySystem, async (tx) => {
    const person = await lockPerson(tx, found.person)
    const code = person?.active ? await enrolmentOf(tx, person.person, secret) : null
    if (person && code) return code.waits > 0 ? { waits: code.waits } : { value: await run(tx, person, code.enrolment) }
    announceFailure(tx, ctx, found.person)
    return null
  })
  if (!done) throw refuse(beginEnrolment, 'wrong-secret')
  // Whoever has the code guessed at nothing.
  if ('waits' in done) {
    await refund(ctx, found.from)
    throw refuse(beginEnrolment, 'enrolment-waits', { retryAfter: done.waits })
  }
  return done.value
}

function announceFailure(tx: Tx, ctx: Ctx<Caller | null>, person: string): void {
  tx.announce(signInFailed, {
    key: `person|${person}`,
    payload: { person, step: 'enrolment', reason: 'wrong', address: networkOf(ctx.request.ip) },
  })
}
