/** Who reaches a patient, as ties begin and end; units and rosters at the front door. */
import { signIn } from '@wardline/dev/staff'
import type { Session } from '@wardline/dev/staff'
import { openWorld } from '@wardline/dev/world'
import type { World } from '@wardline/dev/world'
import { bySystem, newId } from '@wardline/platform/server'
import { locations } from '@wardline/product/access/locations/server'
import { addLocation, closeLocation, listLocations, setWorkplaces } from '@wardline/product/access/locations/contract'
import { mfa } from '@wardline/product/access/mfa/server'
import { policies } from '@wardline/product/access/policies/server'
import { createOrganisation, createPerson, deactivatePerson, provisioning } from '@wardline/product/access/provisioning/server'
import { roles } from '@wardline/product/access/roles/server'
import type { Role } from '@wardline/product/access/roles/server'
import { sessions } from '@wardline/product/access/sessions/server'
import { signIn as signInFeature } from '@wardline/product/access/sign-in/server'
import { audit } from '@wardline/product/compliance/audit/server'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { addShift, addUnit, closeUnit, endShift, listUnits } from '../contract.ts'
import * as care from './index.ts'

const minute = 60_000
let world: World
const org = newId()
const otherOrg = newId()
let admin: Session
let nurse: Session

beforeAll(async () => {
  world = await openWorld({
    features: [
      provisioning,
      roles,
      mfa,
      sessions,
      signInFeature,
      policies,
      locations({ placesOfRule: async () => [] }),
      care.care,
      audit(() => ''),
    ],
  })
  for (const id of [org, otherOrg])
    await world.server.db.write(id, bySystem, (tx) =>
      createOrganisation(tx, { name: 'St Brendan', zone: 'America/Chicago', preset: 'hospital' }),
    )
  admin = await employ(['administrator'])
  nurse = await employ(['nurse'])
})
afterAll(() => world.close())

async function employ(held: readonly Role[], of = org): Promise<Session> {
  const person = await world.server.db.write(of, bySystem, (tx) =>
    createPerson(tx, { signInName: `p.${newId().slice(0, 13)}`, name: 'P', title: '', roles: held }),
  )
  return signIn(world, of, person)
}
const write = <T>(run: Parameters<typeof world.server.db.write<T>>[2], of = org) => world.server.db.write(of, bySystem, run)
const relation = async (person: string, patient: string, of = org) => {
  const one = await world.server.db.read(of, (db) => care.relationOf(db, person, patient))
  const all = await world.server.db.read(of, (db) => care.relationsOf(db, person))
  // The one and the list never differ.
  expect(all.get(patient) ?? { relation: 'unrelated', because: null, until: null }).toEqual(one)
  return one.relation === 'unrelated' ? null : one.because
}

describe('ties', () => {
  test('nobody is tied to a patient without a reason', async () => {
    expect(await relation(nurse.person, newId())).toBeNull()
  })

  test('a care team: joined and left, for a time or without end; the organisation next door sees nothing of it', async () => {
    const patient = newId()
    await write((tx) => care.joinCareTeam(tx, { patient, person: nurse.person, why: 'assigned' }))
    expect(await relation(nurse.person, patient)).toBe('assigned')
    expect(await relation(admin.person, patient)).toBeNull()
    expect(await relation(nurse.person, patient, otherOrg)).toBeNull()
    expect(await world.server.db.read(org, (db) => care.careTeamOf(db, patient))).toEqual([
      { person: nurse.person, because: 'assigned', until: null },
    ])
    expect(await write((tx) => care.leaveCareTeam(tx, patient, nurse.person))).toBe(true)
    expect(await relation(nurse.person, patient)).toBeNull()
    expect(await write((tx) => care.leaveCareTeam(tx, patient, nurse.person))).toBe(false)

    const now = world.server.clock.ms()
    const [from, until] = [new Date(now + 10 * minute), new Date(now + 40 * minute)]
    await write((tx) => care.joinCareTeam(tx, { patient, person: nurse.person, why: 'appointment', from, until }))
    const seen = []
    for (const pass of [5, 10, 20, 10]) {
      await world.advance(pass * minute)
      seen.push(await relation(nurse.person, patient))
    }
    expect(seen).toEqual([null, 'appointment', 'appointment', null])
  })

  test('a stated reason opens for fifteen minutes and stands in the log; an emergency opens as an emergency and can be ended', async () => {
    const patient = newId()
    await write((tx) => care.coverFor(tx, { person: nurse.person, patient, reason: 'covering for Kim on 4W' }))
    expect(await relation(nurse.person, patient)).toBe('cover')
    expect(await relation(admin.person, patient)).toBeNull()
    await world.advance(15 * minute - 1_000)
    expect(await relation(nurse.person, patient)).toBe('cover')
    await world.advance(2_000)
    expect(await relation(nurse.person, patient)).toBeNull()
    const { rows } = await world.owner.query("select count(*)::int as n from fact where kind = 'access.care.cover-stated' and org = $1", [
      org,
    ])
    expect(rows[0]).toEqual({ n: 1 })

    const opening = newId()
    await write((tx) => care.openRecord(tx, { opening, person: nurse.person, patient, kind: 'emergency', minutes: 60 }))
    const found = await world.server.db.read(org, (db) => care.relationOf(db, nurse.person, patient))
    expect(found).toMatchObject({ relation: 'opened', because: 'emergency' })
    await expect(
      write((tx) => care.openRecord(tx, { opening, person: nurse.person, patient, kind: 'emergency', minutes: 60 })),
    ).rejects.toThrow()
    expect(await write((tx) => care.endOpening(tx, opening))).toBe(true)
    expect(await write((tx) => care.endOpening(tx, opening))).toBe(false)
    expect(await relation(nurse.person, patient)).toBeNull()
  })

  test('a unit’s roster: as long as the shift lasts and the patient lies there', async () => {
    const [unit, elsewhere, patient, shift] = [newId(), newId(), newId(), newId()]
    const desk = await employ(['front-desk'])
    const now = world.server.clock.ms()
    for (const it of [unit, elsewhere])
      expect(await desk.call(addUnit, { body: { unit: it, name: `Unit ${it.slice(0, 5)}` } })).toMatchObject({ ok: true })
    const body = { shift, person: nurse.person, from: now + minute, until: now + 8 * 60 * minute }
    expect(await desk.call(addShift, { params: { unit }, body })).toMatchObject({ ok: true })
    expect(await write((tx) => care.placePatient(tx, patient, newId()))).toBe(false)
    expect(await write((tx) => care.placePatient(tx, patient, unit))).toBe(true)
    expect(await relation(nurse.person, patient)).toBeNull()
    await world.advance(2 * minute)
    expect(await relation(nurse.person, patient)).toBe('unit')
    expect(await relation(admin.person, patient)).toBeNull()
    expect(await desk.call(closeUnit, { params: { unit } })).toMatchObject({ code: 'has-patients' })
    await write((tx) => care.placePatient(tx, patient, elsewhere))
    expect(await relation(nurse.person, patient)).toBeNull()
    await write((tx) => care.placePatient(tx, patient, unit))
    expect(await desk.call(endShift, { params: { shift } })).toMatchObject({ ok: true })
    expect(await relation(nurse.person, patient)).toBeNull()
    await write((tx) => care.placePatient(tx, patient, elsewhere))
    expect(await desk.call(closeUnit, { params: { unit } })).toMatchObject({ ok: true })
    expect(await desk.call(addShift, { params: { unit }, body: { ...body, shift: newId() } })).toMatchObject({ code: 'not-found' })
  })

  test('whose access ended is on no roster and no team', async () => {
    const leaver = await employ(['nurse'])
    const patient = newId()
    await write((tx) => care.joinCareTeam(tx, { patient, person: leaver.person, why: 'assigned' }))
    await write((tx) => deactivatePerson(tx, leaver.person))
    await world.settle()
    const desk = await employ(['front-desk'])
    const unit = newId()
    expect(await desk.call(addUnit, { body: { unit, name: 'Leavers' } })).toMatchObject({ ok: true })
    const body = { shift: newId(), person: leaver.person, from: world.server.clock.ms() }
    expect(await desk.call(addShift, { params: { unit }, body })).toMatchObject({ code: 'not-found' })
    expect(await relation(leaver.person, patient)).toBeNull()
    expect(await world.server.db.read(org, (db) => care.careTeamOf(db, patient))).toEqual([])
  })
})

describe('locations', () => {
  test('one place has no word for it; with the second everybody works at the first, and a new colleague nowhere', async () => {
    const body = (it: Partial<{ location: string; name: string; zone: string }> = {}) => ({
      location: newId(),
      name: 'North',
      zone: 'America/Chicago',
      ...it,
    })
    const fresh = await employ(['administrator'])
    expect(await fresh.call(listLocations, {})).toMatchObject({ ok: true, value: { locations: [] } })
    expect(await fresh.call(addLocation, { body: body({ zone: 'Mars/Base' }) })).toMatchObject({ code: 'bad-zone' })
    const north = body()
    expect(await fresh.call(addLocation, { body: north })).toMatchObject({ ok: true })
    expect(await fresh.call(addLocation, { body: body({ name: 'NORTH' }) })).toMatchObject({ code: 'name-taken' })
    const listed = await fresh.call(listLocations, {})
    const places = listed.ok ? listed.value.locations : []
    expect(places.map((it) => [it.name, it.main, it.people > 0])).toEqual([
      ['North', false, false],
      ['St Brendan', true, true],
    ])
    const main = places.find((it) => it.main)!.location

    // Units belong to places: who works elsewhere changes nothing there, and cannot tell them from none.
    const desk = await employ(['front-desk'])
    const unit = newId()
    expect(await desk.call(addUnit, { body: { unit, name: 'North ICU', location: north.location } })).toMatchObject({ code: 'not-found' })
    expect(
      await fresh.call(setWorkplaces, { params: { person: desk.person }, body: { locations: [north.location, newId()] } }),
    ).toMatchObject({
      code: 'not-found',
    })
    expect(await fresh.call(setWorkplaces, { params: { person: desk.person }, body: { locations: [north.location] } })).toMatchObject({
      ok: true,
    })
    expect(await desk.call(addUnit, { body: { unit, name: 'North ICU', location: north.location } })).toMatchObject({ ok: true })
    const other = await employ(['front-desk'])
    expect(await fresh.call(setWorkplaces, { params: { person: other.person }, body: { locations: [main] } })).toMatchObject({ ok: true })
    const shift = { shift: newId(), person: nurse.person, from: world.server.clock.ms() }
    for (const [who, answer] of [
      [other, { code: 'not-found' }],
      [desk, { ok: true }],
    ] as const)
      expect(await who.call(addShift, { params: { unit }, body: shift })).toMatchObject(answer)
    expect(await other.call(endShift, { params: { shift: shift.shift } })).toMatchObject({ code: 'not-found' })
    const units = await other.call(listUnits, {})
    expect(units.ok && units.value.units.some((it) => it.unit === unit)).toBe(true)

    // Nobody works where there is nothing, and nobody who left works anywhere; what has no place of its own keeps the main one.
    expect(await fresh.call(closeLocation, { params: { location: main } })).toMatchObject({ code: 'is-main' })
    const leaver = await employ(['nurse'])
    await write((tx) => deactivatePerson(tx, leaver.person))
    expect(await fresh.call(setWorkplaces, { params: { person: leaver.person }, body: { locations: [main] } })).toMatchObject({
      code: 'not-found',
    })
    expect(await fresh.call(closeLocation, { params: { location: north.location } })).toMatchObject({ ok: true })
    expect(await fresh.call(setWorkplaces, { params: { person: desk.person }, body: { locations: [north.location] } })).toMatchObject({
      code: 'not-found',
    })
  })
})
