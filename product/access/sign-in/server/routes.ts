import { anyone, refuse, serve } from '@wardline/platform/server'
import type { Route } from '@wardline/platform/server'
import { recoveryCodeUsed, totpEnrolled } from '@wardline/product/access/mfa/contract'
import { enrolmentUsed } from '@wardline/product/access/provisioning/contract'
import { sessionStarted } from '@wardline/product/access/sessions/contract'
import * as contract from '../contract.ts'
import { beginFirstSignIn, finishFirstSignIn } from './enrol.ts'
import { Busy } from './queue.ts'
import { signInByCode, signInByRecoveryCode } from './sign-in-code.ts'
import { signInByPassword } from './sign-in.ts'

/** A full queue of passwords to check is "too many", not a mistake of ours. */
async function unlessBusy<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (thrown) {
    if (thrown instanceof Busy) throw refuse(contract.signIn, 'too-many', { retryAfter: 3 })
    throw thrown
  }
}

const who = (what: string) => anyone(`${what} is how a session begins`)
// A hospital changes shifts behind one address.
const limit = { most: 600, seconds: 60 }
// Larger than any allowed field together, smaller than what would be worth sending.
const largest = 8 * 1024

export const routes: readonly Route[] = [
  serve(contract.signIn, {
    who: who('name and password'),
    audit: [contract.signInFailed, contract.strangersTurnedAway],
    phi: 'none',
    limit,
    largest,
    run: (ctx, body) => unlessBusy(() => signInByPassword(ctx, body)),
  }),
  serve(contract.signInCode, {
    who: who('ticket and code'),
    audit: [contract.signInSucceeded, contract.signInFailed, sessionStarted],
    phi: 'none',
    limit,
    largest,
    run: signInByCode,
  }),
  serve(contract.signInRecovery, {
    who: who('ticket and recovery code'),
    audit: [contract.signInSucceeded, contract.signInFailed, recoveryCodeUsed, sessionStarted],
    phi: 'none',
    limit,
    largest,
    run: signInByRecoveryCode,
  }),
  serve(contract.beginEnrolment, {
    who: who('a one-time code'),
    audit: [contract.signInFailed, contract.strangersTurnedAway],
    phi: 'none',
    limit,
    largest,
    run: beginFirstSignIn,
  }),
  serve(contract.finishEnrolment, {
    who: who('a one-time code'),
    audit: [contract.passwordSet, totpEnrolled, enrolmentUsed, contract.signInSucceeded, contract.signInFailed],
    phi: 'none',
    limit,
    largest,
    run: (ctx, body) => unlessBusy(() => finishFirstSignIn(ctx, body)),
  }),
]
