import { createHash } from 'node:crypto'
import { bySystem, installationOrg, networkOf } from '@wardline/platform/server'
import type { Services } from '@wardline/platform/server'
import { strictestFigures } from '@wardline/product/access/policies/server'
import { findSignIn } from '@wardline/product/access/provisioning/server'
import { waitsOf } from '../rules.ts'
import type { From } from './tables.ts'
import { chargeAttempt, forgetAttempts, refundAttempt, waitLeft } from './queries.ts'

/** Attempts with this name from this address, or from a browser that is known for it. */
export const fromOf = (name: string, address: string, browser: string | null = null): From => ({
  nameKey: createHash('sha256').update(name).digest().subarray(0, 3),
  network: laneOf(address, browser),
})

/** Whose attempts count together: a network's, or those of one known browser, which no stranger beside it slows down. */
export const laneOf = (address: string, browser: string | null): string => (browser === null ? networkOf(address) : `known|${browser}`)

/** Counts an attempt and looks up the name, in one transaction for names that somebody has and for others; or says how many seconds are left to wait. */
export async function charge(
  services: Pick<Services, 'db' | 'clock'>,
  from: From,
  name: string | null,
): Promise<{ readonly wait: number } | { readonly wait: 0; readonly found: { org: string; person: string } | undefined }> {
  const policy = await strictestFigures(services)
  const waits = waitsOf(policy['back-off.free-tries'], policy['back-off.longest-minutes'])
  return services.db.write(installationOrg, bySystem, async (tx) => {
    if (!(await chargeAttempt(tx, from, waits))) return { wait: Math.min(waits.at(-1)!, Math.max(1, await waitLeft(tx, from))) }
    return { wait: 0, found: name === null ? undefined : await findSignIn(tx, name) }
  })
}

/** The attempt was right: it does not count. */
export const refund = (services: Pick<Services, 'db'>, from: From) =>
  services.db.write(installationOrg, bySystem, (tx) => refundAttempt(tx, from))

/** Somebody signed in from here: what came before is forgotten. */
export const forget = (services: Pick<Services, 'db'>, from: From) =>
  services.db.write(installationOrg, bySystem, (tx) => forgetAttempts(tx, from))
