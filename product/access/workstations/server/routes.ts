import type { Endpoint } from '@wardline/platform/contract'
import { anyone, newId, refuse, serve, signedIn } from '@wardline/platform/server'
import type { Route } from '@wardline/platform/server'
import { countLocations } from '@wardline/product/access/locations/server'
import { readOrganisation, readPerson } from '@wardline/product/access/provisioning/server'
import { can } from '@wardline/product/access/roles/server'
import { sessionEnded, sessionStarted } from '@wardline/product/access/sessions/contract'
import { cookieName, endSessions, newToken, signedInFreshly } from '@wardline/product/access/sessions/server'
import { Busy, dropKnown, forgetHeld, forgetMachine } from '@wardline/product/access/sign-in/server'
import * as contract from '../contract.ts'
import { workstationPolicy } from '../rules.ts'
import { badgesShown, registerBadge, revokeBadge } from './badges.ts'
import { keepOwn, readOwn } from './carried.ts'
import { setOwnPin } from './pin.ts'
import { deletePin, insertStation, noteSeen, openAtStations, openShift, peopleHere, readPin, readStations, setRemoved } from './queries.ts'
import { deleteSeals } from './carried-queries.ts'
import { beginOwnShift, endShift } from './shift.ts'
import { requireStation, stationCookie, stationCookieSeconds, stationOf } from './station.ts'
import { comeBack, ownerOfBadge } from './switch.ts'

const station = (what: string) => anyone(`a shared workstation shows its own credential; ${what}`)
const own = 'shows a person what is their own'
const small = 8 * 1024
// A hospital comes back to its screens from behind one address; what limits guesses is counted by person.
const limit = { most: 3_000, seconds: 60 }

/** A full queue of PINs to check is "too many", not a mistake of ours. */
async function unlessBusy<T>(to: Endpoint, run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (thrown) {
    if (thrown instanceof Busy) throw refuse(to, 'too-many', { retryAfter: 3 })
    throw thrown
  }
}

/** The routes of shared workstations. */
export const routes: readonly Route[] = [
  serve(contract.setUpWorkstation, {
    who: can('workstation.set'),
    audit: contract.workstationSetUp,
    phi: 'none',
    run: async (ctx, { name, location, place, key }) => {
      const token = newToken(ctx.caller.org)
      const workstation = newId()
      await ctx.write(async (tx) => {
        if (location !== null && (await countLocations(tx, [location])) !== 1)
          throw refuse(contract.setUpWorkstation, 'bad-location', { field: 'location' })
        const made = {
          workstation,
          name,
          location,
          place,
          tokenHash: token.hash,
          key: Buffer.from(key, 'base64url'),
          by: ctx.caller.person,
        }
        if (!(await insertStation(tx, made))) throw refuse(contract.setUpWorkstation, 'name-taken', { field: 'name' })
        await forgetHeld(tx, ctx)
        tx.announce(contract.workstationSetUp, { key: `workstation|${workstation}`, payload: { workstation, place, location, key } })
      })
      dropKnown(ctx)
      ctx.setCookie(stationCookie, token.text, { maxAgeSeconds: stationCookieSeconds })
      return { workstation }
    },
  }),
  serve(contract.listWorkstations, {
    who: can('workstation.set'),
    audit: { none: 'workstations are no patients' },
    phi: 'none',
    run: async (ctx) => {
      const here = await stationOf(ctx)
      const rows = await ctx.read(readStations)
      return {
        workstations: rows.map((it) => ({
          workstation: it.workstation,
          name: it.name,
          location: it.location,
          locationName: it.location_name ?? '',
          place: it.place,
          setUpAt: it.set_up_at.getTime(),
          lastSeenAt: it.seen_at.getTime(),
          here: it.workstation === here?.workstation,
        })),
      }
    },
  }),
  serve(contract.removeWorkstation, {
    who: can('workstation.set'),
    audit: contract.workstationRemoved,
    phi: 'none',
    run: async (ctx, _body, { workstation }) => {
      await ctx.write(async (tx) => {
        const removed = await setRemoved(tx, workstation)
        if (!removed) throw refuse(contract.removeWorkstation, 'not-found')
        await forgetMachine(tx, removed.token_hash)
        const open = await openAtStations(tx, { workstation })
        if (open.length > 0) await endSessions(tx, { sessions: open }, 'ended-elsewhere')
        await deleteSeals(tx, { workstation })
        tx.announce(contract.workstationRemoved, { key: `workstation|${workstation}`, payload: { workstation } })
      })
      return {}
    },
  }),
  serve(contract.thisWorkstation, {
    who: station('its lock screen names the colleagues of this shift'),
    audit: { none: 'colleagues are no patients' },
    phi: 'none',
    run: async (ctx) => {
      const it = await requireStation(ctx, contract.thisWorkstation)
      const seen = await ctx.db.write(it.org, { actor: null, device: null }, async (tx) => {
        await noteSeen(tx, it.workstation)
        return { organisation: (await readOrganisation(tx)).name, people: await peopleHere(tx, it) }
      })
      const { workstation, name, place } = it
      return { workstation, name, place, veilSeconds: workstationPolicy.veilSeconds[place], ...seen }
    },
  }),
  serve(contract.whoseBadge, {
    who: station('a badge tells whose PIN to ask for'),
    audit: { none: 'opens nothing' },
    phi: 'none',
    limit,
    largest: small,
    run: (ctx, { badge }) => ownerOfBadge(ctx, badge),
  }),
  serve(contract.switchUser, {
    who: station('the PIN proves the person'),
    audit: [contract.switched, contract.pinFailed, contract.shiftEnded, sessionStarted],
    phi: 'none',
    limit,
    largest: small,
    run: (ctx, body) => unlessBusy(contract.switchUser, () => comeBack(ctx, body)),
  }),
  serve(contract.beginShift, {
    who: signedIn,
    audit: [contract.shiftBegan, contract.shiftEnded],
    phi: 'none',
    run: beginOwnShift,
  }),
  serve(contract.veil, {
    who: signedIn,
    audit: [sessionEnded, contract.shiftEnded],
    phi: 'none',
    run: async (ctx, { endShift: isLast = false }) => {
      // Also a session that has not begun a shift here: a covered screen leaves nobody signed in behind it.
      await requireStation(ctx, contract.veil)
      await ctx.write(async (tx) => {
        await endSessions(tx, { sessions: [ctx.caller.session] }, isLast ? 'signed-out' : 'veiled')
        if (isLast) await endShift(tx, ctx.caller.person, 'signed-out')
      })
      ctx.clearCookie(cookieName)
      return {}
    },
  }),
  serve(contract.carried, {
    who: signedIn,
    audit: { none: 'sealed, for its own person alone' },
    phi: 'none',
    run: readOwn,
  }),
  serve(contract.carry, {
    who: signedIn,
    audit: { none: 'sealed, by its own person' },
    phi: 'none',
    largest: 1024 * 1024,
    run: keepOwn,
  }),
  serve(contract.myPin, {
    who: signedIn,
    audit: { none: own },
    phi: 'none',
    run: (ctx) =>
      ctx.read(async (db) => {
        const { person } = ctx.caller
        const [pin, shift] = [await readPin(db, person), await openShift(db, person)]
        return {
          setAt: pin?.set_at.getTime() ?? null,
          shiftEndsAt: shift?.ends_at.getTime() ?? null,
          badges: await badgesShown(db, person),
        }
      }),
  }),
  serve(contract.setPin, {
    who: signedInFreshly,
    audit: contract.pinSet,
    phi: 'none',
    largest: small,
    run: async (ctx, { pin }) => {
      await unlessBusy(contract.setPin, () => setOwnPin(ctx, pin))
      return {}
    },
  }),
  serve(contract.removePin, {
    who: signedIn,
    audit: contract.pinRemoved,
    phi: 'none',
    run: async (ctx) => {
      const { person } = ctx.caller
      await ctx.write(async (tx) => {
        if (!(await deletePin(tx, person))) throw refuse(contract.removePin, 'not-found')
        tx.announce(contract.pinRemoved, { key: `person|${person}`, payload: { person } })
      })
      return {}
    },
  }),
  serve(contract.addBadge, {
    who: signedInFreshly,
    audit: [contract.badgeAdded, contract.badgeConfirmed],
    phi: 'none',
    limit: { most: workstationPolicy.mostRegistrationsInHour, seconds: 3_600 },
    largest: small,
    run: async (ctx, { badge }) => ({ badge: await registerBadge(ctx, contract.addBadge, { person: ctx.caller.person, badge }) }),
  }),
  serve(contract.addBadgeFor, {
    who: can('workstation.set'),
    audit: contract.badgeAdded,
    phi: 'none',
    largest: small,
    run: async (ctx, { badge }, { person }) => ({ badge: await registerBadge(ctx, contract.addBadgeFor, { person, badge }) }),
  }),
  serve(contract.badgesOf, {
    who: can('workstation.set'),
    audit: { none: 'colleagues are no patients' },
    phi: 'none',
    run: (ctx, _body, { person }) =>
      ctx.read(async (db) => {
        if ((await readPerson(db, person))?.active !== true) throw refuse(contract.badgesOf, 'not-found')
        return { badges: await badgesShown(db, person) }
      }),
  }),
  serve(contract.removeBadgeOf, {
    who: can('workstation.set'),
    audit: [contract.badgeRemoved, sessionEnded],
    phi: 'none',
    run: async (ctx, _body, { person, badge }) => {
      await revokeBadge(ctx, contract.removeBadgeOf, { person, badge })
      return {}
    },
  }),
  serve(contract.removeBadge, {
    who: signedIn,
    audit: [contract.badgeRemoved, sessionEnded],
    phi: 'none',
    run: async (ctx, _body, { badge }) => {
      await revokeBadge(ctx, contract.removeBadge, { person: ctx.caller.person, badge })
      return {}
    },
  }),
]
