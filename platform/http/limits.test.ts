import { expect, test } from 'vitest'
import { Shape } from '../contract/text.ts'
import { endpoint } from '../contract/endpoint.ts'
import { anyone } from './caller.ts'
import { classLimits, limitsOfCaller, limitsOfPlace, openLimiter } from './limits.ts'
import { serve } from './route.ts'
import type { Services } from './route.ts'
import { openHttp } from './server.ts'

const route = { name: 'a.b', method: 'POST', open: false, limit: { most: 600, seconds: 60 } }
const by = { person: 'p', org: 'o' }
const keys = (of: { readonly key: string }[]) => of.map((it) => it.key)

test('a call counts for its address, and then for its route, its person and its organisation', () => {
  expect(limitsOfPlace(route, '203.0.113.7').key).toBe('write|address|203.0.113.7')
  expect(limitsOfPlace({ ...route, method: 'GET' }, '203.0.113.7').key).toBe('read|address|203.0.113.7')
  expect(keys(limitsOfCaller(route, by))).toEqual(['a.b|p', 'write|person|p', 'write|organisation|o'])
  expect(keys(limitsOfCaller({ ...route, method: 'GET' }, by))).toEqual(['a.b|p', 'read|person|p', 'read|organisation|o'])
  // Nobody is known to an open route: its own limit is by address.
  expect(limitsOfPlace({ ...route, open: true }, '203.0.113.7')).toEqual({ key: 'a.b|203.0.113.7', ...route.limit })
})

test('a route made for more than a class allows counts against its own limit alone', () => {
  expect(limitsOfCaller({ ...route, limit: { most: 6_000, seconds: 60 } }, by)).toHaveLength(1)
})

test('one person cannot take what the house has', () => {
  for (const it of [classLimits.read, classLimits.write]) {
    expect(it.person.most * 5).toBeLessThan(it.address.most)
    expect(it.address.most).toBeLessThan(it.organisation.most)
  }
})

test('whoever took all waits until the window ends, and no longer', () => {
  const clock = { now: 0, ms: () => clock.now }
  const limiter = openLimiter(clock)
  for (let i = 0; i < 3; i += 1) expect(limiter.take('a', 3, 60)).toBe(0)
  clock.now = 15_500
  expect(limiter.take('a', 3, 60)).toBe(45)
  expect(limiter.take('b', 3, 60)).toBe(0)
  clock.now = 60_000
  expect(limiter.take('a', 3, 60)).toBe(0)
})

test('a call too many is refused before its cookie costs a question', async () => {
  const asked: string[] = []
  const knock = endpoint({
    name: 'a.knock',
    method: 'POST',
    path: '/api/v1/knock',
    summary: 'Knocks',
    takes: Shape({}),
    gives: Shape({}),
    fails: {},
  })
  const limit = { most: 3, seconds: 60 }
  const { app } = await openHttp(
    [serve(knock, { who: anyone('it is a test'), audit: { none: 'a test' }, phi: 'none', limit, run: async () => ({}) })],
    { clock: { ms: () => 1 } } as unknown as Services,
    async ({ cookies }) => {
      asked.push(cookies['wl']!)
      return null
    },
    {
      publicUrl: 'http://chat.example.org',
      behindProxy: false,
      version: 'test',
      ready: async () => true,
      metrics: () => '',
      grantsFor: undefined,
      admit: undefined,
      holdsBack: undefined,
    },
  )
  const headers = { 'content-type': 'application/json', 'x-wardline': '1', origin: 'http://chat.example.org' }
  const come = (cookie: string) =>
    app.inject({ method: 'POST', url: '/api/v1/knock', headers: { ...headers, cookie: `wl=${cookie}` }, payload: '{}' })
  for (const cookie of ['1', '2', '3']) expect((await come(cookie)).statusCode).toBe(200)
  expect(await come('4')).toMatchObject({ statusCode: 429, headers: { 'retry-after': '60' } })
  expect(asked).toEqual(['1', '2', '3'])
  await app.close()
})
