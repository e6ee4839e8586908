import { encodeStatement, parse, revocation, verifyRevocation } from '@wardline/crypto'
import type { Revocation, Statement } from '@wardline/crypto'
import type { GivesOf, TakesOf } from '@wardline/platform/contract'
import type { Db, Tx } from '@wardline/platform/db'
import { refuse } from '@wardline/platform/server'
import type { Caller, Ctx } from '@wardline/platform/server'
import { may } from '@wardline/product/access/roles/preview'
import { endSessions } from '@wardline/product/access/sessions/server'
import { deviceRevoked, revokeDevice } from '@wardline/product/team/devices/contract'
import { acceptKeys } from './accept.ts'
import { badStatement, bytesOf, hashText, judged } from './judging.ts'
import { publicPeople } from './people.ts'
import { dropKept } from './kept-queries.ts'
import { announceStatements } from './live.ts'
import { findDevice, insertStatement, lockKeyPerson, markRevoked, putKeyPerson } from './queries.ts'
import { administratorIds } from './trust.ts'

/** What lies above and hangs on devices: conversations. Given when the server is composed. */
export interface Conversations {
  /**
   * Locks every conversation of the person, in the order of their ids, and makes each need a new epoch. After it, whatever those
   * conversations accepted came before this transaction. Returns their ids.
   */
  rekeyAll(tx: Tx, person: string): Promise<readonly string[]>
  /** The last accepted envelope of a device in each conversation. */
  headsOf(db: Db, device: string): Promise<readonly { readonly conversation: string; readonly envelope: Buffer }[]>
}

/**
 * Cuts a device off: its sessions and sockets end, nothing of it is accepted from here on, and the person's conversations need new
 * epochs. In one order with sends: the person's row first, then the conversations' rows.
 */
export async function revoke(
  ctx: Ctx,
  conversations: Conversations,
  device: string,
  body: TakesOf<typeof revokeDevice>,
): Promise<GivesOf<typeof revokeDevice>> {
  const { caller } = ctx
  if (caller.device === null) throw refuse(revokeDevice, 'not-a-device')
  const statement = await judged(async () => parse(revocation, await bytesOf(body.revocation)))
  const it = statement.body
  if (it.organisation !== caller.org || it.device !== device) throw badStatement('wrong-subject')
  if (it.author.person !== caller.person || it.author.device !== caller.device) throw badStatement('not-the-author')
  return ctx.write(async (tx) => {
    const row = await lockKeyPerson(tx, it.person)
    const found = await findDevice(tx, device)
    // Another tenant's device, another person's, or none: all look the same.
    if (!row || found?.person !== it.person) throw refuse(revokeDevice, 'not-found')
    if (!mayRevoke(caller, it.person)) throw refuse(revokeDevice, 'not-found')
    if (found.revoked_at !== null) throw refuse(revokeDevice, 'already-revoked')
    await judgeRevocation(tx, statement)
    if (it.person === caller.person && !(body.rekey?.deviceList && body.rekey.userKey)) throw refuse(revokeDevice, 'rekey-missing')
    if (it.person !== caller.person && body.rekey) throw badStatement('not-your-keys')

    const bytes = encodeStatement(statement)
    const position = row.position + 1
    const { at } = await insertStatement(tx, {
      person: it.person,
      position,
      kind: 'revocation',
      version: 1,
      hash: statement.hash,
      statement: bytes,
    })
    await putKeyPerson(tx, { ...row, position })
    await markRevoked(tx, device)
    await dropKept(tx, device)
    const held = { position, kind: 'revocation', statement: hashText(bytes), at: at.getTime() } as const
    const rekeyed = body.rekey
      ? await acceptKeys(tx, ctx.keys, { person: it.person, employee: '', ...body.rekey, gone: device })
      : { statements: [], position }
    const locked = await conversations.rekeyAll(tx, it.person)
    await endSessions(tx, { device }, 'ended-elsewhere')
    tx.announce(deviceRevoked, { key: `person|${it.person}`, payload: { person: it.person, device, statement: hashText(statement.hash) } })
    announceStatements(tx, it.person, rekeyed.position)
    return { statements: [held, ...rekeyed.statements], conversations: locked.length }
  })
}

/** One's own devices, or anybody's for whom the matrix says so. The signed statement of administrators is asked besides. */
export const mayRevoke = (caller: Caller, person: string): boolean => {
  const decision = may(caller.roles, 'team.device.revoke')
  return decision.yes && (decision.reach === 'all' || person === caller.person)
}

/** The author's listed device signed it, and it is the person's own or an administrator's (by the signed statement of administrators, not by role). */
async function judgeRevocation(tx: Tx, statement: Statement<Revocation>): Promise<void> {
  const people = await publicPeople(tx, [statement.body.author.person])
  const administrators = await administratorIds(tx)
  await judged(() => verifyRevocation(statement, { people, administrators, prev: null }))
}
