import type { Tx } from '@wardline/platform/db'
import { readPerson } from '@wardline/product/access/provisioning/server'
import { newToken } from '@wardline/product/access/sessions/server'
import { signInPolicy } from '../rules.ts'
import { fromOf } from './backoff.ts'
import { insertTicket } from './queries.ts'

/** A ticket for the second step, for a person whose first factor was proven in another way: by the organisation's own sign-in. `until` in ms. */
export async function giveTicket(tx: Tx, person: string): Promise<{ ticket: string; until: number }> {
  const row = await readPerson(tx, person)
  if (!row) throw new Error('A ticket needs a person of this organisation.')
  const ticket = newToken(tx.org)
  const { nameKey } = fromOf(row.sign_in_name, '')
  const { until } = await insertTicket(tx, { hash: ticket.hash, person, nameKey, minutes: signInPolicy.ticketMinutes })
  return { ticket: ticket.text, until: until.getTime() }
}
