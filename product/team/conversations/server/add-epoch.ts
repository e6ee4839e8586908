import { equal, toBase64url } from '@wardline/crypto'
import type { Epoch, Statement } from '@wardline/crypto'
import type { GivesOf, TakesOf } from '@wardline/platform/contract'
import type { Db } from '@wardline/platform/db'
import { monthOf, Refusal } from '@wardline/platform/server'
import type { Caller, Services } from '@wardline/platform/server'
import { isActiveDevice, shareKeys } from '@wardline/product/team/devices/server'
import type { addEpoch as addEpochEndpoint } from '@wardline/product/team/conversations/contract'
import { loadFacts, peopleOf } from './facts.ts'
import type { LoadedFacts } from './facts.ts'
import { followEpoch } from './live.ts'
import { findConversation, findEpoch, isMember, lockConversation, moveEpoch } from './queries.ts'
import { readEpoch, requireAllowed, storeEpoch } from './store.ts'
import type { ConversationRow } from './tables.ts'
import { badEpoch, judgeUpload, readUpload, staleEpoch } from './upload.ts'
import type { ReadUpload } from './upload.ts'

type Given = GivesOf<typeof addEpochEndpoint>

/**
 * Adds the next epoch: judged on a snapshot first, so that no lock waits for signatures; then, under the locks of the people whom it
 * names and of the conversation, judged again only if anything it relies on has moved. Refusals: the endpoint's and `not-found`.
 */
export async function addEpoch(
  services: Pick<Services, 'db' | 'keys' | 'live'>,
  caller: Caller,
  conversation: string,
  upload: TakesOf<typeof addEpochEndpoint>,
): Promise<Given> {
  const { db, keys, live } = services
  const it = readUpload(caller, conversation, upload)
  const seen = await db.read(caller.org, async (read) => {
    const row = await findConversation(read, conversation)
    const standing = await standingOf(read, row, it, caller.person)
    if (standing === 'accepted') return null
    const prev = await readEpoch(read, keys, conversation, row!.epoch)
    return { prev, loaded: await loadFacts(read, conversation, peopleOf(prev.body, it.statement.body)) }
  })
  const given = { n: it.statement.body.version, hash: toBase64url(it.statement.hash) }
  if (!seen) return given
  const act = await judgeUpload(it, seen.prev, seen.loaded)

  await db.write(caller.org, { actor: caller.person, device: caller.device }, async (tx) => {
    // People before conversations, everywhere: a revocation holds its person's row while it waits for conversations.
    await shareKeys(tx, peopleOf(seen.prev.body, it.statement.body))
    const row = await lockConversation(tx, conversation)
    if ((await standingOf(tx, row, it, caller.person)) === 'accepted') return
    if (!(await isActiveDevice(tx, it.statement.body.author))) throw badEpoch('revoked')
    requirePair(row!, it)
    await requireAllowed(tx, conversation, it)
    const now = await judgeAgain(tx, it, seen.prev, seen.loaded, act)
    await moveEpoch(tx, conversation, it.statement.body.version, it.statement.hash, monthOf(tx.at))
    const moved = await storeEpoch(tx, keys, it, now)
    followEpoch(tx, live, conversation, moved, { t: 'epoch', conversation, ...given })
  })
  return given
}

/** Whether the upload is the next epoch for this author, or was accepted before. Refusals: `not-found`, `stale-epoch`. */
async function standingOf(db: Db, row: ConversationRow | undefined, it: ReadUpload, person: string): Promise<'accepted' | 'next'> {
  if (!row || !(await isMember(db, row.id, person))) throw new Refusal('not-found')
  const { version, prev } = it.statement.body
  const there = version <= row.epoch ? await findEpoch(db, row.id, version) : undefined
  if (there && equal(there.hash, it.statement.hash)) return 'accepted'
  if (version !== row.epoch + 1 || !equal(prev, row.epoch_hash)) throw staleEpoch()
  return 'next'
}

/** The verdict by the facts as they are under the locks. */
async function judgeAgain(
  db: Db,
  it: ReadUpload,
  prev: Statement<Epoch>,
  before: LoadedFacts | null,
  act: Awaited<ReturnType<typeof judgeUpload>>,
): Promise<typeof act> {
  const now = await loadFacts(db, it.statement.body.conversation, peopleOf(prev.body, it.statement.body))
  return now?.fingerprint === before?.fingerprint ? act : judgeUpload(it, prev, now)
}

function requirePair(row: ConversationRow, it: ReadUpload): void {
  if (row.kind === 'group') return
  if (it.statement.body.roster.some((entry) => entry.person !== row.pair_a && entry.person !== row.pair_b)) throw badEpoch('direct')
}
