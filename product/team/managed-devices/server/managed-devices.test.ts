import { wardlineFeatures } from '@wardline/app-server'
import { openIntune } from '@wardline/dev/mdm'
import type { IntuneDevice, PretendIntune } from '@wardline/dev/mdm'
import { addDevice, firstDevice, foundOrganisation, must, signIn, signInAgain } from '@wardline/dev/staff'
import type { Organisation, Session } from '@wardline/dev/staff'
import { openWorld } from '@wardline/dev/world'
import type { World } from '@wardline/dev/world'
import { client } from '@wardline/platform/contract'
import type { GivesOf } from '@wardline/platform/contract'
import { sql } from '@wardline/platform/db'
import type { Tx } from '@wardline/platform/db'
import { bySystem, newId, openOutgoing } from '@wardline/platform/server'
import { createPerson } from '@wardline/product/access/provisioning/server'
import type { Role } from '@wardline/product/access/roles/server'
import { addLocation, setWorkplaces } from '@wardline/product/access/locations/contract'
import { describeDevice, myDevices, reportLost } from '@wardline/product/team/devices/contract'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { bindManaged, readManaged, setManaged, setRule, testManaged } from '../contract.ts'
import { admission, bind, vouchForKnown } from './admission.ts'

const windows = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/153.0.0.0 Safari/537.36'
const phone = 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Version/18.5 Mobile/15E148 Safari/604.1'
const minute = 60_000
const day = 24 * 60 * minute

let world: World
let intune: PretendIntune
let organisation: Organisation
let admin: string
let hired = 0

beforeAll(async () => {
  const outgoing = openOutgoing({ allow: ['127.0.0.0/8'], timeoutMs: 3_000 })
  world = await openWorld({ features: wardlineFeatures({ carrier: null, publicOrigin: () => world.url, outgoing }) })
})
afterAll(() => world.close())
beforeEach(async () => {
  intune = await openIntune()
  organisation = await foundOrganisation(world)
  admin = (await add(['administrator'])).person
  return () => intune.close()
})

async function add(roles: readonly Role[] = ['nurse']): Promise<{ person: string; name: string }> {
  const name = `managed.${(hired += 1)}`
  const person = await world.server.db.write(organisation.org, bySystem, (tx) =>
    createPerson(tx, { signInName: name, name, title: '', roles }),
  )
  return { person, name }
}
/** A session in a browser that says what it is. */
async function browserOf(person: string, userAgent = windows): Promise<Session> {
  const session = await signIn(world, organisation.org, person)
  const call = client(
    (to, init) => fetch(to, init as RequestInit),
    world.url,
    () => ({ cookie: session.cookie, origin: world.url, 'user-agent': userAgent }),
  )
  return { ...session, call }
}
const office = () => signIn(world, organisation.org, admin)
const settings = (more = {}) => ({
  vendor: 'intune' as const,
  loginUrl: intune.url,
  apiUrl: intune.url,
  tenant: intune.tenant,
  clientId: intune.clientId,
  compliantGroup: '',
  ...more,
})
const record = (user: string, more: Partial<IntuneDevice> = {}): IntuneDevice => ({
  id: `of-${user}`,
  deviceName: `PC of ${user}`,
  userPrincipalName: user,
  operatingSystem: 'Windows',
  osVersion: '10.0.26100.1',
  managedDeviceOwnerType: 'company',
  complianceState: 'compliant',
  lastSyncDateTime: new Date(world.server.clock.ms()).toISOString(),
  ...more,
})
const state = async () => must(await (await office()).call(readManaged, {}))
async function connect(): Promise<void> {
  must(await (await office()).call(setManaged, { body: { settings: settings(), on: true, secret: intune.secret } }))
  await world.settle()
}
const demand = async (graceDays = 3) => must(await (await office()).call(setRule, { body: { roles: ['nurse'], locations: [], graceDays } }))
/** A transaction that has done its work and commits when it is let go. */
function hold<T>(work: (tx: Tx) => Promise<T>) {
  const [gate, done] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const committed = world.server.db.write(organisation.org, bySystem, async (tx) => {
    const result = await work(tx)
    done.resolve()
    await gate.promise
    return result
  })
  committed.catch(done.reject)
  return { done: done.promise, committed, release: gate.resolve }
}
const oneWaits = (isOver = () => false) => {
  const waiting = "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
  return vi.waitFor(async () => expect(isOver() || (await world.owner.query(waiting)).rowCount! > 0).toBe(true), { timeout: 10_000 })
}
const asked = (person: string) => ({ person, roles: ['nurse'] as const, system: 'Windows' })
/** Another device of somebody is let in and vouched for, as by their enrolment. */
async function enrolSecond(tx: Tx, person: string, first: string) {
  const judged = await admission.enrol(tx, asked(person))
  const device = newId()
  await tx.count(sql`
    insert into device (org, device, person, sign_key)
    select org, ${device}, person, decode(repeat('ab', 32), 'hex') from device where org = ${tx.org} and device = ${first}`)
  await admission.enrolled(tx, { person, device, managed: judged.admitted ? judged.managed! : '' })
  return { judged, device }
}
const refusal = (work: Promise<unknown>) =>
  work.then(
    () => 'admitted',
    (thrown: Error) => thrown.message.split(':')[0],
  )

describe('the connection', () => {
  test('is read whole, page by page, a wait in between; what is no longer named is gone', async () => {
    for (let i = 0; i < 5; i += 1) intune.devices.push(record(`a${i}`))
    intune.pageSize = 2
    intune.instead.push({ status: 429, headers: { 'retry-after': '30' } })
    await connect()
    expect((await state()).connection).toMatchObject({ workedAt: null, problem: null })
    await world.advance(31_000)
    await world.settle()
    expect(await state()).toMatchObject({ connection: { seen: 5, problem: null }, devices: { length: 5 } })
    intune.devices.pop()
    await world.advance(16 * minute)
    await world.settle()
    expect((await state()).connection!.seen).toBe(4)
  })

  test('its secret is sealed, comes back to nobody, and goes to no other address; a test tells the exact error', async () => {
    await connect()
    expect(JSON.stringify(await state())).not.toContain(intune.secret)
    const { rows } = await world.owner.query<{ sealed: Buffer }>('select sealed from mdm_connection where org = $1', [organisation.org])
    expect(rows[0]!.sealed.toString('latin1')).not.toContain(intune.secret)
    const other = await openIntune()
    const desk = await office()
    const moved = { settings: settings({ apiUrl: other.url, loginUrl: other.url }), on: true }
    expect(await desk.call(setManaged, { body: moved })).toMatchObject({ code: 'secret-missing' })
    expect(await desk.call(testManaged, { body: { settings: moved.settings } })).toMatchObject({ code: 'secret-missing' })
    expect(other.asked).toEqual([])
    await other.close()
    expect(must(await desk.call(testManaged, { body: { settings: settings() } }))).toMatchObject({ ok: true })
    const wrong = must(await desk.call(testManaged, { body: { settings: settings(), secret: 'wrong' } }))
    expect(wrong).toMatchObject({ ok: false })
    expect(wrong.detail).toContain('AADSTS7000215: Invalid client secret provided.')
    const inside = must(await desk.call(testManaged, { body: { settings: settings({ apiUrl: 'https://10.1.2.3' }), secret: 'x' } }))
    expect(inside.detail).not.toBe('')
  })
  test('where it stood in the list is refused: it begins anew; an outage of an hour is told, a short wait is not', async () => {
    for (let i = 0; i < 5; i += 1) intune.devices.push(record(`cursor${i}`))
    await connect()
    const lost = `${intune.url}/v1.0/deviceManagement/managedDevices?$expired=1`
    await world.owner.query('update mdm_connection set next = $1 where org = $2', [lost, organisation.org])
    await world.advance(16 * minute)
    await world.settle()
    expect((await state()).connection!.problem!.what).toContain('HTTP 400')
    intune.devices.pop()
    await world.advance(6 * minute)
    await world.settle()
    expect((await state()).connection).toMatchObject({ seen: 4, problem: null })
    intune.instead.push(...Array.from({ length: 1_000 }, () => ({ status: 503, headers: { 'retry-after': '600' } })))
    const waits = async (minutes: number) => {
      for (let i = 0; i < minutes; i += 11) {
        await world.advance(11 * minute)
        await world.settle()
      }
      return (await state()).connection!.problem
    }
    expect(await waits(50)).toBeNull()
    expect((await waits(60))!.what).toContain('asks to wait')
    intune.instead.length = 0
    expect(await waits(22)).toBeNull()
  })
})

describe('whose messages may lie on managed devices only', () => {
  test('a new device comes in where a compliant one of theirs, with that system, vouches for it, and else not', async () => {
    const [ana, ben, cleo, dora] = [await add(), await add(), await add(), await add(['clinician'])]
    intune.devices.push(record(ana.name), record(ben.name, { complianceState: 'noncompliant' }))
    expect(await (await office()).call(setRule, { body: { roles: ['nurse'], locations: [], graceDays: 3 } })).toMatchObject({
      code: 'no-connection',
    })
    await connect()
    await demand()
    expect(await refusal(firstDevice(world, await browserOf(ana.person, phone)))).toBe('not-managed')
    expect(await refusal(firstDevice(world, await browserOf(ben.person)))).toBe('not-managed')
    expect(await refusal(firstDevice(world, await browserOf(cleo.person)))).toBe('not-managed')
    // Whom the rule does not bind.
    expect(await refusal(firstDevice(world, await browserOf(dora.person)))).toBe('admitted')
    // Nor by one that management names no more.
    const eve = await add()
    for (const change of [() => intune.devices.push(record(eve.name)), () => intune.devices.pop()]) {
      change()
      await world.advance(16 * minute)
      await world.settle()
    }
    expect(await refusal(firstDevice(world, await browserOf(eve.person)))).toBe('not-managed')
    const made = await firstDevice(world, await browserOf(ana.person))
    expect(must(await made.call(myDevices, {})).devices).toMatchObject([{ managed: true }])
    expect((await state()).devices.find((it) => it.user === ana.name)).toMatchObject({
      device: made.device.device,
      used: { personName: ana.name },
      posture: 'compliant',
    })
  })

  test('a good word that is old, or of a feed that fell silent, vouches for nobody new', async () => {
    const [ana, ben] = [await add(), await add()]
    intune.devices.push(
      record(ana.name, { lastSyncDateTime: new Date(world.server.clock.ms() - 15 * day).toISOString() }),
      record(ben.name),
    )
    await connect()
    await demand()
    expect(await refusal(firstDevice(world, await browserOf(ana.person)))).toBe('not-managed')
    // The application is removed there: from now on it gets nothing.
    intune.instead.push(...Array.from({ length: 500 }, () => ({ status: 401 })))
    await world.advance(25 * 60 * minute)
    await world.settle()
    expect((await state()).connection!.problem!.what).toContain('does not accept')
    expect(await refusal(firstDevice(world, await browserOf(ben.person)))).toBe('not-managed')
  })

  test('a rule needs device management that is on and answered within a day, and places that there are', async () => {
    intune.devices.push(record('somebody'))
    await connect()
    const rule = async (over: object = {}) =>
      (await office()).call(setRule, { body: { roles: ['nurse'], locations: [], graceDays: 3, ...over } })
    expect(await rule({ locations: [newId()] })).toMatchObject({ code: 'bad-location' })
    must(await (await office()).call(setManaged, { body: { settings: settings(), on: false } }))
    expect(await rule()).toMatchObject({ code: 'no-connection' })
    must(await rule({ roles: [] }))
    must(await (await office()).call(setManaged, { body: { settings: settings(), on: true } }))
    await world.settle()
    must(await rule())
    intune.instead.push(...Array.from({ length: 1_000 }, () => ({ status: 401 })))
    await world.advance(25 * 60 * minute)
    await world.settle()
    expect(await rule()).toMatchObject({ code: 'no-connection' })
  })

  test('a bad word is not taken back by another record that is good and old', async () => {
    const ana = await add()
    const one = await firstDevice(world, await browserOf(ana.person))
    const about = { system: 'Windows', browser: 'chrome', version: 153, storage: 'cache' as const }
    must(await one.call(describeDevice, { params: { device: one.device.device }, body: about }))
    const old = new Date(world.server.clock.ms() - 200 * day).toISOString()
    intune.devices.push(
      record(ana.name, { complianceState: 'noncompliant', deviceName: 'A' }),
      record(ana.name, { id: 'old', deviceName: 'B', lastSyncDateTime: old }),
    )
    await connect()
    await demand(0)
    expect(await refusal(signInAgain(world, one))).toBe('not-managed')
    intune.devices.shift()
    await world.advance(16 * minute)
    await world.settle()
    expect((await state()).devices).toMatchObject([{ id: 'intune:old', device: null }])
    expect(await refusal(signInAgain(world, one))).toBe('not-managed')
  })

  test('of two enrolments at once one is vouched for by the machine: who waited sees who came first', async () => {
    const ana = await add()
    const first = await firstDevice(world, await browserOf(ana.person, phone))
    intune.devices.push(record(ana.name))
    await connect()
    await demand()
    const one = hold((tx) => enrolSecond(tx, ana.person, first.device.device))
    await one.done
    const two = world.server.db.write(organisation.org, bySystem, (tx) => admission.enrol(tx, asked(ana.person)))
    await oneWaits()
    one.release()
    expect(await Promise.all([one.committed, two])).toMatchObject([{ judged: { admitted: true } }, { admitted: false }])
  })

  test.each([
    ['an enrolment has just given a machine to a new device', (tx: Tx, ana: string, old: string) => enrolSecond(tx, ana, old)],
    [
      'an administrator has just said which machine vouches',
      async (tx: Tx, _ana: string, old: string) => {
        expect(await bind(tx, 'intune:other', old)).toBeNull()
        return { device: old }
      },
    ],
  ])('a synchronisation overwrites nothing where %s', async (_name, first) => {
    const ana = await add()
    const { device, call } = await firstDevice(world, await browserOf(ana.person))
    intune.devices.push(record(ana.name), record(ana.name, { id: 'other', deviceName: 'Z', operatingSystem: 'macOS' }))
    await connect()
    await demand()
    const params = { device: device.device }
    must(await call(describeDevice, { params, body: { system: 'Windows', browser: 'chrome', version: 153, storage: 'cache' } }))
    const one = hold((tx) => first(tx, ana.person, device.device))
    await one.done
    let isOver = false
    const two = world.server.db.write(organisation.org, bySystem, vouchForKnown).finally(() => (isOver = true))
    await oneWaits(() => isOver)
    one.release()
    const [{ device: bound }] = await Promise.all([one.committed, two])
    expect((await state()).devices.map((it) => it.device).filter((it) => it !== null)).toEqual([bound])
  })

  test('a device that was here: unknown goes on and is shown; not compliant goes on for its grace, and then no more', async () => {
    const [ana, ben] = [await add(), await add()]
    const [one, two] = [await firstDevice(world, await browserOf(ana.person)), await firstDevice(world, await browserOf(ben.person))]
    intune.devices.push(record('somebody'))
    await connect()
    await demand(1)
    expect((await state()).open.map((it) => [it.device, it.posture, it.until])).toEqual(
      expect.arrayContaining([
        [one.device.device, 'unknown', null],
        [two.device.device, 'unknown', null],
      ]),
    )
    await signInAgain(world, one)
    // Its management knows it from now on, and finds it wanting.
    const about = { system: 'Windows', browser: 'chrome', version: 153, storage: 'cache' as const }
    must(await one.call(describeDevice, { params: { device: one.device.device }, body: about }))
    intune.devices.push(record(ana.name))
    await world.advance(16 * minute)
    await world.settle()
    expect((await state()).open.map((it) => it.device)).toEqual([two.device.device])
    intune.devices[1]!.complianceState = 'noncompliant'
    await world.advance(16 * minute)
    await world.settle()
    const shown = (await state()).open.find((it) => it.device === one.device.device)!
    expect(shown).toMatchObject({ posture: 'not-compliant', until: expect.any(Number) as number })
    await signInAgain(world, one)
    await world.advance(day)
    await world.settle()
    expect(await refusal(signInAgain(world, one))).toBe('not-managed')
    expect(await refusal(signInAgain(world, two))).toBe('admitted')
    // Taken out of management, it is no better for it; nor while a new record says nothing yet.
    const [gone] = intune.devices.splice(1, 1)
    const again: IntuneDevice = { ...gone!, id: 'enrolled-anew', complianceState: 'unknown' }
    for (const more of [[], [again]]) {
      intune.devices.push(...more)
      await world.advance(16 * minute)
      await world.settle()
      expect((await state()).open.find((it) => it.device === one.device.device)).toMatchObject({ posture: 'not-compliant' })
      expect(await refusal(signInAgain(world, one))).toBe('not-managed')
    }
    again.complianceState = 'compliant'
    again.lastSyncDateTime = new Date(world.server.clock.ms()).toISOString()
    await world.advance(16 * minute)
    await world.settle()
    expect((await state()).devices.find((it) => it.id === 'intune:enrolled-anew')).toMatchObject({ device: one.device.device })
    expect((await state()).connection!.problem).toBeNull()
    expect(await refusal(signInAgain(world, one))).toBe('admitted')
  })

  test('one machine vouches for one device: for another only once that one is gone, or an administrator says so', async () => {
    const ana = await add()
    intune.devices.push(record(ana.name))
    await connect()
    await demand()
    const first = await firstDevice(world, await browserOf(ana.person))
    const about = { system: 'Windows', browser: 'chrome', version: 153, storage: 'cache' as const }
    must(await first.call(describeDevice, { params: { device: first.device.device }, body: about }))
    const more = async () => addDevice(world, first, await browserOf(ana.person))
    expect(await refusal(more())).toBe('not-managed')
    const row = async () => (await state()).devices[0]!
    expect(await row()).toMatchObject({ device: first.device.device })
    const bind = async (device: string | null) => (await office()).call(bindManaged, { body: { id: `intune:of-${ana.name}`, device } })
    expect(await bind(newId())).toMatchObject({ code: 'not-enrolled' })
    must(await bind(null))
    // Nor is it taken back by the next synchronisation, which knows no more than before.
    await world.advance(16 * minute)
    await world.settle()
    expect(await row()).toMatchObject({ device: null })
    const second = await more()
    expect(await row()).toMatchObject({ device: second.device.device })
    must(await bind(first.device.device))
    expect(await row()).toMatchObject({ device: first.device.device })
    // Who has lost the machine's device, or cleared its browser, says so themselves.
    must(await second.call(reportLost, { params: { device: first.device.device } }))
    const third = await more()
    expect(await row()).toMatchObject({ device: third.device.device })
  })

  test('also by where somebody works; and every machine is read, however many there are', async () => {
    const [ana, ben] = [await add(['clinician']), await add(['clinician'])]
    const desk = await office()
    const { location } = must(await desk.call(addLocation, { body: { location: newId(), name: 'North', zone: 'America/Chicago' } }))
    must(await desk.call(setWorkplaces, { params: { person: ana.person }, body: { locations: [location] } }))
    for (let i = 0; i < 2_050; i += 1) intune.devices.push(record(`ward-${i}`))
    intune.devices.push(record(ana.name, { deviceName: 'ZZ, the last of all' }))
    intune.pageSize = 1_000
    await connect()
    must(await desk.call(setRule, { body: { roles: [], locations: [location], graceDays: 3 } }))
    expect(await refusal(firstDevice(world, await browserOf(ben.person)))).toBe('admitted')
    // Who is put nowhere is not free of a rule by place.
    const cleo = await add(['clinician'])
    must(await desk.call(setWorkplaces, { params: { person: cleo.person }, body: { locations: [] } }))
    expect(await refusal(firstDevice(world, await browserOf(cleo.person)))).toBe('not-managed')
    expect(await refusal(firstDevice(world, await browserOf(ana.person, phone)))).toBe('not-managed')
    expect(await refusal(firstDevice(world, await browserOf(ana.person)))).toBe('admitted')
    let after: string | null = null
    const seen = new Set<string>()
    do {
      const page: GivesOf<typeof readManaged> = must(await desk.call(readManaged, { body: after === null ? {} : { after } }))
      for (const it of page.devices) seen.add(it.id)
      expect(page.connection?.seen).toBe(2_051)
      after = page.next
    } while (after !== null)
    expect(seen.size).toBe(2_051)
  })
})
