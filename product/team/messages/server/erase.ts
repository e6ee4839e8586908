import { parseEnvelope } from '@wardline/crypto'
import type { Tx } from '@wardline/platform/db'
import type { KeyLedger } from '@wardline/platform/server'
import { erasable, putTombstone } from './queries.ts'
import { wrapOf } from './writer.ts'

/**
 * Erases the envelopes of a conversation up to a sequence, at most 1,000 in one go; returns how many. Each leaves a tombstone that
 * verifies in its chain. Whoever decides about retention and holds calls it, and destroys the bucket's data key afterwards.
 */
export async function eraseMessages(tx: Tx, keys: KeyLedger, conversation: string, upTo: number): Promise<number> {
  const rows = await erasable(tx, conversation, upTo, 1_000)
  for (const row of rows) {
    const envelope = parseEnvelope(keys.open(tx.org, row.data_key!, row.sealed!, wrapOf(conversation, row.device, row.msg_id)))
    await putTombstone(tx, conversation, row.sequence, envelope.header.prev, envelope.rest)
  }
  return rows.length
}
