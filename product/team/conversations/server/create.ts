import { equal, NIL_UUID, toBase64url } from '@wardline/crypto'
import type { GivesOf, TakesOf } from '@wardline/platform/contract'
import type { Db } from '@wardline/platform/db'
import { DatabaseFailure, monthOf, refuse } from '@wardline/platform/server'
import type { Caller, Services } from '@wardline/platform/server'
import { isActiveDevice, shareKeys } from '@wardline/product/team/devices/server'
import { conversationCreated, createConversation as createEndpoint } from '@wardline/product/team/conversations/contract'
import { pairOf } from '@wardline/product/team/conversations/rules'
import { loadFacts, peopleOf } from './facts.ts'
import { listed } from './list.ts'
import { followEpoch } from './live.ts'
import { findConversation, findEpoch, findPair, insertConversation } from './queries.ts'
import { logKey, requireAllowed, storeEpoch } from './store.ts'
import { badEpoch, judgeUpload, readUpload } from './upload.ts'
import type { ReadUpload } from './upload.ts'

/**
 * Begins a conversation with its first epoch. The same bytes again, or a direct conversation that the two have already, give what is
 * there; nothing of the upload is stored then.
 */
export async function createConversation(
  services: Pick<Services, 'db' | 'keys' | 'live' | 'clock'>,
  caller: Caller,
  body: TakesOf<typeof createEndpoint>,
): Promise<GivesOf<typeof createEndpoint>> {
  const { db, keys, live } = services
  const { conversation, kind } = body
  // In removals the nil id stands for every conversation, so no single one may have it.
  if (conversation === NIL_UUID) throw badEpoch('another-conversation')
  const it = readUpload(caller, conversation, body.epoch)
  const people = it.statement.body.roster.map((entry) => entry.person)
  const pair = kind === 'direct' ? pairOf(people) : null
  if (kind === 'direct' && !pair) throw badEpoch('direct')

  const before = await db.read(caller.org, (read) => present(read, caller, it, pair, services.clock.now()))
  if (before) return { created: false, conversation: before }
  const named = peopleOf(it.statement.body)
  const seen = await db.read(caller.org, (read) => loadFacts(read, conversation, named))
  const act = await judgeUpload(it, null, seen)
  try {
    await db.write(caller.org, { actor: caller.person, device: caller.device }, async (tx) => {
      await shareKeys(tx, named)
      if (!(await isActiveDevice(tx, it.statement.body.author))) throw badEpoch('revoked')
      const now = await loadFacts(tx, conversation, named)
      if (now?.fingerprint !== seen?.fingerprint) await judgeUpload(it, null, now)
      const row = await insertConversation(tx, { id: conversation, kind, pair, epochHash: it.statement.hash, month: monthOf(tx.at) })
      await requireAllowed(tx, conversation, it)
      tx.announce(conversationCreated, { key: logKey(conversation), payload: { conversation, kind, members: people } })
      const moved = await storeEpoch(tx, keys, it, act)
      followEpoch(tx, live, conversation, moved, { t: 'epoch', conversation, n: row.epoch, hash: toBase64url(row.epoch_hash) })
    })
  } catch (thrown) {
    // Somebody created the same one, or the same pair, at the same moment: theirs is it.
    if (!(thrown instanceof DatabaseFailure) || thrown.code !== 'constraint') throw thrown
    const theirs = await db.read(caller.org, (read) => present(read, caller, it, pair, services.clock.now()))
    if (!theirs) throw refuse(createEndpoint, 'not-found')
    return { created: false, conversation: theirs }
  }
  const made = await db.read(caller.org, (read) => listed(read, caller.person, conversation, services.clock.now()))
  if (!made) throw refuse(createEndpoint, 'not-found')
  return { created: true, conversation: made }
}

/** The conversation that is there already: the same one, or the pair's. Refusal `id-taken` for another one's id. */
async function present(db: Db, caller: Caller, it: ReadUpload, pair: readonly [string, string] | null, now: Date) {
  const { conversation } = it.statement.body
  const same = await findConversation(db, conversation)
  if (same) {
    const first = await findEpoch(db, conversation, 1)
    const mine = first && equal(first.hash, it.statement.hash) ? await listed(db, caller.person, conversation, now) : undefined
    if (!mine) throw refuse(createEndpoint, 'id-taken')
    return mine
  }
  const theirs = pair && pair.includes(caller.person) ? await findPair(db, pair) : undefined
  if (!theirs) return undefined
  const shown = await listed(db, caller.person, theirs.id, now)
  if (!shown) throw refuse(createEndpoint, 'not-found')
  return shown
}
