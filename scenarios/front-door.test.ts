/** Every route of the whole server, tried by everybody who should not: without a session, in the wrong role, from next door, from another page. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connect, signIn } from '@wardline/dev/staff'
import type { Session } from '@wardline/dev/staff'
import { Value } from 'typebox/value'
import type { Route } from '@wardline/platform/server'
import type { Role } from '@wardline/product/access/roles/server'
import { changed, everyRole, faults, knock, openNeighbours, refusalOf } from './neighbours.ts'
import type { Answer, House, Neighbours } from './neighbours.ts'
import { bodyOf, isQuery, nobodys, pathTo } from './requests.ts'

/** What anybody may ask: how a session begins, a directory, which shows its token, the carrier, which signs what it says, and a lost device, which signs too. */
const openRoutes = [
  'access.enrolment.begin',
  'access.enrolment.finish',
  'access.sign-in',
  'access.sign-in.code',
  'access.sign-in.passkey',
  'access.sign-in.passkey.begin',
  'access.sign-in.recovery-code',
  'access.sso.begin',
  'access.sso.finish',
  'access.sso.offers',
  'access.sso.saml.acs',
  'access.sso.saml.metadata',
  'access.workstation',
  'access.workstation.badge',
  'access.workstation.switch',
  'patients.texting.inbound',
  'patients.texting.status',
  'scim.config',
  'scim.groups.create',
  'scim.groups.delete',
  'scim.groups.list',
  'scim.groups.patch',
  'scim.groups.read',
  'scim.groups.replace',
  'scim.resource-types',
  'scim.schemas',
  'scim.users.create',
  'scim.users.delete',
  'scim.users.list',
  'scim.users.patch',
  'scim.users.read',
  'scim.users.replace',
  'team.devices.orders',
  'team.devices.wiped',
]

let street: Neighbours
beforeAll(async () => {
  street = await openNeighbours()
}, 120_000)
afterAll(() => street.close())

const known = (ids: Readonly<Record<string, string>>) => ({ ids, now: street.world.server.clock.ms() })

/** A right request to a route with these ids, made by whoever holds the cookie. */
async function ask(
  route: Route,
  ids: Readonly<Record<string, string>>,
  it: { cookie?: string | undefined; headers?: Record<string, string> } = {},
) {
  const { endpoint } = route
  const body = endpoint.body === 'json' ? bodyOf(endpoint, known(ids)) : {}
  const url = pathTo(endpoint, ids, isQuery(endpoint) ? body : undefined)
  return knock(street.world.url, endpoint.method, url, { ...it, body: isQuery(endpoint) ? undefined : JSON.stringify(body) })
}

const may = (route: Route, role: Role): boolean => route.who.may({ roles: [role] } as never)
/** Somebody whose right reaches what is there: an officer’s may reach only what was opened in an emergency. */
const readerOf = (route: Route): Role => (['clinician', ...everyRole] as const).find((it) => may(route, it))!
/** A directory is answered in the form of RFC 7644, whoever asks; without a token always with 401. */
const isScim = (route: Route): boolean => route.endpoint.path.startsWith('/scim/v2/')
function expectNoToken(answer: Answer, route: Route): void {
  const { status, json } = answer
  expect({ route: route.endpoint.name, status, json }).toMatchObject({
    route: route.endpoint.name,
    status: 401,
    json: { schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'], status: '401' },
  })
}
/** Where a provider's form brings the browser: whatever it says, the browser goes back to the sign-in page with a word for it, and with no session. */
const isReturn = (route: Route): boolean => route.endpoint.name === 'access.sso.saml.acs'
function expectSentBack({ status, headers }: Answer): void {
  expect({ status, to: headers.get('location'), cookie: headers.get('set-cookie') }).toEqual({
    status: 303,
    to: expect.stringMatching(/^\/sso\/return#problem=[a-z-]+$/) as string,
    cookie: null,
  })
}
/** What the sign-in page shows before anybody has signed in. */
const publicRoutes = new Set(['access.sso.offers'])
const guarded = () => street.routes.filter((it) => !it.who.open)

/** Refused in the contract's own form with one of these codes. */
function expectRefused(answer: Answer, route: Route, codes: readonly string[]): void {
  expect({ route: route.endpoint.name, ...refusalOf(answer, route.endpoint) }).toEqual({
    route: route.endpoint.name,
    code: codes.length === 1 ? codes[0] : (expect.toBeOneOf([...codes]) as string),
  })
}

/** Done, with a body that the contract allows; or refused with a code that it lists. Never a fault of ours. */
function expectInContract(answer: Answer, route: Route, who: string): void {
  const { endpoint } = route
  const label = `${endpoint.name} by ${who}`
  if (answer.status === 200) {
    if (endpoint.body === 'json') expect({ label, ok: Value.Check(endpoint.gives, answer.json) }).toEqual({ label, ok: true })
    return
  }
  const found = refusalOf(answer, endpoint)
  expect({ label, found }).toEqual({ label, found: { code: expect.any(String) as string } })
  expect({ label, fault: 'code' in found && faults.has(found.code) ? found.code : null }).toEqual({ label, fault: null })
}

test('the published document names every route and no other; what needs no session is a short list', async () => {
  const document = (await knock(street.world.url, 'GET', '/api/openapi.json')).json as {
    paths: Record<string, Record<string, { operationId: string; security: unknown[] }>>
  }
  const told = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, it]) => ({
      at: `${method.toUpperCase()} ${path}`,
      name: it.operationId,
      open: it.security.length === 0,
    })),
  )
  const served = street.routes.map(({ endpoint, who }) => ({
    at: `${endpoint.method} ${endpoint.path.replace(/:([A-Za-z]+)/g, '{$1}')}`,
    name: endpoint.name,
    open: who.open,
  }))
  const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1)
  expect(told.toSorted(byName)).toEqual(served.toSorted(byName))
  expect(
    served
      .filter((it) => it.open)
      .map((it) => it.name)
      .toSorted(),
  ).toEqual(openRoutes)
  expect(new Set(served.map((it) => it.name)).size).toBe(served.length)
  expect(served.filter((it) => !it.at.includes(' /api/v1/') && !it.at.includes(' /scim/v2/'))).toEqual([])
})

describe('without a session', () => {
  const orgBytes = (house: House) => Buffer.from(house.org.replaceAll('-', ''), 'hex')
  const cookies = (): Record<string, string | undefined> => ({
    none: undefined,
    empty: 'wl=',
    garbage: 'wl=../../etc/passwd',
    'a token that nobody has': `wl=${Buffer.alloc(48, 7).toString('base64url')}`,
    'the organisation’s id and zeros': `wl=${Buffer.concat([orgBytes(street.ours), Buffer.alloc(32)]).toString('base64url')}`,
    'another name': `session=${street.ours.staff.administrator.cookie.slice(3)}`,
    'the prefix of TLS': `__Host-wl=${street.ours.staff.administrator.cookie.slice(3)}`,
    'the session’s id': `wl=${street.ours.staff.administrator.session}`,
  })

  test('every operation of the document answers neither 2xx nor 5xx to empty bodies and ids of nothing', async () => {
    for (const route of street.routes) {
      const { endpoint } = route
      const path = endpoint.path.replace(/:[A-Za-z]+/g, '00000000-0000-4000-8000-000000000000')
      const answer = await knock(street.world.url, endpoint.method, path, {
        headers: { 'content-type': 'application/json' },
        ...(isQuery(endpoint) ? {} : { body: '{}' }),
      })
      if (isScim(route)) expectNoToken(answer, route)
      else if (isReturn(route)) expectSentBack(answer)
      else if (publicRoutes.has(endpoint.name)) expectInContract(answer, route, 'anybody')
      else
        expectRefused(
          answer,
          route,
          route.who.open
            ? [
                'bad-request',
                'not-believed',
                'malformed',
                'no-passkeys-here',
                'sso-expired',
                'no-connection',
                'not-found',
                'not-a-workstation',
              ]
            : ['signed-out'],
        )
    }
  })

  test('right requests with real ids are refused whatever stands in the cookie, and change nothing', async () => {
    const before = await street.rows()
    for (const cookie of Object.values(cookies()))
      for (const route of guarded()) expectRefused(await ask(route, street.ours.ids, { cookie }), route, ['signed-out'])
    expect(changed(before, await street.rows())).toEqual([])
  })

  test('open routes judge for themselves', async () => {
    for (const route of street.routes.filter((it) => it.who.open))
      for (const cookie of [undefined, street.ours.staff.administrator.cookie]) {
        const answer = await ask(route, street.ours.ids, { cookie })
        if (isScim(route)) {
          expectNoToken(answer, route)
          continue
        }
        if (isReturn(route)) {
          expectSentBack(answer)
          continue
        }
        if (!publicRoutes.has(route.endpoint.name))
          expect({ route: route.endpoint.name, status: answer.status }).toEqual({
            route: route.endpoint.name,
            status: expect.toBeOneOf([401, 403, 404, 409, 410, 429]) as number,
          })
        expectInContract(answer, route, 'anybody')
      }
  })

  test('the live connection is refused', async () => {
    for (const cookie of Object.values(cookies())) expect(await upgrade({ ...(cookie === undefined ? {} : { cookie }) })).toBe(401)
    expect(await upgrade({ cookie: street.ours.staff.clinician.cookie, origin: 'https://evil.example' })).toBe(401)
    expect(await upgrade({ cookie: street.ours.staff.clinician.cookie, origin: 'null' })).toBe(401)
    expect(await upgrade({ cookie: street.ours.staff.clinician.cookie }, '/api/v1/live/')).toBe(404)
    expect(await upgrade({ cookie: street.ours.staff.clinician.cookie }, '/api/v1/me')).toBe(404)
    expect(await upgrade({ cookie: street.ours.staff.clinician.cookie, origin: street.world.url })).toBe(101)
  })
})

/** The status with which the server answers an upgrade. */
async function upgrade(headers: Record<string, string>, path = '/api/v1/live'): Promise<number> {
  const { request } = await import('node:http')
  return new Promise((resolve, reject) => {
    const asked = request(street.world.url + path, {
      headers: {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
        ...headers,
      },
    })
    asked.on('response', (answer) => {
      resolve(answer.statusCode ?? 0)
      answer.resume()
    })
    asked.on('upgrade', (_answer, socket) => {
      socket.destroy()
      resolve(101)
    })
    asked.on('error', reject)
    asked.end()
  })
}

describe('in the wrong role', () => {
  test.each(everyRole)('%s: what the matrix denies looks like absence, and changes nothing', async (role) => {
    const denied = guarded().filter((it) => !may(it, role))
    const { cookie } = street.ours.staff[role]
    const before = await street.rows()
    for (const route of denied) {
      const real = await ask(route, street.ours.ids, { cookie })
      const none = await ask(route, nobodys(street.ours), { cookie })
      expectRefused(real, route, ['not-found'])
      expect(shape(real)).toEqual(shape(none))
    }
    expect(changed(before, await street.rows()).filter((table) => table !== 'session')).toEqual([])
  })

  test('somebody whose roles were all taken can do what any signed-in person can, and nothing else', async () => {
    const nobody = await street.ours.employ([])
    for (const route of guarded().filter((it) => it.endpoint.name !== 'access.sign-out')) {
      const answer = await ask(route, street.ours.ids, { cookie: nobody.cookie })
      if (!route.who.name.startsWith('signed in')) expectRefused(answer, route, ['not-found'])
      else expectInContract(answer, route, 'nobody')
    }
  })
})

/** An answer without what differs between two requests of one kind: request ids, ids asked for, times, order, and how often a thing was changed. */
function shape(answer: Answer, ids: Readonly<Record<string, string>> = {}): unknown {
  let body = answer.body.replaceAll(/"(request|secret)":"[^"]+"/g, '"$1":""')
  for (const id of Object.values(ids)) body = body.replaceAll(id, '<id>')
  body = body.replaceAll(/"version":\d+/g, '"version":0')
  body = body.replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<id>').replaceAll(/\b1[678]\d{11}\b/g, '<time>')
  return { status: answer.status, body }
}

describe('from next door', () => {
  test.each(everyRole)('%s: our ids look like nobody’s, in paths and in bodies, and nothing of ours changes', async (role) => {
    const colleague = street.theirs.staff[role]
    const before = await street.rows(street.ours.org)
    const named = (route: Route) => /:/.test(route.endpoint.path) || Object.keys(bodyOf(route.endpoint, known(street.ours.ids))).length > 0
    for (const route of guarded().filter((it) => may(it, role) && named(it))) {
      // Two of each kind, in turn: the first of a kind may differ from the second (a limit, a once-only), and so do both.
      const answers: Answer[][] = [[], []]
      for (let i = 0; i < 2; i += 1)
        for (const [list, ids] of [
          [answers[0]!, street.ours.ids],
          [answers[1]!, nobodys(street.ours)],
        ] as const) {
          list.push(await ask(route, ids, { cookie: colleague.cookie }))
          // What waits for a second person would stand in the next one's way.
          await street.world.owner.query('delete from pending_act where org = $1', [street.theirs.org])
        }
      for (const answer of answers.flat()) expectInContract(answer, route, `${role} next door`)
      expect({ route: route.endpoint.name, shapes: answers[0]!.slice(0, 1).map((it) => shape(it)) }).toEqual({
        route: route.endpoint.name,
        shapes: answers[1]!.slice(0, 1).map((it) => shape(it)),
      })
    }
    expect(changed(before, await street.rows(street.ours.org))).toEqual([])
  })

  test('a device next door hears nothing of ours, sends nothing to us, and gets nothing by naming our conversation', async () => {
    const eve = street.theirs.staff.clinician
    const wire = await connect(street.world, eve)
    await street.settle()
    const before = await street.rows(street.ours.org)
    const { conversation } = street.ours.thread
    expect(await wire.ask({ id: '1', t: 'sync', have: [{ conversation, sequence: 0 }] })).toMatchObject({ t: 'synced' })
    expect(JSON.stringify(wire.frames)).not.toContain(conversation)
    const envelope = Buffer.alloc(400, 1).toString('base64url')
    expect(await wire.ask({ id: '2', t: 'send', conversation, envelope })).toMatchObject({ t: 'refused', code: 'bad-envelope' })
    wire.send({ t: 'receipt', conversation, delivered: 1, shown: 1 })
    expect(await wire.ask({ id: '3', t: 'sync', have: [] })).toMatchObject({ t: 'synced' })
    await street.settle()
    expect(changed(before, await street.rows(street.ours.org))).toEqual([])
    const heard = wire.frames.length
    await street.webhook(street.ours, 'inbound', street.inbound(street.ours, 'Are you there?'))
    await street.settle()
    expect(wire.frames.slice(heard)).toEqual([])
    wire.close()
  })
})

describe('from another page', () => {
  test('a cookie without our header, or with a foreign Origin, changes nothing', async () => {
    const before = await street.rows()
    const forgeries: Record<string, string>[] = [
      { 'x-wardline': '' },
      { 'x-wardline': '0' },
      { 'x-wardline': '1, 1' },
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { origin: `${street.world.url}.evil.example` },
      { origin: street.world.url.replace('http:', 'https:') },
      { origin: street.world.url.replace('127.0.0.1', 'localhost') },
    ]
    for (const route of guarded().filter((it) => it.endpoint.method !== 'GET')) {
      const role = everyRole.find((it) => may(route, it))!
      for (const headers of forgeries)
        expectRefused(await ask(route, street.ours.ids, { cookie: street.ours.staff[role].cookie, headers }), route, ['not-found'])
    }
    expect(changed(before, await street.rows()).filter((table) => table !== 'session')).toEqual([])
  })

  test('a form, which a page can post anywhere without asking, is not JSON', async () => {
    for (const route of street.routes.filter((it) => !isQuery(it.endpoint) && it.endpoint.body === 'json'))
      for (const type of [
        'application/x-www-form-urlencoded',
        'multipart/form-data; boundary=x',
        'text/plain',
        'application/jsonx',
        'x/json',
      ]) {
        const body = JSON.stringify(bodyOf(route.endpoint, known(street.ours.ids)))
        const role = everyRole.find((it) => may(route, it))!
        const answer = await knock(street.world.url, route.endpoint.method, pathTo(route.endpoint, street.ours.ids), {
          cookie: route.who.open ? undefined : street.ours.staff[role].cookie,
          headers: { 'content-type': type },
          body,
        })
        expectRefused(answer, route, route.limit.most < 100 ? ['bad-request', 'too-many'] : ['bad-request'])
      }
  })

  test('no answer can be read by another page, framed or guessed at', async () => {
    const { cookie } = street.ours.staff['front-desk']
    for (const path of ['/api/v1/me', '/api/v1/patients', '/api/openapi.json', '/nothing', '/health/live']) {
      const { headers } = await knock(street.world.url, 'GET', path, { cookie, headers: { origin: 'https://evil.example' } })
      expect(headers.get('access-control-allow-origin')).toBeNull()
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('referrer-policy')).toBe('no-referrer')
      expect(headers.get('cross-origin-resource-policy')).toBe('same-origin')
      expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
      expect(headers.get('server')).toBeNull()
      expect(headers.get('x-powered-by')).toBeNull()
    }
    expect((await knock(street.world.url, 'GET', '/api/v1/me', { cookie })).headers.get('cache-control')).toBe('no-store')
  })
})

describe('reading', () => {
  test('a GET leaves nothing but that records were read', async () => {
    const kinds = async () =>
      (await street.world.owner.query<{ kind: string; n: number }>('select kind, count(*)::int as n from fact group by 1')).rows
    await street.settle()
    const before = await street.rows()
    const facts = new Map((await kinds()).map((it) => [it.kind, it.n]))
    for (const route of guarded().filter((it) => it.endpoint.method === 'GET'))
      for (const role of everyRole) {
        const answer = await ask(route, street.ours.ids, { cookie: street.ours.staff[role].cookie })
        expectInContract(answer, route, role)
      }
    const after = await street.rows()
    expect(changed(before, after).filter((it) => !['session', 'fact', 'fact_payload', 'fact_unnumbered'].includes(it))).toEqual([])
    expect((await kinds()).filter((it) => (facts.get(it.kind) ?? 0) !== it.n).map((it) => it.kind)).toEqual(['record.read'])
  })

  test('every route that shows records says so, with a fact of whoever looked, before the answer', async () => {
    const reads = guarded().filter((it) => it.phi === 'reads')
    expect(reads.length).toBeGreaterThanOrEqual(10)
    for (const route of reads) {
      // Whoever has looked at something is not recorded again for a quarter of an hour: so each route has a reader of its own.
      const roles = everyRole.filter((it) => may(route, it))
      const role = roles.find((it) => it === 'front-desk') ?? roles[0]!
      const reader = await street.ours.employ([role])
      const answer = await ask(route, street.ours.ids, { cookie: reader.cookie })
      const { rows } = await street.world.owner.query<{ n: number }>(
        `select count(*)::int as n from fact where kind = 'record.read' and org = $1 and actor = $2`,
        [street.ours.org, reader.person],
      )
      expect({ route: route.endpoint.name, status: answer.status, facts: rows[0]!.n }).toEqual({
        route: route.endpoint.name,
        status: 200,
        facts: 1,
      })
    }
  })

  test('records that cannot be recorded as read are not shown', async () => {
    const reads = guarded().filter((it) => it.phi === 'reads')
    const readers = new Map<Route, Session>()
    for (const route of reads) readers.set(route, await street.theirs.employ([readerOf(route)]))
    street.world.server.db.setWritable(false)
    try {
      for (const route of reads)
        expectRefused(await ask(route, street.theirs.ids, { cookie: readers.get(route)!.cookie }), route, ['disk-full'])
    } finally {
      street.world.server.db.setWritable(true)
    }
  })
})

describe('every route, done right by whoever may', () => {
  test('stays within its contract', async () => {
    for (const route of guarded())
      for (const role of everyRole.filter((it) => may(route, it))) {
        // A session of their own: some of these end what they are called with.
        const person = await street.theirs.employ([role])
        const answer = await ask(route, street.theirs.ids, { cookie: person.cookie })
        expectInContract(answer, route, role)
      }
  }, 120_000)
})

describe('crooked paths and methods', () => {
  const expectNothing = (answer: Answer, label: string) => {
    const found = refusalOf(answer, null)
    expect({ label, status: answer.status, found }).toEqual({
      label,
      status: expect.toBeOneOf([400, 404, 413]) as number,
      found: { code: expect.any(String) as string },
    })
  }

  test('are answered as absence or as bad, in our own form', async () => {
    const { cookie } = street.ours.staff['front-desk']
    const patient = street.ours.ids['patient']!
    for (const path of [
      '/api/v1/patients/',
      '/api/v1//patients',
      '//api/v1/patients',
      '/api/v1/patients/%2e%2e/me',
      '/api/v1/patients%2f' + patient,
      '/api/v1/patients/' + patient + '%00',
      '/api/v1/patients/' + patient + ';x=1',
      '/api/v1/patients/' + patient + '/../..',
      '/api/v1/patients/' + patient.toUpperCase(),
      '/api/v1/patients/' + patient + '%0a',
      '/api/v1/patients/' + patient.replaceAll('-', ''),
      `/api/v1/patients/{${patient}}`,
      '/api/v1/patients/1',
      "/api/v1/patients/'%20or%201=1--",
      '/api/v1/patients/%zz',
      '/api/v1/patients/%ff',
      '/api/v1/patients/%ED%A0%80',
      '/API/V1/patients',
      '/api/v2/patients',
      '/api/v1/patients.json',
      '/api/v1/%70atients/%zz',
      '/%zz',
      '/..%2f..%2fetc/passwd',
      '/.env',
      '/.git/config',
      '/package.json',
      '/apps/server/features.ts',
      '/assets/../package.json',
      '/demo',
      '/demo/api/state',
      '/demo/api/door',
      '/demo/api/clock',
      '/health',
      '/health/../metrics',
      '/api/v1/' + 'x'.repeat(5_000),
      '/api/v1/patients/' + 'x'.repeat(5_000),
    ]) {
      const answer = await raw('GET', path, { cookie, 'x-wardline': '1' })
      expectNothing(answer, path.slice(0, 60))
    }
  })

  test('no method does what another one is for', async () => {
    const { cookie } = street.ours.staff['front-desk']
    const before = await street.rows()
    const paths = new Map<string, Set<string>>()
    for (const { endpoint } of street.routes) {
      const path = pathTo(endpoint, street.ours.ids)
      paths.set(path, (paths.get(path) ?? new Set()).add(endpoint.method))
    }
    for (const [path, methods] of paths)
      for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'PROPFIND', 'TRACE'])
        if (!methods.has(method)) {
          const answer = await raw(method, path, {
            cookie,
            'x-wardline': '1',
            'x-http-method-override': 'DELETE',
            'x-method-override': 'DELETE',
          })
          const nothing = path.startsWith('/scim/v2/') ? [400, 401, 404] : [400, 404]
          expect({ method, path, status: answer.status }).toEqual({ method, path, status: expect.toBeOneOf(nothing) as number })
        }
    expect(changed(before, await street.rows()).filter((it) => it !== 'session' && !it.startsWith('fact'))).toEqual([])
  })

  test('a query that a route does not know is refused, a repeated one too', async () => {
    const { cookie } = street.ours.staff['front-desk']
    for (const route of guarded().filter((it) => isQuery(it.endpoint) && may(it, 'front-desk'))) {
      const base = pathTo(route.endpoint, street.ours.ids, bodyOf(route.endpoint, known(street.ours.ids)))
      const joined = (more: string) => `${base}${base.includes('?') ? '&' : '?'}${more}`
      for (const more of ['unknown=1', '__proto__=1', 'constructor=1', '%00=1', 'a[]=1', '=']) {
        const answer = await raw(route.endpoint.method, joined(more), { cookie, 'x-wardline': '1' })
        expectRefused(answer, route, ['bad-request'])
      }
      const [first] = Object.keys(bodyOf(route.endpoint, known(street.ours.ids), true))
      if (first === undefined) continue
      for (const value of [
        '%00',
        '%ff',
        '%ED%A0%80',
        '%zz',
        '',
        'x'.repeat(3_000),
        '1&' + first + '=1',
        '-1',
        '1e9',
        'NaN',
        encodeURIComponent('٣'),
      ]) {
        const answer = await raw(route.endpoint.method, `${pathTo(route.endpoint, street.ours.ids)}?${first}=${value}`, {
          cookie,
          'x-wardline': '1',
        })
        expectRefused(answer, route, ['bad-request'])
      }
    }
  })
})

/** A request as it is written, without what fetch would put right. */
async function raw(method: string, path: string, headers: Record<string, string>): Promise<Answer> {
  const { request } = await import('node:http')
  const url = new URL(street.world.url)
  return new Promise((resolve, reject) => {
    const asked = request({ host: url.hostname, port: url.port, method, path, headers: { connection: 'close', ...headers } }, (answer) => {
      const chunks: Buffer[] = []
      answer.on('data', (chunk: Buffer) => chunks.push(chunk))
      answer.on('end', () => {
        const body = Buffer.concat(chunks).toString('utf8')
        let json: unknown
        try {
          json = JSON.parse(body)
        } catch {
          json = undefined
        }
        resolve({ status: answer.statusCode ?? 0, body, json, headers: new Headers() })
      })
    })
    asked.on('error', reject)
    asked.end()
  })
}

test('the server is well, and logged no mistake of its own', async () => {
  expect((await knock(street.world.url, 'GET', '/health/ready')).status).toBe(200)
  const again = await signIn(street.world, street.ours.org, street.ours.second.person)
  expect((await knock(street.world.url, 'GET', '/api/v1/me', { cookie: again.cookie })).status).toBe(200)
  expect(street.world.logged.filter((line) => /"http\.failed"|"level":50/.test(line))).toEqual([])
})
