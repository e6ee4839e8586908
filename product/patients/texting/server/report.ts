import type { Tx } from '@wardline/platform/db'
import type { StatusUpdate } from '@wardline/product/integrations/sms/contract'
import { advance } from '@wardline/product/integrations/sms/rules'
import { lockNumber } from '@wardline/product/patients/roster/server'
import { textDelivery } from '../contract.ts'
import { announceThread } from './outbox.ts'
import type { Desk } from './port.ts'
import { findReported, lockText, setReported } from './queries.ts'
import { heed, noteSent } from './send.ts'
import type { ChannelRow } from './tables.ts'

const uuid = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/

/**
 * Takes what the carrier says of a text, in whatever order and however often: the state only advances. That it speaks of a text at all
 * proves that it has it. False if there is no such text.
 */
export async function report(tx: Tx, desk: Desk, channel: ChannelRow, it: StatusUpdate): Promise<boolean> {
  const hint = it.hint !== undefined && uuid.test(it.hint) ? it.hint : null
  const found = await findReported(tx, channel.channel, it.providerId, hint)
  if (!found) return false
  if (it.problem) await lockNumber(tx, found.number, 'alone')
  const row = (await lockText(tx, found.text))!
  if (row.provider_id !== null && row.provider_id !== it.providerId) return false
  const delivery = row.delivery === null ? it.status : advance(row.delivery, it.status)
  const news = delivery !== row.delivery || row.state !== 'accepted' || row.provider_id === null
  if (!news) return true
  const problem = delivery === it.status ? (it.problem?.code ?? null) : row.problem
  await setReported(tx, row.text, { providerId: it.providerId, delivery, problem: delivery === 'delivered' ? null : problem })
  const { text, thread, number } = row
  const key = `number|${number}`
  if (row.state !== 'accepted') await noteSent(tx, desk, row, row.attempt)
  tx.announce(textDelivery, { key, payload: { text, thread, number, status: delivery, problem } })
  if (it.problem) await heed(tx, desk, number, it.problem)
  await announceThread(tx, desk, thread)
  return true
}
