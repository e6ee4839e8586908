/** The built web app's files are served, and nothing that lies beside them. */
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { webPages, wardlineFeatures } from '@wardline/app-server'
import { openWorld } from '@wardline/dev/world'
import type { World } from '@wardline/dev/world'

let folder: string
let world: World
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'wardline-files-'))
  const dist = path.join(folder, 'dist')
  await mkdir(path.join(dist, 'assets'), { recursive: true })
  await mkdir(path.join(dist, '.git'))
  await writeFile(path.join(folder, 'canary.txt'), 'canary beside')
  await writeFile(path.join(dist, 'index.html'), '<!doctype html>the app')
  await writeFile(path.join(dist, 'assets', 'app-1234.js'), 'app()')
  await writeFile(path.join(dist, 'assets', '.env'), 'canary hidden')
  await writeFile(path.join(dist, '.git', 'config'), 'canary git')
  await symlink(path.join(folder, 'canary.txt'), path.join(folder, 'link.txt'))
  world = await openWorld({ features: wardlineFeatures(), server: { pages: webPages(dist) } })
}, 60_000)
afterAll(async () => {
  await world.close()
  await rm(folder, { recursive: true, force: true })
})

/** The path exactly as written: no client makes it tidy first. */
const get = (at: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect(world.server.port, '127.0.0.1')
    let heard = ''
    socket.on('data', (chunk: Buffer) => (heard += chunk.toString('latin1')))
    socket.on('close', () => resolve(heard))
    socket.on('error', reject)
    socket.write(`GET ${at} HTTP/1.1\r\nhost: x\r\naccept: text/html\r\nconnection: close\r\n\r\n`)
  })

test('the app and its files are there', async () => {
  expect(await get('/')).toContain('the app')
  expect(await get('/patients/1')).toContain('the app')
  expect(await get('/assets/app-1234.js')).toContain('app()')
})

test.each([
  '/assets/../../canary.txt',
  '/assets/%2e%2e/%2e%2e/canary.txt',
  '/assets/..%2f..%2fcanary.txt',
  '/assets/..%5c..%5ccanary.txt',
  '/assets/%252e%252e/%252e%252e/canary.txt',
  '/assets//../../canary.txt',
  '/assets/....//....//canary.txt',
  '/assets/%c0%ae%c0%ae/canary.txt',
  '/assets/app-1234.js/../../../canary.txt',
  '/../canary.txt',
  '//canary.txt',
  '/canary.txt',
  '/assets/.env',
  '/.git/config',
  '/assets/%00../../canary.txt',
  '/assets/app-1234.js%00.txt',
  'http://127.0.0.1/../canary.txt',
])('%s gives nothing that lies elsewhere', async (at) => {
  const answer = await get(at)
  expect(answer).not.toContain('canary')
  expect(answer).toMatch(/^HTTP\/1\.1 (200|400|403|404) /)
  expect(world.logged.filter((line) => line.includes('"http.failed"'))).toEqual([])
})
