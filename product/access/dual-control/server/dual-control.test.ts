/** A second person, at the front door: roles that open all others are given on approval and not before. */
import { must, signIn } from '@wardline/dev/staff'
import type { Session } from '@wardline/dev/staff'
import { openWorld } from '@wardline/dev/world'
import type { World } from '@wardline/dev/world'
import { bySystem, newId } from '@wardline/platform/server'
import { mfa } from '@wardline/product/access/mfa/server'
import { policies } from '@wardline/product/access/policies/server'
import { addPerson, deactivate, me, rolesGiven, setRoles } from '@wardline/product/access/provisioning/contract'
import { createOrganisation, createPerson, grantOnApproval, provisioning } from '@wardline/product/access/provisioning/server'
import { roles, rolesOf } from '@wardline/product/access/roles/server'
import type { Role, RoleWindow } from '@wardline/product/access/roles/server'
import { sessions } from '@wardline/product/access/sessions/server'
import { signIn as signInFeature } from '@wardline/product/access/sign-in/server'
import { audit } from '@wardline/product/compliance/audit/server'
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
  world = await openWorld({
    features: [provisioning, roles, dualControl([grantOnApproval]), mfa, sessions, signInFeature, policies, audit(() => '')],
  })
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

async function employ(held: readonly Role[], window?: RoleWindow): Promise<Session> {
  const windows = window ? held.map((role) => ({ role, ...window })) : []
  const person = await world.server.db.write(org, bySystem, (tx) =>
    createPerson(tx, { signInName: `p.${newId().slice(0, 13)}`, name: 'P', title: '', roles: held, windows }),
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
    expect(acts).toMatchObject([
      { says: `give the role security officer, which counts until ${new Date(until).toISOString().slice(0, 16).replace('T', ' ')} UTC` },
    ])
    must(await officer.call(approvePending, { params: { act: acts[0]!.act }, body: {} }))
    expect(must(await officer.call(rolesGiven, { params })).grants).toContainEqual({ role, until, inForce: true })
  })

  test('is not given when it is declined, taken back or left for three days', async () => {
    const declined = await ask()
    must(await security.call(declinePending, { params: { act: declined }, body: {} }))
    const taken = await ask()
    expect(await officer.call(withdrawPending, { params: { act: taken }, body: {} })).toMatchObject({ code: 'not-found' })
    must(await admin.call(withdrawPending, { params: { act: taken }, body: {} }))
    expect(await admin.call(withdrawPending, { params: { act: taken }, body: {} })).toMatchObject({ code: 'over' })
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

  test('is agreed to by nobody in a role that whoever asked held too when they asked, whatever they hold now', async () => {
    org = newId()
    await world.server.db.write(org, bySystem, (tx) => createOrganisation(tx, { name: 'New', zone: 'UTC', preset: 'practice' }))
    const both = await employ(['administrator', 'security-officer'])
    const [same, other, someone] = [await employ(['security-officer']), await employ(['privacy-officer']), await employ(['nurse'])]
    const give = (person: string, roles: Role[]) => both.call(setRoles, { params: { person }, body: { roles } })
    expect(must(await give(someone.person, ['nurse', 'administrator'])).waits).toEqual(['administrator'])
    must(await give(both.person, ['administrator']))
    const { act } = must(await other.call(listPending, {})).acts[0]!
    expect(await same.call(approvePending, { params: { act }, body: {} })).toMatchObject({ code: 'same-role' })
    must(await other.call(approvePending, { params: { act }, body: {} }))
    expect(await held(someone.person)).toEqual(['administrator', 'nurse'])
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

  test('is given by no officer of the administrator’s own making: not without a second person, and not by one appointed just now', async () => {
    // With an officer there, another one waits for them, and so does everything else: a puppet has no role.
    const name = () => `s.${newId().slice(0, 13)}`
    const add = async (by: Session, roles: readonly Role[]) =>
      must(await by.call(addPerson, { body: { signInName: name(), name: 'S', title: '', roles: [...roles] } }))
    for (const role of ['privacy-officer', 'security-officer'] as const) {
      const puppet = await add(admin, [role])
      expect(puppet.waits).toEqual([role])
      expect(await held(puppet.person)).toEqual([])
    }
    // An organisation that is being set up names its officers at once, and goes on without them for three days.
    org = newId()
    await world.server.db.write(org, bySystem, (tx) => createOrganisation(tx, { name: 'New', zone: 'UTC', preset: 'practice' }))
    const alone = await employ(['administrator'])
    const first = await add(alone, ['privacy-officer'])
    expect(first.waits).toEqual([])
    expect((await add(alone, ['security-officer'])).waits).toEqual([])
    // Somebody else's officer is one to ask; the administrator's own is refused until their three days are over.
    const other = await employ(['security-officer'])
    const asked = await add(alone, ['administrator'])
    expect(asked.waits).toEqual(['administrator'])
    const own = await signIn(world, org, first.person)
    const { acts } = must(await own.call(listPending, {}))
    const params = { act: acts[0]!.act }
    expect(acts[0]!.decidable).toMatch(/gave you your role/)
    expect(await own.call(approvePending, { params, body: {} })).toMatchObject({ code: 'appointed-by-asker' })
    expect(await own.call(declinePending, { params, body: {} })).toMatchObject({ code: 'appointed-by-asker' })
    expect(must(await other.call(listPending, {})).acts[0]!.decidable).toBe(true)
    await world.advance(72 * hour + 1_000)
    const [later, appointed] = [await signIn(world, org, alone.person), await signIn(world, org, first.person)]
    const again = await add(later, ['administrator'])
    const act = must(await appointed.call(listPending, {})).acts.find((it) => it.subject === again.person)!.act
    must(await appointed.call(approvePending, { params: { act }, body: {} }))
    expect(await held(again.person)).toEqual(['administrator'])
  })

  test('is not given once whoever asked has left, or may ask for nothing any more', async () => {
    const asker = await employ(['administrator'])
    const ask = async (role: Role) => {
      must(await asker.call(setRoles, { params: { person: nurse.person }, body: { roles: ['nurse', role] } }))
      return must(await officer.call(listPending, {})).acts.find((it) => it.says.endsWith(role.replaceAll('-', ' ')))!.act
    }
    const [one, two] = [await ask('administrator'), await ask('security-officer')]
    const rolesTo = (roles: Role[]) => admin.call(setRoles, { params: { person: asker.person }, body: { roles } })
    must(await rolesTo(['clinician']))
    const seen = must(await officer.call(listPending, {})).acts.find((it) => it.act === one)!
    expect(seen.decidable).toMatch(/may no longer ask/)
    expect(await officer.call(approvePending, { params: { act: one }, body: {} })).toMatchObject({ code: 'asker-gone' })
    must(await officer.call(declinePending, { params: { act: one }, body: {} }))
    must(await admin.call(deactivate, { params: { person: asker.person }, body: {} }))
    expect(await officer.call(approvePending, { params: { act: two }, body: {} })).not.toMatchObject({ ok: true })
    await world.settle()
    expect(must(await officer.call(listPending, {})).acts.find((it) => it.act === two)!.state).toBe('withdrawn')
    expect(await held(nurse.person)).toEqual(['nurse'])
  })

  test('needs consent of officers of the administrator’s own making after three days, though their role is given anew each time', async () => {
    org = newId()
    await world.server.db.write(org, bySystem, (tx) => createOrganisation(tx, { name: 'New', zone: 'UTC', preset: 'hospital' }))
    const { person } = await employ(['administrator'])
    const made = [await employ(['nurse']), await employ(['nurse'])]
    const someone = await employ(['nurse'])
    const give = async (to: string, roles: Role[]) =>
      must(await (await signIn(world, org, person)).call(setRoles, { params: { person: to }, body: { roles } })).waits
    for (const it of made) expect(await give(it.person, ['privacy-officer'])).toEqual([])
    await world.advance(70 * hour)
    for (const it of made) {
      await give(it.person, ['nurse'])
      expect(await give(it.person, ['privacy-officer'])).toEqual([])
    }
    await world.advance(3 * hour)
    expect(await give(someone.person, ['administrator'])).toEqual(['administrator'])
    const officer = await signIn(world, org, made[0]!.person)
    expect(must(await officer.call(listPending, {})).acts).toMatchObject([{ decidable: true }])
  })

  const aMinute = { hours: { days: [7], from: 180, to: 181 } }
  const limit = (person: string, window: object, role: Role = 'privacy-officer') =>
    admin.call(setRoles, { params: { person }, body: { roles: [role], windows: [{ role, ...window }] } })

  test('the last officer’s role gets no end and no hours, which would leave nobody to ask', async () => {
    const until = Math.floor(world.server.clock.ms()) + hour
    for (const window of [{ until }, aMinute, { hours: { days: [1, 2, 3, 4, 5, 6, 7], from: 0, to: 1_439 } }]) {
      expect(await limit(officer.person, window)).toMatchObject({ code: 'last-officer' })
      expect(await limit(security.person, window, 'security-officer')).toMatchObject({ code: 'last-officer' })
    }
    // Who holds it for a time or at hours only is none who stays.
    for (const window of [{ until }, aMinute]) {
      const second = await employ(['privacy-officer'], window)
      expect(await limit(officer.person, aMinute)).toMatchObject({ code: 'last-officer' })
      expect(await admin.call(deactivate, { params: { person: officer.person }, body: {} })).toMatchObject({ code: 'last-officer' })
      expect(await held(officer.person)).toEqual(['privacy-officer'])
      must(await admin.call(deactivate, { params: { person: second.person }, body: {} }))
    }
  })

  test('counts at other hours, more or fewer, when a second person agrees, and not before', async () => {
    const second = await employ(['privacy-officer'])
    const grants = async () => must(await officer.call(rolesGiven, { params: { person: second.person } })).grants
    expect(must(await limit(second.person, aMinute))).toEqual({ roles: ['privacy-officer'], waits: ['privacy-officer'] })
    expect(await grants()).toEqual([{ role: 'privacy-officer', inForce: true }])
    const { acts } = must(await second.call(listPending, {}))
    expect(acts).toMatchObject([
      { says: 'let the role privacy officer count on Sunday 03:00–03:01', decidable: expect.stringMatching(/about you/) },
    ])
    must(await officer.call(approvePending, { params: { act: acts[0]!.act }, body: {} }))
    expect(await grants()).toMatchObject([{ role: 'privacy-officer', ...aMinute }])
    const always = { params: { person: second.person }, body: { roles: ['privacy-officer' as const] } }
    expect(must(await admin.call(setRoles, always)).waits).toEqual(['privacy-officer'])
    expect(await grants()).toMatchObject([aMinute])
    const [wider] = must(await officer.call(listPending, {})).acts
    expect(wider!.says).toBe('let the role privacy officer count always')
    must(await officer.call(approvePending, { params: { act: wider!.act }, body: {} }))
    expect(await grants()).toEqual([{ role: 'privacy-officer', inForce: true }])
    // What was agreed to too late to leave an officer, or after the role was taken away, is not done.
    must(await limit(second.person, aMinute))
    must(await admin.call(setRoles, { params: { person: second.person }, body: { roles: ['nurse'] } }))
    const [late] = must(await officer.call(listPending, {})).acts
    expect(await officer.call(approvePending, { params: { act: late!.act }, body: {} })).toMatchObject({ code: 'no-longer-possible' })
  })

  test('the database refuses a second person who is the first, whatever the code believes', async () => {
    const act = await ask()
    const decide = (by: string) =>
      world.owner.query("update pending_act set state = 'approved', decided_by = $2, decided_at = wl_now() where act = $1", [act, by])
    await expect(decide(admin.person)).rejects.toThrow(/check constraint/)
    await expect(decide(nurse.person)).rejects.toThrow(/check constraint/)
  })
})
