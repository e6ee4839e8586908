import { encodeStatement, NIL_UUID, toBase64url } from '@wardline/crypto'
import type { Removal, Statement } from '@wardline/crypto'
import type { Database, Tx } from '@wardline/platform/db'
import { after, bySystem } from '@wardline/platform/server'
import type { KeyLedger, Services } from '@wardline/platform/server'
import { personDeactivated, personReactivated } from '@wardline/product/access/provisioning/contract'
import { lockKeys } from '@wardline/product/team/devices/server'
import { leaverCutOff, personReadmitted, personRemoved } from '@wardline/product/team/conversations/contract'
import { signForLeaver } from './hand.ts'
import { recentLeavers } from './leaver-queries.ts'
import { leaveAll, tell, tellNodes, topicOf } from './live.ts'
import { cutOff, insertRemoval, isWorking, lockConversationsOf } from './queries.ts'

const servicesOf = new WeakMap<Database, Services>()

/** Lets the listeners reach keys and open windows; called once, when the server starts. */
export async function startLeavers(services: Services): Promise<void> {
  servicesOf.set(services.db, services)
}

/**
 * Whoever's access ended is out of every conversation: nothing is delivered to them, and the next message needs a new epoch. Where the
 * directory's hand may sign, that epoch is without them; else the removal is the server's word alone, which changes no roster and is shown.
 */
export const followLeavers = after('conversations-follow-leavers', [personDeactivated, personReactivated], async (db, fact) => {
  const services = servicesOf.get(db)
  if (!fact.payload || !services) return
  const { person } = fact.payload
  await db.write(fact.org, bySystem, async (tx) => {
    await lockKeys(tx, [person])
    // The listener may come late, or twice: what counts is how things are now.
    if (await isWorking(tx, person)) {
      const back = await signForLeaver(tx, services.keys, person, false)
      if (back) await store(tx, back)
      return
    }
    const locked = (await lockConversationsOf(tx, person)).map((row) => row.id)
    const signed = await signForLeaver(tx, services.keys, person, true)
    if (signed) await store(tx, signed)
    const gone = (await cutOff(tx, locked, person)).map((row) => row.conversation)
    if (gone.length > 0)
      tx.announce(leaverCutOff, { key: `person|${person}`, payload: { person, conversations: gone.length, signed: signed !== null } })
    for (const id of gone) tellNodes(tx, id, [person])
    tx.afterCommit(() => {
      for (const id of gone) {
        leaveAll(services.live, tx.org, id, [person])
        tell(services.live, person, { t: 'removed', conversation: id, person })
        services.live.publish(topicOf(tx.org, id), { t: 'removed', conversation: id, person })
      }
    })
  })
})

/** The hand was named just now: whoever left lately and is out by the server's word alone is taken out by its signature. */
export async function signForLeavers(tx: Tx, keys: KeyLedger): Promise<void> {
  const owed = (await recentLeavers(tx)).filter((row) => row.was_member && !row.signed).map((row) => row.person)
  await lockKeys(tx, owed)
  for (const person of owed) {
    if (await isWorking(tx, person)) continue
    const signed = await signForLeaver(tx, keys, person, true)
    if (signed) await store(tx, signed)
  }
}

async function store(tx: Tx, statement: Statement<Removal>): Promise<void> {
  const { person, version, removed } = statement.body
  await insertRemoval(tx, {
    conversation: NIL_UUID,
    person,
    version,
    removed,
    hash: Buffer.from(statement.hash),
    statement: Buffer.from(encodeStatement(statement)),
  })
  const payload = { conversation: NIL_UUID, person, version, statement: toBase64url(statement.hash) }
  tx.announce(removed ? personRemoved : personReadmitted, { key: `person|${person}`, actor: statement.body.author.person, payload })
}
