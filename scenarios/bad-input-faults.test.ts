/** What goes wrong beneath the server: a full disk, a database that is away or silent, a clock that jumps. Clear answers, nothing acknowledged lost, nothing early. */
import { createServer, connect as dial } from 'node:net'
import type { Server, Socket } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { wardlineFeatures } from '@wardline/app-server'
import { connect, must, seal, signInAgain } from '@wardline/dev/staff'
import { openLog, startServer } from '@wardline/platform/server'
import type { RunningServer } from '@wardline/platform/server'
import { listVisits, sendReminders } from '@wardline/product/patients/appointments/contract'
import { sendMessage } from '@wardline/product/team/messages/contract'
import { verifyAudit } from '@wardline/product/compliance/audit/server'
import { changed, everyRole, knock, openNeighbours, refusalOf } from './neighbours.ts'
import type { Neighbours } from './neighbours.ts'
import { bodyOf, isQuery, pathTo } from './requests.ts'

let street: Neighbours
beforeEach(async () => {
  street = await openNeighbours()
}, 120_000)
afterEach(async () => {
  await street.settle()
  const logs = await verifyAudit(street.world.server.db, street.world.keys, { now: street.world.server.clock.ms() })
  expect(logs.map((it) => it.firstBad)).toEqual(logs.map(() => null))
  expect(street.world.logged.filter((line) => line.includes('"http.failed"'))).toEqual([])
  await street.close()
})

test('a full disk: every write is refused as that, reading team messages goes on, and afterwards the same bytes are taken', async () => {
  const me = await signInAgain(street.world, street.ours.staff.clinician)
  const { text: envelope } = await seal(street.ours.thread, 'written to a full disk')
  const wire = await connect(street.world, me)
  await street.settle()
  const before = await street.rows()
  street.world.server.db.setWritable(false)
  const answers = new Map<string, string>()
  for (const { endpoint, who } of street.routes.filter((it) => it.endpoint.body === 'json')) {
    const role = (['clinician', ...everyRole] as const).find((it) => who.may({ roles: [it] } as never))!
    const cookie = who.open ? undefined : role === 'clinician' ? me.cookie : street.ours.staff[role].cookie
    const good = bodyOf(endpoint, { ids: street.ours.ids, now: street.world.server.clock.ms() })
    const body = endpoint.name === 'team.messages.send' ? { envelope } : good
    const url = pathTo(endpoint, street.ours.ids, isQuery(endpoint) ? body : undefined)
    const answer = await knock(street.world.url, endpoint.method, url, {
      cookie,
      body: isQuery(endpoint) ? undefined : JSON.stringify(body),
    })
    const found = answer.status === 200 ? { code: 'done' } : refusalOf(answer, endpoint)
    answers.set(endpoint.name, 'code' in found ? found.code : found.wrong)
  }
  expect(await wire.ask({ id: 'a', t: 'send', conversation: street.ours.thread.conversation, envelope })).toMatchObject({
    t: 'refused',
    code: 'disk-full',
  })
  for (const name of [
    'team.messages.send',
    'patients.roster.create',
    'patients.roster.get',
    'access.sign-in',
    'access.sign-out',
    'access.people.add',
  ])
    expect({ name, code: answers.get(name) }).toEqual({ name, code: 'disk-full' })
  for (const name of ['team.messages.page', 'team.conversations.list', 'access.me'])
    expect({ name, code: answers.get(name) }).toEqual({ name, code: 'done' })
  expect(changed(before, await street.rows())).toEqual([])
  street.world.server.db.setWritable(true)
  expect(await wire.ask({ id: 'b', t: 'send', conversation: street.ours.thread.conversation, envelope })).toMatchObject({
    t: 'ack',
    id: 'b',
    sequence: 2,
  })
  wire.close()
}, 60_000)

/** A wire to the database that a test can cut, or make silent. */
async function proxy(url: string) {
  const target = new URL(url)
  const socket = target.searchParams.get('host')
  const port = target.port === '' ? '5432' : target.port
  const pairs = new Set<readonly [Socket, Socket]>()
  let state: 'up' | 'down' | 'silent' = 'up'
  const server: Server = createServer((near) => {
    if (state === 'down') return void near.destroy()
    const far = socket === null ? dial(Number(port), target.hostname) : dial(`${decodeURIComponent(socket)}/.s.PGSQL.${port}`)
    const pair = [near, far] as const
    pairs.add(pair)
    for (const [from, to] of [pair, [far, near] as const]) {
      from.on('data', (chunk: Buffer) => state === 'silent' || to.write(chunk))
      from.on('error', () => to.destroy())
      from.on('close', () => {
        pairs.delete(pair)
        to.destroy()
      })
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const near = new URL(url)
  near.searchParams.delete('host')
  near.searchParams.delete('port')
  near.hostname = '127.0.0.1'
  near.port = String((server.address() as { port: number }).port)
  const cut = () => pairs.forEach(([a, b]) => (a.destroy(), b.destroy()))
  return {
    url: near.href,
    set(next: typeof state) {
      // What was said into the silence is lost for good: such a connection does not come back.
      if (next === 'down' || state === 'silent') cut()
      state = next
    },
    close: () => {
      cut()
      server.close()
    },
  }
}

test.each(['down', 'silent'] as const)(
  'a database that is %s under load: 503 with a code meanwhile, then everything as acknowledged, once',
  async (how) => {
    const wire = await proxy(street.world.databaseUrl)
    const logged: string[] = []
    const second: RunningServer = await startServer({
      features: wardlineFeatures(),
      databaseUrl: wire.url,
      keys: street.world.keys,
      log: openLog({ write: (line) => void logged.push(line) }),
      port: 0,
      version: 'test',
      sweepMs: 100,
      databaseTimeout: 1_500,
    })
    let reading = true
    const readers: Promise<void>[] = []
    try {
      const { conversation } = street.ours.thread
      const acknowledged: { sequence: number; hash: string }[] = []
      const refused: string[] = []
      const me = street.ours.staff.clinician
      const path = `/api/v1/conversations/${conversation}/messages`
      /** The next message of the chain, sent until it is acknowledged. */
      const write = async (n: number) => {
        const { text } = await seal(street.ours.thread, `message ${n}`)
        for (;;) {
          const answer = await knock(second.url, 'POST', path, { cookie: me.cookie, body: JSON.stringify({ envelope: text }) })
          if (answer.status === 200) return void acknowledged.push(answer.json as { sequence: number; hash: string })
          const found = refusalOf(answer, sendMessage)
          refused.push('code' in found ? found.code : found.wrong)
          expect(answer.headers.get('retry-after')).toBe('2')
          if (refused.length === 3) expect((await knock(second.url, 'GET', '/health/ready')).status).toBe(503)
          if (refused.length === 3) expect((await knock(second.url, 'GET', '/health/live')).status).toBe(200)
          if (refused.length === 6) wire.set('up')
        }
      }
      const seen = new Set<string>()
      const read = async (at: string): Promise<void> => {
        while (reading) {
          const answer = await knock(second.url, 'GET', at, { cookie: me.cookie })
          const found = answer.status === 200 ? { code: 'done' } : refusalOf(answer, null)
          seen.add('code' in found ? found.code : found.wrong)
        }
      }
      readers.push(...['/api/v1/me', '/api/v1/patients', '/api/v1/conversations'].map(read))
      for (let n = 0; n < 10; n += 1) await write(n)
      wire.set(how)
      for (let n = 10; n < 30; n += 1) await write(n)
      reading = false
      await Promise.all(readers)
      expect(new Set(refused)).toEqual(new Set(['unavailable']))
      expect([...seen].filter((code) => code !== 'done' && code !== 'unavailable' && code !== 'too-many')).toEqual([])
      const { rows } = await street.world.owner.query<{ sequence: number; hash: Buffer }>(
        'select sequence::int, hash from message where conversation = $1 order by sequence',
        [conversation],
      )
      expect(rows.map((it) => it.sequence)).toEqual(rows.map((_, i) => i + 1))
      expect(rows.slice(1).map((it) => it.hash.toString('base64url'))).toEqual(acknowledged.map((it) => it.hash))
      expect((await knock(second.url, 'GET', '/health/ready')).status).toBe(200)
      expect(logged.filter((line) => line.includes('"http.failed"') || line.includes('message '))).toEqual([])
    } finally {
      reading = false
      await Promise.allSettled(readers)
      await second.stop()
      wire.close()
    }
  },
  60_000,
)

/** The database server's own clock, set by so much; back with 0. */
const setClock = (minutes: number) =>
  street.world.owner.query(
    `create or replace function wl_raw_clock() returns timestamptz language sql volatile as 'select clock_timestamp() + interval ''${minutes} minutes'''`,
  )

test('a clock that jumps an hour forward and back sends nothing early and nothing twice, loses nothing, and is told', async () => {
  const { org, ids } = street.ours
  // Half past seven in the morning: a reminder waits for eight.
  await street.world.advance((21 * 60 + 50) * 60_000)
  const desk = await signInAgain(street.world, street.ours.staff['front-desk'])
  const asked = must(await desk.call(sendReminders, { body: { visits: [ids['visit']!] } }))
  expect(asked.reminders).toMatchObject([{ decision: { kind: 'hold' } }])
  await street.settle()
  const onPhone = () =>
    (street.twilio.control.phones.get(street.ours.phone)?.bubbles ?? []).filter((it) => it.direction === 'received').length
  const before = onPhone()
  const logged = () => street.world.logged.filter((line) => line.includes('clock.jumped'))

  await setClock(60)
  for (let i = 0; i < 5; i += 1) await street.settle()
  expect(onPhone()).toBe(before)
  expect(logged().length).toBe(1)
  expect(logged()[0]).toContain('clock.jumped-forward')
  // Sessions are judged by the database's clock: an hour ahead they are over, which is the safe side. None is ended for good.
  expect((await knock(street.world.url, 'GET', '/api/v1/me', { cookie: desk.cookie })).status).toBeOneOf([200, 401])

  await setClock(0)
  await street.settle()
  expect(logged().length).toBe(2)
  expect(logged()[1]).toContain('clock.jumped-back')
  expect(onPhone()).toBe(before)
  expect((await knock(street.world.url, 'GET', '/api/v1/me', { cookie: desk.cookie })).status).toBe(200)

  await setClock(-60)
  await street.settle()
  expect(onPhone()).toBe(before)
  await setClock(0)
  // Forward again by an hour, from an hour behind: held, whatever it is.
  await street.settle()
  expect(onPhone()).toBe(before)
  while (street.world.server.clock.held) await street.world.server.clock.read(street.world.server.db)

  await street.world.advance(31 * 60_000)
  await street.settle()
  expect(onPhone()).toBe(before + 1)
  await street.world.advance(60_000)
  await street.settle()
  expect(onPhone()).toBe(before + 1)
  const again = await signInAgain(street.world, street.ours.staff['front-desk'])
  const { visits } = must(await again.call(listVisits, { body: { day: '2026-03-11' } }))
  expect(visits.find((it) => it.visit === ids['visit'])?.remindedAt).toEqual(expect.any(Number))
  const { rows } = await street.world.owner.query<{ n: number; gap: boolean }>(
    'select count(*)::int as n, count(*) <> max(index) + 1 as gap from log_entry where org = $1',
    [org],
  )
  expect(rows[0]).toMatchObject({ gap: false })
}, 60_000)
