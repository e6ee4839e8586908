/** What every answer carries and every call must bring, through the front door. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { endpoint, Shape, Text } from '../contract.ts'
import { anyone, serve, signedIn } from '../server.ts'
import type { Caller, Feature } from '../server.ts'
import { openTestServer } from '../testing/index.ts'
import type { TestServer } from '../testing/index.ts'
import { classLimits } from './limits.ts'

const mine = endpoint({
  name: 'test.mine',
  method: 'POST',
  path: '/api/v1/mine',
  summary: 'Changes something of a person',
  takes: Shape({}),
  gives: Shape({}),
  fails: {},
})
const theirs = endpoint({ ...mine, name: 'test.theirs', path: '/api/v1/theirs' })
const signIn = endpoint({ ...mine, name: 'test.sign-in', path: '/api/v1/sign-in', takes: Shape({ name: Text(20) }) })

const says = (name: string) => endpoint({ ...mine, name: `test.${name}`, path: `/api/v1/says-${name}`, gives: Shape({ name: Text(5) }) })
const [more, wrong, unsaid] = [says('more'), says('wrong'), says('unsaid')]

const caller: Caller = {
  org: '10000000-0000-4000-8000-000000000001',
  person: '20000000-0000-4000-8000-000000000002',
  session: '30000000-0000-4000-8000-000000000003',
  device: null,
  roles: [],
  provenAt: 0,
  proofMinutes: 5,
}
const nothing = { audit: { none: 'test' }, phi: 'none' } as const
const feature: Feature = {
  name: 'test/front-door',
  authenticate: () => async (request) => (request.cookies['wl'] === 'yes' ? caller : null),
  routes: [
    serve(mine, { ...nothing, who: signedIn, limit: { most: 2, seconds: 60 }, run: async () => ({}) }),
    serve(theirs, { ...nothing, who: signedIn, run: async () => ({}) }),
    serve(more, { ...nothing, who: signedIn, run: () => Promise.resolve({ name: 'Ana', secret: 'canary' }) }),
    serve(wrong, { ...nothing, who: signedIn, run: () => Promise.resolve({ name: 'canary' }) }),
    serve(unsaid, { ...nothing, phi: 'reads', who: signedIn, run: () => Promise.resolve({ name: 'Berta' }) }),
    serve(signIn, {
      ...nothing,
      who: anyone('test'),
      run: async (ctx) => {
        ctx.setCookie('wl', 'yes')
        return {}
      },
    }),
  ],
}

let plain: TestServer
let secure: TestServer
beforeAll(async () => {
  plain = await openTestServer([feature])
  secure = await openTestServer([feature], { behindProxy: true, publicUrl: 'https://chat.example.org' })
})
afterAll(async () => {
  await plain.close()
  await secure.close()
})

const base = (it: TestServer) => `http://127.0.0.1:${it.server.port}`
const post = (it: TestServer, path: string, headers: Record<string, string> = {}) =>
  fetch(base(it) + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: path.endsWith('sign-in') ? '{"name":"a"}' : '{}',
  })
const signedInAs = { cookie: 'wl=yes', 'x-wardline': '1' }

test('every answer, also of what is not there and of what cannot be read, runs no script but our own and is framed by nobody', async () => {
  for (const it of [plain, secure])
    for (const path of ['/', '/health/live', '/api/v1/mine', '/nothing', '/%', '/api/openapi.json']) {
      const { headers } = await fetch(base(it) + path)
      const policy = new Map(
        headers
          .get('content-security-policy')!
          .split('; ')
          .map((line) => [line.split(' ')[0]!, line.split(' ').slice(1).join(' ')]),
      )
      expect(policy.get('default-src'), path).toBe("'none'")
      expect(policy.get('script-src')).toBe("'self'")
      expect(policy.get('style-src')).toBe("'self'")
      expect(policy.get('frame-ancestors')).toBe("'none'")
      expect(policy.get('base-uri')).toBe("'none'")
      expect(policy.get('require-trusted-types-for')).toBe("'script'")
      expect(headers.get('content-security-policy')).not.toMatch(/unsafe-|\*|https?:|strict-dynamic/)
      expect(headers.get('cross-origin-opener-policy')).toBe('same-origin')
      expect(headers.get('cross-origin-resource-policy')).toBe('same-origin')
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('referrer-policy')).toBe('no-referrer')
      for (const feature of ['microphone', 'geolocation', 'usb', 'payment'])
        expect(headers.get('permissions-policy')).toContain(`${feature}=()`)
      expect(headers.get('strict-transport-security')).toBe(it === secure ? 'max-age=63072000' : null)
    }
})

test('behind TLS a session’s cookie has the __Host- prefix and its rules, and no other one counts; on this machine it has a clear name', async () => {
  const [own, bare] = [
    (await post(secure, '/api/v1/sign-in')).headers.get('set-cookie')!,
    (await post(plain, '/api/v1/sign-in')).headers.get('set-cookie')!,
  ]
  expect(own).toMatch(/^__Host-wl=yes; Path=\/; HttpOnly; Secure; SameSite=Strict$/)
  expect(bare).toMatch(/^wl=yes; Path=\/; HttpOnly; SameSite=Strict$/)
  const ask = async (it: TestServer, cookie: string) => (await post(it, '/api/v1/theirs', { 'x-wardline': '1', cookie })).status
  expect(await ask(secure, '__Host-wl=yes')).toBe(200)
  expect(await ask(secure, 'wl=yes')).toBe(401)
  expect(await ask(plain, 'wl=yes')).toBe(200)
})

test('another page changes nothing and signs nobody in', async () => {
  expect((await post(plain, '/api/v1/theirs', signedInAs)).status).toBe(200)
  expect((await post(plain, '/api/v1/theirs', { cookie: 'wl=yes' })).status).toBe(404)
  for (const site of ['cross-site', 'same-site', 'none'])
    for (const path of ['/api/v1/theirs', '/api/v1/sign-in'])
      expect({ site, path, status: (await post(plain, path, { ...signedInAs, 'sec-fetch-site': site })).status }).toEqual({
        site,
        path,
        status: 404,
      })
  expect((await post(plain, '/api/v1/sign-in', { origin: 'https://evil.example' })).status).toBe(404)
  expect((await post(plain, '/api/v1/sign-in', { 'content-type': 'text/plain' })).status).toBe(400)
})

test('an answer is what its contract says: more is left out, anything else is not sent, nor records that nobody said were looked at', async () => {
  const told = async (what: string) => {
    const answer = await post(plain, `/api/v1/says-${what}`, signedInAs)
    return [answer.status, await answer.text()] as const
  }
  expect(await told('more')).toEqual([200, '{"name":"Ana"}'])
  for (const what of ['wrong', 'unsaid']) {
    const [, text] = await told(what)
    expect((JSON.parse(text) as { error: { code: string } }).error.code).toBe('internal')
    expect(text).not.toMatch(/canary|Berta/)
  }
})

test('a body is read up to what its route takes, and no further', async () => {
  const send = async (bytes: number) => {
    const body = `"${'a'.repeat(bytes - 2)}"`
    const headers = { ...signedInAs, origin: base(plain), 'content-type': 'application/json' }
    return (await fetch(`${base(plain)}/api/v1/theirs`, { method: 'POST', headers, body })).status
  }
  expect([await send(64 * 1024), await send(64 * 1024 + 1)]).toEqual([400, 413])
})

test('whoever calls too often is told how long to wait, whether signed in or guessing', async () => {
  const answers = [
    await post(plain, '/api/v1/mine', signedInAs),
    await post(plain, '/api/v1/mine', signedInAs),
    await post(plain, '/api/v1/mine', signedInAs),
  ]
  expect(answers.map((it) => it.status)).toEqual([200, 200, 429])
  const wait = Number(answers[2]!.headers.get('retry-after'))
  expect(wait).toBeGreaterThan(0)
  expect(wait).toBeLessThanOrEqual(60)
  // Another route of the same person goes on.
  expect((await post(plain, '/api/v1/theirs', signedInAs)).status).toBe(200)
  const guess = async (it: TestServer) => (await post(it, '/api/v1/theirs', { cookie: 'wl=no', 'x-wardline': '1' })).status
  const { most } = classLimits.stranger.address
  let last = 0
  for (let done = 0; done <= most; done += 50) last = (await Promise.all(Array.from({ length: 50 }, () => guess(plain)))).at(-1)!
  expect(last).toBe(429)
  // Guessing from an address does not shut out those who work there.
  expect((await post(plain, '/api/v1/theirs', signedInAs)).status).toBe(200)
}, 60_000)
