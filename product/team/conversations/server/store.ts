import { encodeStatement, parseEpoch, sha256, toBase64url } from '@wardline/crypto'
import type { Epoch, EpochAct, Statement } from '@wardline/crypto'
import type { Db, Tx } from '@wardline/platform/db'
import { monthOf } from '@wardline/platform/server'
import type { KeyLedger } from '@wardline/platform/server'
import { epochAccepted } from '@wardline/product/team/conversations/contract'
import {
  findEpoch,
  historyRules,
  insertEpoch,
  insertHistorySeals,
  insertMemberSeals,
  insertSealSet,
  knownEnvelopes,
  putMembers,
} from './queries.ts'
import { badEpoch, sealHashes } from './upload.ts'
import type { ReadUpload } from './upload.ts'

/** The key under which everything of a conversation's log is ordered. */
export const logKey = (conversation: string): string => `conversation|${conversation}`

/** What the outer wrap of each stored thing is bound to. */
export const wrapOf = {
  epoch: (conversation: string, n: number) => `epoch|${conversation}|${n}`,
  member: (conversation: string, n: number, person: string) => `member-seal|${conversation}|${n}|${person}`,
  history: (conversation: string, n: number, person: string) => `history-seal|${conversation}|${n}|${person}`,
  set: (conversation: string, n: number, person: string) => `seal-set|${conversation}|${n}|${person}`,
} as const

/** Seals many small things under the team's data key of this month. */
export async function wrapper(
  tx: Tx,
  keys: KeyLedger,
): Promise<(plain: Uint8Array, context: string) => { dataKey: string; sealed: Buffer }> {
  const scope = { org: tx.org, bucket: 'team', month: monthOf(tx.at) } as const
  await keys.ready(scope)
  return (plain, context) => keys.sealNow(scope, plain, context)!
}

/** An accepted epoch's statement. */
export async function readEpoch(db: Db, keys: KeyLedger, conversation: string, n: number): Promise<Statement<Epoch>> {
  const row = await findEpoch(db, conversation, n)
  if (!row) throw new Error('A conversation has no epoch of its own number.')
  return parseEpoch(keys.open(db.org, row.data_key, row.sealed, wrapOf.epoch(conversation, n)))
}

/** Refuses history seals that an epoch's own rule does not give, and chain heads that no device has sent here. */
export async function requireAllowed(db: Db, conversation: string, it: ReadUpload): Promise<void> {
  const epochs = [...new Set(it.history.map((seal) => seal.n))]
  if (epochs.length > 0) {
    const rules = await historyRules(db, conversation, epochs)
    if (rules.length !== epochs.length || rules.some((rule) => rule.history !== 'all')) throw badEpoch('history-seals')
  }
  const { heads } = it.statement.body
  if (heads.length > 0 && (await knownEnvelopes(db, conversation, heads)).length !== heads.length) throw badEpoch('unknown-head')
}

/** Stores an accepted epoch with its seals and members, and records it. The conversation's row is locked, or was made in this transaction. */
export async function storeEpoch(tx: Tx, keys: KeyLedger, it: ReadUpload, act: EpochAct): Promise<{ came: string[]; went: string[] }> {
  const { body, hash } = it.statement
  const { conversation, version: n, author } = body
  const wrap = await wrapper(tx, keys)
  const whole = wrap(encodeStatement(it.statement), wrapOf.epoch(conversation, n))
  await insertEpoch(tx, { conversation, n, hash, author: author.person, device: author.device, history: body.history, ...whole })
  await insertMemberSeals(
    tx,
    conversation,
    n,
    it.members.map((seal) => ({ person: seal.person, ...wrap(seal.seal, wrapOf.member(conversation, n, seal.person)) })),
  )
  if (it.history.length > 0)
    await insertHistorySeals(
      tx,
      conversation,
      author.person,
      it.history.map((seal) => ({ n: seal.n, person: seal.person, ...wrap(seal.seal, wrapOf.history(conversation, seal.n, seal.person)) })),
    )
  const set = wrap(it.recipientBytes, wrapOf.set(conversation, n, author.person))
  await insertSealSet(tx, { conversation, n, person: author.person, hash: sha256(it.recipientBytes), ...set })
  tx.announce(epochAccepted, {
    key: logKey(conversation),
    payload: {
      conversation,
      n,
      statement: toBase64url(hash),
      act,
      archivePolicy: body.archivePolicy,
      seals: sealHashes(it).map(toBase64url),
    },
  })
  return putMembers(
    tx,
    conversation,
    body.roster.map((entry) => entry.person),
    n,
  )
}
