import type { Tx } from '@wardline/platform/db'
import { setRolesOf } from '@wardline/product/access/roles/server'
import { endSessions } from '@wardline/product/access/sessions/server'
import { personDeactivated } from '../contract.ts'
import { cancelEnrolments, lockPerson, setInactive } from './queries.ts'
import { ProvisioningRefused } from './refused.ts'

/**
 * Ends a person's access in one transaction: roles withdrawn, codes cancelled, sessions ended (45 CFR 164.308(a)(3)(ii)(C)).
 * Returns how many sessions ended. Throws ProvisioningRefused, or RolesRefused for the last administrator.
 */
export async function deactivatePerson(tx: Tx, person: string): Promise<number> {
  // The lock gives this and a sign-in in flight an order: the sign-in either came first and is ended here, or finds the person gone.
  const row = await lockPerson(tx, person)
  if (!row?.active) throw new ProvisioningRefused('no-such-person')
  await setRolesOf(tx, person, [])
  await setInactive(tx, person)
  await cancelEnrolments(tx, person)
  tx.announce(personDeactivated, { key: `person|${person}`, payload: { person } })
  return endSessions(tx, { person }, 'deactivated')
}
