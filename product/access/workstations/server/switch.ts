import type { GivesOf, TakesOf } from '@wardline/platform/contract'
import type { Db, Tx } from '@wardline/platform/db'
import { bySystem, newId, refuse } from '@wardline/platform/server'
import type { Caller, Ctx } from '@wardline/platform/server'
import { workplacesOf } from '@wardline/product/access/locations/server'
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
import { chargePin, holdStation, insertStanding, openShift, peopleHere, readPin, refundPin, waitLeft } from './queries.ts'
import { findBadge } from './badge-queries.ts'
import { chargeStation, refundStation, stationWait } from './brake-queries.ts'
import { endShift, leaveOthers } from './shift.ts'
import { requireStation } from './station.ts'
import type { ShiftRow, StationRow } from './tables.ts'

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
      // Whoever stands here could end everybody's shifts, five wrong ones each: so they are counted by workstation too.
      if (!(await chargeStation(tx, workstation, 'pin')))
        throw refuse(switchUser, 'no-pins-here', { retryAfter: await stationWait(tx, workstation, 'pin') })
      const person = await whoIs(ctx, tx, body)
      const charged = person === null ? undefined : await chargePin(tx, person)
      const wait = person === null || charged ? 0 : await waitLeft(tx, person)
      if (wait > 0) throw refuse(switchUser, 'wait', { retryAfter: wait })
      return { charged }
    })
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
      if (right && active && isNamed) await refundStation(tx, workstation, 'pin')
      if (right && active && isNamed && (await refundPin(tx, { shift, workstation }))) {
        const session = newId()
        const by = body.badge === undefined ? ('pin' as const) : ('badge-and-pin' as const)
        if (ctx.caller?.org === org) await endSessions(tx, { sessions: [ctx.caller.session] }, 'replaced')
        await leaveOthers(tx, person, session)
        // Before the session: whoever may veto its beginning asks what it goes on from.
        await insertStanding(tx, { session, person, workstation, shift, by })
        await followAtMachine(tx, ctx, { person, session })
        const from = { session, provenAt: charged.began_at.getTime(), endsBy }
        const made = await beginSession(tx, { person, place: station.place, headers: ctx.request.headers, from })
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

/** Whether somebody is of the place where a workstation stands: works there, or was last at one of its workstations. */
async function isOfPlace(db: Db, station: StationRow, person: string): Promise<boolean> {
  if (station.location === null) return true
  const { works } = await workplacesOf(db, person)
  if (works.all || works.locations.includes(station.location)) return true
  return (await peopleHere(db, station)).some((it) => it.person === person)
}

/**
 * Whose badge this is, for the tile that their PIN is asked on. Who has no shift or no PIN, or is of another place, is nobody: badge numbers
 * are short and mostly in a row, and whoever tries them at a lock screen is to learn little, and slowly.
 */
export async function ownerOfBadge(ctx: Ctx<Caller | null>, badge: string): Promise<GivesOf<typeof whoseBadge>> {
  const station = await requireStation(ctx, whoseBadge)
  const { org, workstation } = station
  const owner = await ctx.db.write(org, bySystem, async (tx) => {
    if (!(await chargeStation(tx, workstation, 'badge')))
      throw refuse(whoseBadge, 'too-many', { retryAfter: await stationWait(tx, workstation, 'badge') })
    const tag = readBadge(badge) === null ? null : await tagOf(tx, ctx.keys, badge)
    const found = tag && (await findBadge(tx, tag))
    if (!found || !(await openShift(tx, found.person)) || !(await readPin(tx, found.person))) return null
    if (!(await isOfPlace(tx, station, found.person))) return null
    await refundStation(tx, workstation, 'badge')
    return found
  })
  if (!owner) throw refuse(whoseBadge, 'unknown-badge')
  return { person: owner.person, name: owner.name }
}
