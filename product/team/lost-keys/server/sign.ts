import { encodeStatement, equal, identity, IDENTITY_DELAY, isSignedBy, parse } from '@wardline/crypto'
import type { Identity, PublicPerson, Statement } from '@wardline/crypto'
import type { GivesOf, TakesOf } from '@wardline/platform/contract'
import type { Tx } from '@wardline/platform/db'
import { refuse } from '@wardline/platform/server'
import type { Ctx } from '@wardline/platform/server'
import { notify } from '@wardline/product/access/mfa/server'
import { administrators, badStatement, bytesOf, judged, newestKeys } from '@wardline/product/team/devices/server'
import { newIdentityConfirmed, newIdentitySigned, signNewIdentity } from '../contract.ts'
import { judgeSigner } from '../rules.ts'
import { toBase64url } from '@wardline/crypto'
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
    await requireOf(tx, row, next)
    const signers = await signersOf(next, officers)
    const expected = row.signed_by === null ? [caller.person] : [row.signed_by, caller.person]
    if (next.signatures.length !== expected.length || !expected.every((it) => signers.has(it))) throw badStatement('signers')

    const { person } = row
    const effectiveAt = next.body.effective
    const about = { key: `person|${person}`, payload: { person, request, statement: toBase64url(next.hash), effectiveAt } }
    if (row.signed_by === null) {
      if (effectiveAt < tx.at.getTime() + IDENTITY_DELAY) throw badStatement('too-early')
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

/** Which of these people signed it on one of their devices. */
async function signersOf(statement: Statement<Identity>, people: readonly PublicPerson[]): Promise<ReadonlySet<string>> {
  const found = new Set<string>()
  for (const { person, deviceList } of people)
    for (const { signKey } of deviceList.body.devices) if (await isSignedBy(statement, signKey)) found.add(person)
  return found
}
