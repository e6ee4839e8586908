import type { Db } from '@wardline/platform/db'
import type { Caller } from '@wardline/platform/server'
import { people, readOrganisation } from '@wardline/product/access/provisioning/server'
import { demandOf, meets } from '../rules.ts'
import type { PasskeyDemand } from '../rules.ts'
import { passkeysOf } from './queries.ts'

const officers: ReadonlySet<string> = new Set(['administrator', 'privacy-officer', 'security-officer'])

/** What is asked of somebody with these roles, in this organisation. */
export async function demandHere(db: Db, roles: readonly string[]): Promise<PasskeyDemand> {
  const { preset } = await readOrganisation(db)
  return demandOf({ preset, people: (await people(db)).people.length, officer: roles.some((role) => officers.has(role)) })
}

/** How many passkeys a caller has, how many are demanded, and whether theirs meet the demand. */
export async function passkeyStanding(db: Db, caller: Caller): Promise<{ have: number; required: number; met: boolean }> {
  const rows = await passkeysOf(db, caller.person)
  const demand = await demandHere(db, caller.roles)
  const met = meets(
    demand,
    rows.map((row) => ({ maySync: row.may_sync, copied: row.copied_at !== null })),
  )
  return { have: rows.length, required: demand.required, met }
}
