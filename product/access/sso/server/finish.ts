import { createHash } from 'node:crypto'
import type { GivesOf, TakesOf } from '@wardline/platform/contract'
import type { Tx } from '@wardline/platform/db'
import { bySystem, installationOrg, monthOf, networkOf, RawReply, Refusal, refuse } from '@wardline/platform/server'
import type { Caller, Ctx } from '@wardline/platform/server'
import { isOfficer } from '@wardline/product/access/directory-sync/rules'
import { createdUnder } from '@wardline/product/access/directory-sync/server'
import { lockPerson } from '@wardline/product/access/provisioning/server'
import { grantsOfPeople } from '@wardline/product/access/roles/server'
import { newToken, readToken, setProvider } from '@wardline/product/access/sessions/server'
import { beginSignedIn, carrySignedIn, giveTicket } from '@wardline/product/access/sign-in/server'
import { finish as contract, linked, proven, refused, tested } from '../contract.ts'
import type { Outcome } from '../rules.ts'
import { SsoRefused, ssoPolicy } from '../rules.ts'
import { attemptContext, browserCookie, configurationOf, oursOf } from './begin.ts'
import type { SsoPorts } from './begin.ts'
import { redeem } from './oidc.ts'
import type { OidcSecrets } from './oidc.ts'
import {
  findLink,
  findOrg,
  givePass,
  insertLink,
  noteProblem,
  noteWorked,
  readConnection,
  setHandover,
  takeAssertion,
  takeAttempt,
  takeHandover,
  useLink,
} from './queries.ts'
import { verifyResponse } from './saml.ts'
import type { AttemptRow, ConnectionRow } from './tables.ts'

type Gives = GivesOf<typeof contract>

/** An attempt that was taken: no other request can go on with it. */
interface Taken {
  readonly org: string
  readonly attempt: AttemptRow
  readonly connection: ConnectionRow
}

export const subjectHash = (subject: string) => createHash('sha256').update(subject).digest()

/** Finishes what this browser began. Refusals: the endpoint's. */
export async function finishHere(ctx: Ctx<Caller | null>, ports: SsoPorts, body: TakesOf<typeof contract>): Promise<Gives> {
  const browser = readToken(ctx.cookie(browserCookie))
  ctx.clearCookie(browserCookie)
  if (!browser) throw refuse(contract, 'sso-expired')
  if (body.handover !== undefined) return handedOver(ctx, body.handover, browser.hash)
  const answer = body.answer ?? ''
  const state = new URLSearchParams(answer).get('state') ?? ''
  const taken = await take(ctx, state, browser.hash)
  if (!taken) throw refuse(contract, 'sso-expired')
  const { settings } = taken.connection
  if (settings.kind !== 'oidc') throw refuse(contract, 'sso-expired')
  const outcome = await judged(ctx, taken, async () => {
    const secrets = sealedOf(ctx, taken) as OidcSecrets
    const configuration = await configurationOf(ctx, ports, taken.org, taken.connection, settings)
    const { redirectUri } = oursOf(ports.publicOrigin(), taken.connection.connection)
    const { fresh } = taken.attempt
    return redeem(configuration, settings, { ...secrets, redirectUri, answer, state, fresh, now: ctx.clock.ms() })
  })
  return enter(ctx, taken, outcome)
}

/** Takes a provider's SAML response. It comes without our cookie, so it opens nothing: it leaves a handover for the browser that began. */
export async function takeResponse(ctx: Ctx<Caller | null>, ports: SsoPorts, connection: string): Promise<RawReply> {
  const form = new URLSearchParams(ctx.raw.toString('utf8'))
  const state = form.get('RelayState') ?? ''
  const away = (hash: string) => new RawReply(303, 'text/plain; charset=utf-8', 'Back to Wardline.\n', { location: `/sso/return#${hash}` })
  const taken = await take(ctx, state, null)
  if (!taken || taken.connection.connection !== connection || taken.connection.settings.kind !== 'saml') return away('problem=sso-expired')
  const { org, attempt } = taken
  const { settings } = taken.connection
  try {
    const handover = await judged(ctx, taken, async () => {
      const ours = oursOf(ports.publicOrigin(), connection)
      const outcome = await verifyResponse(settings, {
        encoded: form.get('SAMLResponse') ?? '',
        audience: ours.entityId,
        acs: ours.assertionUrl,
        state,
        fresh: attempt.fresh,
        now: ctx.clock.ms(),
      })
      return ctx.db.write(org, bySystem, async (tx) => {
        if (!(await takeAssertion(tx, connection, subjectHash(outcome.assertion), outcome.until)))
          throw new SsoRefused('replayed', 'the assertion was used before')
        const token = newToken(org)
        const scope = { org, bucket: 'access', month: monthOf(tx.at) } as const
        const { subject, name, secondFactor, proof } = outcome
        const box = await ctx.keys.seal(
          scope,
          Buffer.from(JSON.stringify({ subject, name, secondFactor, proof })),
          attemptContext(connection),
        )
        await setHandover(tx, readToken(state)!.hash, { handoverHash: token.hash, ...box })
        return token.text
      })
    })
    return away(`handover=${handover}`)
  } catch (thrown) {
    if (thrown instanceof Refusal) return away(`problem=${thrown.code}`)
    throw thrown
  }
}

async function handedOver(ctx: Ctx<Caller | null>, handover: string, browserHash: Buffer): Promise<Gives> {
  const token = readToken(handover)
  if (!token) throw refuse(contract, 'sso-expired')
  const taken = await ctx.db.write(token.org, bySystem, async (tx) => {
    const attempt = await takeHandover(tx, token.hash, browserHash)
    const connection = attempt && (await readConnection(tx, attempt.connection))
    return attempt && connection ? { org: token.org, attempt, connection } : null
  })
  if (!taken) throw refuse(contract, 'sso-expired')
  return enter(ctx, taken, sealedOf(ctx, taken) as Outcome)
}

/** The attempt of this state, for this one answer; null where there is none. */
async function take(ctx: Ctx<Caller | null>, state: string, browserHash: Buffer | null): Promise<Taken | null> {
  const token = readToken(state)
  if (!token) return null
  return ctx.db.write(token.org, bySystem, async (tx) => {
    const attempt = await takeAttempt(tx, token.hash, browserHash)
    const connection = attempt && (await readConnection(tx, attempt.connection))
    return attempt && connection ? { org: token.org, attempt, connection } : null
  })
}

const sealedOf = (ctx: Ctx<Caller | null>, { org, attempt }: Taken): unknown =>
  JSON.parse(ctx.keys.open(org, attempt.data_key, attempt.sealed, attemptContext(attempt.connection)).toString('utf8'))

/** Runs what may be refused; a refusal is kept for the administrator, and the person is told that it failed. */
async function judged<T>(ctx: Ctx<Caller | null>, taken: Taken, run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (thrown) {
    if (!(thrown instanceof SsoRefused)) throw thrown
    await ctx.db.write(taken.org, bySystem, (tx) => tellRefusal(tx, ctx, taken, thrown, null))
    throw new Refusal(thrown.code === 'unreachable' ? 'sso-unreachable' : 'sso-failed')
  }
}

async function tellRefusal(tx: Tx, ctx: Ctx<Caller | null>, taken: Taken, why: SsoRefused, person: string | null): Promise<void> {
  const { connection } = taken.attempt
  await noteProblem(tx, connection, { code: why.code, detail: why.message })
  tx.announce(refused, {
    key: `sso|${connection}`,
    payload: { connection, code: why.code, person, address: networkOf(ctx.request.ip) },
  })
}

/** Whom the provider's words lead to: a trial, a link, or a session. */
async function enter(ctx: Ctx<Caller | null>, taken: Taken, outcome: Outcome): Promise<Gives> {
  const { org, attempt, connection } = taken
  const { purpose } = attempt
  // A link or a trial is of the person who began it, in their own session.
  if (purpose !== 'sign-in' && (ctx.caller?.org !== org || ctx.caller.person !== attempt.person)) throw refuse(contract, 'sso-expired')
  const result = await ctx.db.write(org, purpose === 'sign-in' ? bySystem : ctx.by, async (tx) => {
    if (purpose === 'test') return tryOut(tx, taken, outcome)
    if (purpose === 'link') return link(tx, ctx, taken, outcome)
    const person = await personOf(tx, connection, outcome)
    const active = person !== null && (await lockPerson(tx, person))?.active === true
    if (!active) {
      await tellRefusal(
        tx,
        ctx,
        taken,
        new SsoRefused('not-linked', 'the provider’s person is linked to nobody here, or their access has ended'),
        person,
      )
      return null
    }
    await givePass(tx, person, connection.connection, ssoPolicy.passMinutes)
    await useLink(tx, connection.connection, person)
    await noteWorked(tx, connection.connection)
    tx.announce(proven, {
      key: `person|${person}`,
      actor: person,
      payload: { person, connection: connection.connection, secondFactor: outcome.secondFactor },
    })
    if (!outcome.secondFactor) return { is: 'second-factor' as const, ...(await giveTicket(tx, person)) }
    const begun = await beginSignedIn(tx, ctx, person, attempt.place)
    await setProvider(tx, begun.session, connection.connection)
    return { is: 'begun' as const, begun }
  })
  if (!result) throw refuse(contract, purpose === 'link' ? 'sso-failed' : 'sso-not-linked')
  return result.is === 'begun' ? { is: 'signed-in', session: carrySignedIn(ctx, result.begun) } : result
}

async function tryOut(tx: Tx, { connection }: Taken, outcome: Outcome) {
  const known = await findLink(tx, connection.connection, subjectHash(outcome.subject))
  tx.announce(tested, { key: `sso|${connection.connection}`, payload: { connection: connection.connection } })
  return {
    is: 'tested' as const,
    trial: {
      subject: true,
      name: outcome.name.slice(0, 300),
      proof: outcome.proof,
      secondFactor: outcome.secondFactor,
      linkedTo: known?.person ?? null,
    },
  }
}

async function link(tx: Tx, ctx: Ctx<Caller | null>, taken: Taken, outcome: Outcome) {
  const person = taken.attempt.person!
  const { connection } = taken.connection
  if (!(await lockPerson(tx, person))?.active) return null
  const hash = subjectHash(outcome.subject)
  if ((await findLink(tx, connection, hash))?.person === person) return { is: 'linked' as const }
  if (!(await insertLink(tx, { connection, subjectHash: hash, person, by: person }))) {
    await tellRefusal(tx, ctx, taken, new SsoRefused('linked-elsewhere', 'the provider’s person, or this one, is linked already'), person)
    return null
  }
  tx.announce(linked, { key: `person|${person}`, payload: { person, connection, how: 'themselves' } })
  return { is: 'linked' as const }
}

/** The linked person; else, where the connection allows it, the one whom the directory created under this name, who is linked now. */
async function personOf(tx: Tx, connection: ConnectionRow, outcome: Outcome): Promise<string | null> {
  const hash = subjectHash(outcome.subject)
  const known = await findLink(tx, connection.connection, hash)
  if (known) return known.person
  if (!connection.first_link || outcome.name === '') return null
  const [found, another] = await createdUnder(tx, outcome.name)
  if (!found || another) return null
  const { person } = found
  const held = (await grantsOfPeople(tx, [person])).get(person) ?? []
  if (isOfficer(held.map((grant) => grant.role))) return null
  if (!(await insertLink(tx, { connection: connection.connection, subjectHash: hash, person, by: null }))) return null
  tx.announce(linked, { key: `person|${person}`, payload: { person, connection: connection.connection, how: 'directory' } })
  return person
}

/** Whose connection a SAML answer is for, or null. */
export const orgOf = (ctx: Pick<Ctx<Caller | null>, 'db'>, connection: string): Promise<string | null> =>
  ctx.db.read(installationOrg, (db) => findOrg(db, connection))
