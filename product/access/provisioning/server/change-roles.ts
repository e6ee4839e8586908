import type { Tx } from '@wardline/platform/db'
import { rolesOf, setRolesOf } from '@wardline/product/access/roles/server'
import type { Role } from '@wardline/product/access/roles/server'
import { refreshCallers } from '@wardline/product/access/sessions/server'
import { lockPerson } from './queries.ts'
import { ProvisioningRefused } from './refused.ts'

/** Gives a person exactly these roles, in their open sessions too. Throws ProvisioningRefused or RolesRefused. */
export async function changeRoles(tx: Tx, person: string, roles: readonly Role[], exception?: string): Promise<readonly Role[]> {
  const row = await lockPerson(tx, person)
  if (!row?.active) throw new ProvisioningRefused('no-such-person')
  await setRolesOf(tx, person, roles, exception)
  refreshCallers(tx, person)
  return rolesOf(tx, person)
}
