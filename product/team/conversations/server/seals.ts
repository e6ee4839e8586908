import { CryptoError, decodeRecipientSeals, equal, fromBase64url, sha256, toBase64url } from '@wardline/crypto'
import type { Bytes } from '@wardline/crypto'
import type { GivesOf, TakesOf } from '@wardline/platform/contract'
import { Refusal } from '@wardline/platform/server'
import type { Caller, Services } from '@wardline/platform/server'
import { sealRepaired, sealReported, sealsDisputed } from '@wardline/product/team/conversations/contract'
import type {
  disputeSeals,
  repairSeal as repairEndpoint,
  reportSeal as reportEndpoint,
} from '@wardline/product/team/conversations/contract'
import { topicOf } from './live.ts'
import {
  demandEpoch,
  findEpoch,
  insertSealSet,
  isMember,
  isMissing,
  lockConversation,
  markDisputed,
  markMissing,
  replaceSeal,
  sealSets,
} from './queries.ts'
import { logKey, readEpoch, wrapOf, wrapper } from './store.ts'
import { isSetFor } from './upload.ts'

type Near = Pick<Services, 'db' | 'keys' | 'live'>
const by = (caller: Caller) => ({ actor: caller.person, device: caller.device })
const requireDevice = (caller: Caller): void => {
  if (caller.device === null) throw new Refusal('not-a-device')
}

/** My own seal of an epoch is missing or wrong: the other members are asked for another. */
export async function reportSeal(near: Near, caller: Caller, conversation: string, n: number): Promise<GivesOf<typeof reportEndpoint>> {
  requireDevice(caller)
  return near.db.write(caller.org, by(caller), async (tx) => {
    if (!(await isMember(tx, conversation, caller.person))) throw new Refusal('not-found')
    const { person } = caller
    const isNew = (await markMissing(tx, conversation, n, person)) > 0
    // Said again, it is told again: nobody who could repair it may have been there.
    if (!isNew && !(await isMissing(tx, conversation, n, person))) return { stored: false }
    if (isNew) tx.announce(sealReported, { key: logKey(conversation), payload: { conversation, n, person } })
    tx.afterCommit(() => near.live.publish(topicOf(tx.org, conversation), { t: 'seal', conversation, n, person, missing: true }))
    return { stored: isNew }
  })
}

/** Another seal for a member who has reported theirs; one that nobody reported is never replaced, so no member can spoil another's. */
export async function repairSeal(
  near: Near,
  caller: Caller,
  conversation: string,
  it: TakesOf<typeof repairEndpoint>,
): Promise<GivesOf<typeof repairEndpoint>> {
  requireDevice(caller)
  const seal = bytes(it.seal)
  return near.db.write(caller.org, by(caller), async (tx) => {
    if (!(await isMember(tx, conversation, caller.person))) throw new Refusal('not-found')
    const { n, person } = it
    const wrap = await wrapper(tx, near.keys)
    const stored = await replaceSeal(tx, {
      conversation,
      n,
      person,
      by: caller.person,
      ...wrap(seal, wrapOf.member(conversation, n, person)),
    })
    if (stored === 0) return { stored: false }
    tx.announce(sealRepaired, { key: logKey(conversation), payload: { conversation, n, person } })
    tx.afterCommit(() => near.live.publish(topicOf(tx.org, conversation), { t: 'seal', conversation, n, person, missing: false }))
    return { stored: true }
  })
}

/**
 * A member's own recomputation of the recipient seals, where it differs from the author's. It is kept as a candidate, so that archive and
 * roles can open the epoch all the same; the author is named to every member and in the log. A second one makes the next message wait
 * for a new epoch, a STAT excepted.
 */
export async function dispute(
  near: Near,
  caller: Caller,
  conversation: string,
  it: Pick<TakesOf<typeof disputeSeals>, 'n' | 'recipients'>,
): Promise<GivesOf<typeof disputeSeals>> {
  requireDevice(caller)
  const set = bytes(it.recipients)
  const seals = wellFormed(set)
  const { n } = it
  return near.db.write(caller.org, by(caller), async (tx) => {
    const row = await lockConversation(tx, conversation)
    if (!row || !(await isMember(tx, conversation, caller.person))) throw new Refusal('not-found')
    const epoch = await findEpoch(tx, conversation, n)
    if (!epoch) throw new Refusal('not-found')
    const statement = await readEpoch(tx, near.keys, conversation, n)
    if (!isSetFor(seals, statement.body.recipients)) throw new Refusal('bad-request', { field: 'recipients' })
    const sets = await sealSets(tx, conversation, [n])
    const authors = sets.find((known) => known.person === epoch.author)!
    const hash = sha256(set)
    if (equal(authors.hash, hash)) return { differs: false }
    const wrap = await wrapper(tx, near.keys)
    const stored = await insertSealSet(tx, {
      conversation,
      n,
      person: caller.person,
      hash,
      ...wrap(set, wrapOf.set(conversation, n, caller.person)),
    })
    if (stored === 0) return { differs: true }
    if (row.epoch === n) {
      await markDisputed(tx, conversation)
      if (sets.length > 1) await demandEpoch(tx, [conversation], 'dispute')
    }
    const { author } = epoch
    const reporter = caller.person
    tx.announce(sealsDisputed, {
      key: logKey(conversation),
      payload: {
        conversation,
        n,
        author,
        authorDevice: epoch.author_device,
        reporter,
        stored: toBase64url(authors.hash),
        recomputed: toBase64url(hash),
      },
    })
    tx.afterCommit(() => near.live.publish(topicOf(tx.org, conversation), { t: 'dispute', conversation, n, author, reporter }))
    return { differs: true }
  })
}

function bytes(text: string): Bytes {
  try {
    return fromBase64url(text)
  } catch {
    throw new Refusal('bad-request', { field: 'seal' })
  }
}

function wellFormed(set: Bytes) {
  try {
    return decodeRecipientSeals(set)
  } catch (thrown) {
    if (thrown instanceof CryptoError) throw new Refusal('bad-request', { field: 'recipients' })
    throw thrown
  }
}
