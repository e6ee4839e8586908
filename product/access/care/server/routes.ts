import { refuse, serve } from '@wardline/platform/server'
import type { Caller, Db, Route } from '@wardline/platform/server'
import { countLocations, workplacesOf, worksThere } from '@wardline/product/access/locations/server'
import { lockPerson } from '@wardline/product/access/provisioning/server'
import { can, may } from '@wardline/product/access/roles/server'
import * as contract from '../contract.ts'
import {
  endRoster,
  findShift,
  findUnit,
  insertShift,
  insertUnit,
  lockUnit,
  readShifts,
  readUnits,
  setUnitClosed,
  setUnitName,
  stopShift,
} from './queries.ts'

/** Whether a caller may change what is at a location. */
async function mayEdit(db: Db, caller: Caller, location: string | null): Promise<boolean> {
  const { works, main } = await workplacesOf(db, caller.person)
  return may(caller.roles, 'unit.edit', { relation: 'unrelated', here: worksThere(works, location, main), restricted: false }).yes
}

/** The routes of units and their rosters. What is about a patient is served by the roster, which knows whom it reaches. */
export const routes: readonly Route[] = [
  serve(contract.listUnits, {
    who: can('location.read'),
    audit: { none: 'units and rosters name no patient' },
    phi: 'none',
    run: (ctx) =>
      ctx.read(async (db) => ({
        units: await readUnits(db),
        shifts: (await readShifts(db)).map((row) => ({
          shift: row.shift,
          unit: row.unit,
          person: row.person,
          from: row.starts_at.getTime(),
          until: row.ends_at?.getTime() ?? null,
        })),
      })),
  }),
  serve(contract.addUnit, {
    who: can('unit.edit'),
    audit: contract.unitAdded,
    phi: 'none',
    run: (ctx, { unit, name, location }) =>
      ctx.write(async (tx) => {
        const { works, main } = await workplacesOf(tx, ctx.caller.person)
        const place = location ?? main
        if (!(await mayEdit(tx, ctx.caller, place))) throw refuse(contract.addUnit, 'not-found')
        const isPlace = location === undefined || (!works.all && (await countLocations(tx, [location])) === 1)
        if (!isPlace) throw refuse(contract.addUnit, 'not-found')
        const there = await findUnit(tx, unit)
        if (there) {
          if (there.name !== name || there.location !== place) throw refuse(contract.addUnit, 'name-taken')
          return { unit }
        }
        if (!(await insertUnit(tx, { unit, name, location: place }))) throw refuse(contract.addUnit, 'name-taken', { field: 'name' })
        tx.announce(contract.unitAdded, { key: `unit|${unit}`, payload: { unit } })
        return { unit }
      }),
  }),
  serve(contract.renameUnit, {
    who: can('unit.edit'),
    audit: contract.unitRenamed,
    phi: 'none',
    run: (ctx, { name }, { unit }) =>
      ctx.write(async (tx) => {
        const place = await lockUnit(tx, unit)
        if (!place || !(await mayEdit(tx, ctx.caller, place.location))) throw refuse(contract.renameUnit, 'not-found')
        if ((await setUnitName(tx, unit, name)) === 0) throw refuse(contract.renameUnit, 'name-taken', { field: 'name' })
        tx.announce(contract.unitRenamed, { key: `unit|${unit}`, payload: { unit } })
        return {}
      }),
  }),
  serve(contract.closeUnit, {
    who: can('unit.edit'),
    audit: contract.unitClosed,
    phi: 'none',
    run: (ctx, _body, { unit }) =>
      ctx.write(async (tx) => {
        const place = await lockUnit(tx, unit)
        if (!place || !(await mayEdit(tx, ctx.caller, place.location))) throw refuse(contract.closeUnit, 'not-found')
        if ((await setUnitClosed(tx, unit)) === 0) throw refuse(contract.closeUnit, 'has-patients')
        await endRoster(tx, unit)
        tx.announce(contract.unitClosed, { key: `unit|${unit}`, payload: { unit } })
        return {}
      }),
  }),
  serve(contract.addShift, {
    who: can('unit.edit'),
    audit: contract.shiftAdded,
    phi: 'none',
    run: (ctx, { shift, person, from, until }, { unit }) =>
      ctx.write(async (tx) => {
        if (until !== undefined && until <= from) throw refuse(contract.addShift, 'bad-time', { field: 'until' })
        const place = await lockUnit(tx, unit)
        const row = await lockPerson(tx, person)
        if (!place || !row?.active || !(await mayEdit(tx, ctx.caller, place.location))) throw refuse(contract.addShift, 'not-found')
        const added = await insertShift(tx, {
          shift,
          unit,
          person,
          from: new Date(from),
          until: until === undefined ? null : new Date(until),
        })
        if (added) tx.announce(contract.shiftAdded, { key: `unit|${unit}`, payload: { shift, unit, person, from, until: until ?? null } })
        else if ((await findShift(tx, shift))?.unit !== unit) throw refuse(contract.addShift, 'not-found')
        return { shift }
      }),
  }),
  serve(contract.endShift, {
    who: can('unit.edit'),
    audit: contract.shiftEnded,
    phi: 'none',
    run: (ctx, _body, { shift }) =>
      ctx.write(async (tx) => {
        const row = await findShift(tx, shift)
        const place = row && (await lockUnit(tx, row.unit))
        if (!row || !place || !(await mayEdit(tx, ctx.caller, place.location))) throw refuse(contract.endShift, 'not-found')
        await stopShift(tx, shift)
        tx.announce(contract.shiftEnded, { key: `unit|${row.unit}`, payload: { shift, unit: row.unit, person: row.person } })
        return {}
      }),
  }),
]
