/** SCIM 2.0 as Entra and Okta speak it: joiners, movers, leavers, groups; and what a token cannot do. */
import { applyMapping, directoryState, previewMapping, releaseFeed } from '@wardline/product/access/directory-sync/contract'
import { bySystem, newId } from '@wardline/platform/server'
import { me } from '@wardline/product/access/provisioning/contract'
import { rolesOf, setRolesOf } from '@wardline/product/access/roles/server'
import { endToken, issueToken, tokens } from '@wardline/product/access/scim/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { codeOf, must, openSsoWorld } from './lib/sso-world.ts'
import type { Browser, Member, SsoWorld } from './lib/sso-world.ts'

let it: SsoWorld
let admin: Member
let office: Browser
let secret: string
const elsewhere = '11111111-2222-4333-8444-555555555555'

beforeAll(async () => {
  it = await openSsoWorld()
  admin = await it.found()
  office = await it.signedIn(admin.person)
  secret = must(await office.call(issueToken, { body: { label: 'Entra' } })).secret
})
afterAll(() => it.world.close())

interface Answer {
  readonly status: number
  readonly body: Record<string, unknown> & {
    id?: string
    totalResults?: number
    Resources?: Record<string, unknown>[]
    detail?: string
    scimType?: string
  }
  readonly etag: string | null
}
async function ask(
  method: string,
  path: string,
  body?: unknown,
  more: { token?: string; headers?: Record<string, string> } = {},
): Promise<Answer> {
  const answer = await fetch(`${it.world.url}/scim/v2${path}`, {
    method,
    headers: {
      authorization: `Bearer ${more.token ?? secret}`,
      ...(body === undefined ? {} : { 'content-type': 'application/scim+json' }),
      ...more.headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await answer.text()
  return { status: answer.status, body: (text === '' ? {} : JSON.parse(text)) as Answer['body'], etag: answer.headers.get('etag') }
}
let hired = 0
const newUser = (more: object = {}) => ({
  schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
  userName: `new.hire.${(hired += 1)}@mercy.example`,
  externalId: `ext-${hired}`,
  displayName: `New Hire ${hired}`,
  name: { givenName: 'New', familyName: `Hire ${hired}` },
  emails: [{ value: `new.hire.${hired}@mercy.example`, type: 'work', primary: true }],
  active: true,
  password: 'is-never-kept',
  ...more,
})
const op = (...Operations: object[]) => ({ schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], Operations })
const hire = async (more: object = {}) => (await ask('POST', '/Users', newUser(more))).body.id!
const roles = (person: string) => it.world.server.db.read(it.org, (db) => rolesOf(db, person))

describe('people', () => {
  test('come, are found, change and leave, as Entra does it', async () => {
    expect((await ask('GET', '/Users?filter=userName+eq+%22nobody%40x%22')).body).toMatchObject({ totalResults: 0, Resources: [] })
    const user = newUser()
    const made = await ask('POST', '/Users', user)
    expect(made.status).toBe(201)
    expect(made.body).toMatchObject({ userName: user.userName, externalId: user.externalId, active: true, emails: user.emails })
    expect(JSON.stringify(made.body)).not.toContain('is-never-kept')
    const path = `/Users/${made.body.id}`
    const found = await ask('GET', `/Users?filter=${encodeURIComponent(`userName eq "${user.userName.toUpperCase()}"`)}`)
    expect(found.body).toMatchObject({ totalResults: 1 })
    expect((await ask('GET', `/Users?filter=${encodeURIComponent(`externalId eq "${user.externalId}"`)}`)).body.totalResults).toBe(1)
    const moved = await ask(
      'PATCH',
      path,
      op({ op: 'Replace', path: 'displayName', value: 'Ana Osei' }, { op: 'Add', path: 'title', value: 'RN' }),
    )
    expect([moved.status, moved.body.displayName, moved.body.title]).toEqual([200, 'Ana Osei', 'RN'])
    expect((await ask('PATCH', path, op({ op: 'Replace', path: 'active', value: 'False' }))).body.active).toBe(false)
    expect((await ask('PATCH', path, op({ op: 'Replace', path: 'active', value: 'False' }))).status).toBe(200)
    expect((await ask('PATCH', path, op({ op: 'Replace', path: 'active', value: 'True' }))).body.active).toBe(true)
    expect((await ask('DELETE', path)).status).toBe(204)
    expect((await ask('GET', path)).body.active).toBe(false)
  })

  test('a leaver: sessions dead at once, roles gone', async () => {
    const nurse = await it.person(['nurse'])
    const browser = await it.signedIn(nurse.person)
    expect(codeOf(await browser.call(me, {}))).toBe('ok')
    expect((await ask('PATCH', `/Users/${nurse.person}`, op({ op: 'replace', value: { active: false } }))).status).toBe(200)
    expect(codeOf(await browser.call(me, {}))).toBe('signed-out')
    expect(await roles(nurse.person)).toEqual([])
  })

  test('a name is given once; names of another organisation tell nothing', async () => {
    const user = newUser()
    expect((await ask('POST', '/Users', user)).status).toBe(201)
    const again = await ask('POST', '/Users', { ...user, externalId: 'other' })
    expect([again.status, again.body.scimType]).toEqual([409, 'uniqueness'])
    const renamed = await ask(
      'PATCH',
      `/Users/${await hire()}`,
      op({ op: 'replace', path: 'userName', value: user.userName.toUpperCase() }),
    )
    expect([renamed.status, renamed.body.scimType]).toEqual([409, 'uniqueness'])
    const other = await it.found(elsewhere)
    const same = await ask('POST', '/Users', newUser({ userName: other.name }))
    expect([same.status, same.body.userName]).toEqual([201, other.name])
  })

  test('pages, versions and what was not changed', async () => {
    for (let i = 0; i < 3; i += 1) await hire()
    const first = await ask('GET', '/Users?startIndex=1&count=2')
    const second = await ask('GET', '/Users?startIndex=3&count=2')
    expect(first.body.Resources).toHaveLength(2)
    expect(first.body.totalResults).toBe(second.body.totalResults)
    const ids = [...first.body.Resources!, ...second.body.Resources!].map((one) => one.id)
    expect(new Set(ids).size).toBe(ids.length)
    const path = `/Users/${await hire()}`
    const { etag } = await ask('GET', path)
    expect((await ask('GET', path, undefined, { headers: { 'if-none-match': etag! } })).status).toBe(304)
    expect((await ask('PATCH', path, op({ op: 'replace', path: 'title', value: 'A' }), { headers: { 'if-match': etag! } })).status).toBe(
      200,
    )
    expect((await ask('PATCH', path, op({ op: 'replace', path: 'title', value: 'B' }), { headers: { 'if-match': etag! } })).status).toBe(
      412,
    )
    expect((await ask('DELETE', path, undefined, { headers: { 'if-match': etag! } })).status).toBe(412)
  })

  test('what is not understood is said in SCIM’s words', async () => {
    expect((await ask('GET', '/Users?filter=userName+is+1')).body).toMatchObject({ status: '400', scimType: 'invalidFilter' })
    expect((await ask('POST', '/Users', { userName: '' })).body.scimType).toBe('invalidValue')
    expect((await ask('POST', '/Users', newUser({ userName: 'Ã bc d' }))).body.scimType).toBe('invalidValue')
    expect((await ask('POST', '/Users', newUser({ displayName: 'a\u0000b' }))).body.scimType).toBe('invalidSyntax')
    expect((await ask('PATCH', `/Users/${await hire()}`, op({ op: 'replace', path: 'active', value: 'maybe' }))).body.scimType).toBe(
      'invalidValue',
    )
    expect((await ask('POST', '/Users', newUser(), { headers: { 'content-type': 'text/plain' } })).status).toBe(415)
    for (const path of ['/ServiceProviderConfig', '/Schemas', '/ResourceTypes']) expect((await ask('GET', path)).status).toBe(200)
  })
})

describe('what a token cannot do', () => {
  test('see, change, end or make an officer', async () => {
    for (const role of ['administrator', 'privacy-officer', 'security-officer', 'auditor'] as const) {
      const officer = await it.person([role])
      const path = `/Users/${officer.person}`
      const browser = await it.signedIn(officer.person)
      expect((await ask('GET', path)).status).toBe(404)
      expect((await ask('PATCH', path, op({ op: 'replace', path: 'active', value: false }))).status).toBe(404)
      expect((await ask('PUT', path, newUser())).status).toBe(404)
      expect((await ask('DELETE', path)).status).toBe(404)
      expect((await ask('GET', `/Users?filter=${encodeURIComponent(`userName eq "${officer.name}"`)}`)).body.totalResults).toBe(0)
      expect((await ask('POST', '/Users', newUser({ userName: officer.name }))).status).toBe(409)
      expect((await ask('POST', '/Groups', { displayName: `g-${role}`, members: [{ value: officer.person }] })).status).toBe(400)
      expect(codeOf(await browser.call(me, {}))).toBe('ok')
      expect(await roles(officer.person)).toEqual([role])
    }
    const person = await hire({ roles: [{ value: 'administrator' }], userType: 'administrator' })
    expect(await roles(person)).toEqual([])
  })

  test('reach another organisation: it looks like nothing', async () => {
    const theirs = await it.person(['nurse'], elsewhere)
    const nowhere = await ask('GET', '/Users/99999999-9999-4999-8999-999999999999')
    for (const [method, body] of [
      ['GET', undefined],
      ['PATCH', op({ op: 'replace', path: 'active', value: false })],
      ['PUT', newUser()],
      ['DELETE', undefined],
    ] as const) {
      const answer = await ask(method, `/Users/${theirs.person}`, body)
      expect([answer.status, answer.body]).toEqual([404, nowhere.body])
    }
  })

  test('see or change whom another directory speaks for', async () => {
    const [other, user] = [newId(), newUser()]
    const person = (await ask('POST', '/Users', user)).body.id!
    await it.world.owner.query("insert into directory_source (org, source, kind, label) values ($1, $2, 'ldap', 'Ours')", [it.org, other])
    await it.world.owner.query('update directory_person set source = $1 where person = $2', [other, person])
    const path = `/Users/${person}`
    expect((await ask('GET', path)).status).toBe(404)
    expect((await ask('GET', `/Users?filter=${encodeURIComponent(`userName eq "${user.userName}"`)}`)).body.totalResults).toBe(0)
    expect((await ask('PATCH', path, op({ op: 'replace', path: 'active', value: false }))).status).toBe(404)
    expect((await ask('DELETE', path)).status).toBe(404)
    expect((await ask('POST', '/Groups', { displayName: 'theirs', members: [{ value: person }] })).status).toBe(400)
  })

  test('be used after it was ended; two at a time, so that it can be changed over; shown once', async () => {
    const fresh = await it.signedIn(admin.person)
    const second = must(await fresh.call(issueToken, { body: { label: 'Next' } }))
    expect(codeOf(await fresh.call(issueToken, { body: { label: 'Third' } }))).toBe('too-many-tokens')
    expect((await ask('GET', '/Users?count=1', undefined, { token: second.secret })).status).toBe(200)
    const listed = JSON.stringify(must(await fresh.call(tokens, {})))
    expect(listed).not.toContain(second.secret)
    must(await fresh.call(endToken, { params: { token: second.token.id } }))
    expect((await ask('GET', '/Users?count=1', undefined, { token: second.secret })).status).toBe(401)
    for (const token of ['', 'x', 'A'.repeat(64)]) expect((await ask('GET', '/Users', undefined, { token })).status).toBe(401)
    const { rows } = await it.world.owner.query('select token_hash from scim_token')
    expect(JSON.stringify(rows)).not.toContain(secret)
  })

  test('be used after its year', async () => {
    const fresh = await it.signedIn(admin.person)
    const last = must(await fresh.call(issueToken, { body: { label: 'Last year’s' } }))
    expect((await ask('GET', '/Users?count=1', undefined, { token: last.secret })).status).toBe(200)
    await it.world.owner.query('update scim_token set until = wl_now() where token = $1', [last.token.id])
    expect((await ask('GET', '/Users?count=1', undefined, { token: last.secret })).status).toBe(401)
  })
})

describe('groups and roles', () => {
  test('a group gives nothing until its changes were looked at; then movers follow it', async () => {
    const [one, two] = [await hire(), await hire()]
    const icu = (await ask('POST', '/Groups', { displayName: 'ICU nurses', members: [{ value: one }] })).body.id!
    const er = (await ask('POST', '/Groups', { displayName: 'ER doctors', members: [{ value: two }] })).body.id!
    expect(await roles(one)).toEqual([])
    const fresh = await it.signedIn(admin.person)
    const mapping = [
      { group: icu, roles: ['nurse' as const] },
      { group: er, roles: ['clinician' as const] },
    ]
    const shown = must(await fresh.call(previewMapping, { body: { mapping } }))
    expect(shown.changes.map((it) => [it.person, it.gains, it.loses]).toSorted()).toEqual(
      [
        [one, ['nurse'], []],
        [two, ['clinician'], []],
      ].toSorted(),
    )
    expect(await roles(one)).toEqual([])
    expect(codeOf(await fresh.call(applyMapping, { body: { mapping, digest: 'another' } }))).toBe('changes-differ')
    must(await fresh.call(applyMapping, { body: { mapping, digest: shown.digest } }))
    expect([await roles(one), await roles(two)]).toEqual([['nurse'], ['clinician']])

    // A move from one group to another, as Entra tells it.
    await ask('PATCH', `/Groups/${icu}`, op({ op: 'Remove', path: 'members', value: [{ value: one }] }))
    await ask('PATCH', `/Groups/${er}`, op({ op: 'Add', path: 'members', value: [{ value: one }] }))
    expect(await roles(one)).toEqual(['clinician'])
    // A new name gives nothing more; a new group of an old name gives nothing.
    await ask('PATCH', `/Groups/${er}`, op({ op: 'Replace', path: 'displayName', value: 'ICU nurses' }))
    expect(await roles(one)).toEqual(['clinician'])
    expect((await ask('DELETE', `/Groups/${er}`)).status).toBe(204)
    expect(await roles(one)).toEqual([])
    await ask('POST', '/Groups', { displayName: 'ER doctors', members: [{ value: one }] })
    expect(await roles(one)).toEqual([])
    expect((await ask('GET', `/Users/${two}`)).body.groups).toEqual([])
  })

  test('what only a person gave stays, and an officer is left alone', async () => {
    const nurse = await it.person(['nurse', 'front-desk'])
    const group = (await ask('POST', '/Groups', { displayName: 'Pool', members: [{ value: nurse.person }] })).body.id!
    const fresh = await it.signedIn(admin.person)
    const mapping = [{ group, roles: ['nurse' as const] }]
    const { digest } = must(await fresh.call(previewMapping, { body: { mapping } }))
    must(await fresh.call(applyMapping, { body: { mapping, digest } }))
    const leads = await hire()
    await ask('PATCH', `/Groups/${group}`, op({ op: 'add', path: 'members', value: [{ value: leads }] }))
    expect(await roles(leads)).toEqual(['nurse'])
    await it.world.server.db.write(it.org, bySystem, (tx) => setRolesOf(tx, leads, ['nurse', 'privacy-officer']))
    expect(must(await fresh.call(previewMapping, { body: { mapping: [] } })).changes.map((one) => one.person)).not.toContain(leads)
    await ask('PATCH', `/Groups/${group}`, op({ op: 'remove', path: 'members' }))
    expect(await roles(nurse.person)).toEqual(['front-desk'])
    expect((await roles(leads)).toSorted()).toEqual(['nurse', 'privacy-officer'])
    const spared = await it.world.owner.query("select key from fact where kind = 'access.directory.office-spared' and org = $1", [it.org])
    expect(spared.rows).toEqual([{ key: `person|${leads}` }])
  })

  test('who left is in no group any more: back again, they have what groups then give', async () => {
    const person = await hire()
    const group = (await ask('POST', '/Groups', { displayName: 'Night shift', members: [{ value: person }] })).body.id!
    const fresh = await it.signedIn(admin.person)
    const mapping = [{ group, roles: ['nurse' as const] }]
    const { digest } = must(await fresh.call(previewMapping, { body: { mapping } }))
    must(await fresh.call(applyMapping, { body: { mapping, digest } }))
    expect(await roles(person)).toEqual(['nurse'])
    for (const value of [false, true]) await ask('PATCH', `/Users/${person}`, op({ op: 'replace', path: 'active', value }))
    expect((await ask('GET', `/Users/${person}`)).body).toMatchObject({ active: true, groups: [] })
    expect(await roles(person)).toEqual([])
  })
})

describe('the brake', () => {
  test('too many leavers at once: it stops, says so, and goes on when an administrator lets it', async () => {
    const people: string[] = []
    for (let i = 0; i < 14; i += 1) people.push(await hire())
    await it.world.advance(61 * 60_000)
    const leaves = async (person: string) =>
      (await ask('PATCH', `/Users/${person}`, op({ op: 'replace', path: 'active', value: false }))).status
    // All at once: none slips through while another is counted.
    const answers = await Promise.all(people.map(leaves))
    const passed = answers.filter((status) => status === 200).length
    expect(passed).toBeGreaterThanOrEqual(5)
    expect(passed).toBeLessThan(people.length)
    expect(new Set(answers)).toEqual(new Set([200, 429]))
    const fresh = await it.signedIn(admin.person)
    const [source] = must(await fresh.call(directoryState, {})).sources
    expect(source?.halted?.leavers).toBe(passed + 1)
    await it.world.settle()
    const { rows } = await it.world.owner.query("select count(*)::int as n from fact where kind = 'access.directory.halted' and org = $1", [
      it.org,
    ])
    expect(rows).toEqual([{ n: 1 }])
    must(await fresh.call(releaseFeed, { params: { source: source!.id } }))
    for (const person of people) expect(await leaves(person)).toBe(200)
  })
})
