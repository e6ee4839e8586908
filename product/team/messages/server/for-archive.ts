import type { Static } from '@wardline/platform/contract'
import type { Db } from '@wardline/platform/db'
import type { KeyLedger } from '@wardline/platform/server'
import type { Message } from '@wardline/product/team/messages/contract'
import { messagesBetween } from './queries.ts'
import { messageOf } from './read.ts'

export { conversationsOf } from './queries.ts'

const page = 500

/** Stored messages of epochs `from` to `to` of a conversation without their outer wrap, page by page in their order: for an approved opening of the archive. */
export async function* unwrapMessages(
  db: Db,
  keys: KeyLedger,
  scope: { readonly conversation: string; readonly from: number; readonly to: number },
): AsyncGenerator<Static<typeof Message>[]> {
  for (let after = 0; ;) {
    const rows = await messagesBetween(db, scope, after, page)
    if (rows.length === 0) return
    yield rows.map((row) => messageOf(keys, db.org, row))
    after = rows.at(-1)!.sequence
  }
}
