import { randomBytes } from 'node:crypto'
import { bySystem, newId } from '@wardline/platform/server'
import { deactivatePerson, issueEnrolment, useEnrolment } from '@wardline/product/access/provisioning/server'
import { afterAll, describe, expect, test } from 'vitest'
import { openWard } from '../../../../testing/ward.ts'
import type { Jar } from '../../../../testing/ward.ts'

const minute = 60_000
const hour = 60 * minute
const removal = 'update workstation set removed_at = wl_now() where workstation = $1'
const { org, otherOrg, world, admin, ask, pinOf, hire, enter, workstation, inShift, comeBack, isOpen, tiles, meanwhile, facts } =
  await openWard()
afterAll(() => world.close())

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
