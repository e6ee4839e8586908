import {
  CryptoError,
  equal,
  encodeStatement,
  fromBase64url,
  keyIdOf,
  opening,
  parse,
  reasonHash,
  toBase64url,
  verifyOpening,
} from '@wardline/crypto'
import type { Opening, Statement } from '@wardline/crypto'
import type { GivesOf, TakesOf } from '@wardline/platform/contract'
import type { Tx } from '@wardline/platform/db'
import { monthOf, refuse } from '@wardline/platform/server'
import type { Ctx } from '@wardline/platform/server'
import { isActiveDevice, publicPeople, trustFacts } from '@wardline/product/team/devices/server'
import { mostConversations, openingRequested, requestOpening } from '../contract.ts'
import { insertRequest, readRequests, scopesThatAre } from './queries.ts'

/** What the outer wrap of a request's reason is bound to. */
export const wrapOf = (request: string): string => `archive_request|${request}`

/** The key under which everything about a request is ordered in the log. */
export const logKey = (request: string): string => `archive|${request}`

const bad = (field: string) => refuse(requestOpening, 'bad-opening', { field })

/**
 * Takes an officer's signed request. Judged from the root down: the officer is named by the root's statement, not by a role alone; the
 * device is theirs and not revoked; the keys will go to their present box key; the scope is there.
 */
export async function request(ctx: Ctx, body: TakesOf<typeof requestOpening>): Promise<GivesOf<typeof requestOpening>> {
  const { caller } = ctx
  const device = caller.device
  if (device === null) throw refuse(requestOpening, 'not-a-device')
  const statement = read(body.opening)
  const { author, organisation, scope } = statement.body
  if (organisation !== caller.org || author.person !== caller.person || author.device !== device) throw bad('opening.author')
  if (!equal(statement.body.reasonHash, hashOf(body))) throw bad('reason')
  const conversations = new Set(scope.map((it) => it.conversation))
  if (scope.length === 0 || scope.length > mostConversations || conversations.size !== scope.length) throw bad('opening.scope')
  return ctx.write(async (tx) => {
    if (!(await isActiveDevice(tx, { person: caller.person, device }))) throw refuse(requestOpening, 'not-a-device')
    await judge(tx, statement)
    if ((await scopesThatAre(tx, scope)).length !== scope.length) throw refuse(requestOpening, 'no-such-scope')
    await store(ctx, tx, statement, body)
    return { request: statement.body.request }
  })
}

const hashOf = (body: TakesOf<typeof requestOpening>): Uint8Array => {
  try {
    return reasonHash(body.reason, fromBase64url(body.salt))
  } catch {
    throw bad('salt')
  }
}

function read(text: string): Statement<Opening> {
  try {
    return parse(opening, fromBase64url(text))
  } catch {
    throw bad('opening')
  }
}

async function judge(tx: Tx, statement: Statement<Opening>): Promise<void> {
  const { author, recipientKeyId } = statement.body
  const people = await publicPeople(tx, [author.person])
  const { archiveOfficers } = await trustFacts(tx)
  if (!archiveOfficers.has(author.person)) throw refuse(requestOpening, 'not-an-officer')
  try {
    await verifyOpening(statement, { people, officers: archiveOfficers, prev: null })
  } catch (thrown) {
    if (thrown instanceof CryptoError) throw bad(`opening (${thrown.code})`)
    throw thrown
  }
  const mine = people.get(author.person)
  if (!mine || !equal(keyIdOf(mine.userKey.body), recipientKeyId)) throw bad('opening.recipientKeyId')
}

/** The same bytes again are the same request; other bytes under its id are refused. */
async function store(ctx: Ctx, tx: Tx, statement: Statement<Opening>, body: TakesOf<typeof requestOpening>): Promise<void> {
  const { request: id, scope } = statement.body
  const plain = Buffer.from(JSON.stringify({ reason: body.reason, salt: body.salt }))
  const box = await ctx.keys.seal({ org: tx.org, bucket: 'audit', month: monthOf(tx.at) }, plain, wrapOf(id))
  const stored = await insertRequest(tx, {
    request: id,
    requester: ctx.caller.person,
    opening: encodeStatement(statement),
    hash: statement.hash,
    scope,
    ...box,
  })
  if (stored > 0) {
    tx.announce(openingRequested, {
      key: logKey(id),
      payload: { request: id, scope: [...scope], statement: toBase64url(statement.hash), reason: body.reason },
    })
    return
  }
  const [before] = await readRequests(tx, id, 1)
  if (!before || !equal(before.opening_hash, statement.hash)) throw refuse(requestOpening, 'id-taken')
}
