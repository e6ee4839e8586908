import type { Tx } from '@wardline/platform/db'
import { personReactivated } from '../contract.ts'
import { lockPerson, setActive } from './queries.ts'
import { ProvisioningRefused } from './refused.ts'

/** Lets a person back in whose access had ended: the same person, without roles, sessions or codes. Throws ProvisioningRefused. */
export async function reactivatePerson(tx: Tx, person: string): Promise<void> {
  const row = await lockPerson(tx, person)
  if (!row || row.active) throw new ProvisioningRefused('no-such-person')
  if ((await setActive(tx, person)) === 0) throw new ProvisioningRefused('no-such-person')
  tx.announce(personReactivated, { key: `person|${person}`, payload: { person } })
}
