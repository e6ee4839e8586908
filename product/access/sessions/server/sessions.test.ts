import { openWorld } from '@wardline/dev/world'
import type { World } from '@wardline/dev/world'
import { bySystem, newId, openLog, startServer } from '@wardline/platform/server'
import { factsOf } from '@wardline/platform/testing'
import type { RunningServer, Tx } from '@wardline/platform/server'
import { mfa } from '@wardline/product/access/mfa/server'
import { policies } from '@wardline/product/access/policies/server'
import { createOrganisation, createPerson, deactivatePerson, provisioning } from '@wardline/product/access/provisioning/server'
import { roles } from '@wardline/product/access/roles/server'
import type { Role } from '@wardline/product/access/roles/server'
import { signIn } from '@wardline/product/access/sign-in/server'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { beginSession, bindDevice, endSessions, proveSession, sessions } from './index.ts'
import { moveIdleEnd } from './queries.ts'

const second = 1_000
const minute = 60 * second
const hour = 60 * minute
const features = [provisioning, roles, mfa, sessions, signIn, policies]
let world: World
let made = 0
const org = newId()
const otherOrg = newId()

beforeAll(async () => {
  world = await openWorld({ features })
  for (const [id, name] of [
    [org, 'Maple Street Dental'],
    [otherOrg, 'St Brendan'],
  ] as const)
    await world.server.db.write(id, bySystem, async (tx) => {
      await createOrganisation(tx, { name, zone: 'America/Chicago', preset: 'practice' })
      await createPerson(tx, { signInName: `admin.${id.slice(0, 8)}`, name: 'Admin', title: '', roles: ['administrator'] })
    })
})
afterAll(() => world.close())

type Place = 'private' | 'counter' | 'hallway' | 'phone'
const person = (held: readonly Role[] = ['clinician'], of = org) =>
  world.server.db.write(of, bySystem, (tx) => createPerson(tx, { signInName: `p${(made += 1)}`, name: 'P', title: '', roles: held }))
const begin = (who: string, place: Place = 'private', of = org) =>
  world.server.db.write(of, bySystem, (tx) => beginSession(tx, { person: who, place }))

async function call(
  method: string,
  path: string,
  token: string,
  more: { body?: unknown; headers?: Record<string, string>; at?: RunningServer } = {},
) {
  const answer = await fetch((more.at ?? world.server).url + path, {
    method,
    headers: { cookie: `wl=${token}`, 'content-type': 'application/json', 'x-wardline': '1', ...more.headers },
    ...(more.body === undefined ? {} : { body: JSON.stringify(more.body) }),
  })
  return { status: answer.status, body: (await answer.json()) as Record<string, never>, cookie: answer.headers.get('set-cookie') }
}
const status = async (token: string, at?: RunningServer) => (await call('GET', '/api/v1/me', token, at ? { at } : {})).status

/** Opens a window; `closed` settles with the close code. */
async function openWindow(token: string, at: RunningServer = world.server) {
  const Opened = WebSocket as unknown as new (url: string, options: { headers: Record<string, string> }) => WebSocket
  const socket = new Opened(`${at.url.replace('http', 'ws')}/api/v1/live`, { headers: { cookie: `wl=${token}` } })
  const closed = new Promise<number>((resolve) => socket.addEventListener('close', (event) => resolve(event.code)))
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener('message', () => resolve(), { once: true })
    socket.addEventListener('error', () => reject(new Error('refused')), { once: true })
  })
  return { socket, closed }
}

const ends = async (session: string) =>
  (await factsOf(world, org, 'access.session.ended', `session|${session}`)).map(({ payload }) => payload)
const activeAt = async (session: string) =>
  (await world.owner.query<{ at: Date }>('select active_at as at from session where session = $1', [session])).rows[0]!.at.getTime()

describe('the ends of a session', () => {
  test.each([
    ['private', 15],
    ['counter', 10],
    ['phone', 5],
    ['hallway', 3],
  ] as const)('left alone at a %s place it ends after %i minutes by the database’s clock', async (place, minutes) => {
    const who = await person()
    const { session, token } = await begin(who, place)
    await world.advance(minutes * minute - second)
    expect(await status((await begin(who, 'private')).token)).toBe(200)
    await world.advance(second)
    expect(await status(token)).toBe(401)
    expect(await ends(session)).toEqual([{ person: who, session, reason: 'idle' }])
  })

  test('without the sweep it is over all the same', async () => {
    const { session, token } = await begin(await person())
    expect(await status(token)).toBe(200)
    const shift = async (by: string) => {
      await world.owner.query('update demo_clock set shift = shift + $1::interval', [by])
      await world.server.clock.read(world.server.db)
    }
    await shift('16 minutes')
    expect(await status(token)).toBe(401)
    // An act or a proof that was under way then does not bring it back.
    const late = <T>(act: (tx: Tx) => Promise<T>) => world.server.db.write(org, bySystem, act)
    expect(
      await late((tx) => moveIdleEnd(tx, session, { idleSeconds: { private: 900 }, absoluteSeconds: 36_000, every: 60 })),
    ).toBeUndefined()
    expect(await late((tx) => proveSession(tx, session, 'code'))).toBeNull()
    // What was read of it a moment before is not believed beyond its end.
    const idle = await begin(await person())
    const quietly = () => call('GET', '/api/v1/me', idle.token, { headers: { 'x-wardline-background': '1' } })
    await shift('14 minutes 58 seconds')
    expect((await quietly()).status).toBe(200)
    await shift('3 seconds')
    expect((await quietly()).status).toBe(401)
    const worked = await begin(await person())
    await world.owner.query("update session set ends_at = wl_now() + interval '1 second' where session = $1", [worked.session])
    await shift('2 seconds')
    expect(await status(worked.token)).toBe(401)
    await world.settle()
  })

  test('what was being read of it when it ended is not believed afterwards', async () => {
    const { session, token } = await begin(await person())
    await world.owner.query('begin')
    await world.owner.query('lock table role_grant in access exclusive mode')
    const under = status(token)
    const waiting = "select from pg_locks where not granted and relation = 'role_grant'::regclass"
    while ((await world.owner.query(waiting)).rowCount === 0);
    await world.server.db.write(org, bySystem, (tx) => endSessions(tx, { sessions: [session] }, 'signed-out'))
    await world.owner.query('commit')
    await under
    expect(await status(token)).toBe(401)
  })

  test('a person at work keeps it, for fourteen hours and not longer', async () => {
    const who = await person()
    const { session, token, endsAt } = await begin(who)
    const began = world.server.clock.ms()
    expect(Math.abs(endsAt - began - 14 * hour)).toBeLessThan(2 * second)
    for (let passed = 0; passed < 14 * hour - 14 * minute; passed += 14 * minute) {
      await world.advance(14 * minute)
      expect(await status(token), `${passed / minute} minutes`).toBe(200)
    }
    await world.advance(14 * minute)
    expect(await status(token)).toBe(401)
    expect(await ends(session)).toEqual([{ person: who, session, reason: 'absolute' }])
  })

  test('who runs the system and does nothing else is signed out after four hours of work', async () => {
    const { session, token, endsAt } = await begin(await person(['administrator']))
    expect(Math.abs(endsAt - world.server.clock.ms() - 4 * hour)).toBeLessThan(2 * second)
    for (let passed = 0; passed < 4 * hour - 10 * minute; passed += 10 * minute) {
      await world.advance(10 * minute)
      expect(await status(token)).toBe(200)
    }
    await world.advance(10 * minute)
    expect(await status(token)).toBe(401)
    expect(await ends(session)).toMatchObject([{ reason: 'absolute' }])
  })

  test('its idle end moves at most once a minute', async () => {
    const { session, token } = await begin(await person())
    const began = await activeAt(session)
    for (let i = 0; i < 3; i += 1) {
      await world.advance(15 * second)
      await status(token)
    }
    expect(await activeAt(session)).toBe(began)
    await world.advance(70 * second)
    await Promise.all([status(token), status(token), status(token)])
    const moved = await activeAt(session)
    expect(moved - began).toBeGreaterThanOrEqual(110 * second)
    await world.advance(30 * second)
    await status(token)
    expect(await activeAt(session)).toBe(moved)
  })

  test('what a window does by itself does not keep it; what its person does, told by a frame, does', async () => {
    const { token } = await begin(await person())
    const { socket, closed } = await openWindow(token)
    await world.advance(10 * minute)
    const alone = await call('GET', '/api/v1/me', token, { headers: { 'x-wardline-background': '1' } })
    expect(alone.status).toBe(200)
    await world.advance(5 * minute)
    expect(await status(token)).toBe(401)
    expect(await closed).toBe(4401)
    socket.close()

    const next = await begin(await person())
    const open = await openWindow(next.token)
    await world.advance(10 * minute)
    const before = await activeAt(next.session)
    open.socket.send(JSON.stringify({ t: 'session.active' }))
    await expect.poll(() => activeAt(next.session), { timeout: 5_000 }).toBeGreaterThan(before)
    await world.advance(10 * minute)
    expect(await status(next.token)).toBe(200)
    open.socket.close()
  })

  test('with a full disk reading goes on', async () => {
    const { token } = await begin(await person())
    await world.advance(2 * minute)
    world.server.db.setWritable(false)
    expect(await status(token)).toBe(200)
    world.server.db.setWritable(true)
  })

  test('ended rows go after thirty days', async () => {
    const { session } = await begin(await person())
    await world.advance(hour)
    await world.advance(30 * 24 * hour)
    expect((await world.owner.query('select from session where session = $1', [session])).rowCount).toBe(0)
  })
})

describe('ending it by hand', () => {
  test('signing out ends it at once, cuts its windows off and clears the cookie', async () => {
    const { token, session } = await begin(await person())
    const { closed } = await openWindow(token)
    const out = await call('POST', '/api/v1/sign-out', token, { body: {} })
    expect(out.status).toBe(200)
    expect(out.cookie).toMatch(/^wl=; .*Expires=Thu, 01 Jan 1970/)
    expect(await closed).toBe(4401)
    expect(await status(token)).toBe(401)
    expect(await ends(session)).toMatchObject([{ reason: 'signed-out' }])
  })

  test('one sees and ends one’s own sessions, nobody else’s', async () => {
    const who = await person()
    const [here, there] = [await begin(who), await begin(who, 'phone')]
    const stranger = await begin(await person())
    const foreign = await begin(await person(['clinician'], otherOrg), 'private', otherOrg)
    const list = await call('GET', '/api/v1/sessions', here.token)
    expect(list.body['sessions']).toMatchObject([
      { id: there.session, place: 'phone', current: false },
      { id: here.session, place: 'private', current: true, device: null },
    ])
    expect(await status(there.token)).toBe(200)
    const { closed } = await openWindow(there.token)
    for (const other of [stranger.session, foreign.session, newId(), 'nonsense'])
      expect((await call('DELETE', `/api/v1/sessions/${other}`, here.token)).status).toBe(404)
    expect(await status(stranger.token)).toBe(200)
    expect(await status(foreign.token)).toBe(200)
    expect((await call('DELETE', `/api/v1/sessions/${there.session}`, here.token)).status).toBe(200)
    expect(await closed).toBe(4401)
    expect(await status(there.token)).toBe(401)
    expect((await call('DELETE', `/api/v1/sessions/${there.session}`, here.token)).status).toBe(404)
  })

  test('another page cannot sign somebody out: the cookie alone is not intent', async () => {
    const { token } = await begin(await person())
    for (const headers of [{ 'x-wardline': '0' }, { origin: 'https://evil.example' }] as Record<string, string>[])
      expect((await call('POST', '/api/v1/sign-out', token, { body: {}, headers })).status).toBe(404)
    expect(await status(token)).toBe(200)
  })

  test('a deactivated person is out at once', async () => {
    const who = await person()
    const { token } = await begin(who)
    expect(await status(token)).toBe(200)
    const { closed } = await openWindow(token)
    await world.server.db.write(org, bySystem, (tx) => deactivatePerson(tx, who))
    expect(await status(token)).toBe(401)
    expect(await closed).toBe(4401)
  })

  test('a token of one organisation opens nothing in another, a changed one nothing at all', async () => {
    const { token } = await begin(await person())
    const bytes = Buffer.from(token, 'base64url')
    const moved = Buffer.concat([Buffer.from(otherOrg.replaceAll('-', ''), 'hex'), bytes.subarray(16)])
    expect(await status(moved.toString('base64url'))).toBe(401)
    const flipped = Buffer.from(bytes)
    flipped[47]! ^= 1
    expect(await status(flipped.toString('base64url'))).toBe(401)
    for (const none of ['', 'x', token.slice(1), `${token}A`, '%00', '💉']) expect(await status(encodeURIComponent(none))).toBe(401)
  })
})

describe('several at once', () => {
  test('the sixth begins and the oldest ends', async () => {
    const who = await person()
    const tokens: string[] = []
    for (let i = 0; i < 6; i += 1) {
      tokens.push((await begin(who)).token)
      await world.advance(second)
    }
    expect(await Promise.all(tokens.map((token) => status(token)))).toEqual([401, 200, 200, 200, 200, 200])
  })

  test('who signs in at a second shared screen has left the first; a phone and an own room stay', async () => {
    const who = await person()
    const [counter, phone, room] = [await begin(who, 'counter'), await begin(who, 'phone'), await begin(who)]
    const hallway = await begin(who, 'hallway')
    expect(await Promise.all([counter, phone, room, hallway].map((it) => status(it.token)))).toEqual([401, 200, 200, 200])
  })

  test('who only administers has two', async () => {
    const who = await person(['administrator'])
    const tokens: string[] = []
    for (let i = 0; i < 3; i += 1) {
      tokens.push((await begin(who)).token)
      await world.advance(second)
    }
    expect(await Promise.all(tokens.map((token) => status(token)))).toEqual([401, 200, 200])
  })
})

describe('what a session knows', () => {
  test('its device, from the moment of binding; its windows come again as that device', async () => {
    const { session, token } = await begin(await person())
    expect((await call('GET', '/api/v1/me', token)).body['session']).toMatchObject({ device: null })
    const { closed } = await openWindow(token)
    const device = newId()
    expect(await world.server.db.write(org, bySystem, (tx) => bindDevice(tx, session, device))).toBe(true)
    expect((await call('GET', '/api/v1/me', token)).body['session']).toMatchObject({ device })
    expect(await closed).toBe(1001)
    expect(await world.server.db.write(otherOrg, bySystem, (tx) => bindDevice(tx, session, device))).toBe(false)
    expect(await world.server.db.write(org, bySystem, (tx) => endSessions(tx, { device }, 'ended-elsewhere'))).toBe(1)
    expect(await status(token)).toBe(401)
    expect(await world.server.db.write(org, bySystem, (tx) => bindDevice(tx, session, device))).toBe(false)
  })
})

describe('another node on the same database', () => {
  let other: RunningServer
  beforeAll(async () => {
    const log = openLog({ level: 'silent' })
    other = await startServer({
      features,
      databaseUrl: world.databaseUrl,
      keys: world.keys,
      log,
      port: 0,
      version: 'test',
      sweepMs: 3_600_000,
      beatMs: 3_600_000,
    })
  })
  afterAll(() => other.stop())

  test('hears of an end, in requests and in open windows', async () => {
    const who = await person()
    const { session, token } = await begin(who)
    expect(await status(token, other)).toBe(200)
    const { closed } = await openWindow(token, other)
    await world.server.db.write(org, bySystem, (tx) => endSessions(tx, { sessions: [session] }, 'signed-out'))
    // It looks each second; here when it is told to.
    await other.settle()
    expect(await status(token, other)).toBe(401)
    expect(await closed).toBe(4401)
  })
})
