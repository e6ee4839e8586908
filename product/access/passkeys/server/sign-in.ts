import { randomBytes } from 'node:crypto'
import type { GivesOf, TakesOf } from '@wardline/platform/contract'
import { bySystem, installationOrg, refuse } from '@wardline/platform/server'
import type { Caller, Ctx } from '@wardline/platform/server'
import { lockPerson } from '@wardline/product/access/provisioning/server'
import { proveSession } from '@wardline/product/access/sessions/server'
import { beginSignedIn, carrySignedIn } from '@wardline/product/access/sign-in/server'
import { beginPasskeySignIn, beginStepUp, signInByPasskey, stepUpByPasskey } from '../contract.ts'
import { passkeyPolicy } from '../rules.ts'
import { newChallenge, useChallenge } from './challenges.ts'
import { passkeysOf } from './queries.ts'
import { judgeAssertion } from './verify.ts'
import type { RelyingParty } from './verify.ts'

/** The cookie that ties a challenge to the browser that asked for it. */
const bindingCookie = 'wlp'

/** What a passkey carries of whose it is: organisation and person, 16 bytes each; nothing that says who they are. */
export const userHandle = (org: string, person: string): string =>
  Buffer.from((org + person).replaceAll('-', ''), 'hex').toString('base64url')

function readUserHandle(handle: string | null): { readonly org: string; readonly person: string } | null {
  const hex = Buffer.from(handle ?? '', 'base64url').toString('hex')
  if (hex.length !== 64) return null
  const id = (at: number) => hex.slice(at, at + 32).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
  return { org: id(0), person: id(32) }
}

/** A challenge for a browser that nobody is signed in at. */
export async function beginSignIn(ctx: Ctx<Caller | null>, rp: RelyingParty): Promise<GivesOf<typeof beginPasskeySignIn>> {
  const bound = randomBytes(32).toString('base64url')
  const challenge = await ctx.db.write(installationOrg, bySystem, (tx) => newChallenge(tx, 'sign-in', bound))
  ctx.setCookie(bindingCookie, bound, { maxAgeSeconds: passkeyPolicy.challengeMinutes * 60 })
  return { challenge, relyingParty: rp.id, credentials: [] }
}

/** Signs in whoever the passkey belongs to. Every refusal has one answer. */
export async function finishSignIn(
  ctx: Ctx<Caller | null>,
  rp: RelyingParty,
  { assertion, place }: TakesOf<typeof signInByPasskey>,
): Promise<GivesOf<typeof signInByPasskey>> {
  const bound = ctx.cookie(bindingCookie) ?? ''
  const challenge = await ctx.db.write(installationOrg, bySystem, (tx) => useChallenge(tx, 'sign-in', bound, assertion.clientData))
  const whose = readUserHandle(assertion.userHandle)
  if (challenge === null || whose === null) throw refuse(signInByPasskey, 'not-proven')
  const begun = await ctx.db.write(whose.org, bySystem, async (tx) => {
    const active = (await lockPerson(tx, whose.person))?.active === true
    const proven = await judgeAssertion(tx, { rp, challenge, person: whose.person, active, assertion })
    return proven ? beginSignedIn(tx, ctx, whose.person, place ?? 'private') : null
  })
  if (!begun) throw refuse(signInByPasskey, 'not-proven')
  ctx.clearCookie(bindingCookie)
  return carrySignedIn(ctx, begun)
}

/** A challenge for the person of this session. */
export async function beginProof(ctx: Ctx, rp: RelyingParty): Promise<GivesOf<typeof beginStepUp>> {
  return ctx.write(async (tx) => ({
    challenge: await newChallenge(tx, 'step-up', ctx.caller.session),
    relyingParty: rp.id,
    credentials: (await passkeysOf(tx, ctx.caller.person)).map((it) => it.credential_id.toString('base64url')),
  }))
}

/** The person of this session has proven themselves once more. */
export async function finishProof(
  ctx: Ctx,
  rp: RelyingParty,
  { assertion }: TakesOf<typeof stepUpByPasskey>,
): Promise<GivesOf<typeof stepUpByPasskey>> {
  const { person, session } = ctx.caller
  const until = await ctx.write(async (tx) => {
    const challenge = await useChallenge(tx, 'step-up', session, assertion.clientData)
    if (challenge === null) return null
    const active = (await lockPerson(tx, person))?.active === true
    return (await judgeAssertion(tx, { rp, challenge, person, active, assertion })) ? proveSession(tx, session, 'passkey') : null
  })
  if (until === null) throw refuse(stepUpByPasskey, 'not-proven')
  return { until }
}
