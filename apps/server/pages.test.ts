import { request } from 'node:http'
import type { IncomingHttpHeaders } from 'node:http'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Feature } from '@wardline/platform/server'
import { openTestServer } from '@wardline/platform/testing'
import type { TestServer } from '@wardline/platform/testing'
import { webPages } from './pages.ts'

let folder: string
let it: TestServer
const nobody: Feature = { name: 'test/nobody', authenticate: () => async () => null }
const html = { accept: 'text/html,application/xhtml+xml' }

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'wardline-pages-'))
  await mkdir(path.join(folder, 'dist/assets'), { recursive: true })
  await mkdir(path.join(folder, 'dist/icons'))
  await writeFile(path.join(folder, 'dist/index.html'), '<title>built</title>')
  await writeFile(path.join(folder, 'dist/assets/main-4f2a.js'), 'export {}')
  await writeFile(path.join(folder, 'dist/icons/a.svg'), '<svg/>')
  await writeFile(path.join(folder, 'secret.txt'), 'secret')
})
afterEach(async () => {
  await it.close()
  await rm(folder, { recursive: true, force: true })
})
const open = async (dist = path.join(folder, 'dist')) => {
  it = await openTestServer([nobody], { pages: webPages(dist) })
}
/** Sends a request whose path nobody tidies up first, as fetch would. */
const get = (url: string, headers: Readonly<Record<string, string>> = {}, method = 'GET') =>
  new Promise<{ status: number; headers: IncomingHttpHeaders; body: string }>((resolve, reject) => {
    const sent = request({ port: it.server.port, host: '127.0.0.1', path: url, headers, method }, (answer) => {
      let body = ''
      answer.setEncoding('utf8').on('data', (chunk: string) => (body += chunk))
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body }))
    })
    sent.on('error', reject).end()
  })

describe('a built web app', () => {
  beforeEach(() => open())

  test.each(['/', '/conversations/7', '/audit?from=2026-01-01'])('is the answer to %s, and is never kept', async (url) => {
    const answer = await get(url, html)
    expect(answer.status).toBe(200)
    expect(answer.headers).toMatchObject({ 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' })
    expect(answer.body).toBe('<title>built</title>')
    expect(answer.headers['content-security-policy']).toContain("default-src 'none'")
  })

  test('is for browsers that it can run in; an older one gets a plain page that says what to do', async () => {
    const chrome = (version: number) =>
      `Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${version}.0.0.0 Safari/537.36`
    const old = await get('/conversations/7', { ...html, 'user-agent': chrome(120) })
    expect(old).toMatchObject({ status: 403, headers: { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' } })
    expect(old.body).toContain('It says that it is Chrome 120.')
    expect(old.body).not.toContain('<script')
    // Client hints count before the string that many browsers freeze.
    const hints = { 'sec-ch-ua': '"Chromium";v="137", "Google Chrome";v="137"', 'sec-ch-ua-platform': '"Linux"' }
    expect((await get('/', { ...html, 'user-agent': chrome(120), ...hints })).body).toBe('<title>built</title>')
    expect((await get('/', { ...html, 'user-agent': chrome(137), ...hints, 'sec-ch-ua': '"Chromium";v="<b>1"' })).status).toBe(200)
    expect((await get('/', { ...html, 'user-agent': 'something new' })).status).toBe(200)
  })

  test('has hashed files that may be kept for ever, and others that are asked for again', async () => {
    const hashed = await get('/assets/main-4f2a.js')
    expect(hashed.headers['cache-control']).toBe('public, max-age=31536000, immutable')
    expect(hashed.headers['content-type']).toMatch(/javascript/)
    const icon = await get('/icons/a.svg')
    expect(icon.headers).toMatchObject({ 'cache-control': 'no-cache', 'content-type': 'image/svg+xml' })
    expect((await get('/icons/a.svg', { 'if-none-match': icon.headers.etag! })).status).toBe(304)
  })

  test.each(['/api/v1/nothing', '/api/v1/live', '/health/nothing', '/assets/gone.js', '/metrics/nothing'])(
    'is no answer to %s',
    async (url) => {
      const answer = await get(url, html)
      expect(answer.status).toBe(404)
      expect(JSON.parse(answer.body)).toMatchObject({ error: { code: 'not-found' } })
    },
  )

  test('is no answer to a program that does not ask for a page, nor in place of the API', async () => {
    expect((await get('/conversations/7', { accept: 'application/json' })).status).toBe(404)
    expect((await get('/conversations/7', html, 'POST')).status).toBe(404)
    expect(JSON.parse((await get('/api/openapi.json', html)).body)).toHaveProperty('paths')
  })

  test.each(['/assets/../../secret.txt', '/assets/%2e%2e/%2e%2e/secret.txt', '/assets/..%2f..%2fsecret.txt', '/..%2fsecret.txt'])(
    'gives out nothing beside it: %s',
    async (url) => {
      const answer = await get(url, html)
      expect(answer.body).not.toContain('secret')
    },
  )
})

test('without a build it says so, and goes on once there is one', async () => {
  const dist = path.join(folder, 'later')
  await open(dist)
  const before = await get('/', html)
  expect(before.status).toBe(503)
  expect(before.body).toContain('npm run build')
  expect((await get('/health/live')).status).toBe(200)
  await mkdir(path.join(dist, 'assets'), { recursive: true })
  await writeFile(path.join(dist, 'index.html'), 'later')
  expect((await get('/', html)).body).toBe('later')
})
