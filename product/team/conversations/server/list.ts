import { toBase64url } from '@wardline/crypto'
import type { GivesOf } from '@wardline/platform/contract'
import type { Db } from '@wardline/platform/db'
import { monthOf } from '@wardline/platform/server'
import type { oneConversation } from '@wardline/product/team/conversations/contract'
import { rekeyReason } from '@wardline/product/team/conversations/rules'
import { listConversations } from './queries.ts'
import type { ListedRow } from './tables.ts'

type Listed = GivesOf<typeof oneConversation>

/** One of a person's conversations, or undefined: another's looks like none. */
export async function listed(db: Db, person: string, conversation: string, now: Date): Promise<Listed | undefined> {
  const [row] = await listConversations(db, person, conversation)
  return row && present(row, now)
}

/** A person's conversations, newest first. */
export const listedAll = async (db: Db, person: string, now: Date): Promise<Listed[]> =>
  (await listConversations(db, person, null)).map((row) => present(row, now))

/** A conversation's row as the rule about its epoch looks at it. */
export const epochState = (row: Pick<ListedRow, 'rekey' | 'epoch_used_at' | 'epoch_from' | 'last_sequence' | 'epoch_month'>) => ({
  rekey: row.rekey,
  usedAt: row.epoch_used_at?.getTime() ?? null,
  from: row.epoch_from,
  last: row.last_sequence,
  month: row.epoch_month,
})

const present = (row: ListedRow, now: Date): Listed => ({
  conversation: row.id,
  kind: row.kind,
  members: [...row.members],
  createdAt: row.created_at.getTime(),
  epoch: { n: row.epoch, hash: toBase64url(row.epoch_hash) },
  rekey: rekeyReason(epochState(row), { now: now.getTime(), month: monthOf(now) }, false),
  lastSequence: row.last_sequence,
  lastAt: row.last_at?.getTime() ?? null,
  shown: row.shown,
  unread: row.unread,
  disputed: row.disputed,
})
