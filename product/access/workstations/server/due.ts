import { after, bySystem, within } from '@wardline/platform/server'
import type { DueWork, Tx } from '@wardline/platform/server'
import { enrolmentUsed, personDeactivated } from '@wardline/product/access/provisioning/contract'
import { badgeRemoved, pinRemoved } from '../contract.ts'
import { forgetCarried, forgetOld } from './carried.ts'
import { deletePin, dueShifts, purgeShifts, purgeStandings } from './queries.ts'
import { deleteBadges } from './badge-queries.ts'
import { oldCarried } from './carried-queries.ts'
import { endShift } from './shift.ts'
import type { ShiftEnd } from './shift.ts'

/** Ends shifts whose time has passed. Their sessions end by their own clock, which is the same. */
export const shiftsOver: DueWork = {
  name: 'workstations.shifts-over',
  async run({ db }) {
    let done = 0
    for (const { org, person } of await db.sweep(dueShifts))
      if (await db.write(org, bySystem, (tx) => endShift(tx, person, 'time'))) done += 1
    return done
  },
}

/** The server's half of what nobody came back for in two weeks goes. */
export const forgotten: DueWork = {
  name: 'workstations.carried-forgotten',
  async run({ db }) {
    const old = await db.sweep(oldCarried)
    let done = 0
    for (const { org, person } of old) if (await db.write(org, bySystem, (tx) => forgetOld(tx, person))) done += 1
    return done
  },
}

export const purge: DueWork = {
  name: 'workstations.purge',
  run: async ({ db }) => (await db.sweep(purgeStandings)) + (await db.sweep(purgeShifts)),
}

/** Who has left comes back by nothing that was before: no shift, no PIN, no badge, no half of a key. */
export const followLeavers = after('workstations-follow-leavers', [personDeactivated], async (db, fact) => {
  const person = fact.payload?.person
  if (person === undefined) return
  await db.write(fact.org, bySystem, async (tx) => {
    await forget(tx, person, 'deactivated')
    for (const { badge } of await deleteBadges(tx, { person }))
      tx.announce(badgeRemoved, { key: `person|${person}`, payload: { person, badge } })
  })
})

/**
 * Whose sign-in was set up anew comes back by nothing that was before, except the badge, which opens nothing alone. In the same transaction: the
 * shift that they begin with the new sign-in, and the PIN and what is carried of it, are theirs to keep.
 */
export const followEnrolments = within('workstations-follow-enrolments', [enrolmentUsed], (tx, { payload }) =>
  forget(tx, payload.person, 'credentials-changed'),
)

async function forget(tx: Tx, person: string, why: ShiftEnd): Promise<void> {
  await endShift(tx, person, why)
  if (await deletePin(tx, person)) tx.announce(pinRemoved, { key: `person|${person}`, payload: { person } })
  await forgetCarried(tx, person)
}
