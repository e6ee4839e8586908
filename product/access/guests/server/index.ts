/** The door of access/guests: people of other organisations, until a day. */
import path from 'node:path'
import { bySystem, refuse, serve } from '@wardline/platform/server'
import type { DueWork, Feature } from '@wardline/platform/server'
import { enrolmentIssued, personAdded } from '@wardline/product/access/provisioning/contract'
import { createPerson, deactivatePerson, issueEnrolment, ProvisioningRefused } from '@wardline/product/access/provisioning/server'
import { roleGranted } from '@wardline/product/access/roles/contract'
import { can, limitRolesTo, RolesRefused } from '@wardline/product/access/roles/server'
import * as contract from '../contract.ts'
import { guestName, guestRoles, judgeGuest, mostDays } from '../rules.ts'
import { dueGuests, insertGuest, readGuests, setEnd, setOver } from './queries.ts'

/** Ends the access of guests whose time is over, as any other access ends. */
const ends: DueWork = {
  name: 'guests.end',
  async run({ db }) {
    let done = 0
    for (const { org, person } of await db.sweep(dueGuests)) {
      const ended = await db.write(org, bySystem, async (tx) => {
        if ((await setOver(tx, person)) === 0) return false
        // Somebody may have ended it before.
        await deactivatePerson(tx, person).catch((thrown: unknown) => {
          if (!(thrown instanceof ProvisioningRefused)) throw thrown
        })
        return true
      })
      if (ended) done += 1
    }
    return done
  },
}

export const guests: Feature = {
  name: 'access/guests',
  migrations: path.join(import.meta.dirname, 'migrations'),
  due: [ends],
  routes: [
    serve(contract.addGuest, {
      who: can('guest.add'),
      audit: [contract.guestAdded, personAdded, roleGranted, enrolmentIssued],
      phi: 'none',
      run: (ctx, body) =>
        ctx
          .write(async (tx) => {
            const { kind, roles, endsAt, identity, from } = body
            const refused = judgeGuest({ kind, roles, endsAt, now: ctx.clock.ms() })
            if (refused) throw refuse(contract.addGuest, refused)
            const name = guestName(body.name, from)
            const person = await createPerson(tx, { signInName: body.signInName, name, title: body.title, roles })
            await limitRolesTo(tx, person, guestRoles[kind])
            await insertGuest(tx, { person, kind, from, endsAt: new Date(endsAt), identity, verifiedBy: ctx.caller.person })
            tx.announce(contract.guestAdded, { key: `person|${person}`, payload: { person, kind, endsAt, identity } })
            return issueEnrolment(tx, person)
          })
          .catch((thrown: unknown) => {
            if (thrown instanceof RolesRefused) throw refuse(contract.addGuest, thrown.code)
            if (thrown instanceof ProvisioningRefused)
              throw thrown.code === 'name-taken'
                ? refuse(contract.addGuest, 'name-taken')
                : refuse(contract.addGuest, 'bad-request', { field: thrown.code })
            throw thrown
          }),
    }),
    serve(contract.listGuests, {
      who: can('guest.read'),
      audit: { none: 'guests are colleagues for a time, not patients' },
      phi: 'none',
      run: async (ctx) => ({
        guests: (await ctx.read(readGuests)).map((row) => ({
          person: row.person,
          kind: row.kind,
          from: row.comes_from,
          endsAt: row.ends_at.getTime(),
          identity: row.identity,
          verifiedBy: row.verified_by,
        })),
      }),
    }),
    serve(contract.moveGuestEnd, {
      who: can('guest.add'),
      audit: contract.guestEndMoved,
      phi: 'none',
      run: (ctx, { endsAt }, { person }) =>
        ctx.write(async (tx) => {
          const now = ctx.clock.ms()
          if (endsAt <= now || endsAt > now + mostDays * 86_400_000) throw refuse(contract.moveGuestEnd, 'bad-end', { field: 'endsAt' })
          if ((await setEnd(tx, person, new Date(endsAt))) === 0) throw refuse(contract.moveGuestEnd, 'not-found')
          tx.announce(contract.guestEndMoved, { key: `person|${person}`, payload: { person, endsAt } })
          return {}
        }),
    }),
  ],
}
