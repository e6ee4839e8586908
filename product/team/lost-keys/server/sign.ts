import { encodeStatement, equal, identity, IDENTITY_DELAY, parse, signersAmong, toBase64url, toHex } from '@wardline/crypto'
import type { Identity, Statement } from '@wardline/crypto'
import type { GivesOf, TakesOf } from '@wardline/platform/contract'
import type { Tx } from '@wardline/platform/db'
import { refuse } from '@wardline/platform/server'
import type { Caller, Ctx } from '@wardline/platform/server'
import { notify } from '@wardline/product/access/mfa/server'
import {
  administrators,
  badStatement,
  bytesOf,
  findDevice,
  isActiveDevice,
  isLost,
  judged,
  newestKeys,
} from '@wardline/product/team/devices/server'
import { newIdentityConfirmed, newIdentitySigned, signNewIdentity } from '../contract.ts'
import { lostKeysPolicy } from '../preview.ts'
import { judgeSigner } from '../rules.ts'
import { lifeOf } from './life.ts'
import { lockRequest, putFirst, putSecond } from './queries.ts'
import type { NewIdentityRow } from './tables.ts'

/**
 * Takes an administrator's signature. With the first one the log takes the statement in, and everybody is told; the second must be under the
 * very same statement. Signed on a device: a session alone signs nothing.
 */
export async function sign(ctx: Ctx, request: string, body: TakesOf<typeof signNewIdentity>): Promise<GivesOf<typeof signNewIdentity>> {
  const { caller } = ctx
  const encoded = await bytesOf(body.statement)
  const next = await judged(() => parse(identity, encoded))
  return ctx.write(async (tx) => {
    const row = await lockRequest(tx, request)
    if (!row || row.confirmed_by !== null) throw refuse(signNewIdentity, 'over')
    const officers = await administrators(tx)
    const refused = judgeSigner({ person: row.person, signedBy: row.signed_by }, caller.person, new Set(officers.map((it) => it.person)))
    if (refused) throw refuse(signNewIdentity, refused)
    if ((await lifeOf(tx, row)).work) throw refuse(signNewIdentity, 'keys-work')
    await requireOf(tx, row, next)
    const signers = await signersAmong(next, officers)
    const expected = row.signed_by === null ? [caller.person] : [row.signed_by, caller.person]
    const people = new Set(signers.values())
    if (next.signatures.length !== expected.length || !expected.every((it) => people.has(it))) throw badStatement('signers')
    if (!signers.has(toHex(await ownKey(tx, caller)))) throw badStatement('another-device')

    const { person } = row
    const effectiveAt = next.body.effective
    const about = { key: `person|${person}`, payload: { person, request, statement: toBase64url(next.hash), effectiveAt } }
    if (row.signed_by === null) {
      const now = tx.at.getTime()
      if (effectiveAt < Math.max(now, next.body.time) + IDENTITY_DELAY) throw badStatement('too-early')
      if (effectiveAt > now + IDENTITY_DELAY + lostKeysPolicy.slackMs || effectiveAt > row.until.getTime()) throw badStatement('too-late')
      await putFirst(tx, { request, statement: encodeStatement(next), effectiveAt: new Date(effectiveAt), by: caller.person })
      tx.announce(newIdentitySigned, about)
      await notify(tx, person, 'identity-signed', caller.person)
    } else {
      if (!row.statement || !equal(parse(identity, row.statement).hash, next.hash)) throw badStatement('another-statement')
      await putSecond(tx, { request, statement: encodeStatement(next), by: caller.person })
      tx.announce(newIdentityConfirmed, about)
      await notify(tx, person, 'identity-confirmed', caller.person)
    }
    return { effectiveAt }
  })
}

/** Of this organisation, person and key, and next after the identity that the person has; it still stands in no chain. */
async function requireOf(tx: Tx, row: NewIdentityRow, next: Statement<Identity>): Promise<void> {
  const { organisation, person, publicKey, version, prev, employee } = next.body
  const now = (await newestKeys(tx, row.person)).identity
  if (organisation !== tx.org || person !== row.person || !equal(publicKey, row.identity_key)) throw badStatement('wrong-subject')
  if (!now || version !== now.body.version + 1 || !equal(prev, now.hash) || employee !== now.body.employee) throw badStatement('bad-chain')
}

/** The key of the device that the session is of. A device that was reported as lost, or is cut off, signs nothing in anybody's session. */
async function ownKey(tx: Tx, { person, device }: Caller): Promise<Uint8Array> {
  if (device === null || !(await isActiveDevice(tx, { person, device })) || (await isLost(tx, device))) throw badStatement('not-a-device')
  return (await findDevice(tx, device))!.sign_key
}
