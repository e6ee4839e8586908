import type { Db } from '@wardline/platform/db'
import type { Caller } from '@wardline/platform/server'
import { readOrganisation } from '@wardline/product/access/provisioning/server'
import { may } from '@wardline/product/access/roles/server'
import type { Action } from '@wardline/product/access/roles/server'
import { reaches } from '../rules.ts'

/** Whether a caller's right reaches this organisation's patients; a route refuses with `not-found` where it does not. */
export async function mayReach(db: Db, caller: Caller, action: Action): Promise<boolean> {
  const decision = may(caller.roles, action)
  if (!decision.yes) return false
  if (decision.reach === 'all') return true
  const { preset } = await readOrganisation(db)
  return reaches({ reach: decision.reach, preset })
}
