import { refuse, serve } from '@wardline/platform/server'
import type { Route } from '@wardline/platform/server'
import { lockPerson } from '@wardline/product/access/provisioning/server'
import { can } from '@wardline/product/access/roles/server'
import { refreshCallers } from '@wardline/product/access/sessions/server'
import * as contract from '../contract.ts'
import { isZone } from '../rules.ts'
import { openLocation } from './places.ts'
import { clearStaff, countLocations, readAllWorkplaces, readLocations, replaceWorkplaces, setClosed, updateLocation } from './queries.ts'

/** The routes of locations. */
export const routes: readonly Route[] = [
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
        if ((await setClosed(tx, location)) === 0) {
          const isMain = (await readLocations(tx)).some((it) => it.location === location && it.main)
          throw refuse(contract.closeLocation, isMain ? 'is-main' : 'not-found')
        }
        await clearStaff(tx, location)
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
    audit: contract.workplacesSet,
    phi: 'none',
    run: async (ctx, { locations }, { person }) => {
      const wanted = [...new Set(locations)].toSorted()
      return ctx.write(async (tx) => {
        const row = await lockPerson(tx, person)
        if (!row?.active || (await countLocations(tx, wanted)) !== wanted.length) throw refuse(contract.setWorkplaces, 'not-found')
        await replaceWorkplaces(tx, person, wanted)
        // Where one works decides what open windows hear.
        refreshCallers(tx, person)
        tx.announce(contract.workplacesSet, { key: `person|${person}`, payload: { person, locations: wanted } })
        return { locations: wanted }
      })
    },
  }),
]
