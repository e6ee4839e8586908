/** Administration from networks that the organisation named, through the front door. */
import { signIn as signInAs } from '@wardline/dev/staff'
import { openWorld } from '@wardline/dev/world'
import type { World } from '@wardline/dev/world'
import { bySystem, newId } from '@wardline/platform/server'
import { mfa } from '@wardline/product/access/mfa/server'
import { policies } from '@wardline/product/access/policies/server'
import { createOrganisation, createPerson, provisioning } from '@wardline/product/access/provisioning/server'
import { roles } from '@wardline/product/access/roles/server'
import { sessions } from '@wardline/product/access/sessions/server'
import { signIn } from '@wardline/product/access/sign-in/server'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { networks } from './index.ts'

const minute = 60_000
const [office, home] = ['203.0.113.7', '198.51.100.1']
let world: World
let made = 0

beforeAll(async () => {
  world = await openWorld({
    features: [provisioning, roles, mfa, sessions, signIn, policies, networks({ behindProxy: true })],
    server: { behindProxy: true },
  })
})
afterAll(() => world.close())

async function practice() {
  const org = newId()
  const [owner, nurse] = await world.server.db.write(org, bySystem, async (tx) => {
    await createOrganisation(tx, { name: 'Maple Street', zone: 'America/Chicago', preset: 'practice' })
    const add = (role: 'administrator' | 'nurse') =>
      createPerson(tx, { signInName: `net.${(made += 1)}`, name: 'P', title: '', roles: [role] })
    return [await add('administrator'), await add('nurse')]
  })
  const as = async (person: string) => {
    const { cookie } = await signInAs(world, org, person)
    return async (from: string, method: string, path: string, body?: unknown) => {
      const answer = await fetch(world.url + path, {
        method,
        headers: { cookie, 'x-wardline': '1', 'content-type': 'application/json', 'x-forwarded-for': from },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      const json = (await answer.json()) as Record<string, unknown> & { error?: { code: string; field?: string } }
      return { status: answer.status, json, code: json.error?.code ?? 'done' }
    }
  }
  return { owner: () => as(owner!), nurse: () => as(nurse!) }
}
const list = (cidrs: readonly string[], more: object = {}) => ({
  networks: cidrs.map((cidr) => ({ cidr, name: 'Office' })),
  outside: 'absent',
  ...more,
})

describe('administration', () => {
  test('is absent from elsewhere, while care and one’s own matters go on; an address that the caller wrote counts for nothing', async () => {
    const { owner, nurse } = await practice()
    const [a, n] = [await owner(), await nurse()]
    expect((await a(home, 'GET', '/api/v1/networks')).code).toBe('done')
    expect((await a(office, 'PUT', '/api/v1/networks', list(['203.0.113.0/24', '2001:db8::/48']))).code).toBe('done')
    for (const path of ['/api/v1/networks', '/api/v1/policies/security']) {
      expect({ path, code: (await a(home, 'GET', path)).code }).toEqual({ path, code: 'not-found' })
      expect({ path, code: (await a(`${office}, ${home}`, 'GET', path)).code }).toEqual({ path, code: 'not-found' })
      expect((await a(`${home}, ${office}`, 'GET', path)).code).toBe('done')
      expect((await a('2001:db8::5', 'GET', path)).code).toBe('done')
    }
    expect((await a(home, 'GET', '/api/v1/me')).code).toBe('done')
    expect((await a(home, 'GET', '/api/v1/people')).code).toBe('done')
    expect((await n(home, 'GET', '/api/v1/people')).code).toBe('done')
    expect((await a(home, 'PUT', '/api/v1/networks', list([]))).code).toBe('not-found')
    expect((await a(office, 'PUT', '/api/v1/networks', list([]))).code).toBe('done')
    expect((await a(home, 'GET', '/api/v1/networks')).code).toBe('done')
  })

  test('asks for a fresh proof from elsewhere, where the organisation chose that', async () => {
    const { owner } = await practice()
    const a = await owner()
    expect((await a(office, 'PUT', '/api/v1/networks', list(['203.0.113.0/24'], { outside: 'step-up' }))).code).toBe('done')
    expect((await a(home, 'GET', '/api/v1/policies/security')).code).toBe('done')
    await world.advance(6 * minute)
    expect((await a(home, 'GET', '/api/v1/policies/security')).code).toBe('step-up-needed')
    expect((await a(office, 'GET', '/api/v1/policies/security')).code).toBe('done')
  })
})

describe('a list without one’s own network', () => {
  test('is refused, with the line that is wrong', async () => {
    const a = await (await practice()).owner()
    expect((await a(home, 'PUT', '/api/v1/networks', list(['203.0.113.0/24']))).code).toBe('locks-you-out')
    const bad = await a(office, 'PUT', '/api/v1/networks', list(['203.0.113.0/24', '203.0.113.7/24']))
    expect([bad.code, bad.json.error?.field]).toEqual(['not-a-network', 'networks.1.cidr'])
    expect((await a(home, 'GET', '/api/v1/networks')).json).toMatchObject({
      inForce: { version: 0, networks: [] },
      here: home,
      hereIsIn: true,
    })
  })

  test('can be tried: the one before comes back by itself, unless it is confirmed from inside', async () => {
    const { owner } = await practice()
    const a = await owner()
    expect((await a(home, 'PUT', '/api/v1/networks', list(['203.0.113.0/24'], { trialMinutes: 10 }))).code).toBe('done')
    expect((await a(home, 'GET', '/api/v1/networks')).code).toBe('not-found')
    expect((await a(home, 'POST', '/api/v1/networks/confirm', { version: 1 })).code).toBe('not-found')
    await world.advance(10 * minute)
    expect((await a(home, 'GET', '/api/v1/networks')).json).toMatchObject({ inForce: { version: 0 } })
    const b = await owner()
    expect((await b(office, 'POST', '/api/v1/networks/confirm', { version: 1 })).code).toBe('trial-over')
    expect((await b(home, 'PUT', '/api/v1/networks', list(['203.0.113.0/24'], { trialMinutes: 10 }))).code).toBe('done')
    expect((await b(office, 'POST', '/api/v1/networks/confirm', { version: 2 })).json).toMatchObject({ version: 2, trialUntil: null })
    await world.advance(11 * minute)
    expect((await (await owner())(home, 'GET', '/api/v1/networks')).code).toBe('not-found')
  })
})

test('behind a proxy that nobody declared no list is taken', async () => {
  const other = await openWorld({ features: [provisioning, roles, mfa, sessions, signIn, policies, networks({ behindProxy: false })] })
  try {
    const org = newId()
    const person = await other.server.db.write(org, bySystem, async (tx) => {
      await createOrganisation(tx, { name: 'Maple Street', zone: 'America/Chicago', preset: 'practice' })
      return createPerson(tx, { signInName: 'net.proxy', name: 'P', title: '', roles: ['administrator'] })
    })
    const { cookie } = await signInAs(other, org, person)
    const put = async (headers: Record<string, string>) => {
      const answer = await fetch(`${other.url}/api/v1/networks`, {
        method: 'PUT',
        headers: { cookie, 'x-wardline': '1', 'content-type': 'application/json', ...headers },
        body: JSON.stringify(list(['127.0.0.0/8'])),
      })
      return ((await answer.json()) as { error?: { code: string } }).error?.code ?? 'done'
    }
    expect(await put({ 'x-forwarded-for': office })).toBe('proxy-not-declared')
    expect(await put({})).toBe('done')
  } finally {
    await other.close()
  }
})
