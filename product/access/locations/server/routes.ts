import { refuse, serve } from '@wardline/platform/server'
import type { Route, Tx } from '@wardline/platform/server'
import { pendingAsked } from '@wardline/product/access/dual-control/contract'
import { askSecond, hasSecond } from '@wardline/product/access/dual-control/server'
import { can, holdersOf } from '@wardline/product/access/roles/server'
import { refreshCallers } from '@wardline/product/access/sessions/server'
import * as contract from '../contract.ts'
import { isZone, leavesAll } from '../rules.ts'
import { mayWorkAt, moveOnApproval, place } from './place.ts'
import { openLocation } from './places.ts'
import { clearStaff, readAllWorkplaces, readLocations, readWorkplaces, setClosed, updateLocation } from './queries.ts'

/** What locations ask of whoever binds by them. */
export interface LocationPorts {
  /** The locations by which a rule that two people agreed to binds; it does not change before the commit. */
  readonly placesOfRule: (tx: Tx) => Promise<readonly string[]>
}

/** The routes of locations. */
export const routesOf = ({ placesOfRule }: LocationPorts): readonly Route[] => [
  serve(contract.listLocations, {
    who: can('location.read'),
    audit: { none: 'locations are no patients' },
    phi: 'none',
    run: async (ctx) => {
      const rows = await ctx.read(readLocations)
      return { locations: rows.map(({ sender_name, ...row }) => ({ ...row, senderName: sender_name })) }
    },
  }),
  serve(contract.addLocation, {
    who: can('location.edit'),
    audit: contract.locationAdded,
    phi: 'none',
    run: async (ctx, body) => {
      if (!isZone(body.zone)) throw refuse(contract.addLocation, 'bad-zone', { field: 'zone' })
      if (!(await ctx.write((tx) => openLocation(tx, { ...body, senderName: body.senderName ?? null }))))
        throw refuse(contract.addLocation, 'name-taken', { field: 'name' })
      return { location: body.location }
    },
  }),
  serve(contract.changeLocation, {
    who: can('location.edit'),
    audit: contract.locationChanged,
    phi: 'none',
    run: async (ctx, body, { location }) => {
      if (!isZone(body.zone)) throw refuse(contract.changeLocation, 'bad-zone', { field: 'zone' })
      return ctx.write(async (tx) => {
        const taken = (await readLocations(tx)).some((it) => it.location !== location && it.name.toLowerCase() === body.name.toLowerCase())
        if (taken) throw refuse(contract.changeLocation, 'name-taken', { field: 'name' })
        if ((await updateLocation(tx, { location, ...body, senderName: body.senderName ?? null })) === 0)
          throw refuse(contract.changeLocation, 'not-found')
        tx.announce(contract.locationChanged, { key: `location|${location}`, payload: { location } })
        return {}
      })
    },
  }),
  serve(contract.closeLocation, {
    who: can('location.edit'),
    audit: contract.locationClosed,
    phi: 'none',
    run: async (ctx, _body, { location }) =>
      ctx.write(async (tx) => {
        if ((await placesOfRule(tx)).includes(location)) throw refuse(contract.closeLocation, 'in-a-rule')
        if ((await setClosed(tx, location)) === 0) {
          const isMain = (await readLocations(tx)).some((it) => it.location === location && it.main)
          throw refuse(contract.closeLocation, isMain ? 'is-main' : 'not-found')
        }
        // Where one works decides what open windows hear.
        for (const { person } of await clearStaff(tx, location)) refreshCallers(tx, person)
        tx.announce(contract.locationClosed, { key: `location|${location}`, payload: { location } })
        return {}
      }),
  }),
  serve(contract.listWorkplaces, {
    who: can('location.edit'),
    audit: { none: 'colleagues are no patients' },
    phi: 'none',
    run: async (ctx) => ({ people: await ctx.read(readAllWorkplaces) }),
  }),
  serve(contract.setWorkplaces, {
    who: can('location.edit'),
    audit: [contract.workplacesSet, pendingAsked],
    phi: 'none',
    run: async (ctx, { locations }, { person }) => {
      const wanted = [...new Set(locations)].toSorted()
      return ctx.write(async (tx) => {
        const named = await placesOfRule(tx)
        if (!(await mayWorkAt(tx, person, wanted))) throw refuse(contract.setWorkplaces, 'not-found')
        const before = (await readWorkplaces(tx, person))?.locations ?? []
        const { kind, approve } = moveOnApproval
        if (leavesAll(named, before, wanted)) {
          const people = await holdersOf(tx, ['privacy-officer', 'security-officer'])
          if (await hasSecond(tx, { subject: person, approve, people })) {
            await askSecond(tx, { kind, subject: person, payload: { locations: wanted } })
            return { locations: before, waits: true }
          }
        }
        await place(tx, person, wanted)
        return { locations: wanted, waits: false }
      })
    },
  }),
]
