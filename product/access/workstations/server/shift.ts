import type { GivesOf, Static } from '@wardline/platform/contract'
import type { Db, Tx } from '@wardline/platform/db'
import { newId, refuse } from '@wardline/platform/server'
import type { Ctx } from '@wardline/platform/server'
import { lockPerson } from '@wardline/product/access/provisioning/server'
import { provenLately } from '@wardline/product/access/policies/server'
import { endSessions, readProvider } from '@wardline/product/access/sessions/server'
import { dropKnown, rememberAtMachine } from '@wardline/product/access/sign-in/server'
import { beginShift, shiftBegan, shiftEnded } from '../contract.ts'
import type { SignedInBy } from '../contract.ts'
import { shiftEnd, workstationPolicy } from '../rules.ts'
import { endOpenShift, findStanding, holdStation, insertShift, insertStanding, openAtStations, readPin } from './queries.ts'
import { badgesOf } from './badge-queries.ts'
import { requireStation } from './station.ts'

/** Why a shift ended. */
export type ShiftEnd = 'time' | 'signed-out' | 'wrong-pins' | 'replaced' | 'credentials-changed' | 'deactivated'

/** Ends a person's open shift; false: there was none. */
export async function endShift(tx: Tx, person: string, why: ShiftEnd): Promise<boolean> {
  const ended = await endOpenShift(tx, person)
  if (ended) tx.announce(shiftEnded, { key: `person|${person}`, payload: { person, shift: ended.shift, why: ended.over ? 'time' : why } })
  return ended !== undefined
}

/** Who works here leaves every other shared workstation: what they use there is one device, and one place writes at a time. */
export async function leaveOthers(tx: Tx, person: string, session: string): Promise<void> {
  const left = (await openAtStations(tx, { person })).filter((it) => it !== session)
  if (left.length > 0) await endSessions(tx, { sessions: left }, 'limit')
}

/** Begins the shift of somebody who has just signed in fully at this workstation; whoever did already is told where they stand. */
export async function beginOwnShift(ctx: Ctx): Promise<GivesOf<typeof beginShift>> {
  const station = await requireStation(ctx, beginShift)
  const { person, session, org, provenAt } = ctx.caller
  if (station.org !== org) throw refuse(beginShift, 'not-a-workstation')
  const { workstation, name, place } = station
  const standing = await ctx.write(async (tx) => {
    // Who has left meanwhile has no session any more.
    if ((await lockPerson(tx, person))?.active !== true) throw refuse(beginShift, 'signed-out')
    const before = await findStanding(tx, session)
    if (before) return before
    if (!(await holdStation(tx, workstation))) throw refuse(beginShift, 'not-a-workstation')
    const open = await readProvider(tx, session)
    // Only what was proven here just now: a session of yesterday's sign-in elsewhere opens no shift.
    if (!open || !(await provenLately(tx, { provenAt }, tx.at.getTime()))) throw refuse(beginShift, 'sign-in-again')
    const endsAt = shiftEnd(provenAt, open.ends_at.getTime())
    const shift = newId()
    await endShift(tx, person, 'replaced')
    await leaveOthers(tx, person, session)
    await insertShift(tx, { shift, person, provider: open.provider, workstation, beganAt: provenAt, endsAt })
    await insertStanding(tx, { session, person, workstation, shift, by: 'in-full' })
    await rememberAtMachine(tx, ctx, { person, session })
    tx.announce(shiftBegan, { key: `person|${person}`, payload: { person, session, workstation, shift, endsAt } })
    return { workstation, shift, signed_in_by: 'in-full' as const, ends_at: new Date(endsAt) }
  })
  if (standing.workstation !== workstation) throw refuse(beginShift, 'not-a-workstation')
  dropKnown(ctx)
  return {
    workstation,
    name,
    place,
    veilSeconds: workstationPolicy.veilSeconds[place],
    shiftEndsAt: standing.ends_at.getTime(),
    signedInBy: standing.signed_in_by,
    hasPin: (await ctx.read((db) => readPin(db, person))) !== undefined,
    badgeWaits: (await ctx.read((db) => badgesOf(db, person))).some((it) => it.waits),
  }
}

/** How the person of a session signed in: in full, or coming back at a shared workstation. For whoever audits what they do. */
export const signedInBy = async (db: Db, session: string): Promise<Static<typeof SignedInBy>> =>
  (await findStanding(db, session))?.signed_in_by ?? 'in-full'

/**
 * Null: this session began by a sign-in of its own. Else it only goes on with a shift, and `provider` is the organisation's own provider that
 * proved the person when the shift began, if one did.
 */
export async function reopenedFrom(db: Db, session: string): Promise<{ readonly provider: string | null } | null> {
  const standing = await findStanding(db, session)
  return standing && standing.signed_in_by !== 'in-full' ? { provider: standing.provider } : null
}
