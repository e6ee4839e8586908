import { authority, encodeStatement, equal, isSignedBy, NIL_UUID, parse, toBase64url, ZERO_HASH } from '@wardline/crypto'
import type { Authority, Statement } from '@wardline/crypto'
import type { GivesOf, TakesOf } from '@wardline/platform/contract'
import type { Db, Tx } from '@wardline/platform/db'
import { refuse } from '@wardline/platform/server'
import type { Ctx } from '@wardline/platform/server'
import { handSigned } from '@wardline/product/team/conversations/contract'
import type { readHand } from '@wardline/product/team/conversations/contract'
import { signHand } from '@wardline/product/team/conversations/contract'
import {
  acceptTrust,
  administratorIds,
  administrators,
  badStatement,
  bytesOf,
  judged,
  newestAuthority,
} from '@wardline/product/team/devices/server'
import { handIsNamed } from './hand.ts'
import { signForLeavers } from './leavers.ts'
import { findHand, findNaming, lockOrganisation, putNaming } from './queries.ts'

/** Who signs for leavers, whether they may, and how far their naming is. */
export async function standingOfHand(db: Db): Promise<GivesOf<typeof readHand>> {
  const [hand, named] = [await findHand(db), await handIsNamed(db)]
  const pending = hand && !named ? await pendingNaming(db, hand.person) : null
  return {
    person: hand?.person ?? null,
    named,
    pending: pending && { statement: toBase64url(encodeStatement(pending.statement)), by: pending.by },
    signers: (await administratorIds(db)).size,
  }
}

/** A first signature counts while its statement is the next of its chain, and names the hand that there is. */
async function pendingNaming(db: Db, hand: string): Promise<{ readonly statement: Statement<Authority>; readonly by: string } | null> {
  const row = await findNaming(db)
  if (!row) return null
  const statement = parse(authority, row.statement)
  return (await isNext(db, statement)) && isOfHand(statement, hand) ? { statement, by: row.signed_by } : null
}

async function isNext(db: Db, { subject, body }: Statement<Authority>): Promise<boolean> {
  const before = await newestAuthority(db, subject)
  return body.version === (before?.body.version ?? 0) + 1 && equal(body.prev, before?.hash ?? ZERO_HASH)
}

const isOfHand = ({ body }: Statement<Authority>, hand: string): boolean =>
  body.power === 'directory-hand' && body.role === NIL_UUID && body.people.length === 1 && body.people[0] === hand

/**
 * Takes an administrator's signature under the statement that names the hand. With the second one it is the organisation's, and whoever left
 * before is taken out by the hand's signature now.
 */
export async function nameHand(ctx: Ctx, body: TakesOf<typeof signHand>): Promise<GivesOf<typeof signHand>> {
  const { person } = ctx.caller
  const encoded = await bytesOf(body.statement)
  const next = await judged(() => parse(authority, encoded))
  return ctx.write(async (tx) => {
    await lockOrganisation(tx)
    const hand = await findHand(tx)
    if (await handIsNamed(tx)) throw refuse(signHand, 'already-named')
    if (!hand || next.body.organisation !== tx.org || !isOfHand(next, hand.person)) throw badStatement('wrong-subject')
    if (!(await isNext(tx, next))) throw refuse(signHand, 'stale-version')
    if (!(await administratorIds(tx)).has(person)) throw refuse(signHand, 'not-an-administrator')
    const pending = await pendingNaming(tx, hand.person)
    const signers = await signersOf(tx, next)
    if (pending?.by === person && next.signatures.length === 1) throw refuse(signHand, 'signed-before')
    const isSecond = pending !== null && equal(pending.statement.hash, next.hash) && next.signatures.length === 2
    const expected = isSecond ? [pending.by, person] : [person]
    if (next.signatures.length !== expected.length || !expected.every((it) => signers.has(it))) throw badStatement('signers')
    if (isSecond) {
      await acceptTrust(tx, encodeStatement(next))
      await signForLeavers(tx, ctx.keys)
    } else await putNaming(tx, { statement: encodeStatement(next), by: person })
    tx.announce(handSigned, {
      key: 'directory-hand',
      payload: { person: hand.person, statement: toBase64url(next.hash), named: isSecond },
    })
    return standingOfHand(tx)
  })
}

/** Which administrators signed it on one of their devices. */
async function signersOf(tx: Tx, statement: Statement<Authority>): Promise<ReadonlySet<string>> {
  const found = new Set<string>()
  for (const { person, deviceList } of await administrators(tx))
    for (const { signKey } of deviceList.body.devices) if (await isSignedBy(statement, signKey)) found.add(person)
  return found
}
