import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { client, endpoint, fact, Id, Shape, Text, Type } from '../contract.ts'
import { sql } from '../db/index.ts'
import { anyone, command, installationOrg, newId, readFacts, recordRead, refuse, serve, signedIn, within } from '../server.ts'
import type { Caller, Feature } from '../server.ts'
import { openTestServer } from '../testing/index.ts'
import type { TestServer } from '../testing/index.ts'

const org = newId()
const otherOrg = newId()
const person = newId()
const patient = newId()
const happened = fact({ kind: 'test.happened', payload: Shape({ text: Text(100) }), says: 'something happened' })

const echo = endpoint({
  name: 'test.echo',
  method: 'POST',
  path: '/api/v1/echo',
  summary: 'Echoes',
  takes: Shape({ text: Text(10), id: Type.Optional(Id) }),
  gives: Shape({ text: Type.String() }),
  fails: { odd: { status: 409, what: 'It is odd.', next: 'Make it even.' } },
})
const show = endpoint({
  name: 'test.show',
  method: 'GET',
  path: '/api/v1/patients/:patient',
  summary: 'Shows PHI',
  takes: Shape({}),
  gives: Shape({ name: Type.String() }),
  fails: {},
})
const showSilently = endpoint({
  name: 'test.silent',
  method: 'GET',
  path: '/api/v1/silent',
  summary: 'Shows PHI and says nothing',
  takes: Shape({}),
  gives: Shape({ name: Type.String() }),
  fails: {},
})
const write = endpoint({
  name: 'test.write',
  method: 'POST',
  path: '/api/v1/write',
  summary: 'Writes',
  takes: Shape({ text: Text(20) }),
  gives: Shape({}),
  fails: { vetoed: { status: 409, what: 'Vetoed.', next: 'Ask.' } },
})

const feature: Feature = {
  name: 'test/feature',
  authenticate: () => async (request) => {
    const who = request.cookies['wl']
    const caller: Caller = { org, person, session: newId(), device: null, roles: ['reader'], provenAt: 0, proofMinutes: 5 }
    return who === 'yes' ? caller : null
  },
  within: [
    within('test.veto', [happened], async (_tx, it) => {
      if (it.payload.text === 'veto') throw refuse(write, 'vetoed')
    }),
  ],
  live: [
    command({
      t: 'ping',
      takes: Shape({ t: Type.Literal('ping'), id: Text(10) }),
      run: (_services, socket, frame) => socket.send({ t: 'pong', id: frame.id }),
    }),
  ],
  digest: { connected: async (_services, socket) => socket.join('everybody'), beat: async () => new Map() },
  routes: [
    serve(echo, {
      who: anyone('test'),
      audit: { none: 'test' },
      phi: 'none',
      run: async (_ctx, body) => {
        if (body.text === 'odd') throw refuse(echo, 'odd')
        if (body.text === 'crash') throw new Error('secret canary text in an error')
        return { text: body.text, leaked: 'not in the contract' } as { text: string }
      },
    }),
    serve(show, {
      who: signedIn,
      audit: recordRead,
      phi: 'reads',
      run: async (ctx, _body, params) => {
        ctx.saw([params.patient], 'chart')
        return { name: 'Ana' }
      },
    }),
    serve(showSilently, { who: signedIn, audit: recordRead, phi: 'reads', run: async () => ({ name: 'Ana' }) }),
    serve(write, {
      who: signedIn,
      audit: happened,
      phi: 'none',
      limit: { most: 50, seconds: 60 },
      run: async (ctx, body) => {
        await ctx.write(async (tx) => tx.announce(happened, { key: 'k', payload: { text: body.text } }))
        return {}
      },
    }),
  ],
}

let it: TestServer
beforeAll(async () => {
  it = await openTestServer([feature], { databaseTimeout: 3_000 })
  await it.owner.query("insert into org (org, name, zone, preset) values ($1, 'A', 'UTC', 'practice'), ($2, 'B', 'UTC', 'practice')", [
    org,
    otherOrg,
  ])
})
afterAll(() => it.close())

const post = (path: string, body: string, headers: Record<string, string> = {}) =>
  fetch(it.server.url + path, { method: 'POST', body, headers: { 'content-type': 'application/json', 'x-wardline': '1', ...headers } })
const codeOf = async (answer: Response) => ((await answer.json()) as { error: { code: string } }).error.code
const facts = async (kind: string) => Number((await it.owner.query('select count(*) from fact where kind = $1', [kind])).rows[0]!['count'])

describe('bad input gets a clear error and loses nothing', () => {
  const bad: [string, string][] = [
    ['not JSON', '{"text":'],
    ['an unknown member', '{"text":"a","extra":1}'],
    ['a wrong type', '{"text":5}'],
    ['a missing member', '{}'],
    ['too long', '{"text":"12345678901"}'],
    ['U+0000', '{"text":"a\\u0000"}'],
    ['half of a surrogate pair', '{"text":"\\ud83d"}'],
    ['a list instead of an object', '[]'],
    ['null', 'null'],
    ['__proto__', '{"text":"a","__proto__":{"x":1}}'],
    ['deep nesting', '{"text":' + '['.repeat(200) + ']'.repeat(200) + '}'],
  ]
  test.each(bad)('%s', async (_what, body) => {
    const answer = await post('/api/v1/echo', body)
    expect(answer.status).toBe(400)
    expect(await codeOf(answer)).toBe('bad-request')
  })
  test('an oversize body is refused before it is read whole', async () => {
    const answer = await post('/api/v1/echo', JSON.stringify({ text: 'x'.repeat(100_000) }))
    expect([answer.status, await codeOf(answer)]).toEqual([413, 'too-large'])
  })
  test('bytes that are not UTF-8', async () => {
    const answer = await fetch(it.server.url + '/api/v1/echo', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]),
    })
    expect(answer.status).toBe(400)
  })
  test('another content type', async () => {
    expect((await post('/api/v1/echo', '{"text":"a"}', { 'content-type': 'text/plain' })).status).toBe(400)
  })
  test('a path that is not there', async () => {
    const answer = await fetch(it.server.url + '/api/v1/nothing')
    expect([answer.status, await codeOf(answer)]).toEqual([404, 'not-found'])
  })
})

describe('answers', () => {
  test('what the contract does not declare does not leave', async () => {
    expect(await (await post('/api/v1/echo', '{"text":"a"}')).json()).toEqual({ text: 'a' })
  })
  test('a listed refusal has its status, what happened and what to do', async () => {
    const answer = await post('/api/v1/echo', '{"text":"odd"}')
    expect(answer.status).toBe(409)
    expect(((await answer.json()) as { error: object }).error).toMatchObject({ code: 'odd', what: 'It is odd.', next: 'Make it even.' })
  })
  test('a bug tells the caller nothing of itself, and the log nothing of its text', async () => {
    const answer = await post('/api/v1/echo', '{"text":"crash"}')
    expect(await codeOf(answer)).toBe('internal')
    const logged = it.logged.join('')
    expect(logged).toContain('http.failed')
    expect(logged).not.toContain('secret canary')
  })
  test('the typed client gives values and closed codes', async () => {
    const call = client((url, init) => fetch(url, init as RequestInit), it.server.url)
    expect(await call(echo, { body: { text: 'hi' } })).toEqual({ ok: true, value: { text: 'hi' } })
    const refused = await call(echo, { body: { text: 'odd' } })
    expect(refused.ok ? '' : refused.code).toBe('odd')
  })
  test('the OpenAPI document lists every route with its guard, its audit and its codes', async () => {
    const document = (await (await fetch(it.server.url + '/api/openapi.json')).json()) as {
      paths: Record<string, Record<string, { 'x-who': string; security: object[]; responses: object }>>
    }
    expect(Object.keys(document.paths)).toEqual(['/api/v1/echo', '/api/v1/patients/{patient}', '/api/v1/silent', '/api/v1/write'])
    expect(document.paths['/api/v1/patients/{patient}']!['get']).toMatchObject({ 'x-who': 'signed in', security: [{ session: [] }] })
    expect(document.paths['/api/v1/echo']!['post']!.responses).toHaveProperty('409')
  })
})

describe('who may', () => {
  const signed = { cookie: 'wl=yes' }
  test('without a session: signed-out', async () => {
    expect(await codeOf(await fetch(it.server.url + `/api/v1/patients/${patient}`))).toBe('signed-out')
  })
  test('a cookie alone is not intent: a form on another site changes nothing', async () => {
    const before = await facts('test.happened')
    for (const headers of [{ origin: 'https://evil.example' }, { 'x-wardline': '' }])
      expect((await post('/api/v1/write', '{"text":"x"}', { ...signed, ...headers })).status).toBe(404)
    expect(await facts('test.happened')).toBe(before)
  })
  test('too many calls answer Retry-After', async () => {
    const answers = await Promise.all(Array.from({ length: 60 }, () => post('/api/v1/write', '{"text":"x"}', signed)))
    const late = answers.filter((answer) => answer.status === 429)
    expect(late.length).toBeGreaterThan(0)
    expect(Number(late[0]!.headers.get('retry-after'))).toBeGreaterThan(0)
    await it.shift(61_000)
    await it.server.clock.read(it.server.db)
  })
})

describe('reads of PHI', () => {
  const see = (id: string) => fetch(it.server.url + `/api/v1/patients/${id}`, { headers: { cookie: 'wl=yes' } })
  test('are recorded before the reply, once in fifteen minutes for the same screen', async () => {
    const before = await facts('record.read')
    expect((await see(patient)).status).toBe(200)
    expect(await facts('record.read')).toBe(before + 1)
    await see(patient)
    expect(await facts('record.read')).toBe(before + 1)
    await see(newId())
    expect(await facts('record.read')).toBe(before + 2)
    await it.shift(16 * 60_000)
    await it.server.clock.read(it.server.db)
    await see(patient)
    expect(await facts('record.read')).toBe(before + 3)
  })
  test('that cannot be recorded are not shown', async () => {
    await it.owner.query(
      "create function refuse_fact() returns trigger language plpgsql as $$ begin raise exception 'no audit' using errcode = '53100'; end $$; create trigger broken before insert on fact for each row execute function refuse_fact()",
    )
    const answer = await see(newId())
    expect(answer.status).toBe(507)
    expect(await answer.text()).not.toContain('Ana')
    await it.owner.query('drop trigger broken on fact; drop function refuse_fact')
  })
  test('of a route that does not say whose records it shows are not shown', async () => {
    const answer = await fetch(it.server.url + '/api/v1/silent', { headers: { cookie: 'wl=yes' } })
    expect([answer.status, await codeOf(answer)]).toEqual([503, 'internal'])
  })
})

describe('facts and transactions', () => {
  test('a veto within the transaction leaves nothing', async () => {
    const before = await facts('test.happened')
    const answer = await post('/api/v1/write', '{"text":"veto"}', { cookie: 'wl=yes' })
    expect(await codeOf(answer)).toBe('vetoed')
    expect(await facts('test.happened')).toBe(before)
  })
  test('a payload is sealed: its text stands nowhere in the table, and opens with the ledger', async () => {
    await post('/api/v1/write', '{"text":"canary-4711"}', { cookie: 'wl=yes' })
    const { rows } = await it.owner.query<{ sealed: Buffer }>('select sealed from fact_payload')
    expect(rows.some((row) => row.sealed.includes('canary-4711'))).toBe(false)
  })
  test('rows of another organisation are invisible, also to a statement that names them', async () => {
    const read = (as: string) => it.server.db.read(as, (db) => db.rows(sql`select id from fact where org = ${org}`))
    expect((await read(org)).length).toBeGreaterThan(0)
    expect(await read(otherOrg)).toEqual([])
    await expect(
      it.server.db.write(otherOrg, { actor: null, device: null }, (tx) =>
        tx.count(sql`insert into fact_unnumbered (org, fact) values (${org}, ${newId()})`),
      ),
    ).rejects.toMatchObject({ code: 'refused' })
  })
  test('facts are append-only for the application', async () => {
    for (const statement of [
      sql`delete from fact`,
      sql`update fact set kind = 'x'`,
      sql`delete from log_entry`,
      sql`update fact_payload set sealed = ''`,
    ])
      await expect(it.server.db.write(org, { actor: null, device: null }, (tx) => tx.count(statement))).rejects.toMatchObject({
        code: 'refused',
      })
  })
  test('every table with a column org has forced row-level security', async () => {
    const { rows } = await it.owner.query(
      `select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'org' where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace and not (c.relrowsecurity and c.relforcerowsecurity)`,
    )
    expect(rows).toEqual([])
  })
  test('a statement that takes too long is given up, and the connection is not reused', async () => {
    await expect(it.server.db.read(org, (db) => db.rows(sql`select pg_sleep(20)`))).rejects.toMatchObject({ code: 'timed-out' })
    expect(await it.server.db.read(org, (db) => db.one(sql`select 1 as one`))).toEqual({ one: 1 })
  })
  test('a lost answer to COMMIT is told as unknown, never as failed', async () => {
    const killed = it.server.db.write(org, { actor: null, device: null }, async (tx) => {
      const { pid } = await tx.one<{ pid: number }>(sql`select pg_backend_pid() as pid`)
      tx.announce(happened, { key: 'k', payload: { text: 'x' } })
      await it.owner.query(`select pg_terminate_backend($1)`, [pid])
    })
    await expect(killed).rejects.toMatchObject({ name: 'DatabaseFailure' })
  })
  test('a mistake of a use-case is its own, also when it speaks of connections that were closed', async () => {
    const mistake = new Error('connect: the other Connection was closed by a timeout, ECONNRESET')
    const thrown = it.server.db.write(org, { actor: null, device: null }, async () => {
      throw mistake
    })
    await expect(thrown).rejects.toBe(mistake)
  })
  test('a full disk stops writes and leaves reads', async () => {
    it.server.db.setWritable(false)
    const answer = await post('/api/v1/write', '{"text":"x"}', { cookie: 'wl=yes' })
    expect([answer.status, await codeOf(answer)]).toEqual([507, 'disk-full'])
    expect(await it.server.db.read(org, (db) => db.one(sql`select 1 as one`))).toEqual({ one: 1 })
    // A lost lock is another matter, with other words.
    it.server.db.setWritable(false, 'lock-lost')
    const lost = await post('/api/v1/write', '{"text":"x"}', { cookie: 'wl=yes' })
    expect([lost.status, await codeOf(lost)]).toEqual([503, 'lock-lost'])
    it.server.db.setWritable(true)
  })
  test('unnumbered facts have no place in the log yet: readers follow the index only', async () => {
    expect(await readFacts(it.server.db, it.keys, org, { from: 0, upTo: 1_000, kinds: [happened.kind], limit: 10 })).toEqual([])
  })
})

describe('the clock', () => {
  test('moves with the shift without an alarm, and holds early effects when the database jumps', async () => {
    const before = it.server.clock.ms()
    await it.shift(3_600_000)
    await it.server.clock.read(it.server.db)
    expect(it.server.clock.ms() - before).toBeGreaterThanOrEqual(3_600_000)
    expect(it.server.clock.held).toBe(false)
    await it.owner.query(
      "create or replace function wl_raw_clock() returns timestamptz language sql volatile as 'select clock_timestamp() + interval ''1 hour'''",
    )
    await it.server.clock.read(it.server.db)
    expect(it.server.clock.held).toBe(true)
    // A second look a moment later confirms nothing.
    await it.server.clock.read(it.server.db)
    expect(it.server.clock.held).toBe(true)
    await it.owner.query(
      "create or replace function wl_raw_clock() returns timestamptz language sql volatile as 'select clock_timestamp()'",
    )
    await it.server.clock.read(it.server.db)
    expect(it.server.clock.held).toBe(false)
    expect(it.logged.join('')).toContain('clock.jumped-forward')
  })
})

describe('the live socket', () => {
  const open = (headers: Record<string, string>) => new WebSocket(it.server.url.replace('http', 'ws') + '/api/v1/live', { headers })
  const frames = (ws: WebSocket) => {
    const got: Record<string, unknown>[] = []
    const waiting: (() => void)[] = []
    ws.on('message', (data: Buffer) => {
      got.push(JSON.parse(data.toString()) as Record<string, unknown>)
      for (const wake of waiting.splice(0)) wake()
    })
    return async (t: string) => {
      for (;;) {
        const found = got.findIndex((frame) => frame['t'] === t)
        if (found >= 0) return got.splice(found, 1)[0]!
        await new Promise<void>((resolve) => waiting.push(resolve))
      }
    }
  }
  test('refuses who is not signed in, and another site', async () => {
    for (const headers of [{}, { cookie: 'wl=yes', origin: 'https://evil.example' }]) {
      const status = await new Promise((resolve) =>
        open(headers)
          .on('unexpected-response', (_request, answer) => resolve(answer.statusCode))
          .on('error', () => {}),
      )
      expect(status).toBe(401)
    }
  })
  test('answers commands, names bad frames, publishes to topics, and ends with the session', async () => {
    const ws = open({ cookie: 'wl=yes' })
    const next = frames(ws)
    await next('open')
    ws.send('{"t":"ping","id":"1"}')
    expect(await next('pong')).toEqual({ t: 'pong', id: '1' })
    for (const bad of ['{', '{"t":"ping"}', '{"t":"nothing"}', '{"t":"ping","id":"\\u0000"}', '5', 'null']) {
      ws.send(bad)
      expect(await next('refused')).toMatchObject({ code: 'bad-request' })
    }
    it.server.services.live.publish('everybody', { t: 'news', n: 1 })
    expect(await next('news')).toEqual({ t: 'news', n: 1 })
    const closed = new Promise((resolve) => ws.on('close', (code) => resolve(code)))
    expect(it.server.services.live.end({ person })).toBe(1)
    expect(await closed).toBe(4401)
  })
  test('a frame over the limit closes the socket', async () => {
    const ws = open({ cookie: 'wl=yes' })
    await frames(ws)('open')
    const closed = new Promise((resolve) => ws.on('close', (code) => resolve(code)))
    ws.send('x'.repeat(1024 * 1024 + 1))
    expect(await closed).toBe(1009)
  })
})

test('behind TLS only a cookie with the __Host- prefix counts: a sibling domain could plant the others', async () => {
  const secure = await openTestServer([feature], { publicUrl: 'https://chat.example.org' })
  try {
    const url = `http://127.0.0.1:${secure.server.port}`
    const status = async (cookie: string) =>
      (
        await fetch(`${url}/api/v1/write`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'x-wardline': '1', cookie },
          body: '{"text":"x"}',
        })
      ).status
    expect(await status('wl=yes')).toBe(401)
    expect(await status('__Host-wl=yes')).toBe(200)
    expect(await status('__Host-wl=no; wl=yes')).toBe(401)
    const socket = new WebSocket(url.replace('http', 'ws') + '/api/v1/live', { headers: { cookie: 'wl=yes' } })
    expect(
      await new Promise((resolve) => {
        socket.on('error', () => {})
        socket.on('unexpected-response', (_request, answer) => resolve(answer.statusCode))
      }),
    ).toBe(401)
  } finally {
    await secure.close()
  }
})

test('health and metrics', async () => {
  expect((await fetch(it.server.url + '/health/live')).status).toBe(200)
  expect((await fetch(it.server.url + '/health/ready')).status).toBe(200)
  expect(await (await fetch(it.server.url + '/metrics')).text()).toContain('wardline_live_connections')
  expect(await it.server.db.read(installationOrg, (db) => db.rows(sql`select name from org`))).toEqual([{ name: 'this installation' }])
})
