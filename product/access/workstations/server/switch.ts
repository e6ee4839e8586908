import type { GivesOf, TakesOf } from '@wardline/platform/contract'
import type { Db, Tx } from '@wardline/platform/db'
import { bySystem, newId, refuse } from '@wardline/platform/server'
import type { Caller, Ctx } from '@wardline/platform/server'
import { figures } from '@wardline/product/access/policies/server'
import { foldName } from '@wardline/product/access/provisioning/rules'
import { findSignIn, lockPerson } from '@wardline/product/access/provisioning/server'
import { rolesOf } from '@wardline/product/access/roles/server'
import { absoluteSecondsOf } from '@wardline/product/access/sessions/rules'
import { beginSession, endSessions } from '@wardline/product/access/sessions/server'
import { carrySignedIn, followAtMachine, inTurn, verifyPassword } from '@wardline/product/access/sign-in/server'
import { pinFailed, switchUser, switched, whoseBadge } from '../contract.ts'
import { mayTryPin, readBadge } from '../rules.ts'
import { tagOf } from './badges.ts'
import { pinContext } from './pin.ts'
import { chargePin, holdStation, insertStanding, openShift, readPin, refundPin, waitLeft } from './queries.ts'
import { findBadge } from './badge-queries.ts'
import { endShift, leaveOthers } from './shift.ts'
import { requireStation } from './station.ts'
import type { ShiftRow } from './tables.ts'

type Who = TakesOf<typeof switchUser>

/** Whom the request names: by tile, badge or sign-in name. Null: nobody. */
async function whoIs(ctx: Ctx<Caller | null>, db: Db, who: Who): Promise<string | null> {
  if (who.badge !== undefined) {
    const tag = await tagOf(db, ctx.keys, who.badge)
    const owner = tag && (await findBadge(db, tag))
    return owner && (who.person === undefined || who.person === owner.person) ? owner.person : null
  }
  if (who.person !== undefined) return who.person
  // Somebody of another organisation has no shift in this one.
  return who.name === undefined ? null : ((await findSignIn(db, foldName(who.name)))?.person ?? null)
}

/** Until when whoever comes back may stay, ms: to the end of the shift, and no longer than a full sign-in then would have lasted by today's policy and roles. */
async function mayLastUntil(tx: Tx, { person, began_at, ends_at }: ShiftRow): Promise<number> {
  const lasts = absoluteSecondsOf(await figures(tx), await rolesOf(tx, person)) * 1000
  return Math.min(ends_at.getTime(), began_at.getTime() + lasts)
}

/**
 * Comes back within a shift. A person of nobody, one without a shift and one without a PIN take the same way: one answer, one argon2 run.
 * The session is no fresher than the shift's full sign-in and ends no later than the shift.
 */
export async function comeBack(ctx: Ctx<Caller | null>, body: Who): Promise<GivesOf<typeof switchUser>> {
  const station = await requireStation(ctx, switchUser)
  const { org, workstation } = station
  const begun = await inTurn(async () => {
    const tried = await ctx.db.write(org, bySystem, async (tx) => {
      const person = await whoIs(ctx, tx, body)
      const charged = person === null ? undefined : await chargePin(tx, person)
      return { charged, wait: person === null || charged ? 0 : await waitLeft(tx, person) }
    })
    if (tried.wait > 0) throw refuse(switchUser, 'wait', { retryAfter: tried.wait })
    const { charged } = tried
    const hashed = charged ? ctx.keys.open(org, charged.data_key, charged.sealed, pinContext(charged.person)).toString('utf8') : null
    const right = await verifyPassword(hashed, body.pin)
    return ctx.db.write(org, bySystem, async (tx) => {
      if (!charged) return null
      const { person, shift } = charged
      const active = (await lockPerson(tx, person))?.active === true
      // It may have been removed while the PIN was looked at: whoever removed it ended the sessions that were there.
      if (!(await holdStation(tx, workstation))) throw refuse(switchUser, 'not-a-workstation')
      const endsBy = await mayLastUntil(tx, charged)
      if (endsBy <= tx.at.getTime()) {
        await endShift(tx, person, 'time')
        return null
      }
      // A badge may have been revoked while its PIN was looked at.
      const isNamed = body.badge === undefined || (await whoIs(ctx, tx, body)) === person
      if (right && active && isNamed && (await refundPin(tx, { shift, workstation }))) {
        const session = newId()
        const by = body.badge === undefined ? ('pin' as const) : ('badge-and-pin' as const)
        if (ctx.caller?.org === org) await endSessions(tx, { sessions: [ctx.caller.session] }, 'replaced')
        await leaveOthers(tx, person, session)
        // Before the session: whoever may veto its beginning asks what it goes on from.
        await insertStanding(tx, { session, person, workstation, shift, by })
        await followAtMachine(tx, ctx, { person, session })
        const from = { session, provenAt: charged.began_at.getTime(), endsBy }
        const made = await beginSession(tx, { person, place: station.place, from })
        tx.announce(switched, { key: `person|${person}`, actor: person, payload: { person, session, workstation, shift, by } })
        return { ...made, person }
      }
      tx.announce(pinFailed, { key: `person|${person}`, payload: { person, workstation, shift, inARow: charged.wrong_row } })
      if (!mayTryPin({ row: charged.wrong_row, shift: charged.wrong_all })) await endShift(tx, person, 'wrong-pins')
      return null
    })
  })
  if (!begun) throw refuse(switchUser, 'wrong-pin')
  return carrySignedIn(ctx, begun)
}

/** Whose badge this is, for the tile that their PIN is asked on. Who has no shift or no PIN is nobody. */
export async function ownerOfBadge(ctx: Ctx<Caller | null>, badge: string): Promise<GivesOf<typeof whoseBadge>> {
  const { org } = await requireStation(ctx, whoseBadge)
  const owner = await ctx.db.read(org, async (db) => {
    const tag = readBadge(badge) === null ? null : await tagOf(db, ctx.keys, badge)
    const found = tag && (await findBadge(db, tag))
    return found && (await openShift(db, found.person)) && (await readPin(db, found.person)) ? found : null
  })
  if (!owner) throw refuse(whoseBadge, 'unknown-badge')
  return { person: owner.person, name: owner.name }
}
