import { createHash } from 'node:crypto'
import { bySystem, installationOrg, networkOf } from '@wardline/platform/server'
import type { Services } from '@wardline/platform/server'
import { figuresOf, standInFigures } from '@wardline/product/access/policies/server'
import { findSignIn } from '@wardline/product/access/provisioning/server'
import { waitsOf } from '../rules.ts'
import { nameSecret } from './secret.ts'
import type { From } from './tables.ts'
import { chargeAttempt, forgetAttempts, refundAttempt, waitLeft } from './queries.ts'

/** Attempts with this name from this address, or from a browser that is known for it. */
export const fromOf = (name: string, address: string, browser: string | null = null): From => ({
  nameKey: createHash('sha256').update(name).digest().subarray(0, 3),
  network: laneOf(address, browser),
})

/** Whose attempts count together: a network's, or those of one known browser, which no stranger beside it slows down. */
export const laneOf = (address: string, browser: string | null): string => (browser === null ? networkOf(address) : `known|${browser}`)

/**
 * Counts an attempt and looks up the name, or says how many seconds are left to wait. It waits by the figures of the organisation that the name
 * belongs to (`org`, where it is known), and a name that nobody has by those of some organisation, in the same steps.
 */
export async function charge(
  services: Pick<Services, 'db' | 'clock' | 'keys'>,
  from: From,
  of: { readonly name: string } | { readonly org: string },
): Promise<{ readonly wait: number } | { readonly wait: 0; readonly found: { org: string; person: string } | undefined }> {
  const found = 'name' in of ? await services.db.read(installationOrg, (db) => findSignIn(db, of.name)) : undefined
  const org = 'org' in of ? of.org : found?.org
  const own = await figuresOf(services, org ?? installationOrg)
  // Drawn for a name that somebody has as well: the answer takes as long.
  const standIn = 'name' in of ? await standInFigures(services, { name: of.name, secret: await nameSecret(services) }) : own
  const policy = org === undefined ? standIn : own
  const waits = waitsOf(policy['back-off.free-tries'], policy['back-off.longest-minutes'])
  return services.db.write(installationOrg, bySystem, async (tx) => {
    if (!(await chargeAttempt(tx, from, waits))) return { wait: Math.min(waits.at(-1)!, Math.max(1, await waitLeft(tx, from))) }
    return { wait: 0, found }
  })
}

/** The attempt was right: it does not count. */
export const refund = (services: Pick<Services, 'db'>, from: From) =>
  services.db.write(installationOrg, bySystem, (tx) => refundAttempt(tx, from))

/** Somebody signed in from here: what came before is forgotten. */
export const forget = (services: Pick<Services, 'db'>, from: From) =>
  services.db.write(installationOrg, bySystem, (tx) => forgetAttempts(tx, from))
