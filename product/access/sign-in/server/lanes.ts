import type { Tx } from '@wardline/platform/db'
import { notify } from '@wardline/product/access/mfa/server'
import { authenticatorDisabled } from '@wardline/product/access/mfa/contract'
import { figure } from '@wardline/product/access/policies/server'
import { browserForgotten, strangersStopped } from '../contract.ts'
import { lanesOf } from '../rules.ts'
import type { Lanes } from '../rules.ts'
import {
  chargeBrowser,
  chargeLane,
  clearTries,
  disablePassword,
  forgetBrowser,
  hasKnownBrowser,
  lockTries,
  stopStrangers,
  usablePassword,
} from './queries.ts'

/** A try that was counted, and what to verify; no password: there is none to try, or its lane is full. */
export interface Counted {
  readonly password: { readonly dataKey: string; readonly sealed: Buffer } | null
  readonly lane: 'known' | 'strangers'
  readonly browser: string | null
  readonly limits: Lanes
}

/**
 * Counts a try against somebody's password before it is judged, so that parallel guesses cannot outrun the count. It writes whether or not
 * there is a password, as for a name that nobody has. A known browser whose lane is full is a stranger.
 */
export async function countTry(tx: Tx, person: string, browser: string | null): Promise<Counted> {
  const now = await lockTries(tx, person)
  const limits = lanesOf(await figure(tx, 'password.most-failures'))
  const lane = browser !== null && now.known < limits.known ? 'known' : 'strangers'
  const counted = { lane, browser: lane === 'known' ? browser : null, limits } as const
  const isFull = lane === 'strangers' && (now.stopped || now.strangers >= limits.strangers)
  if (isFull) return { ...counted, password: null }
  const row = await usablePassword(tx, person)
  if (!row) return { ...counted, password: null }
  await chargeLane(tx, person, lane)
  if (counted.browser !== null) await chargeBrowser(tx, counted.browser)
  return { ...counted, password: { dataKey: row.data_key, sealed: row.sealed } }
}

/** The password was right: what came before is forgotten, in both lanes, and strangers may try again. */
export const forgiveTries = (tx: Tx, person: string, browser: string | null): Promise<unknown> => clearTries(tx, person, browser)

/**
 * The password was wrong. A browser that guessed too often is known no more. Strangers who filled their lane are turned away, and the
 * person and the officers are told; where nobody else is left who could try, the password is disabled (NIST SP 800-63B-4, 3.2.2).
 */
export async function judgeWrong(tx: Tx, person: string, counted: Counted): Promise<void> {
  const { limits, browser } = counted
  if (browser !== null && (await forgetBrowser(tx, browser, limits.browser)) > 0)
    tx.announce(browserForgotten, { key: `person|${person}`, payload: { person, browser } })
  const now = await lockTries(tx, person)
  if (now.strangers < limits.strangers) return
  if ((await stopStrangers(tx, person)) > 0) {
    tx.announce(strangersStopped, { key: `person|${person}`, payload: { person } })
    await notify(tx, person, 'password-guessed')
  }
  if (now.known < limits.known && (await hasKnownBrowser(tx, person))) return
  if ((await disablePassword(tx, person)) > 0)
    tx.announce(authenticatorDisabled, { key: `person|${person}`, payload: { person, authenticator: 'password' } })
}
