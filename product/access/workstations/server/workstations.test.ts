import { randomBytes, randomInt } from 'node:crypto'
import { Secret, TOTP } from 'otpauth'
import { openWorld } from '@wardline/dev/world'
import type { World } from '@wardline/dev/world'
import { bySystem, newId } from '@wardline/platform/server'
import { factsOf } from '@wardline/platform/testing'
import { breakGlass } from '@wardline/product/access/break-glass/server'
import { care } from '@wardline/product/access/care/server'
import { locations } from '@wardline/product/access/locations/server'
import { enrolTotp, mfa } from '@wardline/product/access/mfa/server'
import { policies } from '@wardline/product/access/policies/server'
import {
  createOrganisation,
  createPerson,
  deactivatePerson,
  issueEnrolment,
  provisioning,
  useEnrolment,
} from '@wardline/product/access/provisioning/server'
import { roles } from '@wardline/product/access/roles/server'
import type { Role } from '@wardline/product/access/roles/server'
import { beginSession, endSessions, sessions } from '@wardline/product/access/sessions/server'
import { lanesOf } from '@wardline/product/access/sign-in/rules'
import { setPassword, signIn } from '@wardline/product/access/sign-in/server'
import { audit } from '@wardline/product/compliance/audit/server'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { judgePin } from '../rules.ts'
import { forgetOld } from './carried.ts'
import { workstations } from './index.ts'

const minute = 60_000
const hour = 60 * minute
const org = newId()
const otherOrg = newId()
let world: World
let admin: string
let made = 0

beforeAll(async () => {
  world = await openWorld({
    features: [
      provisioning,
      roles,
      mfa,
      sessions,
      signIn,
      policies,
      locations({ placesOfRule: async () => [] }),
      care,
      breakGlass({ isPatient: async () => true }),
      audit(() => ''),
      workstations,
    ],
  })
  for (const id of [org, otherOrg])
    await world.server.db.write(id, bySystem, async (tx) => {
      await createOrganisation(tx, { name: 'Maple Street Dental', zone: 'America/Chicago', preset: 'practice' })
      const person = await createPerson(tx, { signInName: `admin.${id.slice(0, 8)}`, name: 'Admin', title: '', roles: ['administrator'] })
      if (id === org) admin = person
    })
})
afterAll(() => world.close())

type Jar = Record<string, string>
interface Answer {
  readonly status: number
  readonly code: string | undefined
  readonly body: Record<string, unknown>
  readonly wait: string | null
}

/** Asks as a browser with these cookies, and keeps those that come. */
async function ask(jar: Jar, method: string, path: string, body?: unknown): Promise<Answer> {
  const answer = await fetch(world.url + path, {
    method,
    headers: {
      'content-type': 'application/json',
      'x-wardline': '1',
      cookie: Object.entries(jar)
        .map(([name, value]) => `${name}=${value}`)
        .join('; '),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  for (const line of answer.headers.getSetCookie()) {
    const [name = '', value = ''] = line.split(';')[0]!.split('=')
    if (value === '') delete jar[name]
    else jar[name] = value
  }
  const json = (await answer.json()) as Record<string, unknown> & { error?: { code: string } }
  return { status: answer.status, code: json.error?.code, body: json, wait: answer.headers.get('retry-after') }
}

const pinOf = (): string => {
  const pin = randomInt(1_000_000).toString().padStart(6, '0')
  return judgePin(pin) === null ? pin : pinOf()
}
const hire = (held: readonly Role[] = ['nurse'], of = org) =>
  world.server.db.write(of, bySystem, async (tx) => {
    const signInName = `w${(made += 1)}`
    return { signInName, person: await createPerson(tx, { signInName, name: `Nurse ${made}`, title: '', roles: held }) }
  })
/** Signs a person in fully in this browser: what sign-in does once both factors are right. */
async function enter(jar: Jar, person: string, of = org): Promise<string> {
  const begun = await world.server.db.write(of, bySystem, (tx) => beginSession(tx, { person, place: 'counter' }))
  jar['wl'] = begun.token
  return begun.session
}
/** A browser that an administrator has made a shared workstation. */
async function workstation(more: { place?: string; location?: string | null } = {}): Promise<Jar & { id: string }> {
  const jar: Jar = {}
  await enter(jar, admin)
  const { place = 'counter', location = null } = more
  const key = randomBytes(32).toString('base64url')
  const answer = await ask(jar, 'POST', '/api/v1/workstations', { name: `Desk ${(made += 1)}`, location, place, key })
  expect(answer).toMatchObject({ status: 200 })
  delete jar['wl']
  return Object.assign(jar, { id: (answer.body as { workstation: string }).workstation })
}
/** Somebody whose shift has begun at this workstation, with a PIN, and whose screen is covered. */
async function inShift(jar: Jar, held?: readonly Role[]) {
  const it = { ...(await hire(held)), pin: pinOf() }
  await enter(jar, it.person)
  expect(await ask(jar, 'POST', '/api/v1/workstation/shift', {})).toMatchObject({ status: 200, body: { signedInBy: 'in-full' } })
  expect(await ask(jar, 'PUT', '/api/v1/pin', { pin: it.pin })).toMatchObject({ status: 200 })
  expect(await ask(jar, 'POST', '/api/v1/workstation/veil', {})).toMatchObject({ status: 200 })
  return it
}
const comeBack = (jar: Jar, it: { person?: string; name?: string; badge?: string; pin: string }) =>
  ask(
    jar,
    'POST',
    '/api/v1/workstation/switch',
    Object.fromEntries(['person', 'name', 'badge', 'pin'].flatMap((key) => (key in it ? [[key, it[key as 'pin']]] : []))),
  )
const isOpen = async (jar: Jar) => (await ask({ ...jar }, 'GET', '/api/v1/me')).status === 200
const tiles = async (jar: Jar) =>
  ((await ask(jar, 'GET', '/api/v1/workstation')).body as { people: { person: string }[] }).people.map((it) => it.person)

/** What is asked while a change of somebody else's is not committed yet; it is, once the asked one waits for it or is over. */
async function meanwhile(change: string, of: string, going: () => Promise<Answer>): Promise<Answer> {
  const { owner } = world
  await owner.query('begin')
  try {
    await owner.query(change, [of])
    let isOver = false
    const answer = going().finally(() => (isOver = true))
    const waiting = "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
    await vi.waitFor(async () => expect(isOver || (await owner.query(waiting)).rowCount! > 0).toBe(true), { timeout: 10_000 })
    await owner.query('commit')
    return await answer
  } finally {
    await owner.query('rollback')
  }
}
const removal = 'update workstation set removed_at = wl_now() where workstation = $1'

const facts = async (kind: string, key: string) => (await factsOf(world, org, kind, key)).map(({ payload }) => payload)

describe('a shared workstation', () => {
  test('is set up by an administrator who has just proven themselves, on the machine itself, and is nothing once it is removed', async () => {
    const jar: Jar = {}
    await enter(jar, (await hire()).person)
    const key = randomBytes(32).toString('base64url')
    const wanted = { name: 'ICU left', location: null, place: 'hallway', key }
    expect(await ask(jar, 'POST', '/api/v1/workstations', wanted)).toMatchObject({ status: 404 })
    await enter(jar, admin)
    await world.owner.query("update session set proven_at = proven_at - interval '1 hour' where person = $1", [admin])
    expect(await ask(jar, 'POST', '/api/v1/workstations', wanted)).toMatchObject({ code: 'step-up-needed' })
    await enter(jar, admin)
    expect(await ask(jar, 'POST', '/api/v1/workstations', { ...wanted, location: newId() })).toMatchObject({ code: 'bad-location' })
    expect(await ask(jar, 'GET', '/api/v1/workstation')).toMatchObject({ status: 404, code: 'not-a-workstation' })
    const { body } = await ask(jar, 'POST', '/api/v1/workstations', wanted)
    const { workstation: id } = body as { workstation: string }
    expect(await ask(jar, 'GET', '/api/v1/workstation')).toMatchObject({
      status: 200,
      body: { name: 'ICU left', veilSeconds: 60, people: [] },
    })
    expect(await ask(jar, 'POST', '/api/v1/workstations', { ...wanted, name: 'icu LEFT' })).toMatchObject({ code: 'name-taken' })
    expect(await facts('access.workstation.set-up', `workstation|${id}`)).toEqual([
      { workstation: id, place: 'hallway', location: null, key },
    ])

    const nurse = await inShift(jar)
    expect(await comeBack(jar, nurse)).toMatchObject({ status: 200 })
    const office: Jar = {}
    await enter(office, admin)
    expect((await ask(office, 'GET', '/api/v1/workstations')).body).toMatchObject({ workstations: [{ workstation: id, here: false }] })
    expect(await ask(office, 'DELETE', `/api/v1/workstations/${id}`)).toMatchObject({ status: 200 })
    expect(await isOpen(jar)).toBe(false)
    expect(await comeBack(jar, nurse)).toMatchObject({ status: 404, code: 'not-a-workstation' })
    expect(await ask(jar, 'GET', '/api/v1/workstation')).toMatchObject({ status: 404, code: 'not-a-workstation' })
    expect(await ask(office, 'DELETE', `/api/v1/workstations/${id}`)).toMatchObject({ status: 404 })
  })

  test('is one organisation’s: neither its people nor its screen are the other’s', async () => {
    const jar = await workstation()
    const stranger = await hire(['nurse'], otherOrg)
    await enter(jar, stranger.person, otherOrg)
    expect(await ask(jar, 'POST', '/api/v1/workstation/shift', {})).toMatchObject({ code: 'not-a-workstation' })
    expect(await comeBack(jar, { name: stranger.signInName, pin: pinOf() })).toMatchObject({ status: 401, code: 'wrong-pin' })
  })

  test('names those of its own place who are in their shift and have a PIN, and nobody else', async () => {
    const office: Jar = {}
    await enter(office, admin)
    const [ward, lab] = [newId(), newId()]
    for (const [location, name] of [
      [ward, 'Ward 4'],
      [lab, 'Laboratory'],
    ])
      expect(await ask(office, 'POST', '/api/v1/locations', { location, name, zone: 'America/Chicago' })).toMatchObject({ status: 200 })
    const [left, right, far] = [
      await workstation({ location: ward }),
      await workstation({ location: ward }),
      await workstation({ location: lab }),
    ]
    const nurse = await inShift(left)
    expect(await tiles(left)).toEqual([nurse.person])
    expect(await tiles(right)).toEqual([nurse.person])
    expect(await tiles(far)).toEqual([])
    const without = await hire()
    await enter(left, without.person)
    await ask(left, 'POST', '/api/v1/workstation/shift', {})
    expect(await tiles(left)).toEqual([nurse.person])
    // Who goes elsewhere is looked for there.
    expect(await comeBack(far, { name: nurse.signInName, pin: nurse.pin })).toMatchObject({ status: 200 })
    expect(await tiles(left)).toEqual([])
    expect(await tiles(far)).toEqual([nurse.person])
  })
})

describe('coming back by PIN', () => {
  test('opens a session within the shift: no fresher than the full sign-in, no longer than twelve hours, and audited as what it is', async () => {
    const jar = await workstation()
    const nurse = await inShift(jar)
    expect(await isOpen(jar)).toBe(false)
    await world.advance(hour)
    const back = await comeBack(jar, { person: nurse.person, pin: nurse.pin })
    expect(back).toMatchObject({ status: 200, body: { person: nurse.person } })
    const { session, endsAt } = back.body as { session: string; endsAt: number }
    const shift = (await ask(jar, 'POST', '/api/v1/workstation/shift', {})).body as { shiftEndsAt: number; signedInBy: string }
    expect(shift.signedInBy).toBe('pin')
    expect(endsAt).toBe(shift.shiftEndsAt)
    // What asks for a fresh proof is not satisfied by six digits.
    expect(await ask(jar, 'PUT', '/api/v1/pin', { pin: pinOf() })).toMatchObject({ code: 'step-up-needed' })
    const [fact] = (await facts('access.workstation.switched', `person|${nurse.person}`)) as { by: string; session: string }[]
    expect(fact).toMatchObject({ by: 'pin', session, person: nurse.person })
    // A second time there is nothing left but to sign in.
    await ask(jar, 'POST', '/api/v1/workstation/veil', {})
    await world.advance(11 * hour + minute)
    expect(await comeBack(jar, nurse)).toMatchObject({ status: 401, code: 'wrong-pin' })
    expect(await tiles(jar)).toEqual([])
    const ends = (await facts('access.workstation.shift-ended', `person|${nurse.person}`)) as { why: string }[]
    expect(ends).toMatchObject([{ why: 'time' }])
  })

  test('is worth nothing without the workstation’s credential, and a session elsewhere begins no shift', async () => {
    const jar = await workstation()
    const nurse = await inShift(jar)
    expect(await comeBack({}, nurse)).toMatchObject({ status: 404, code: 'not-a-workstation' })
    expect(await comeBack({ wlw: randomBytes(48).toString('base64url') }, nurse)).toMatchObject({ code: 'not-a-workstation' })
    // Signed in in full, but not just now.
    await enter(jar, nurse.person)
    await world.advance(6 * minute)
    expect(await ask(jar, 'POST', '/api/v1/workstation/shift', {})).toMatchObject({ status: 401, code: 'sign-in-again' })
    // Nobody stays signed in behind a covered screen, whether or not a shift began; what is no workstation covers none.
    const elsewhere = { wl: jar['wl']! }
    expect(await ask({ ...elsewhere }, 'POST', '/api/v1/workstation/veil', {})).toMatchObject({ code: 'not-a-workstation' })
    expect(await isOpen(elsewhere)).toBe(true)
    expect(await ask(jar, 'POST', '/api/v1/workstation/veil', {})).toMatchObject({ status: 200 })
    expect(await isOpen(elsewhere)).toBe(false)
  })

  test('lasts no longer than a full sign-in at the time would last by today’s roles and policy', async () => {
    const jar = await workstation()
    const nurse = await inShift(jar)
    await world.advance(hour)
    const before = (await comeBack(jar, nurse)).body as { endsAt: number }
    await ask(jar, 'POST', '/api/v1/workstation/veil', {})
    // Who only oversees works four hours at a time.
    await world.owner.query("update role_grant set role = 'auditor' where person = $1", [nurse.person])
    const after = (await comeBack(jar, nurse)).body as { endsAt: number }
    expect(before.endsAt - after.endsAt).toBe(8 * hour)
    await ask(jar, 'POST', '/api/v1/workstation/veil', {})
    await world.advance(3 * hour + minute)
    expect(await comeBack(jar, nurse)).toMatchObject({ status: 401, code: 'wrong-pin' })
    expect(await facts('access.workstation.shift-ended', `person|${nurse.person}`)).toMatchObject([{ why: 'time' }])
  })

  test('has an order with the removal of the workstation: whoever comes back meanwhile finds it removed', async () => {
    const jar = await workstation()
    const nurse = await inShift(jar)
    expect(await meanwhile(removal, jar.id, () => comeBack(jar, nurse))).toMatchObject({ status: 404, code: 'not-a-workstation' })
    const { rows } = await world.owner.query('select session from session where person = $1 and ended_at is null', [nurse.person])
    expect(rows).toEqual([])
    const next = await workstation()
    await enter(next, nurse.person)
    const begin = () => ask({ ...next }, 'POST', '/api/v1/workstation/shift', {})
    expect(await meanwhile(removal, next.id, begin)).toMatchObject({ code: 'not-a-workstation' })
  })

  test('ends after twelve wrong ones in a shift, whatever comes between', async () => {
    const jar = await workstation()
    const nurse = await inShift(jar)
    const wrong = { person: nurse.person, pin: nurse.pin.replace(/.$/, (last) => String((Number(last) + 1) % 10)) }
    for (let round = 0; round < 4; round += 1) {
      for (let i = 0; i < 3; i += 1) expect(await comeBack(jar, wrong)).toMatchObject({ code: 'wrong-pin' })
      // So long that the workstation has forgotten them.
      await world.advance(11 * minute)
      expect((await comeBack(jar, nurse)).status, `after ${3 * (round + 1)}`).toBe(round < 3 ? 200 : 401)
      await ask(jar, 'POST', '/api/v1/workstation/veil', {})
    }
    expect(await facts('access.workstation.shift-ended', `person|${nurse.person}`)).toMatchObject([{ why: 'wrong-pins' }])
  })

  test('is over once its person has ended the shift, or set their sign-in up anew', async () => {
    const jar = await workstation()
    const [over, anew] = [await inShift(jar), await inShift(jar)]
    expect(await comeBack(jar, over)).toMatchObject({ status: 200 })
    expect(await ask(jar, 'POST', '/api/v1/workstation/veil', { endShift: true })).toMatchObject({ status: 200 })
    expect(await comeBack(jar, over)).toMatchObject({ status: 401, code: 'wrong-pin' })
    const write = world.server.db.write
    const { enrolment } = await write(org, { actor: admin, device: null }, (tx) => issueEnrolment(tx, anew.person))
    const agreed = 'update enrolment set effective_at = wl_now(), approved_by = $1 where enrolment = $2'
    await world.owner.query(agreed, [over.person, enrolment])
    expect(await write(org, bySystem, (tx) => useEnrolment(tx, anew.person, enrolment))).toBe(true)
    expect(await comeBack(jar, anew)).toMatchObject({ status: 401, code: 'wrong-pin' })
    expect((await world.owner.query('select from workstation_pin where person = $1', [anew.person])).rowCount).toBe(0)
    expect(await facts('access.workstation.shift-ended', `person|${anew.person}`)).toMatchObject([{ why: 'credentials-changed' }])
  })

  test('ends after five wrong ones: they wait, and then only a full sign-in helps, which begins anew', async () => {
    const jar = await workstation()
    const nurse = await inShift(jar)
    const wrong = { person: nurse.person, pin: nurse.pin.replace(/.$/, (last) => String((Number(last) + 1) % 10)) }
    expect(await comeBack(jar, wrong)).toMatchObject({ status: 401, code: 'wrong-pin' })
    expect(await comeBack(jar, wrong)).toMatchObject({ code: 'wrong-pin' })
    expect(await comeBack(jar, wrong)).toMatchObject({ code: 'wrong-pin' })
    expect(await comeBack(jar, nurse)).toMatchObject({ status: 429, code: 'wait', wait: expect.stringMatching(/^1?\d$/) as string })
    await world.advance(20_000)
    expect(await comeBack(jar, wrong)).toMatchObject({ code: 'wrong-pin' })
    await world.advance(minute)
    expect(await comeBack(jar, wrong)).toMatchObject({ code: 'wrong-pin' })
    await world.advance(10 * minute)
    expect(await comeBack(jar, nurse)).toMatchObject({ status: 401, code: 'wrong-pin' })
    expect(await tiles(jar)).toEqual([])
    expect(await facts('access.workstation.pin-failed', `person|${nurse.person}`)).toHaveLength(5)
    expect(await facts('access.workstation.shift-ended', `person|${nurse.person}`)).toMatchObject([{ why: 'wrong-pins' }])
    await enter(jar, nurse.person)
    await ask(jar, 'POST', '/api/v1/workstation/shift', {})
    expect(await comeBack(jar, nurse)).toMatchObject({ status: 200 })
  })

  test('counts guesses before it looks at them: many at once are still five', async () => {
    const jar = await workstation()
    const nurse = await inShift(jar)
    const answers = await Promise.all(Array.from({ length: 12 }, () => comeBack({ ...jar }, { person: nurse.person, pin: pinOf() })))
    expect(answers.every((it) => it.status === 401 || it.status === 429)).toBe(true)
    expect((await facts('access.workstation.pin-failed', `person|${nurse.person}`)).length).toBeLessThanOrEqual(5)
  })

  test('a visitor at one lock screen ends nobody’s shift: after eight wrong ones, whosever, that workstation asks for full sign-ins', async () => {
    const [jar, next] = [await workstation(), await workstation()]
    const staff = []
    for (let i = 0; i < 4; i += 1) staff.push(await inShift(jar))
    const codes = []
    for (let k = 0; k < 3; k += 1) {
      for (const it of [...staff, { name: 'nobody.at.all' }]) codes.push((await comeBack({ ...jar }, { ...it, pin: '482139' })).code)
      await world.advance(61_000)
    }
    expect(codes).toEqual([...Array<string>(8).fill('wrong-pin'), ...Array<string>(7).fill('no-pins-here')])
    const [nurse, other] = staff as [(typeof staff)[0], (typeof staff)[0]]
    const refused = await comeBack({ ...jar }, nurse)
    expect(refused).toMatchObject({ status: 429, code: 'no-pins-here' })
    expect(Number(refused.wait)).toBeGreaterThan(60)
    // Nobody's shift has ended: they come back elsewhere, sign in fully here, or wait.
    for (const it of staff) expect(await comeBack(next, it)).toMatchObject({ status: 200 })
    await enter(jar, nurse.person)
    expect(await ask(jar, 'POST', '/api/v1/workstation/shift', {})).toMatchObject({ status: 200 })
    await world.advance(11 * minute)
    expect(await comeBack(jar, other)).toMatchObject({ status: 200 })
    // What was right does not count.
    for (let i = 0; i < 10; i += 1) expect(await comeBack(jar, other)).toMatchObject({ status: 200 })
  })

  test('answers alike for a stranger, somebody without a shift and somebody without a PIN', async () => {
    const jar = await workstation()
    const [idle, bare] = [await hire(), await hire()]
    await enter(jar, bare.person)
    await ask(jar, 'POST', '/api/v1/workstation/shift', {})
    const answers = []
    for (const who of [{ person: newId() }, { person: idle.person }, { person: bare.person }, { name: 'nobody.at.all' }, {}])
      answers.push(await comeBack({ ...jar }, { ...who, pin: '482139' }))
    for (const { status, code } of answers) expect({ status, code }).toEqual({ status: 401, code: 'wrong-pin' })
  })

  test('leaves every other shared workstation, and whoever was signed in here', async () => {
    const [here, there] = [await workstation({ place: 'phone' }), await workstation({ place: 'phone' })]
    const [nurse, other] = [await inShift(here), await inShift(here)]
    await comeBack(here, nurse)
    expect(await isOpen(here)).toBe(true)
    expect(await comeBack(there, nurse)).toMatchObject({ status: 200 })
    expect([await isOpen(here), await isOpen(there)]).toEqual([false, true])
    // A session stands where it began: at another workstation it is worth nothing.
    expect(await ask({ ...here, wl: there['wl']! }, 'POST', '/api/v1/workstation/shift', {})).toMatchObject({ code: 'not-a-workstation' })
    const nurses = { ...there }
    expect(await comeBack(there, other)).toMatchObject({ status: 200 })
    expect([await isOpen(nurses), await isOpen(there)]).toEqual([false, true])
  })

  test('nothing begins for who leaves meanwhile: no shift, PIN or badge, and nothing is carried', async () => {
    const jar = await workstation()
    const left = () => ({
      version: 0,
      half: randomBytes(32).toString('base64url'),
      sealed: randomBytes(90).toString('base64url'),
      seals: [],
    })
    const acts: readonly (readonly [method: string, path: string, body: () => unknown])[] = [
      ['POST', '/api/v1/workstation/shift', () => ({})],
      ['PUT', '/api/v1/pin', () => ({ pin: pinOf() })],
      ['PUT', '/api/v1/workstation/carried', left],
      ['POST', '/api/v1/badges', () => ({ badge: randomBytes(5).toString('hex') })],
    ]
    for (const [method, path, body] of acts) {
      const { person } = await hire()
      await enter(jar, person)
      if (path.endsWith('carried')) expect(await ask(jar, 'POST', '/api/v1/workstation/shift', {})).toMatchObject({ status: 200 })
      const answer = await meanwhile('update person set active = false, deactivated_at = wl_now() where person = $1', person, () =>
        ask({ ...jar }, method, path, body()),
      )
      expect({ path, status: answer.status }).toEqual({ path, status: path === '/api/v1/badges' ? 404 : 401 })
    }
  })

  test('is over for who has left, and for a PIN that was removed', async () => {
    const jar = await workstation()
    const [leaver, changed] = [await inShift(jar), await inShift(jar)]
    await comeBack(jar, leaver)
    const left = { version: 0, half: randomBytes(32).toString('base64url'), sealed: randomBytes(90).toString('base64url'), seals: [] }
    expect(await ask(jar, 'PUT', '/api/v1/workstation/carried', left)).toMatchObject({ status: 200 })
    await ask(jar, 'POST', '/api/v1/workstation/veil', {})
    await enter(jar, leaver.person)
    const badge = randomBytes(5).toString('hex')
    expect(await ask(jar, 'POST', '/api/v1/badges', { badge })).toMatchObject({ status: 200 })
    const whose = () => ask(jar, 'POST', '/api/v1/workstation/badge', { badge })
    expect(await whose()).toMatchObject({ body: { person: leaver.person } })
    await world.server.db.write(org, bySystem, (tx) => deactivatePerson(tx, leaver.person))
    // At once, before anybody has followed.
    expect(await whose()).toMatchObject({ code: 'unknown-badge' })
    expect(await comeBack(jar, leaver)).toMatchObject({ status: 401, code: 'wrong-pin' })
    await world.settle()
    for (const table of ['workstation_pin', 'carried', 'badge'])
      expect((await world.owner.query(`select from ${table} where person = $1`, [leaver.person])).rowCount).toBe(0)
    await comeBack(jar, changed)
    expect(await ask(jar, 'DELETE', '/api/v1/pin')).toMatchObject({ status: 200 })
    await ask(jar, 'POST', '/api/v1/workstation/veil', {})
    expect(await comeBack(jar, changed)).toMatchObject({ status: 401 })
  })

  test('a PIN that everybody tries first is not taken, and only its argon2id string is stored, sealed', async () => {
    const jar = await workstation()
    const nurse = await inShift(jar)
    await enter(jar, nurse.person)
    expect(await ask(jar, 'PUT', '/api/v1/pin', { pin: '123456' })).toMatchObject({ code: 'pin-easy' })
    expect(await ask(jar, 'PUT', '/api/v1/pin', { pin: '1234' })).toMatchObject({ code: 'pin-form' })
    const { rows } = await world.owner.query<{ sealed: Buffer }>('select sealed from workstation_pin where person = $1', [nurse.person])
    expect(rows[0]!.sealed.includes(nurse.pin)).toBe(false)
    expect(rows[0]!.sealed.includes('$argon2id$')).toBe(false)
  })
})

describe('badges', () => {
  test('say whose PIN to ask for; alone they open nothing, and only a keyed hash of them is kept', async () => {
    const jar = await workstation()
    const nurse = await inShift(jar)
    const typed = `;${randomBytes(6).toString('hex')}?`
    await enter(jar, nurse.person)
    const { badge } = (await ask(jar, 'POST', '/api/v1/badges', { badge: typed })).body as { badge: string }
    expect(await ask(jar, 'POST', '/api/v1/badges', { badge: typed.toUpperCase() })).toMatchObject({ code: 'badge-taken' })
    expect(await ask(jar, 'POST', '/api/v1/badges', { badge: '?!' })).toMatchObject({ code: 'bad-badge' })
    await ask(jar, 'POST', '/api/v1/workstation/shift', {})
    await ask(jar, 'POST', '/api/v1/workstation/veil', {})
    expect(await ask(jar, 'POST', '/api/v1/workstation/badge', { badge: typed })).toMatchObject({ body: { person: nurse.person } })
    expect(await isOpen(jar)).toBe(false)
    expect(await ask({}, 'POST', '/api/v1/workstation/badge', { badge: typed })).toMatchObject({ code: 'not-a-workstation' })
    expect(await ask(jar, 'POST', '/api/v1/workstation/badge', { badge: '0011223344' })).toMatchObject({
      status: 401,
      code: 'unknown-badge',
    })
    expect(await comeBack(jar, { badge: typed, pin: pinOf() })).toMatchObject({ code: 'wrong-pin' })
    expect(await comeBack(jar, { badge: typed, person: admin, pin: nurse.pin })).toMatchObject({ code: 'wrong-pin' })
    expect(await comeBack(jar, { badge: typed, pin: nurse.pin })).toMatchObject({ status: 200 })
    expect((await ask(jar, 'POST', '/api/v1/workstation/shift', {})).body).toMatchObject({ signedInBy: 'badge-and-pin' })
    const { rows } = await world.owner.query<{ tag: Buffer }>('select tag from badge where badge = $1', [badge])
    expect(rows[0]!.tag).toHaveLength(32)
    // Somebody else's badge is not theirs to remove.
    const other: Jar = {}
    await enter(other, (await hire()).person)
    expect(await ask(other, 'DELETE', `/api/v1/badges/${badge}`)).toMatchObject({ status: 404 })
    expect(await ask(jar, 'DELETE', `/api/v1/badges/${badge}`)).toMatchObject({ status: 200 })
    expect(await ask(jar, 'POST', '/api/v1/workstation/badge', { badge: typed })).toMatchObject({ code: 'unknown-badge' })
  })

  const one = () => randomBytes(5).toString('hex')
  const owner = (jar: Jar, badge: string) => ask(jar, 'POST', '/api/v1/workstation/badge', { badge })

  test('are registered for a colleague by an administrator alone, three at most, one person’s only; they count in their person’s own hand', async () => {
    const [office, jar]: [Jar, Jar] = [{}, await workstation()]
    await enter(office, admin)
    const nurse = await inShift(jar)
    const of = `/api/v1/people/${nurse.person}/badges`
    const typed = one()
    const { badge } = (await ask(office, 'POST', of, { badge: typed })).body as { badge: string }
    for (let i = 0; i < 2; i++) expect(await ask(office, 'POST', of, { badge: one() })).toMatchObject({ status: 200 })
    expect(await ask(office, 'POST', of, { badge: one() })).toMatchObject({ code: 'too-many-badges' })
    expect(await ask(office, 'POST', `/api/v1/people/${newId()}/badges`, { badge: one() })).toMatchObject({ status: 404 })
    const listed = (await ask(office, 'GET', of)).body as { badges: { badge: string; waits: boolean }[] }
    expect(listed.badges.map((it) => it.waits)).toEqual([true, true, true])
    expect(await ask(office, 'GET', `/api/v1/people/${newId()}/badges`)).toMatchObject({ status: 404 })

    // Whoever holds it before its person has: nobody is named, and nothing is opened.
    expect(await owner(jar, typed)).toMatchObject({ code: 'unknown-badge' })
    expect(await comeBack(jar, { badge: typed, pin: nurse.pin })).toMatchObject({ code: 'wrong-pin' })
    const other: Jar = {}
    await enter(other, (await hire()).person)
    for (const [method, path] of [
      ['POST', of],
      ['GET', of],
      ['DELETE', `${of}/${badge}`],
    ] as const)
      expect(await ask(other, method, path, method === 'POST' ? { badge: one() } : undefined)).toMatchObject({ status: 404 })
    expect(await ask(other, 'POST', '/api/v1/badges', { badge: typed })).toMatchObject({ code: 'badge-taken' })

    await comeBack(jar, nurse)
    expect((await ask(jar, 'POST', '/api/v1/workstation/shift', {})).body).toMatchObject({ badgeWaits: true })
    await world.owner.query("update session set proven_at = proven_at - interval '1 hour' where person = $1", [nurse.person])
    await world.restart()
    expect(await ask(jar, 'POST', '/api/v1/badges', { badge: typed })).toMatchObject({ code: 'step-up-needed' })
    await enter(jar, nurse.person)
    expect(await ask(jar, 'POST', '/api/v1/badges', { badge: typed })).toMatchObject({ status: 200, body: { badge } })
    await ask(jar, 'POST', '/api/v1/workstation/shift', {})
    await ask(jar, 'POST', '/api/v1/workstation/veil', {})
    expect(await owner(jar, typed)).toMatchObject({ body: { person: nurse.person } })
    expect(await facts('access.workstation.badge-confirmed', `person|${nurse.person}`)).toEqual([{ person: nurse.person, badge }])
  })

  test('are not found by trying numbers: not at a lock screen, not of another place, not by registering them', async () => {
    const [office, ward, lab]: [Jar, string, string] = [{}, newId(), newId()]
    await enter(office, admin)
    for (const [location, name] of [
      [ward, 'Ward 9'],
      [lab, 'Lab 9'],
    ])
      expect(await ask(office, 'POST', '/api/v1/locations', { location, name, zone: 'America/Chicago' })).toMatchObject({ status: 200 })
    const [left, right, far, any] = [
      await workstation({ location: ward }),
      await workstation({ location: ward }),
      await workstation({ location: lab }),
      await workstation(),
    ]
    const nurse = await inShift(left)
    const badge = one()
    await enter(left, nurse.person)
    expect(await ask(left, 'POST', '/api/v1/badges', { badge })).toMatchObject({ status: 200 })
    await ask(left, 'POST', '/api/v1/workstation/shift', {})
    await ask(left, 'POST', '/api/v1/workstation/veil', {})
    for (const here of [left, right, any]) expect(await owner(here, badge)).toMatchObject({ status: 200, body: { person: nurse.person } })
    expect(await owner(far, badge)).toMatchObject({ code: 'unknown-badge' })
    await world.owner.query('insert into location_staff (org, person, location) values ($1, $2, $3)', [org, nurse.person, lab])
    expect(await owner(far, badge)).toMatchObject({ status: 200 })
    // A known one does not count; of unknown ones there are thirty, and then a known one is not told either.
    for (let i = 0; i < 30; i += 1) expect(await owner(right, badge)).toMatchObject({ status: 200 })
    for (let i = 0; i < 30; i += 1) expect(await owner(right, one())).toMatchObject({ code: 'unknown-badge' })
    for (const typed of [one(), badge]) expect(await owner(right, typed)).toMatchObject({ status: 429, code: 'too-many' })
    expect(await owner(left, badge)).toMatchObject({ status: 200 })
    await world.advance(11 * minute)
    expect(await owner(right, badge)).toMatchObject({ status: 200 })

    const other: Jar = {}
    await enter(other, (await hire()).person)
    const codes = []
    for (let i = 0; i < 12; i += 1) codes.push((await ask(other, 'POST', '/api/v1/badges', { badge })).code)
    expect(codes).toEqual([...Array<string>(10).fill('badge-taken'), 'too-many', 'too-many'])
  })

  test('their person is told when somebody else registers or revokes one', async () => {
    const [office, mine]: [Jar, Jar] = [{}, {}]
    await enter(office, admin)
    const { person } = await hire()
    await enter(mine, person)
    const of = `/api/v1/people/${person}/badges`
    const told = async () => {
      const { notices } = (await ask(mine, 'GET', '/api/v1/notices/own')).body as { notices: { what: string; by: string | null }[] }
      return notices.map((it) => [it.what, it.by]).toSorted()
    }
    const typed = one()
    const { badge } = (await ask(office, 'POST', of, { badge: typed })).body as { badge: string }
    expect(await told()).toEqual([['badge-registered', admin]])
    expect(await ask(mine, 'POST', '/api/v1/badges', { badge: typed })).toMatchObject({ status: 200 })
    expect(await ask(office, 'DELETE', `${of}/${badge}`)).toMatchObject({ status: 200 })
    const both = [
      ['badge-registered', admin],
      ['badge-revoked', admin],
    ]
    expect(await told()).toEqual(both)
    // Of what they do themselves they need not be told.
    const own = (await ask(mine, 'POST', '/api/v1/badges', { badge: one() })).body['badge'] as string
    expect(await ask(mine, 'DELETE', `/api/v1/badges/${own}`)).toMatchObject({ status: 200 })
    expect(await told()).toEqual(both)
  })

  test('that are lost are revoked at once: what they opened is locked, whoever is coming in by one finds it gone', async () => {
    const [office, jar]: [Jar, Jar] = [{}, await workstation()]
    await enter(office, admin)
    const nurse = await inShift(jar)
    await enter(jar, nurse.person)
    const [lost, second, third] = [one(), one(), one()]
    const ids: string[] = []
    for (const badge of [lost, second, third]) ids.push((await ask(jar, 'POST', '/api/v1/badges', { badge })).body['badge'] as string)
    await ask(jar, 'POST', '/api/v1/workstation/shift', {})
    await ask(jar, 'POST', '/api/v1/workstation/veil', {})
    expect(await comeBack(jar, { badge: lost, pin: nurse.pin })).toMatchObject({ status: 200 })
    expect(await ask(office, 'DELETE', `/api/v1/people/${admin}/badges/${ids[0]!}`)).toMatchObject({ status: 404 })
    expect(await isOpen(jar)).toBe(true)
    expect(await ask(office, 'DELETE', `/api/v1/people/${nurse.person}/badges/${ids[0]!}`)).toMatchObject({ status: 200 })
    expect(await isOpen(jar)).toBe(false)
    expect(await owner(jar, lost)).toMatchObject({ code: 'unknown-badge' })
    expect(await comeBack(jar, { badge: lost, pin: nurse.pin })).toMatchObject({ code: 'wrong-pin' })
    // Whoever removes one of their own goes on.
    expect(await comeBack(jar, { badge: second, pin: nurse.pin })).toMatchObject({ status: 200 })
    expect(await ask(jar, 'DELETE', `/api/v1/badges/${ids[1]!}`)).toMatchObject({ status: 200 })
    expect(await isOpen(jar)).toBe(true)
    await ask(jar, 'POST', '/api/v1/workstation/veil', {})
    const going = meanwhile(
      'delete from badge using (select person from person where person = $1 for no key update) p where badge.person = p.person',
      nurse.person,
      () => comeBack(jar, { badge: third, pin: nurse.pin }),
    )
    expect(await going).toMatchObject({ code: 'wrong-pin' })
    expect(await comeBack(jar, nurse)).toMatchObject({ status: 200 })
  })
})

describe('names and passwords at a shared workstation', () => {
  const password = 'correct horse battery'
  const lanes = lanesOf(100)
  interface Member {
    readonly person: string
    readonly signInName: string
    readonly key: Buffer
  }
  const member = async (): Promise<Member> => {
    const it = { ...(await hire()), key: randomBytes(20) }
    await world.server.db.write(org, bySystem, async (tx) => {
      await setPassword(tx, world.keys, { person: it.person, password })
      await enrolTotp(tx, world.keys, { person: it.person, key: it.key })
    })
    return it
  }
  const forgetWaits = () => world.owner.query('delete from sign_in_backoff')
  const guess = async (jar: Jar, { signInName: name }: Member) => {
    await forgetWaits()
    return ask(jar, 'POST', '/api/v1/sign-in', { name, password: 'wrong horse battery' })
  }
  async function signInFully(jar: Jar, it: Member): Promise<Answer> {
    // A code works once.
    await world.advance(30_000)
    await forgetWaits()
    const { ticket } = (await ask(jar, 'POST', '/api/v1/sign-in', { name: it.signInName, password })).body
    const totp = new TOTP({ secret: new Secret({ buffer: Uint8Array.from(it.key).buffer }) })
    return ask(jar, 'POST', '/api/v1/sign-in/code', { ticket, code: totp.generate({ timestamp: world.server.clock.ms() }) })
  }
  async function begin(jar: Jar, it: Member): Promise<void> {
    expect(await signInFully(jar, it)).toMatchObject({ status: 200 })
    expect(await ask(jar, 'POST', '/api/v1/workstation/shift', {})).toMatchObject({ status: 200 })
    await ask(jar, 'POST', '/api/v1/workstation/veil', {})
  }
  const tries = async ({ person }: Member) => {
    const found = await world.owner.query('select strangers, known from password_tries where person = $1', [person])
    return found.rows[0] as { strangers: number; known: number }
  }
  const browsersOf = async ({ person }: Member) =>
    (await world.owner.query('select from known_browser where person = $1', [person])).rowCount

  test('all who work there are known to it, however many; strangers stop none of them', async () => {
    const jar = await workstation()
    const staff: Member[] = []
    for (let i = 0; i < 9; i += 1) {
      staff.push(await member())
      await begin(jar, staff.at(-1)!)
    }
    const [first] = staff as [Member]
    // The machine's own credential is all that it keeps.
    expect(Object.keys(jar).toSorted()).toEqual(['id', 'wlw'])
    await world.owner.query('update password_tries set strangers = $2 where person = any($1)', [
      staff.map((it) => it.person),
      lanes.strangers - 1,
    ])
    for (const it of staff) await guess({}, it)
    expect(await tries(first)).toEqual({ strangers: lanes.strangers, known: 0 })
    expect((await signInFully({}, first)).status).not.toBe(200)
    for (const it of [first, staff.at(-1)!]) await begin(jar, it)
    expect([await tries(first), await browsersOf(first)]).toEqual([{ strangers: 0, known: 0 }, 1])
  })

  test('eleven of them push nobody’s own browsers out, nor do those push them out', async () => {
    const nurse = await member()
    const home: Jar = {}
    expect(await signInFully(home, nurse)).toMatchObject({ status: 200 })
    for (let i = 0; i < 11; i += 1) await begin(await workstation(), nurse)
    expect(await browsersOf(nurse)).toBe(12)
    await world.owner.query('update password_tries set strangers = $2 where person = $1', [nurse.person, lanes.strangers - 1])
    await guess({}, nurse)
    expect((await signInFully({}, nurse)).status).not.toBe(200)
    expect(await signInFully(home, nurse)).toMatchObject({ status: 200 })
    // Of their own the ten newest stay, and one at a workstation takes the place of none of them.
    for (let i = 0; i < 10; i += 1) expect(await signInFully({}, nurse)).toMatchObject({ status: 200 })
    expect(await browsersOf(nurse)).toBe(21)
    await begin(await workstation(), nurse)
    expect(await browsersOf(nurse)).toBe(22)
  })

  test('who guesses at it takes half of one person’s known lane and no more, and nothing of anybody else’s', async () => {
    const jar = await workstation()
    const [nurse, other] = [await member(), await member()]
    // Known there before it was shared: that does not count twice.
    await enter(jar, nurse.person)
    expect(await signInFully(jar, nurse)).toMatchObject({ status: 200 })
    expect(jar['wlk']).toBeDefined()
    const before = jar['wlk']!
    for (const it of [nurse, other]) await begin(jar, it)
    for (let i = 0; i < lanes.browser; i += 1) await guess(jar, nurse)
    expect(await tries(nurse)).toEqual({ strangers: 0, known: lanes.browser })
    await guess(jar, nurse)
    await guess({ wlk: before }, nurse)
    expect(await tries(nurse)).toEqual({ strangers: 2, known: lanes.browser })
    await guess(jar, other)
    expect(await tries(other)).toEqual({ strangers: 0, known: 1 })
    // Nobody is known to it who never signed in there, and a PIN makes nobody known.
    const third = await member()
    await guess(jar, third)
    expect(await tries(third)).toEqual({ strangers: 1, known: 0 })
  })

  test('what is set up on a browser takes the place of what was known in it, and is known to nobody once it is removed', async () => {
    const nurse = await member()
    const jar: Jar = {}
    await signInFully(jar, nurse)
    const before = jar['wlk']!
    await enter(jar, admin)
    const key = randomBytes(32).toString('base64url')
    const answer = await ask(jar, 'POST', '/api/v1/workstations', { name: `Desk ${(made += 1)}`, location: null, place: 'phone', key })
    expect(jar['wlk']).toBeUndefined()
    await guess({ wlk: before }, nurse)
    expect(await tries(nurse)).toEqual({ strangers: 1, known: 0 })
    delete jar['wl']
    await begin(jar, nurse)
    const office: Jar = {}
    await enter(office, admin)
    await ask(office, 'DELETE', `/api/v1/workstations/${(answer.body as { workstation: string }).workstation}`)
    await guess(jar, nurse)
    expect([await tries(nurse), await browsersOf(nurse)]).toEqual([{ strangers: 1, known: 0 }, 0])
  })

  test('who ends their session there from elsewhere is known there no more, after a PIN too', async () => {
    const jar = await workstation()
    const nurse = { ...(await member()), pin: pinOf() }
    expect(await signInFully(jar, nurse)).toMatchObject({ status: 200 })
    await ask(jar, 'POST', '/api/v1/workstation/shift', {})
    await ask(jar, 'PUT', '/api/v1/pin', { pin: nurse.pin })
    await ask(jar, 'POST', '/api/v1/workstation/veil', {})
    const { session } = (await comeBack(jar, { person: nurse.person, pin: nurse.pin })).body as { session: string }
    expect(await browsersOf(nurse)).toBe(1)
    await world.server.db.write(org, bySystem, (tx) => endSessions(tx, { sessions: [session] }, 'ended-elsewhere'))
    await world.settle()
    expect(await browsersOf(nurse)).toBe(0)
  })
})

describe('what a person leaves for themselves', () => {
  const bytes = (n: number) => randomBytes(n).toString('base64url')
  const read = (jar: Jar) => ask(jar, 'GET', '/api/v1/workstation/carried')

  test('comes back to them at any workstation after PIN or full sign-in, and to nobody else; versions have one order', async () => {
    const [here, there] = [await workstation(), await workstation()]
    const nurse = await inShift(here)
    await comeBack(here, nurse)
    const left = { half: bytes(32), sealed: bytes(900) }
    const seals = [here.id, there.id].map((id) => ({ workstation: id, seal: bytes(80) }))
    // The same one said twice is the same.
    const twice = [...seals, seals[0]]
    expect(await ask(here, 'PUT', '/api/v1/workstation/carried', { version: 0, ...left, seals: twice })).toMatchObject({
      body: { version: 1 },
    })
    expect(await ask(here, 'PUT', '/api/v1/workstation/carried', { version: 0, ...left, seals })).toMatchObject({ code: 'stale-version' })
    const stations = {
      workstations: expect.arrayContaining([expect.objectContaining({ workstation: there.id, isSealed: true })]) as unknown,
    }
    expect((await read(here)).body).toMatchObject({ version: 1, ...left, seal: seals[0]!.seal, ...stations })
    expect(await comeBack(there, { name: nurse.signInName, pin: nurse.pin })).toMatchObject({ status: 200 })
    expect((await read(there)).body).toMatchObject({ version: 1, ...left, seal: seals[1]!.seal })
    const next = bytes(900)
    expect(await ask(there, 'PUT', '/api/v1/workstation/carried', { version: 1, sealed: next, seals: [] })).toMatchObject({
      body: { version: 2 },
    })
    // A session is good at its own workstation only, and each credential alone gives nothing.
    expect(await read({ wl: there['wl']!, wlw: here['wlw']! })).toMatchObject({ code: 'not-a-workstation' })
    expect(await read({ wl: there['wl']! })).toMatchObject({ code: 'not-a-workstation' })
    const late = { version: 2, sealed: next, seals: [] }
    for (const jar of [{ wl: there['wl']!, wlw: here['wlw']! }, { wl: there['wl']! }])
      expect(await ask(jar, 'PUT', '/api/v1/workstation/carried', late)).toMatchObject({ code: 'not-a-workstation' })
    const other = await inShift(here)
    await comeBack(here, other)
    expect((await read(here)).body).toMatchObject({ version: 0, half: null, sealed: null, seal: null })
    // The half lies sealed.
    const { rows } = await world.owner.query<{ half: Buffer }>('select half from carried where person = $1', [nurse.person])
    expect(rows[0]!.half.includes(Buffer.from(left.half, 'base64url'))).toBe(false)
  })

  test('a workstation that is being removed is sealed to by nobody meanwhile', async () => {
    const [here, there] = [await workstation(), await workstation()]
    const nurse = await inShift(here)
    await comeBack(here, nurse)
    const seals = [here.id, there.id].map((id) => ({ workstation: id, seal: bytes(80) }))
    const body = { version: 0, half: bytes(32), sealed: bytes(90), seals }
    const answer = await meanwhile(removal, there.id, () => ask(here, 'PUT', '/api/v1/workstation/carried', body))
    expect(answer).toMatchObject({ body: { version: 1 } })
    const { rows } = await world.owner.query('select workstation from carried_seal where person = $1', [nurse.person])
    expect(rows).toEqual([{ workstation: here.id }])
  })

  test('a workstation that is removed is sealed to no longer; after two weeks without a full sign-in the server’s half is gone', async () => {
    const [here, there] = [await workstation(), await workstation()]
    const nurse = await inShift(here)
    await comeBack(here, nurse)
    const seals = [here.id, there.id].map((id) => ({ workstation: id, seal: bytes(80) }))
    await ask(here, 'PUT', '/api/v1/workstation/carried', { version: 0, half: bytes(32), sealed: bytes(90), seals })
    const office: Jar = {}
    await enter(office, admin)
    await ask(office, 'DELETE', `/api/v1/workstations/${there.id}`)
    expect((await world.owner.query('select from carried_seal where person = $1', [nurse.person])).rowCount).toBe(1)
    // A step-up in a PIN's session is no full sign-in: what is carried lasts no longer by it.
    const lasts = async () =>
      (await world.owner.query<{ at: Date }>('select proven_at as at from carried where person = $1', [nurse.person])).rows[0]!.at
    const before = await lasts()
    await world.owner.query('update session set proven_at = wl_now() where person = $1 and ended_at is null', [nurse.person])
    // What this node remembers of the session is read anew.
    await world.advance(5_000)
    expect(await ask(here, 'PUT', '/api/v1/workstation/carried', { version: 1, sealed: bytes(90), seals: [] })).toMatchObject({
      body: { version: 2 },
    })
    expect(await lasts()).toEqual(before)
    // Not while its person comes, though the sweep had found it old.
    expect(await world.server.db.write(org, bySystem, (tx) => forgetOld(tx, nurse.person))).toBe(false)
    await world.advance(15 * 24 * hour)
    expect((await world.owner.query('select from carried where person = $1', [nurse.person])).rowCount).toBe(0)
    expect((await world.owner.query('select from carried_seal where person = $1', [nurse.person])).rowCount).toBe(0)
  })
})

test('a record is opened in an emergency from a PIN’s session after a full proof, and the fact says how its person had come in', async () => {
  const jar = await workstation()
  const nurse = await inShift(jar)
  await world.advance(hour)
  const { session } = (await comeBack(jar, nurse)).body as { session: string }
  const patient = newId()
  const opening = { opening: newId(), patient, reason: 'emergency', explanation: 'Not breathing, allergies unknown' }
  expect(await ask(jar, 'POST', '/api/v1/break-glass', opening)).toMatchObject({ code: 'step-up-needed' })
  await world.owner.query('update session set proven_at = wl_now() where session = $1', [session])
  await world.restart()
  const answer = await ask(jar, 'POST', '/api/v1/break-glass', opening)
  expect(answer).toMatchObject({ status: 200 })
  expect(await facts('access.break-glass.opened', `patient|${patient}`)).toMatchObject([{ signedInBy: 'pin' }])
})
