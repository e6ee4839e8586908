import { encodeStatement, identity, parse, verifySession } from '@wardline/crypto'
import type { GivesOf, TakesOf } from '@wardline/platform/contract'
import type { Db, Tx } from '@wardline/platform/db'
import { refuse } from '@wardline/platform/server'
import type { Ctx } from '@wardline/platform/server'
import { readPerson } from '@wardline/product/access/provisioning/server'
import { bindDevice, endSessions } from '@wardline/product/access/sessions/server'
import { deviceRevoked, enrolDevice, myVault, putVault as putEndpoint, signInDevice } from '@wardline/product/team/devices/contract'
import { browserOf } from '@wardline/product/team/devices/preview'
import { acceptKeys, presentVault } from './accept.ts'
import type { KeyChange, Replacement } from './accept.ts'
import type { Admission } from './admission.ts'
import { badStatement, bytesOf, hashText } from './judging.ts'
import { announceStatements } from './live.ts'
import { nameOf } from './names.ts'
import { isLost, putManaged } from './care-queries.ts'
import { dropKept, isOverdue } from './kept-queries.ts'
import { devicesOf, findDevice, isActiveDevice, lockKeyPerson, markRevoked, statementsAfter } from './queries.ts'
import type { Conversations } from './revoke.ts'
import type { StatementRow } from './tables.ts'

/** A stored statement as replies carry it. */
export const heldOf = (row: StatementRow) => ({
  position: row.position,
  kind: row.kind,
  statement: hashText(row.statement),
  at: row.at.getTime(),
  ...(row.logged_at && { loggedAt: row.logged_at.getTime() }),
})

/** All statements about these people in the order of their acceptance, each person's together. */
export const heldStatements = async (
  db: Db,
  people: readonly string[],
): Promise<{ person: string; statements: ReturnType<typeof heldOf>[] }[]> => {
  const rows = await statementsAfter(
    db,
    people.map((person) => ({ person, after: 0 })),
    100_000,
  )
  return people.map((person) => ({ person, statements: rows.filter((row) => row.person === person).map(heldOf) }))
}

/** A person's own keys, sealed, and the session that a device signs. */
export async function readVault(ctx: Ctx): Promise<GivesOf<typeof myVault>> {
  const { caller } = ctx
  return ctx.read(async (db) => {
    const me = await readPerson(db, caller.person)
    const entry = await presentVault(db, ctx.keys, caller.person)
    return {
      organisation: caller.org,
      person: caller.person,
      employee: me?.sign_in_name ?? '',
      session: caller.session,
      device: caller.device,
      statements: (await statementsAfter(db, [{ person: caller.person, after: 0 }], 10_000)).map(heldOf),
      vault: entry && hashText(encodeStatement(entry)),
      devices: (await devicesOf(db, caller.person)).map((row) => ({
        device: row.device,
        enrolledAt: row.enrolled_at.getTime(),
        revokedAt: row.revoked_at?.getTime() ?? null,
      })),
    }
  })
}

/** Enrols the calling session's device and binds the session to it. A person's first device brings their identity key with it. */
export async function enrol(
  ctx: Ctx,
  conversations: Conversations,
  admission: Admission,
  body: TakesOf<typeof enrolDevice>,
): Promise<GivesOf<typeof enrolDevice>> {
  return ctx.write((tx) => enrolIn(tx, ctx, conversations, admission, body, { introduce: body.identityKey }))
}

/** A device and the keys that come with it. */
type Enrolled = Pick<TakesOf<typeof enrolDevice>, 'device' | 'deviceList' | 'userKey' | 'vault'>

async function enrolIn(
  tx: Tx,
  ctx: Ctx,
  conversations: Conversations,
  admission: Admission,
  body: Enrolled,
  how: Pick<KeyChange, 'introduce' | 'replaces'>,
): Promise<GivesOf<typeof enrolDevice>> {
  const { caller } = ctx
  // The person first, then the machine that vouches: in one order with whoever replaces their keys.
  await lockKeyPerson(tx, caller.person)
  const me = await readPerson(tx, caller.person)
  const { system } = browserOf(ctx.request.headers)
  const judged = await admission.enrol(tx, { person: caller.person, roles: caller.roles, system })
  if (!judged.admitted) throw refuse(enrolDevice, 'not-managed')
  const { device, deviceList, userKey, vault } = body
  const keys = { person: caller.person, employee: me?.sign_in_name ?? '', deviceList, userKey, vault, joins: device }
  const accepted = await acceptKeys(tx, ctx.keys, { ...keys, ...how })
  // What is bound to the session is a device that has just signed the list: it holds its key.
  if (!accepted.enrolled.includes(device)) throw badStatement('device-not-enrolled')
  if (judged.managed !== null) {
    await admission.enrolled(tx, { person: caller.person, device, managed: judged.managed })
    await putManaged(tx, device, nameOf(device))
  }
  if (accepted.newKey) await conversations.rekeyAll(tx, caller.person)
  if (!(await bindDevice(tx, caller.session, device))) throw refuse(enrolDevice, 'signed-out')
  announceStatements(tx, caller.person, accepted.position, how.replaces !== undefined)
  return { statements: accepted.statements }
}

/**
 * Puts the keys that the calling person made anew in place of those that nobody can open: the identity that two administrators signed a day
 * ago, this device, and nothing of before. Every earlier device is cut off. Refusals as of `enrolDevice`.
 */
export async function enrolAnew(
  tx: Tx,
  ctx: Ctx,
  conversations: Conversations,
  admission: Admission,
  body: Enrolled & { readonly replaces: Replacement },
): Promise<GivesOf<typeof enrolDevice>> {
  const { person } = ctx.caller
  await lockKeyPerson(tx, person)
  const before = (await devicesOf(tx, person)).filter((it) => it.revoked_at === null)
  // First: what vouched for them may vouch for this one.
  for (const { device } of before) {
    await markRevoked(tx, device)
    await dropKept(tx, device)
  }
  const enrolled = await enrolIn(tx, ctx, conversations, admission, body, { replaces: body.replaces })
  const statement = hashText(parse(identity, body.replaces.identity).hash)
  for (const { device } of before) {
    await endSessions(tx, { device }, 'ended-elsewhere')
    tx.announce(deviceRevoked, { key: `person|${person}`, payload: { person, device, statement } })
  }
  return enrolled
}

/** Changes factors, user key or vault from an enrolled device. A new user key makes every conversation of the person need a new epoch. */
export async function changeVault(
  ctx: Ctx,
  conversations: Conversations,
  body: TakesOf<typeof putEndpoint>,
): Promise<GivesOf<typeof putEndpoint>> {
  const { caller } = ctx
  return ctx.write(async (tx) => {
    if (caller.device === null || !(await isActiveDevice(tx, { person: caller.person, device: caller.device })))
      throw refuse(putEndpoint, 'not-a-device')
    const accepted = await acceptKeys(tx, ctx.keys, { person: caller.person, employee: '', ...body })
    if (accepted.newKey) await conversations.rekeyAll(tx, caller.person)
    announceStatements(tx, caller.person, accepted.position)
    return { statements: accepted.statements }
  })
}

/** Binds the session to an enrolled device that signs the session's id. */
export async function signIn(
  ctx: Ctx,
  admission: Admission,
  device: string,
  body: TakesOf<typeof signInDevice>,
): Promise<GivesOf<typeof signInDevice>> {
  const { org, person, session, roles } = ctx.caller
  const signature = await bytesOf(body.signature).catch(() => new Uint8Array(64))
  return ctx.write(async (tx) => {
    const row = await findDevice(tx, device)
    // A lost device comes back only by a new enrolment, whoever signs in with it.
    const mine = row?.person === person && row.revoked_at === null && !(await isLost(tx, device))
    if (!mine || !(await verifySession(row.sign_key, signature, { organisation: org, person, device, session })))
      throw refuse(signInDevice, 'not-proven')
    // Told long ago to forget what it keeps, and without a receipt: it went on as it was.
    if (await isOverdue(tx, device)) throw refuse(signInDevice, 'not-proven')
    if (!(await admission.goesOn(tx, { roles, device }))) throw refuse(signInDevice, 'not-managed')
    if (!(await bindDevice(tx, session, device))) throw refuse(signInDevice, 'signed-out')
    return { device }
  })
}
