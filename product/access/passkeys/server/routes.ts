import { anyone, Refusal, serve, signedIn } from '@wardline/platform/server'
import type { Route } from '@wardline/platform/server'
import { sessionProven } from '@wardline/product/access/sessions/contract'
import { signedInFreshly } from '@wardline/product/access/sessions/server'
import { signInSucceeded } from '@wardline/product/access/sign-in/contract'
import * as contract from '../contract.ts'
import { relyingPartyOf } from '../rules.ts'
import { addOwn, beginOwn, changeOwn, listOwn, removeOwn } from './own.ts'
import { beginProof, beginSignIn, finishProof, finishSignIn } from './sign-in.ts'
import type { RelyingParty } from './verify.ts'

const limit = { most: 30, seconds: 60 }
// A stolen session must not make itself a way in that lasts: what adds or removes one asks for a fresh proof.
const outside = 'whoever signs in has no session yet; the passkey proves them'

/** The routes; `publicOrigin` is where people reach this server. */
export function routesAt(publicOrigin: () => string): readonly Route[] {
  const here = (): RelyingParty => {
    const rp = relyingPartyOf(publicOrigin())
    if (!rp) throw new Refusal('no-passkeys-here')
    return rp
  }
  return [
    serve(contract.myPasskeys, {
      who: signedIn,
      audit: { none: 'shows a person their own passkeys' },
      phi: 'none',
      run: (ctx) => listOwn(ctx, relyingPartyOf(publicOrigin()) !== null),
    }),
    serve(contract.beginPasskey, {
      who: signedInFreshly,
      audit: { none: 'draws a challenge; the passkey is told when it is added' },
      phi: 'none',
      limit,
      run: (ctx) => beginOwn(ctx, here()),
    }),
    serve(contract.addPasskey, {
      who: signedInFreshly,
      audit: contract.passkeyAdded,
      phi: 'none',
      limit,
      run: (ctx, body) => addOwn(ctx, here(), body),
    }),
    serve(contract.changePasskey, {
      who: signedIn,
      audit: contract.passkeyChanged,
      phi: 'none',
      limit,
      run: (ctx, body, { passkey }) => changeOwn(ctx, passkey, body),
    }),
    serve(contract.removePasskey, {
      who: signedInFreshly,
      audit: contract.passkeyRemoved,
      phi: 'none',
      limit,
      run: (ctx, _body, { passkey }) => removeOwn(ctx, passkey),
    }),
    serve(contract.beginPasskeySignIn, {
      who: anyone(outside),
      audit: { none: 'draws a challenge; the sign-in is told when it succeeds' },
      phi: 'none',
      run: (ctx) => beginSignIn(ctx, here()),
    }),
    serve(contract.signInByPasskey, {
      who: anyone(outside),
      audit: [signInSucceeded, contract.passkeyRefused, contract.passkeyCopied],
      phi: 'none',
      run: (ctx, body) => finishSignIn(ctx, here(), body),
    }),
    serve(contract.beginStepUp, {
      who: signedIn,
      audit: { none: 'draws a challenge; the proof is told when it is given' },
      phi: 'none',
      limit,
      run: (ctx) => beginProof(ctx, here()),
    }),
    serve(contract.stepUpByPasskey, {
      who: signedIn,
      audit: [sessionProven, contract.passkeyRefused, contract.passkeyCopied],
      phi: 'none',
      limit,
      run: (ctx, body) => finishProof(ctx, here(), body),
    }),
  ]
}
