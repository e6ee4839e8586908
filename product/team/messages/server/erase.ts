import { parseEnvelope } from '@wardline/crypto'
import type { Tx } from '@wardline/platform/db'
import type { KeyLedger } from '@wardline/platform/server'
import { messagesErased } from '../contract.ts'
import { erasable, putTombstone } from './queries.ts'
import { wrapOf } from './writer.ts'

/**
 * Erases the envelopes of a conversation up to a sequence, at most 1,000 in one go; returns how many. Each leaves a tombstone that
 * verifies in its chain, and the log says how many of which. Whoever decides about retention and holds calls it, and has the month's data
 * key destroyed (`eraseMonth`) afterwards.
 */
export async function eraseMessages(tx: Tx, keys: KeyLedger, conversation: string, upTo: number): Promise<number> {
  const rows = await erasable(tx, conversation, upTo, 1_000)
  for (const row of rows) {
    const envelope = parseEnvelope(keys.open(tx.org, row.data_key!, row.sealed!, wrapOf(conversation, row.device, row.msg_id)))
    await putTombstone(tx, conversation, row.sequence, envelope.header.prev, envelope.rest)
  }
  const [first, last] = [rows[0], rows.at(-1)]
  if (first && last)
    tx.announce(messagesErased, {
      key: `conversation|${conversation}`,
      payload: { conversation, from: first.sequence, through: last.sequence, messages: rows.length },
    })
  return rows.length
}
