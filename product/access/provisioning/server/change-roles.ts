import type { Tx } from '@wardline/platform/db'
import { bySystem } from '@wardline/platform/server'
import type { DueWork } from '@wardline/platform/server'
import { grantsOfPeople, noteRolesInForce, setRolesOf, windowed } from '@wardline/product/access/roles/server'
import type { Role } from '@wardline/product/access/roles/server'
import { refreshCallers } from '@wardline/product/access/sessions/server'
import type { Windows } from './create.ts'
import { lockPerson } from './queries.ts'
import { ProvisioningRefused } from './refused.ts'

/** Gives a person exactly these roles, in their open sessions too; returns what they were given. Throws ProvisioningRefused or RolesRefused. */
export async function changeRoles(
  tx: Tx,
  person: string,
  roles: readonly Role[],
  exception?: string,
  windows?: Windows,
): Promise<readonly Role[]> {
  const row = await lockPerson(tx, person)
  if (!row?.active) throw new ProvisioningRefused('no-such-person')
  await setRolesOf(tx, person, roles, exception, windows)
  refreshCallers(tx, person)
  return ((await grantsOfPeople(tx, [person])).get(person) ?? []).map((it) => it.role)
}

/** Roles that count for a time only begin and end in open windows too; those whose time is over are withdrawn. */
export const rolesInTime: DueWork = {
  name: 'provisioning.roles-in-time',
  async run({ db }) {
    let done = 0
    for (const { org, person } of await db.sweep(windowed)) {
      const changed = await db.write(org, bySystem, async (tx) => {
        if (!(await noteRolesInForce(tx, person))) return false
        refreshCallers(tx, person)
        return true
      })
      if (changed) done += 1
    }
    return done
  },
}
