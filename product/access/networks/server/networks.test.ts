/** Administration from networks that the organisation named, through the front door. */
import { signIn as signInAs } from '@wardline/dev/staff'
import { openWorld } from '@wardline/dev/world'
import type { World } from '@wardline/dev/world'
import { bySystem, newId } from '@wardline/platform/server'
import { dualControl } from '@wardline/product/access/dual-control/server'
import { locations } from '@wardline/product/access/locations/server'
import { mfa } from '@wardline/product/access/mfa/server'
import { policies } from '@wardline/product/access/policies/server'
import { createOrganisation, createPerson, provisioning } from '@wardline/product/access/provisioning/server'
import { roles as allRoles, isKeptInside, matrix } from '@wardline/product/access/roles/preview'
import { can, roles } from '@wardline/product/access/roles/server'
import { sessions } from '@wardline/product/access/sessions/server'
import type { Action, Role } from '@wardline/product/access/roles/server'
import { signIn } from '@wardline/product/access/sign-in/server'
import { audit } from '@wardline/product/compliance/audit/server'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isAdministration, isOversight } from './admit.ts'
import { changeAdministrationOnApproval, networks, placesOfRule } from './index.ts'

const minute = 60_000
const [office, home] = ['203.0.113.7', '198.51.100.1']
let world: World
let made = 0

const features = [
  ...[
    provisioning,
    roles,
    dualControl([changeAdministrationOnApproval]),
    mfa,
    sessions,
    signIn,
    policies,
    locations({ placesOfRule }),
    networks,
  ],
  audit(() => ''),
]
beforeAll(async () => {
  world = await openWorld({ features, server: { behindProxy: true } })
})
afterAll(() => world.close())

async function practice(...officers: Role[]) {
  const org = newId()
  const [owner, nurse, ...others] = await world.server.db.write(org, bySystem, async (tx) => {
    await createOrganisation(tx, { name: 'Maple Street', zone: 'America/Chicago', preset: 'practice' })
    const add = (role: Role) => createPerson(tx, { signInName: `net.${(made += 1)}`, name: 'P', title: '', roles: [role] })
    const people = [await add('administrator'), await add('nurse')]
    for (const role of officers) people.push(await add(role))
    return people
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
  return { org, owner: () => as(owner!), nurse: () => as(nurse!), officer: (n = 0) => as(others[n]!) }
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
    // Screens are told, so that they say why and offer nothing.
    expect((await a(home, 'GET', '/api/v1/me')).json).toMatchObject({ administers: false, closed: [] })
    expect((await n(home, 'GET', '/api/v1/me')).json).toMatchObject({ administers: false })
    expect((await a(office, 'GET', '/api/v1/me')).json).toMatchObject({ administers: true })
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
    expect((await a(home, 'GET', '/api/v1/me')).json).toMatchObject({ administers: true })
    expect((await a(office, 'GET', '/api/v1/policies/security')).code).toBe('done')
  })

  test('is judged by what was read anew after a signal that the server does not understand', async () => {
    const { org, owner } = await practice()
    const a = await owner()
    expect((await a(office, 'PUT', '/api/v1/networks', list(['203.0.113.0/24']))).code).toBe('done')
    expect((await a(home, 'GET', '/api/v1/policies/security')).code).toBe('not-found')
    await world.owner.query("update admin_networks set outside = 'step-up' where org = $1", [org])
    await world.owner.query("insert into node_signal (org, signal, kind, body) values ($1, gen_random_uuid(), 'newer', '{}')", [org])
    await world.settle()
    expect((await a(home, 'GET', '/api/v1/policies/security')).code).toBe('done')
  })
})

test('what screens do not offer outside is what the server hides there, for every act and every two roles', () => {
  const base = { org: '', person: '', session: '', device: null, provenAt: 0, proofMinutes: 5 }
  const held = allRoles.flatMap((one) => allRoles.map((other) => ({ ...base, roles: [one, other] })))
  let kept = 0
  for (const action of Object.keys(matrix) as Action[])
    for (const caller of held.filter((it) => can(action).may(it))) {
      const hides = isAdministration(can(action), caller) && !isOversight(can(action), caller)
      expect({ action, roles: caller.roles, hides: isKeptInside(caller.roles, action) }).toEqual({ action, roles: caller.roles, hides })
      kept += hides ? 1 : 0
    }
  expect(kept).toBeGreaterThan(100)
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
    // Where administration is open from elsewhere to a fresh proof, that does not confirm what would shut its giver out: nor is it confirmed twice.
    const c = await owner()
    const open = { trialMinutes: 10, outside: 'step-up' }
    expect((await c(office, 'PUT', '/api/v1/networks', list(['192.0.2.0/24'], open))).code).toBe('done')
    expect((await c(office, 'POST', '/api/v1/networks/confirm', { version: 3 })).code).toBe('locks-you-out')
    expect((await c(office, 'POST', '/api/v1/networks/confirm', { version: 2 })).code).toBe('trial-over')
  })
})

describe('a list that hides administration from elsewhere', () => {
  const oversight = ['/api/v1/audit/entries', '/api/v1/networks', '/api/v1/networks/records', '/api/v1/pending-acts']
  test('counts once an officer inside it agrees; nobody shuts officers out of oversight, and they open it again with a fresh proof', async () => {
    const street = await practice('security-officer', 'privacy-officer')
    const [a, officer, privacy] = [await street.owner(), await street.officer(), await street.officer(1)]
    const lair = list([`${office}/32`])
    expect((await a(office, 'PUT', '/api/v1/networks', lair)).json).toMatchObject({ version: 1, waits: true })
    expect((await a(office, 'PUT', '/api/v1/networks', lair)).code).toBe('already-asked')
    const { inForce, waiting } = (await officer(home, 'GET', '/api/v1/networks')).json as {
      inForce: object
      waiting: { act: string; list: object; decidable: boolean }
    }
    expect(inForce).toMatchObject({ version: 0, networks: [] })
    expect(waiting).toMatchObject({ decidable: true, list: { networks: [{ cidr: `${office}/32` }], outside: 'absent' } })
    const approval = `/api/v1/pending-acts/${waiting.act}/approval`
    expect((await a(office, 'POST', approval, {})).code).toBe('not-found')
    expect((await officer(home, 'POST', approval, {})).code).toBe('not-from-here')
    expect((await a(home, 'GET', '/api/v1/policies/security')).code).toBe('done')
    expect((await officer(office, 'POST', approval, {})).code).toBe('done')
    expect((await a(home, 'GET', '/api/v1/policies/security')).code).toBe('not-found')
    expect((await officer(office, 'GET', '/api/v1/networks')).json).toMatchObject({
      inForce: { version: 1, agreedBy: expect.any(String) as string },
    })

    const codes = async (of: typeof officer) => Promise.all(oversight.map(async (path) => (await of(home, 'GET', path)).code))
    for (const of of [officer, privacy]) expect(await codes(of)).toEqual(['done', 'done', 'done', 'done'])
    expect(await codes(a)).toEqual(['not-found', 'not-found', 'not-found', 'not-found'])
    // What is no oversight is hidden from officers too.
    expect((await officer(home, 'GET', '/api/v1/policies/agreements')).code).toBe('not-found')
    await world.advance(6 * minute)
    for (const of of [officer, privacy]) expect(new Set(await codes(of))).toEqual(new Set(['step-up-needed']))
    expect((await officer(home, 'PUT', '/api/v1/networks', list([]))).code).toBe('step-up-needed')
    const [fresh, second] = [await street.officer(), await street.officer(1)]
    expect((await fresh(home, 'PUT', '/api/v1/networks', list([]))).json).toMatchObject({ version: 2, waits: true })
    const opening = (await second(home, 'GET', '/api/v1/networks')).json as { waiting: { act: string } }
    expect((await second(home, 'POST', `/api/v1/pending-acts/${opening.waiting.act}/approval`, {})).code).toBe('done')
    expect((await a(home, 'GET', '/api/v1/networks')).code).toBe('done')
  })

  test('is tried from the moment in which a second person agrees, and a newer list ends what waits', async () => {
    const street = await practice('security-officer')
    const [a, officer] = [await street.owner(), await street.officer()]
    const actOf = async () => ((await officer(home, 'GET', '/api/v1/networks')).json as { waiting: { act: string } }).waiting.act
    expect((await a(home, 'PUT', '/api/v1/networks', list([`${office}/32`]))).code).toBe('locks-you-out')
    expect((await a(home, 'PUT', '/api/v1/networks', list([`${office}/32`], { trialMinutes: 10 }))).json).toMatchObject({ waits: true })
    await world.advance(minute)
    expect((await officer(office, 'POST', `/api/v1/pending-acts/${await actOf()}/approval`, {})).code).toBe('done')
    await world.advance(9.5 * minute)
    expect((await (await street.owner())(home, 'GET', '/api/v1/networks')).code).toBe('not-found')
    await world.advance(minute)
    const b = await street.owner()
    expect((await b(home, 'GET', '/api/v1/networks')).json).toMatchObject({ inForce: { version: 0 } })
    expect((await b(office, 'PUT', '/api/v1/networks', list([`${office}/32`]))).json).toMatchObject({ waits: true })
    expect((await b(office, 'PUT', '/api/v1/networks', list([`${office}/32`], { outside: 'step-up' }))).json).toMatchObject({
      waits: false,
    })
    const again = await street.officer()
    const { waiting } = (await again(office, 'GET', '/api/v1/networks')).json as { waiting: { act: string } }
    expect((await again(office, 'POST', `/api/v1/pending-acts/${waiting.act}/approval`, {})).code).toBe('no-longer-possible')
  })
})

test('a list that opens more than the one that is kept takes two people, also where it is only tried; a narrower one takes one', async () => {
  const street = await practice('security-officer')
  const [a, officer] = [await street.owner(), await street.officer()]
  const asks = { outside: 'step-up' }
  const put = async (cidrs: readonly string[], more: object = asks) => {
    const { json, code } = await a(office, 'PUT', '/api/v1/networks', list(cidrs, more))
    return code === 'done' ? json.waits : code
  }
  type Standing = { inForce: { networks: { cidr: string }[] }; waiting: { act: string } | null }
  const standing = async () => (await officer(home, 'GET', '/api/v1/networks')).json as Standing
  const inForce = async () => (await standing()).inForce.networks.map((it) => it.cidr)
  const decide = async (how: 'approval' | 'refusal') => {
    const { waiting } = await standing()
    return (await officer(home, 'POST', `/api/v1/pending-acts/${waiting!.act}/${how}`, {})).code
  }
  const [wide, narrow] = ['203.0.113.0/24', '203.0.113.0/25']
  expect(await put([wide, '2001:db8::/48'])).toBe(false)
  expect(await put([narrow])).toBe(false)
  for (const [cidrs, more] of [
    [[wide], asks],
    [[narrow, '198.51.100.0/24'], asks],
    [[], asks],
    [[wide], { ...asks, trialMinutes: 60 }],
  ] as const) {
    expect({ cidrs, waits: await put(cidrs, more) }).toEqual({ cidrs, waits: true })
    expect(await put([wide])).toBe('already-asked')
    expect(await inForce()).toEqual([narrow])
    expect(await decide('refusal')).toBe('done')
  }
  // A list that is only tried is no measure, neither against what comes back by itself nor for what it does not.
  expect(await put([`${office}/32`], { ...asks, trialMinutes: 10 })).toBe(false)
  expect(await put([narrow])).toBe(false)
  expect(await put([`${office}/32`], { ...asks, trialMinutes: 10 })).toBe(false)
  expect(await put([wide])).toBe(true)
  expect(await decide('approval')).toBe('done')
  expect(await inForce()).toEqual([wide])
  // From where nothing of it is seen to where it asks for a proof, for the same networks.
  expect(await put([wide], {})).toBe(true)
  expect((await officer(office, 'POST', `/api/v1/pending-acts/${(await standing()).waiting!.act}/approval`, {})).code).toBe('done')
  expect(await put([narrow])).toBe(true)
  expect(await decide('refusal')).toBe('done')
  expect(await put([])).toBe(true)
  expect(await decide('approval')).toBe('done')
  expect(await inForce()).toEqual([])
})

test.each([
  [
    'that nobody declared',
    {},
    [{ 'x-forwarded-for': office }, { via: '1.1 edge' }, { 'x-forwarded-proto': 'https' }, { 'cf-connecting-ip': office }],
    {},
  ],
  ['that adds no header', { publicUrl: 'http://chat.example.org' }, [{}], null],
  [
    'that does not say for whom',
    { publicUrl: 'http://chat.example.org', behindProxy: true },
    [{}],
    { 'x-forwarded-for': '127.0.0.1, 10.1.2.3' },
  ],
] as [string, object, Record<string, string>[], Record<string, string> | null][])(
  'behind a proxy %s no list is taken, and what comes through it is elsewhere',
  async (_name, server, through, straight) => {
    const other = await openWorld({ features, server })
    try {
      const org = newId()
      const person = await other.server.db.write(org, bySystem, async (tx) => {
        await createOrganisation(tx, { name: 'Maple Street', zone: 'America/Chicago', preset: 'practice' })
        return createPerson(tx, { signInName: 'net.proxy', name: 'P', title: '', roles: ['administrator'] })
      })
      const { cookie } = await signInAs(other, org, person)
      const ask = async (method: string, headers: Record<string, string>) => {
        const answer = await fetch(`http://127.0.0.1:${other.server.port}/api/v1/networks`, {
          method,
          headers: { cookie, 'x-wardline': '1', 'content-type': 'application/json', ...headers },
          ...(method === 'PUT' ? { body: JSON.stringify(list(['127.0.0.0/8', '10.1.0.0/16'])) } : {}),
        })
        return ((await answer.json()) as { error?: { code: string } }).error?.code ?? 'done'
      }
      for (const headers of through) expect(await ask('PUT', headers)).toBe('proxy-not-declared')
      if (!straight) return
      expect(await ask('PUT', straight)).toBe('done')
      expect(await ask('GET', straight)).toBe('done')
      for (const headers of through) expect(await ask('GET', headers)).toBe('not-found')
    } finally {
      await other.close()
    }
  },
)
