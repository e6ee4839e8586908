import { openWorld } from '@wardline/dev/world'
import type { World } from '@wardline/dev/world'
import { DatabaseFailure, sql } from '@wardline/platform/db'
import { bySystem, newId } from '@wardline/platform/server'
import { dualControl } from '@wardline/product/access/dual-control/server'
import { mfa } from '@wardline/product/access/mfa/server'
import { policies } from '@wardline/product/access/policies/server'
import { roles, setRolesOf } from '@wardline/product/access/roles/server'
import type { Role } from '@wardline/product/access/roles/server'
import { matrix, may, roles as everyRole } from '@wardline/product/access/roles/preview'
import type { Action } from '@wardline/product/access/roles/preview'
import { beginSession, sessions } from '@wardline/product/access/sessions/server'
import { signIn } from '@wardline/product/access/sign-in/server'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  createOrganisation,
  createPerson,
  deactivatePerson,
  findSignIn,
  people,
  provisioning,
  ProvisioningRefused,
  readPerson,
  grantOnApproval,
} from './index.ts'

const features = [provisioning, roles, dualControl([grantOnApproval]), mfa, sessions, signIn, policies]
const org = newId()
const otherOrg = newId()
let world: World
let made = 0
let admin: Person

interface Person {
  readonly id: string
  readonly name: string
  readonly token: string
}

beforeAll(async () => {
  world = await openWorld({ features })
  await world.server.db.write(org, bySystem, (tx) =>
    createOrganisation(tx, { name: 'Maple Street Dental', zone: 'America/Chicago', preset: 'practice' }),
  )
  await world.server.db.write(otherOrg, bySystem, (tx) =>
    createOrganisation(tx, { name: 'St Brendan', zone: 'America/New_York', preset: 'hospital' }),
  )
  admin = await person(['administrator'])
})
afterAll(() => world.close())

async function person(held: readonly Role[], of = org): Promise<Person> {
  const name = `person${(made += 1)}`
  return world.server.db.write(of, bySystem, async (tx) => {
    const id = await createPerson(tx, { signInName: name, name: `Person ${made}`, title: 'RN', roles: held })
    return { id, name, token: (await beginSession(tx, { person: id, place: 'private' })).token }
  })
}

async function call(method: string, path: string, token: string, body?: unknown) {
  const answer = await fetch(world.url + path, {
    method,
    headers: { cookie: `wl=${token}`, 'content-type': 'application/json', 'x-wardline': '1' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const json = (await answer.json()) as Record<string, unknown> & { error?: { code: string } }
  return { status: answer.status, body: json, code: json.error?.code }
}
const add = (by: Person, more: Record<string, unknown> = {}) =>
  call('POST', '/api/v1/people', by.token, {
    signInName: `new${(made += 1)}`,
    name: 'New Person',
    title: '',
    roles: ['clinician'],
    ...more,
  })

describe('the matrix at the front door', () => {
  // That each route has the right guard is said in scenarios/permissions; here, that the guards do what the matrix says.
  const routes = features.flatMap((it) => it.routes ?? [])
  const actionOf = (route: (typeof routes)[number]) =>
    (Object.keys(matrix) as Action[]).find((action) => route.who.name === `can ${matrix[action].says}`)
  const guarded = routes.filter((route) => actionOf(route))

  test.each(everyRole)('a %s gets through exactly where the matrix says so', async (role) => {
    const one = await person([role])
    for (const route of guarded) {
      const path = route.endpoint.path.replace(/:[A-Za-z]+/g, newId())
      // A body that no operation takes: who may not call learns nothing about it, who may is told that it is wrong.
      const answer = await call(
        route.endpoint.method,
        route.endpoint.method === 'GET' ? `${path}?nonsense=1` : path,
        one.token,
        route.endpoint.method === 'GET' ? undefined : { nonsense: 1 },
      )
      expect(answer.code, `${role}: ${route.endpoint.name}`).toBe(may([role], actionOf(route)!).yes ? 'bad-request' : 'not-found')
    }
  })

  test('without a role nothing but oneself', async () => {
    const nobody = await person([])
    expect((await call('GET', '/api/v1/me', nobody.token)).status).toBe(200)
    expect((await call('GET', '/api/v1/people', nobody.token)).code).toBe('not-found')
  })

  test('without a session nothing', async () => {
    for (const route of routes.filter((it) => !it.who.open)) {
      const path = route.endpoint.path.replace(/:[A-Za-z]+/g, newId())
      const answer = await call(route.endpoint.method, path, '', route.endpoint.method === 'GET' ? undefined : {})
      expect(answer.code, route.endpoint.name).toBe('signed-out')
    }
  })
})

describe('people', () => {
  test('are added with a one-time code and seen by colleagues', async () => {
    const added = await add(admin, { name: 'Jamal Reed', title: 'Hygienist', roles: ['clinician', 'front-desk'] })
    expect(added.body).toEqual({
      person: expect.any(String),
      secret: expect.stringMatching(/^[0-9A-Z-]{31}$/),
      until: expect.any(Number),
      effectiveAt: null,
      waits: [],
    })
    const clinician = await person(['clinician'])
    const list = (await call('GET', '/api/v1/people', clinician.token)).body['people']
    expect(list).toContainEqual({ id: added.body['person'], name: 'Jamal Reed', title: 'Hygienist', roles: ['clinician', 'front-desk'] })
  })

  test('a sign-in name is one person’s in the whole installation, also after they left', async () => {
    const gone = await person(['clinician'], otherOrg)
    await world.server.db.write(otherOrg, bySystem, (tx) => deactivatePerson(tx, gone.id))
    expect((await add(admin, { signInName: gone.name })).code).toBe('name-taken')
    expect((await add(admin, { signInName: admin.name })).code).toBe('name-taken')
    await expect(
      world.server.db.write(org, bySystem, (tx) =>
        createPerson(tx, { signInName: ` ${gone.name.toUpperCase()}`, name: 'X', title: '', roles: [] }),
      ),
    ).rejects.toMatchObject({ code: 'name-taken' })
  })

  test('an id is never used again: rows of people cannot be deleted, nor ids or names changed, not by the server either', async () => {
    const one = await person(['clinician'])
    for (const statement of [
      sql`delete from person`,
      sql`update person set sign_in_name = 'stolen'`,
      sql`update person set person = gen_random_uuid()`,
    ])
      await expect(world.server.db.write(org, bySystem, (tx) => tx.count(statement))).rejects.toMatchObject({ code: 'refused' })
    await expect(
      world.server.db.write(otherOrg, bySystem, (tx) =>
        createPerson(tx, { signInName: 'someone.new', name: 'X', title: '', roles: [], person: one.id }),
      ),
    ).rejects.toBeInstanceOf(DatabaseFailure)
  })

  test('bad input gets its code and adds nobody', async () => {
    const count = async () => (await world.owner.query('select from person')).rowCount
    const before = await count()
    for (const more of [
      { signInName: 'Has Space' },
      { signInName: 'UPPER' },
      { name: '' },
      { name: 'x'.repeat(121) },
      { name: 'U+0000 \u0000' },
      { roles: ['king'] },
      { roles: 'clinician' },
      { extra: 1 },
      { exception: 'short' },
    ])
      expect((await add(admin, more)).code, JSON.stringify(more)).toBe('bad-request')
    expect((await add(admin, { name: '   ' })).code).toBe('bad-request')
    expect(await count()).toBe(before)
  })

  test('come in pages', async () => {
    const small = newId()
    await world.server.db.write(small, bySystem, (tx) => createOrganisation(tx, { name: 'S', zone: 'UTC', preset: 'hospital' }))
    const ids = (
      await world.owner.query<{ person: string }>(
        "insert into person (org, person, sign_in_name, name, title) select $1, gen_random_uuid(), 'page' || i, 'P', '' from generate_series(1, 1001) i returning person",
        [small],
      )
    ).rows.map((row) => row.person)
    const first = await world.server.db.read(small, (db) => people(db))
    const second = await world.server.db.read(small, (db) => people(db, first.next))
    expect([first.people.length, second.people.length, second.next]).toEqual([1_000, 1, null])
    expect([...first.people, ...second.people].map((it) => it.id)).toEqual(ids.toSorted())
  })
})

describe('another organisation', () => {
  test('its people are not there', async () => {
    const theirs = await person(['administrator', 'clinician'], otherOrg)
    const list = (await call('GET', '/api/v1/people', admin.token)).body['people'] as { id: string }[]
    expect(list.map((it) => it.id)).not.toContain(theirs.id)
    expect((await call('POST', `/api/v1/people/${theirs.id}/deactivate`, admin.token, {})).code).toBe('not-found')
    expect((await call('POST', `/api/v1/people/${theirs.id}/enrolment`, admin.token, {})).code).toBe('not-found')
    expect((await call('PUT', `/api/v1/people/${theirs.id}/roles`, admin.token, { roles: [] })).code).toBe('not-found')
    expect((await call('GET', '/api/v1/me', theirs.token)).body).toMatchObject({
      roles: ['administrator', 'clinician'],
      organisation: { id: otherOrg },
    })
  })

  test('nor by SQL without a condition, nor can a row be written there', async () => {
    const theirs = await person(['clinician'], otherOrg)
    for (const statement of [sql`select person from person`, sql`select person from role_grant`, sql`select person from session`]) {
      const rows = await world.server.db.read(org, (db) => db.rows<{ person: string }>(statement))
      expect(rows.length).toBeGreaterThan(0)
      expect(rows.map((row) => row.person)).not.toContain(theirs.id)
    }
    expect(await world.server.db.read(org, (db) => readPerson(db, theirs.id))).toBeUndefined()
    await expect(
      world.server.db.write(org, bySystem, (tx) =>
        tx.count(sql`insert into role_grant (org, person, role) values (${otherOrg}, ${theirs.id}, 'auditor')`),
      ),
    ).rejects.toMatchObject({ code: 'refused' })
  })

  test('the look-up before signing in tells where a whole name is, and nothing else', async () => {
    const theirs = await person(['clinician'], otherOrg)
    const found = await world.server.db.read(org, (db) => findSignIn(db, theirs.name))
    expect(found).toEqual({ org: otherOrg, person: theirs.id })
    for (const guess of ['%', 'person%', '', "' or true --"])
      expect(await world.server.db.read(org, (db) => findSignIn(db, guess))).toBeUndefined()
  })

  test('also when the owner of the tables is no superuser', async () => {
    const theirs = await person(['clinician'], otherOrg)
    await world.owner.query('create role plain_owner nologin; grant all on schema public to plain_owner')
    try {
      await world.owner.query('alter function wl_find_sign_in(text) owner to plain_owner; grant select on person to plain_owner')
      expect(await world.server.db.read(org, (db) => findSignIn(db, theirs.name))).toBeUndefined()
      await world.owner.query('alter policy find_sign_in on person to plain_owner')
      expect(await world.server.db.read(org, (db) => findSignIn(db, theirs.name))).toEqual({ org: otherOrg, person: theirs.id })
    } finally {
      await world.owner.query(
        'alter policy find_sign_in on person to current_user; alter function wl_find_sign_in(text) owner to current_user',
      )
      await world.owner.query('drop owned by plain_owner; drop role plain_owner')
    }
  })
})

describe('roles', () => {
  test('change at once, in open sessions and windows too', async () => {
    const one = await person(['clinician'])
    expect((await call('GET', '/api/v1/policies/agreements', one.token)).code).toBe('not-found')
    expect((await call('PUT', `/api/v1/people/${one.id}/roles`, admin.token, { roles: ['auditor'] })).body).toEqual({
      roles: ['auditor'],
      waits: [],
    })
    expect((await call('GET', '/api/v1/policies/agreements', one.token)).status).toBe(200)
    expect((await call('GET', '/api/v1/me', one.token)).body['roles']).toEqual(['auditor'])
    await call('PUT', `/api/v1/people/${one.id}/roles`, admin.token, { roles: [] })
    expect((await call('GET', '/api/v1/policies/agreements', one.token)).code).toBe('not-found')
  })

  test('are kept apart: administrator and auditor never, administrator and privacy officer only signed', async () => {
    expect((await add(admin, { roles: ['administrator', 'auditor'] })).code).toBe('roles-exclude')
    expect((await add(admin, { roles: ['administrator', 'privacy-officer'] })).code).toBe('roles-exclude')
    const signed = await add(admin, {
      roles: ['administrator', 'privacy-officer'],
      exception: 'Five people work here; Ellis & Co. review monthly.',
    })
    expect(signed.body['waits']).toEqual(['administrator', 'privacy-officer'])
    const officer = await person(['privacy-officer'])
    const waiting = (await call('GET', '/api/v1/pending-acts', officer.token)).body['acts'] as { act: string; subject: string }[]
    for (const { act } of waiting.filter((it) => it.subject === signed.body['person']))
      expect((await call('POST', `/api/v1/pending-acts/${act}/approval`, officer.token, {})).status).toBe(200)
    const { rows } = await world.owner.query('select reason, signed_by from role_exception where person = $1', [signed.body['person']])
    expect(rows).toEqual([{ reason: 'Five people work here; Ellis & Co. review monthly.', signed_by: officer.id }])
    // Given up, it is signed anew.
    const path = `/api/v1/people/${signed.body['person'] as string}/roles`
    expect((await call('PUT', path, admin.token, { roles: ['clinician'] })).status).toBe(200)
    expect((await call('PUT', path, admin.token, { roles: ['administrator', 'privacy-officer'] })).code).toBe('roles-exclude')
  })

  test('the database itself refuses administrator and auditor in one', async () => {
    const one = await person(['auditor'])
    await expect(
      world.owner.query("insert into role_grant (org, person, role) values ($1, $2, 'administrator')", [org, one.id]),
    ).rejects.toMatchObject({
      constraint: 'role_grant_separation',
    })
  })

  test('nobody makes themselves privacy officer or auditor', async () => {
    expect(
      (
        await call('PUT', `/api/v1/people/${admin.id}/roles`, admin.token, {
          roles: ['privacy-officer', 'administrator'],
          exception: 'because I can do it',
        })
      ).code,
    ).toBe('role-to-self')
    expect((await call('PUT', `/api/v1/people/${admin.id}/roles`, admin.token, { roles: ['auditor'] })).code).toBe('role-to-self')
  })

  test('the last administrator stays, also when two withdraw each other at the same moment', async () => {
    const lone = newId()
    await world.server.db.write(lone, bySystem, (tx) => createOrganisation(tx, { name: 'L', zone: 'UTC', preset: 'practice' }))
    const [a, b] = [await person(['administrator'], lone), await person(['administrator'], lone)]
    const withdrawn = Promise.withResolvers<void>()
    const gate = Promise.withResolvers<void>()
    const first = world.server.db.write(lone, bySystem, async (tx) => {
      await setRolesOf(tx, b.id, [])
      withdrawn.resolve()
      await gate.promise
    })
    await withdrawn.promise
    let settled = false
    const second = world.server.db
      .write(lone, bySystem, (tx) => setRolesOf(tx, a.id, []))
      .then(
        () => 'done',
        (thrown: { code: string }) => thrown.code,
      )
      .finally(() => (settled = true))
    const waits = "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
    await expect.poll(async () => settled || (await world.owner.query(waits)).rowCount === 1, { timeout: 10_000 }).toBe(true)
    gate.resolve()
    await first
    expect(await second).toBe('last-administrator')
    const { code } = await call('POST', `/api/v1/people/${a.id}/deactivate`, a.token, {})
    expect(code).toBe('last-administrator')
  })
})

test('who is deactivated loses roles, codes and sessions in one stroke, and is no colleague any more', async () => {
  const one = await person(['clinician'])
  await call('POST', `/api/v1/people/${one.id}/enrolment`, admin.token, {})
  expect((await call('POST', `/api/v1/people/${one.id}/deactivate`, admin.token, {})).body).toEqual({ sessionsEnded: 1 })
  expect((await call('GET', '/api/v1/me', one.token)).code).toBe('signed-out')
  const list = (await call('GET', '/api/v1/people', admin.token)).body['people'] as { id: string }[]
  expect(list.map((it) => it.id)).not.toContain(one.id)
  const open = await world.owner.query(
    'select 1 from role_grant where person = $1 union all select 1 from enrolment where person = $1 and cancelled_at is null',
    [one.id],
  )
  expect(open.rowCount).toBe(0)
  for (const again of ['deactivate', 'enrolment'])
    expect((await call('POST', `/api/v1/people/${one.id}/${again}`, admin.token, {})).code).toBe('not-found')
})

test('an organisation has a name and a zone of the IANA database', async () => {
  const create = (more: object) =>
    world.server.db.write(newId(), bySystem, (tx) => createOrganisation(tx, { name: 'X', zone: 'UTC', preset: 'practice', ...more }))
  for (const [more, code] of [
    [{ zone: '+02:00' }, 'bad-zone'],
    [{ zone: 'Chicago' }, 'bad-zone'],
    [{ name: ' ' }, 'bad-name'],
    [{ name: 'x'.repeat(201) }, 'bad-name'],
  ] as const)
    await expect(create(more)).rejects.toEqual(new ProvisioningRefused(code))
  await create({})
})

test('a role counts within its hours and until its end, in a session that is open too, and then no more', async () => {
  const [hourly, brief] = [await person([]), await person([])]
  const clock = new Intl.DateTimeFormat('en-GB', { timeZone: 'America/Chicago', hour: '2-digit', minute: '2-digit' })
  const [hour, past] = clock.format(world.server.clock.ms()).split(':').map(Number) as [number, number]
  const minuteIn = (minutes: number) => (hour * 60 + past + minutes) % 1_440
  const now = world.server.clock.ms()
  const give = (to: Person, window: object) =>
    call('PUT', `/api/v1/people/${to.id}/roles`, admin.token, { roles: ['auditor'], windows: [{ role: 'auditor', ...window }] })
  for (const bad of [{ until: now - 60_000 }, { role: 'nurse', until: now + 60_000 }])
    expect((await give(brief, bad)).code).toBe('bad-window')
  expect((await give(hourly, { hours: { days: [1, 2, 3, 4, 5, 6, 7], from: minuteIn(5), to: minuteIn(10) } })).status).toBe(200)
  expect((await give(brief, { until: now + 5 * 60_000 })).status).toBe(200)
  const asks = async () => {
    const answers = []
    for (const { token } of [hourly, brief]) answers.push((await call('GET', '/api/v1/policies/agreements', token)).status)
    return answers
  }
  expect(await asks()).toEqual([404, 200])
  await world.advance(6 * 60_000)
  expect(await asks()).toEqual([200, 404])
  await world.advance(5 * 60_000)
  expect(await asks()).toEqual([404, 404])
  const { rows } = await world.owner.query<{ person: string }>('select person from role_grant where person = any($1::uuid[])', [
    [hourly.id, brief.id],
  ])
  expect(rows).toEqual([{ person: hourly.id }])
})
