import {
  CryptoError,
  encodeStatement,
  fromBase64url,
  judgeRemoval,
  NIL_UUID,
  parse,
  removal,
  toBase64url,
  verifyRemoval,
} from '@wardline/crypto'
import type { Removal, Statement } from '@wardline/crypto'
import type { GivesOf, TakesOf } from '@wardline/platform/contract'
import type { Tx } from '@wardline/platform/db'
import { refuse } from '@wardline/platform/server'
import type { Ctx } from '@wardline/platform/server'
import { isActiveDevice, lockKeys, readStatement } from '@wardline/product/team/devices/server'
import { personReadmitted, personRemoved, removePerson as removeEndpoint } from '@wardline/product/team/conversations/contract'
import { loadFacts, peopleOf } from './facts.ts'
import { leaveAll, tell, tellNodes, topicOf } from './live.ts'
import { cutOff, insertRemoval, isMember, lockConversation, lockConversationsOf, newestRemovals } from './queries.ts'
import { logKey, readEpoch } from './store.ts'
import type { ConversationRow } from './tables.ts'

/**
 * Accepts a signed removal or re-admission. A removal cuts the person off before it is acknowledged: their sends and epochs are refused
 * from this moment and they are served nothing; the next message needs an epoch that carries it out.
 */
export async function removePerson(ctx: Ctx, body: TakesOf<typeof removeEndpoint>): Promise<GivesOf<typeof removeEndpoint>> {
  const { caller, keys, live } = ctx
  if (caller.device === null) throw refuse(removeEndpoint, 'not-a-device')
  const statement = await judged(() => parse(removal, fromBase64url(body.removal)))
  const it = statement.body
  const { person, conversation } = it
  if (it.organisation !== caller.org || it.author.person !== caller.person || it.author.device !== caller.device)
    throw bad('not-the-author')
  return ctx.write(async (tx) => {
    await lockKeys(tx, [person, caller.person])
    const row = conversation === NIL_UUID ? undefined : await lockConversation(tx, conversation)
    if (conversation !== NIL_UUID && !row) throw refuse(removeEndpoint, 'not-found')
    if (!(await isActiveDevice(tx, it.author))) throw bad('revoked')
    const known = await newestRemovals(tx, conversation, [person])
    const prev = known.find((old) => old.conversation === conversation)
    if (prev && toBase64url(prev.hash) === toBase64url(statement.hash)) return { conversations: [] }
    await judge(tx, ctx, statement, row, prev ? readStatement<Removal>(removal, prev) : null)

    await insertRemoval(tx, {
      conversation,
      person,
      version: it.version,
      removed: it.removed,
      hash: Buffer.from(statement.hash),
      statement: Buffer.from(encodeStatement(statement)),
    })
    const payload = { conversation, person, version: it.version, statement: toBase64url(statement.hash) }
    tx.announce(it.removed ? personRemoved : personReadmitted, {
      key: conversation === NIL_UUID ? `person|${person}` : logKey(conversation),
      payload,
    })
    if (!it.removed) return { conversations: [] }
    const from = row ? [row.id] : (await lockConversationsOf(tx, person)).map((locked) => locked.id)
    const gone = (await cutOff(tx, from, person)).map((cut) => cut.conversation)
    for (const id of gone) tellNodes(tx, id, [person])
    tx.afterCommit(() => {
      for (const id of gone) {
        leaveAll(live, tx.org, id, [person])
        tell(live, person, { t: 'removed', conversation: id, person })
        live.publish(topicOf(tx.org, id), { t: 'removed', conversation: id, person })
      }
    })
    return { conversations: gone }
  })

  /** By the newest epoch's governance and the signed offices; a stranger to the conversation learns nothing of it. */
  async function judge(
    tx: Tx,
    { caller }: Ctx,
    next: Statement<Removal>,
    row: ConversationRow | undefined,
    prev: Statement<Removal> | null,
  ) {
    const epoch = row ? await readEpoch(tx, keys, row.id, row.epoch) : null
    const loaded = await loadFacts(tx, conversation, [...peopleOf(epoch?.body ?? null), person, caller.person])
    if (!loaded) throw bad('no-policy')
    const { administrators, hr, people } = loaded.facts
    const inOffice = administrators.has(caller.person) || hr.has(caller.person)
    if (row && !inOffice && !(await isMember(tx, row.id, caller.person))) throw refuse(removeEndpoint, 'not-found')
    if (!people.has(person)) throw refuse(removeEndpoint, 'not-found')
    await judged(() => verifyRemoval(next, { people, prev }))
    if (!judgeRemoval(next.body, epoch?.body ?? null, loaded.facts)) throw bad('not-entitled')
  }
}

const bad = (field: string) => refuse(removeEndpoint, 'bad-statement', { field })

async function judged<T>(run: () => T | Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (thrown) {
    if (thrown instanceof CryptoError) throw bad(thrown.code)
    throw thrown
  }
}
