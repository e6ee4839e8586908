/** Two things at the same moment: one of them counts, the other is told; and what has ended stays ended. */
import { WebSocket } from 'ws'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { codeOf } from '@wardline/dev'
import type { CastMember } from '@wardline/dev'
import { connect, hire, must, signIn } from '@wardline/dev/staff'
import { newId, openConnection } from '@wardline/platform/server'
import { addShift, addUnit } from '@wardline/product/access/care/contract'
import { addLocation } from '@wardline/product/access/locations/contract'
import { addPerson, setRoles } from '@wardline/product/access/provisioning/contract'
import { beginEnrolment, finishEnrolment } from '@wardline/product/access/sign-in/contract'
import { setUpWorkstation } from '@wardline/product/access/workstations/contract'
import { addVisit } from '@wardline/product/patients/appointments/contract'
import { createPatient, getPatient } from '@wardline/product/patients/roster/contract'
import { getThread, sendText } from '@wardline/product/patients/texting/contract'
import { changed, knock, openNeighbours, refusalOf } from './neighbours.ts'
import type { Neighbours } from './neighbours.ts'

let street: Neighbours
beforeAll(async () => {
  street = await openNeighbours()
}, 120_000)
afterAll(async () => {
  expect(street.world.logged.filter((line) => /"http\.failed"|"level":50/.test(line))).toEqual([])
  await street.close()
})

const many = <T>(n: number, run: (i: number) => Promise<T>): Promise<T[]> => Promise.all(Array.from({ length: n }, (_, i) => run(i)))
const tally = (codes: readonly string[]) =>
  Object.fromEntries([...new Set(codes)].toSorted().map((it) => [it, codes.filter((code) => code === it).length]))

test('one enrolment code, used by six at once: one person is let in, once', async () => {
  const { administrator } = street.ours.staff
  const name = `new.${newId().slice(0, 13)}`
  const given = must(await administrator.call(addPerson, { body: { signInName: name, name: 'New', title: '', roles: ['clinician'] } }))
  const post = (path: string, body: object) => knock(street.world.url, 'POST', path, { body: JSON.stringify(body) })
  const begun = await post(beginEnrolment.path, { name, secret: given.secret })
  const key = Buffer.from(decodeBase32((begun.json as { key: string }).key))
  const { code } = codeOf({ totpKey: key } as unknown as CastMember, street.world.server.clock.ms())
  const answers = await many(6, (i) => post(finishEnrolment.path, { name, secret: given.secret, password: `a password of six ${i}`, code }))
  const codes = answers.map((it) => {
    const found = it.status === 200 ? { code: 'in' } : refusalOf(it, finishEnrolment)
    return 'code' in found ? found.code : found.wrong
  })
  // A burst of attempts from one place may have to wait (backing off is by name and network): nobody else gets in by it.
  expect(tally(codes)['in']).toBe(1)
  expect(codes.filter((it) => !['in', 'wrong-secret', 'not-begun', 'wrong-code', 'wait'].includes(it))).toEqual([])
  const { rows } = await street.world.owner.query<{ sessions: number; used: number }>(
    `select (select count(*)::int from session where person = $1 and ended_at is null) as sessions,
      (select count(*)::int from enrolment where person = $1 and used_at is not null) as used`,
    [given.person],
  )
  expect(rows).toEqual([{ sessions: 1, used: 1 }])
})

function decodeBase32(text: string): Uint8Array {
  const bits = [...text].map((sign) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(sign).toString(2).padStart(5, '0')).join('')
  return Uint8Array.from(bits.match(/.{8}/g) ?? [], (byte) => Number.parseInt(byte, 2))
}

test('one id made by ten at once with other content each: one is kept whole, and only its maker was told so', async () => {
  const desk = street.ours.staff['front-desk']
  const patient = newId()
  const made = await many(10, (i) =>
    desk.call(createPatient, { body: { patient, given: `Given ${i}`, family: `Family ${i}`, language: 'en' } }),
  )
  const winners = made.flatMap((it, i) => (must(it).created ? [i] : []))
  expect(winners.length).toBe(1)
  const shown = must(await desk.call(getPatient, { params: { patient } }))
  expect([shown.given, shown.family]).toEqual([`Given ${winners[0]}`, `Family ${winners[0]}`])

  const visit = newId()
  const startsAt = street.world.server.clock.ms() + 50 * 3_600_000
  const booked = await many(10, (i) => desk.call(addVisit, { body: { visit, patient, startsAt: startsAt + i * 60_000 } }))
  expect(booked.filter((it) => must(it).created).length).toBe(1)

  const text = newId()
  const { patient: known, number } = street.ours.ids
  const sent = await many(10, (i) => desk.call(sendText, { body: { text, patient: known!, number: number!, body: `Version ${i}.` } }))
  expect(tally(sent.map((it) => (it.ok ? it.value.decision.kind : it.code)))).toEqual({ 'id-taken': 9, send: 1 })
  await street.settle()
  const winner = sent.findIndex((it) => it.ok)
  const thread = sent.flatMap((it) => (it.ok && it.value.thread !== null ? [it.value.thread] : []))[0]!
  const page = must(await desk.call(getThread, { params: { thread } }))
  expect(page.texts.filter((it) => it.text === text).map((it) => it.body)).toEqual([expect.stringContaining(`Version ${winner}.`)])
})

test('signing out among sixty requests: each is done or refused, and after it nothing works, no window stays', async () => {
  for (let round = 0; round < 5; round += 1) {
    const me = await street.ours.employ(['front-desk', 'clinician'])
    const wire = await connect(street.world, me)
    const writes = many(20, (i) =>
      me.call(createPatient, { body: { patient: newId(), given: `Race ${round} ${i}`, family: 'R', language: 'en' } }),
    )
    const reads = many(20, () => knock(street.world.url, 'GET', '/api/v1/patients', { cookie: me.cookie }))
    const windows = many(
      20,
      () =>
        new Promise<WebSocket | null>((resolve) => {
          const socket = new WebSocket(`${street.world.url.replace('http', 'ws')}/api/v1/live`, { headers: { cookie: me.cookie } })
          socket.on('open', () => resolve(socket))
          socket.on('error', () => resolve(null))
        }),
    )
    const out = await knock(street.world.url, 'POST', '/api/v1/sign-out', { cookie: me.cookie, body: '{}' })
    expect(out.status).toBe(200)
    expect(out.headers.get('set-cookie')).toMatch(/^wl=;/)
    expect((await knock(street.world.url, 'GET', '/api/v1/me', { cookie: me.cookie })).status).toBe(401)
    for (const answer of await writes) if (!answer.ok) expect(answer.code).toBe('signed-out')
    for (const answer of await reads) expect(answer.status).toBeOneOf([200, 401])
    await windows
    // What slipped in between is cut off by the next sweep, a second later at most.
    await street.world.settle()
    expect(street.world.server.services.live.sockets({ session: me.session })).toEqual([])
    expect(await wire.closed).toBe(4401)
  }
})

test('roles taken away among requests: afterwards none is done, and no open window keeps what they gave', async () => {
  const { administrator } = street.ours.staff
  for (let round = 0; round < 5; round += 1) {
    const me = await street.ours.employ(['front-desk'])
    const wire = await connect(street.world, me)
    const reads = many(20, () => knock(street.world.url, 'GET', '/api/v1/patients', { cookie: me.cookie }))
    const windows = many(10, () => connect(street.world, me).catch(() => null))
    must(await administrator.call(setRoles, { params: { person: me.person }, body: { roles: [] } }))
    expect((await knock(street.world.url, 'GET', '/api/v1/patients', { cookie: me.cookie })).status).toBe(404)
    for (const answer of await reads) expect(answer.status).toBeOneOf([200, 404])
    await windows
    expect(await wire.closed).toBe(1001)
    const before = street.world.server.services.live.sockets({ person: me.person }).filter((it) => it.caller.roles.length > 0)
    expect(before).toEqual([])
  }
})

test('a device that is enrolled and a person who is put out at the same moment leave nobody inside', async () => {
  const { administrator } = street.ours.staff
  for (let round = 0; round < 3; round += 1) {
    const [person] = await Promise.all([hire(street.world, street.ours.organisation)])
    const [out] = await Promise.all([
      knock(street.world.url, 'POST', `/api/v1/people/${person.person}/deactivate`, { cookie: administrator.cookie, body: '{}' }),
      signIn(street.world, street.ours.org, person.person).catch(() => null),
      many(10, () => knock(street.world.url, 'GET', '/api/v1/conversations', { cookie: person.cookie })),
    ])
    expect(out.status).toBe(200)
    expect((await knock(street.world.url, 'GET', '/api/v1/me', { cookie: person.cookie })).status).toBe(401)
  }
})

test('a unit or a location that is being closed takes nobody and nothing', async () => {
  const { world, theirs } = street
  const { administrator, nurse } = theirs.staff
  const [location, unit] = [newId(), newId()]
  must(await administrator.call(addLocation, { body: { location, name: 'North', zone: 'America/Chicago' } }))
  must(await administrator.call(addUnit, { body: { unit, name: 'North 2', location } }))
  /** Asks while somebody else’s closing is not yet committed: it waits for that, and is judged by it. */
  const whileClosing = async (table: 'unit' | 'location', id: string, ask: () => Promise<{ ok: boolean; code?: string }>) => {
    const connection = await openConnection(world.databaseUrl, 'closing')
    try {
      await connection.query('begin')
      await connection.query(`update ${table} set closed_at = wl_now() where org = $1 and ${table} = $2`, [theirs.org, id])
      let isAnswered = false
      const answer = ask().finally(() => (isAnswered = true))
      const waits = async () => {
        const { rows } = await world.owner.query<{ n: number }>(
          `select count(*)::int as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
        )
        return rows[0]!.n > 0
      }
      while (!isAnswered && !(await waits()));
      await connection.query('commit')
      const it = await answer
      return it.ok ? 'done' : it.code
    } finally {
      await connection.end()
    }
  }
  const from = world.server.clock.ms()
  const shift = () => administrator.call(addShift, { params: { unit }, body: { shift: newId(), person: nurse.person, from } })
  expect((await shift()).ok).toBe(true)
  expect(await whileClosing('unit', unit, shift)).toBe('not-found')
  const more = { unit: newId(), name: 'North 3', location }
  const station = { name: 'Desk', location, place: 'counter' as const, key: 'A'.repeat(43) }
  expect(await whileClosing('location', location, () => administrator.call(addUnit, { body: more }))).toBe('not-found')
  await world.owner.query('update location set closed_at = null where location = $1', [location])
  expect(await whileClosing('location', location, () => administrator.call(setUpWorkstation, { body: station }))).toBe('bad-location')
})

test('what raced wrote nothing next door', async () => {
  await street.settle()
  const before = await street.rows(street.theirs.org)
  await many(10, () => street.ours.staff['front-desk'].call(getPatient, { params: { patient: street.theirs.ids['patient']! } }))
  expect(changed(before, await street.rows(street.theirs.org))).toEqual([])
})
