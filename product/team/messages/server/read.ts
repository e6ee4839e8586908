import { KeyFailure, Refusal } from '@wardline/platform/server'
import type { Caller, KeyLedger, Services } from '@wardline/platform/server'
import type { GivesOf, Static } from '@wardline/platform/contract'
import { isMember } from '@wardline/product/team/conversations/server'
import type { Message, messagePage, receipts as receiptsEndpoint } from '@wardline/product/team/messages/contract'
import { endsOf, pageOf, receiptsOf, restOf } from './queries.ts'
import type { MessageRow } from './tables.ts'
import { wrapOf } from './writer.ts'

/** A stored message as a device gets it; what was erased, by row or by key, is a tombstone or less. */
export function messageOf(keys: KeyLedger, org: string, row: MessageRow): Static<typeof Message> {
  const { conversation, sequence, epoch, person, device } = row
  const known = { conversation, sequence, epoch, person, device, at: row.at.getTime(), hash: row.hash.toString('base64url') }
  if (row.data_key === null || row.sealed === null)
    return {
      ...known,
      envelope: null,
      tombstone: { prev: row.tombstone_prev!.toString('base64url'), rest: row.tombstone_rest!.toString('base64url') },
    }
  try {
    const bytes = keys.open(org, row.data_key, row.sealed, wrapOf(conversation, device, row.msg_id))
    return { ...known, envelope: bytes.toString('base64url') }
  } catch (thrown) {
    if (thrown instanceof KeyFailure && thrown.code === 'erased') return { ...known, envelope: null }
    throw thrown
  }
}

/** A page of messages before a sequence, newest first. Refusal `not-found` for whoever is no member now. */
export async function readPage(
  services: Pick<Services, 'db' | 'keys'>,
  caller: Caller,
  conversation: string,
  it: { readonly before?: string | undefined; readonly limit?: string | undefined },
): Promise<GivesOf<typeof messagePage>> {
  const limit = Number(it.limit ?? '50')
  const rows = await services.db.read(caller.org, async (db) => {
    if (!(await isMember(db, conversation, caller.person))) throw new Refusal('not-found')
    return pageOf(db, conversation, caller.person, Number(it.before ?? Number.MAX_SAFE_INTEGER), limit + 1)
  })
  return { messages: rows.slice(0, limit).map((row) => messageOf(services.keys, caller.org, row)), more: rows.length > limit }
}

/** Watermarks of the members' devices. */
export async function readReceipts(
  services: Pick<Services, 'db'>,
  caller: Caller,
  conversation: string,
): Promise<GivesOf<typeof receiptsEndpoint>> {
  const rows = await services.db.read(caller.org, async (db) => {
    if (!(await isMember(db, conversation, caller.person))) throw new Refusal('not-found')
    return receiptsOf(db, conversation)
  })
  return {
    receipts: rows.map((row) => ({
      person: row.person,
      device: row.device,
      delivered: row.delivered,
      shown: row.shown,
      at: row.moved_at.getTime(),
    })),
  }
}

/** Of a conversation that a device does not name it gets this many. */
const newest = 50

/** At most this many messages answer one sync, and none after so many bytes: what one window asks for must not fill the server. */
export const mostRest = 2_000
const mostRestBytes = 4 * 1024 * 1024

/** Exactly what a device lacks, and where its conversations stand. */
export async function readRest(
  services: Pick<Services, 'db' | 'keys'>,
  caller: Caller,
  have: readonly { readonly conversation: string; readonly sequence: number }[],
): Promise<{ messages: Static<typeof Message>[]; ends: { conversation: string; sequence: number; epoch: number }[]; more: boolean }> {
  const known = new Map(have.map((it) => [it.conversation, it.sequence]))
  const { rows, ends } = await services.db.read(caller.org, async (db) => {
    const ends = await endsOf(db, caller.person)
    const wants = ends.flatMap(({ conversation, sequence }) => {
      const since = known.get(conversation) ?? Math.max(0, sequence - newest)
      return sequence > since ? [{ conversation, since }] : []
    })
    // A device that has everything costs one query.
    return { ends, rows: wants.length === 0 ? [] : await restOf(db, caller.person, wants, { limit: mostRest + 1, bytes: mostRestBytes }) }
  })
  const given = rows.slice(0, mostRest)
  return { messages: given.map((row) => messageOf(services.keys, caller.org, row)), ends, more: (rows[0]?.found ?? 0) > given.length }
}
