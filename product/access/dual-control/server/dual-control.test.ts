/** A second person, at the front door: roles that open all others are given on approval and not before. */
import { must, signIn } from '@wardline/dev/staff'
import type { Session } from '@wardline/dev/staff'
import { openWorld } from '@wardline/dev/world'
import type { World } from '@wardline/dev/world'
import { bySystem, newId } from '@wardline/platform/server'
import { mfa } from '@wardline/product/access/mfa/server'
import { policies } from '@wardline/product/access/policies/server'
import { addPerson, me, rolesGiven, setRoles } from '@wardline/product/access/provisioning/contract'
import { createOrganisation, createPerson, grantOnApproval, provisioning } from '@wardline/product/access/provisioning/server'
import { roles, rolesOf } from '@wardline/product/access/roles/server'
import type { Role } from '@wardline/product/access/roles/server'
import { sessions } from '@wardline/product/access/sessions/server'
import { signIn as signInFeature } from '@wardline/product/access/sign-in/server'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { approvePending, declinePending, listPending, withdrawPending } from '../contract.ts'
import { dualControl } from './index.ts'

const hour = 3_600_000
let world: World
let org: string
let admin: Session
let officer: Session
let security: Session
let nurse: Session

beforeAll(async () => {
  world = await openWorld({ features: [provisioning, roles, dualControl([grantOnApproval]), mfa, sessions, signInFeature, policies] })
})
afterAll(() => world.close())
beforeEach(async () => {
  org = newId()
  await world.server.db.write(org, bySystem, (tx) =>
    createOrganisation(tx, { name: 'St Brendan', zone: 'America/Chicago', preset: 'hospital' }),
  )
  admin = await employ(['administrator'])
  officer = await employ(['privacy-officer'])
  security = await employ(['security-officer'])
  nurse = await employ(['nurse'])
})

async function employ(held: readonly Role[]): Promise<Session> {
  const person = await world.server.db.write(org, bySystem, (tx) =>
    createPerson(tx, { signInName: `p.${newId().slice(0, 13)}`, name: 'P', title: '', roles: held }),
  )
  return signIn(world, org, person)
}
const held = (person: string) => world.server.db.read(org, (db) => rolesOf(db, person))
const ask = async (role: Role = 'administrator') => {
  const given = must(await admin.call(setRoles, { params: { person: nurse.person }, body: { roles: ['nurse', role] } }))
  expect(given).toEqual({ roles: ['nurse'], waits: [role] })
  const { acts } = must(await admin.call(listPending, {}))
  return acts[0]!.act
}

describe('a role that opens all others', () => {
  test('is given when a second person agrees, and not before', async () => {
    const act = await ask()
    expect(await held(nurse.person)).toEqual(['nurse'])
    expect(must(await officer.call(listPending, {})).acts[0]).toMatchObject({
      act,
      state: 'asked',
      decidable: true,
      says: 'give the role administrator',
    })
    expect(await admin.call(approvePending, { params: { act }, body: {} })).toMatchObject({ code: 'not-found' })
    expect(await nurse.call(approvePending, { params: { act }, body: {} })).toMatchObject({ code: 'not-found' })
    must(await officer.call(approvePending, { params: { act }, body: {} }))
    expect(await held(nurse.person)).toEqual(['administrator', 'nurse'])
    expect(must(await nurse.call(me, {})).roles).toEqual(['administrator', 'nurse'])
    expect(await security.call(approvePending, { params: { act }, body: {} })).toMatchObject({ code: 'over' })
  })

  test('with an end is given with that end; an end that is over is refused before anybody is asked', async () => {
    const role = 'security-officer' as const
    const params = { person: nurse.person }
    const limited = (until: number) => admin.call(setRoles, { params, body: { roles: ['nurse', role], windows: [{ role, until }] } })
    expect(await limited(1)).toMatchObject({ code: 'bad-window' })
    const until = Math.floor(world.server.clock.ms()) + 3_600_000
    expect(must(await limited(until))).toEqual({ roles: ['nurse'], waits: [role] })
    const { acts } = must(await officer.call(listPending, {}))
    expect(acts).toMatchObject([{ says: 'give the role security officer, for a time or at hours only' }])
    must(await officer.call(approvePending, { params: { act: acts[0]!.act }, body: {} }))
    expect(must(await officer.call(rolesGiven, { params })).grants).toContainEqual({ role, until, inForce: true })
  })

  test('is not given when it is declined, taken back or left for three days', async () => {
    const declined = await ask()
    must(await security.call(declinePending, { params: { act: declined }, body: {} }))
    const taken = await ask()
    expect(await officer.call(withdrawPending, { params: { act: taken }, body: {} })).toMatchObject({ code: 'not-found' })
    must(await admin.call(withdrawPending, { params: { act: taken }, body: {} }))
    const left = await ask('security-officer')
    await world.advance(72 * hour + 1_000)
    const later = await signIn(world, org, officer.person)
    for (const act of [declined, taken, left])
      expect(await later.call(approvePending, { params: { act }, body: {} })).toMatchObject({ code: 'over' })
    expect(must(await later.call(listPending, {})).acts.map((it) => it.state)).toEqual(['expired', 'withdrawn', 'declined'])
    expect(await held(nurse.person)).toEqual(['nurse'])
  })

  test('is agreed to by nobody about themselves, and what no longer fits is not done', async () => {
    const officerToo = await employ(['privacy-officer'])
    must(await admin.call(setRoles, { params: { person: officerToo.person }, body: { roles: ['privacy-officer', 'security-officer'] } }))
    const { acts } = must(await officerToo.call(listPending, {}))
    expect(acts[0]!.decidable).toMatch(/about you/)
    expect(await officerToo.call(approvePending, { params: { act: acts[0]!.act }, body: {} })).toMatchObject({ code: 'not-your-own' })
    const act = await ask()
    must(await admin.call(setRoles, { params: { person: nurse.person }, body: { roles: ['auditor'] } }))
    expect(await officer.call(approvePending, { params: { act }, body: {} })).toMatchObject({ code: 'no-longer-possible' })
    expect(await held(nurse.person)).toEqual(['auditor'])
    expect(must(await officer.call(listPending, {})).acts.find((it) => it.act === act)!.state).toBe('asked')
  })

  test('asked for twice it waits once; a new colleague comes without it', async () => {
    await ask()
    await ask()
    expect(must(await admin.call(listPending, {})).acts).toHaveLength(1)
    const body = { signInName: `q.${newId().slice(0, 13)}`, name: 'Q', title: '', roles: ['administrator' as const] }
    const added = must(await admin.call(addPerson, { body }))
    expect(added.waits).toEqual(['administrator'])
    expect(await held(added.person)).toEqual([])
  })

  test('in an organisation that has nobody to ask is given at once', async () => {
    org = newId()
    await world.server.db.write(org, bySystem, (tx) => createOrganisation(tx, { name: 'New', zone: 'UTC', preset: 'practice' }))
    const alone = await employ(['administrator'])
    const body = { signInName: `r.${newId().slice(0, 13)}`, name: 'R', title: '', roles: ['administrator' as const] }
    const added = must(await alone.call(addPerson, { body }))
    expect(added.waits).toEqual([])
    expect(await held(added.person)).toEqual(['administrator'])
  })

  test('the database refuses a second person who is the first, whatever the code believes', async () => {
    const act = await ask()
    const decide = (by: string) =>
      world.owner.query("update pending_act set state = 'approved', decided_by = $2, decided_at = wl_now() where act = $1", [act, by])
    await expect(decide(admin.person)).rejects.toThrow(/check constraint/)
    await expect(decide(nurse.person)).rejects.toThrow(/check constraint/)
  })
})
