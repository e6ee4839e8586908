import { randomBytes } from 'node:crypto'
import { newId } from '@wardline/platform/server'
import { afterAll, describe, expect, test } from 'vitest'
import { openWard } from '../../../../testing/ward.ts'
import type { Jar } from '../../../../testing/ward.ts'

const minute = 60_000
const { org, world, admin, ask, pinOf, hire, enter, workstation, inShift, comeBack, isOpen, meanwhile, facts } = await openWard()
afterAll(() => world.close())

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

  test('name nobody who is in no shift or has no PIN, and are worth nothing beside a colleague’s name and PIN', async () => {
    const jar = await workstation()
    const register = async (person: string): Promise<string> => {
      const badge = one()
      await enter(jar, person)
      expect(await ask(jar, 'POST', '/api/v1/badges', { badge })).toMatchObject({ status: 200 })
      return badge
    }
    const [nurse, other, newcomer] = [await inShift(jar), await inShift(jar), await hire()]
    const badge = await register(nurse.person)
    await ask(jar, 'POST', '/api/v1/workstation/shift', {})
    await ask(jar, 'POST', '/api/v1/workstation/veil', {})
    expect(await owner(jar, badge)).toMatchObject({ body: { person: nurse.person } })
    expect(await comeBack(jar, { badge, person: other.person, pin: other.pin })).toMatchObject({ code: 'wrong-pin' })
    expect(await comeBack(jar, { badge, pin: nurse.pin })).toMatchObject({ status: 200 })
    await ask(jar, 'POST', '/api/v1/workstation/veil', { endShift: true })
    expect(await owner(jar, badge)).toMatchObject({ code: 'unknown-badge' })
    const theirs = await register(newcomer.person)
    await ask(jar, 'POST', '/api/v1/workstation/shift', {})
    expect(await owner(jar, theirs)).toMatchObject({ code: 'unknown-badge' })
    expect(await ask(jar, 'PUT', '/api/v1/pin', { pin: pinOf() })).toMatchObject({ status: 200 })
    expect(await owner(jar, theirs)).toMatchObject({ body: { person: newcomer.person } })
  })

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
