import type { Static } from '@wardline/platform/contract'
import type { Db } from '@wardline/platform/db'
import type { KeyLedger } from '@wardline/platform/server'
import type { Message } from '@wardline/product/team/messages/contract'
import { messagesBetween } from './queries.ts'
import { messageOf } from './read.ts'

export { conversationsOf } from './queries.ts'

/** Stored messages of epochs `from` to `to` of a conversation without their outer wrap, in their order, at most `limit`: for an approved opening of the archive. */
export async function unwrapMessages(
  db: Db,
  keys: KeyLedger,
  scope: { readonly conversation: string; readonly from: number; readonly to: number },
  limit: number,
): Promise<Static<typeof Message>[]> {
  return (await messagesBetween(db, scope, limit)).map((row) => messageOf(keys, db.org, row))
}
