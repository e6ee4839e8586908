import { connect } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { endpoint, Shape, Text } from '../contract.ts'
import { anyone, serve } from '../server.ts'
import type { Feature } from '../server.ts'
import { openTestServer } from '../testing/index.ts'
import type { TestServer } from '../testing/index.ts'

const whence = endpoint({
  name: 'test.whence',
  method: 'GET',
  path: '/api/v1/whence',
  summary: 'Says where the call came from',
  takes: Shape({}),
  gives: Shape({ address: Text(100) }),
  fails: {},
})
const feature: Feature = {
  name: 'test/proxy',
  authenticate: () => async () => null,
  routes: [
    serve(whence, {
      who: anyone('test'),
      audit: { none: 'test' },
      phi: 'none',
      limit: { most: 3, seconds: 60 },
      run: async (ctx) => ({ address: ctx.request.ip }),
    }),
  ],
}

let direct: TestServer
let proxied: TestServer
beforeAll(async () => {
  direct = await openTestServer([feature])
  proxied = await openTestServer([feature], { behindProxy: true })
})
afterAll(async () => {
  await direct.close()
  await proxied.close()
})

const ask = async (it: TestServer, path: string, headers: Record<string, string>) => fetch(it.server.url + path, { headers })

test('behind a proxy the caller is whom the proxy saw, not whom the caller names; so a limit cannot be talked away', async () => {
  const statuses: number[] = []
  for (let i = 0; i < 5; i += 1)
    statuses.push((await ask(proxied, '/api/v1/whence', { 'x-forwarded-for': `10.9.8.${i}, 127.0.0.${i}, 203.0.113.7` })).status)
  expect(statuses).toEqual([200, 200, 200, 429, 429])
  const other = await ask(proxied, '/api/v1/whence', { 'x-forwarded-for': '203.0.113.7, 203.0.113.8' })
  expect(await other.json()).toEqual({ address: '203.0.113.8' })
})

test('only a declared proxy is believed: what anybody else says of where they come from is not read, and a port is no address of its own', async () => {
  const other = await openTestServer([feature], { behindProxy: true, proxies: ['192.0.2.0/24'] })
  try {
    const answer = await ask(other, '/api/v1/whence', { 'x-forwarded-for': '203.0.113.7' })
    expect(await answer.json()).toEqual({ address: '127.0.0.1' })
  } finally {
    await other.close()
  }
  const answer = await ask(proxied, '/api/v1/whence', { 'x-forwarded-for': '203.0.113.9:51000' })
  expect(await answer.json()).toEqual({ address: '203.0.113.9' })
})

test('without a proxy nobody is asked where they come from', async () => {
  const answer = await ask(direct, '/api/v1/whence', { 'x-forwarded-for': '203.0.113.7', 'x-real-ip': '203.0.113.7' })
  expect(await answer.json()).toEqual({ address: '127.0.0.1' })
})

test('the figures are for this machine only: what was passed on is refused, even as from 127.0.0.1', async () => {
  for (const it of [direct, proxied]) {
    expect((await ask(it, '/metrics', {})).status).toBe(200)
    for (const name of ['x-forwarded-for', 'forwarded', 'via', 'x-real-ip'])
      expect((await ask(it, '/metrics', { [name]: '127.0.0.1' })).status).toBe(404)
  }
})

/** Writes bytes to the server and returns all that it says until it hangs up. */
const say = (it: TestServer, bytes: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect(it.server.port, '127.0.0.1')
    let heard = ''
    socket.on('data', (chunk: Buffer) => (heard += chunk.toString('latin1')))
    socket.on('close', () => resolve(heard))
    socket.on('error', reject)
    socket.write(bytes)
  })

test.each([
  ['no HTTP', 'canary canary\r\n\r\n'],
  ['a header that is none', 'GET /api/v1/whence HTTP/1.1\r\nhost: x\r\ncanary\r\n\r\n'],
  ['two lengths', 'POST /api/v1/whence HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\ncanary'],
  [
    'length and chunks',
    'POST /api/v1/whence HTTP/1.1\r\nhost: x\r\ncontent-length: 6\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\ncanary',
  ],
  ['a header folded over two lines', 'GET /api/v1/whence HTTP/1.1\r\nhost: x\r\nx: a\r\n\tcanary\r\n\r\n'],
  ['headers without end', `GET /api/v1/whence HTTP/1.1\r\nhost: x\r\nx: ${'canary'.repeat(10_000)}\r\n\r\n`],
])('bytes that are no request (%s) get our own refusal and a closed connection', async (_label, bytes) => {
  const heard = await say(direct, bytes)
  expect(heard).toMatch(/^HTTP\/1\.1 400 /)
  expect(heard).toContain('"code":"bad-request"')
  expect(heard).not.toContain('canary')
})

test('a URL that cannot be decoded is refused in our own form and not quoted', async () => {
  const heard = await say(direct, 'GET /api/v1/canary%zz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n')
  expect(heard).toMatch(/^HTTP\/1\.1 400 /)
  expect(heard).toContain('"code":"bad-request"')
  expect(heard).toContain('content-security-policy')
  expect(heard).not.toContain('canary')
})
