/**
 * Every id of one house, one at a time among right ones, in paths and in bodies: to the other house, and to colleagues about whom it is not, it
 * looks like an id that nothing has. And every topic of the live connection, by whoever must not hear it.
 */
import { connect, must, signInAgain } from '@wardline/dev/staff'
import { newId } from '@wardline/platform/server'
import type { LiveSocket, Route } from '@wardline/platform/server'
import { addShift, addUnit } from '@wardline/product/access/care/contract'
import { proposeChange } from '@wardline/product/access/policies/contract'
import type { Role } from '@wardline/product/access/roles/server'
import { setUpWorkstation } from '@wardline/product/access/workstations/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { changed, everyRole, knock, openNeighbours } from './neighbours.ts'
import type { Answer, Neighbours } from './neighbours.ts'
import { expected } from './permissions/expected.ts'
import { bodyOf, idNames, isQuery, pathTo } from './requests.ts'

type Ids = Readonly<Record<string, string>>

let street: Neighbours
/** By the name that paths and bodies use: ids of our house that are there. */
let real: ReadonlyMap<string, readonly string[]>
beforeAll(async () => {
  street = await openNeighbours()
  await furnish()
  real = await harvest()
}, 180_000)
afterAll(() => street.close())

const guarded = () => street.routes.filter((it) => !it.who.open)
const may = (route: Route, role: Role): boolean => route.who.may({ roles: [role] } as never)
const codeOf = (answer: Answer): string => (answer.json as { error?: { code?: string } } | undefined)?.error?.code ?? String(answer.status)

async function ask(route: Route, ids: Ids, cookie: string, all = true): Promise<Answer> {
  const { endpoint } = route
  const body = endpoint.body === 'json' ? bodyOf(endpoint, { ids, now: street.world.server.clock.ms() }, all) : {}
  const url = pathTo(endpoint, ids, isQuery(endpoint) ? body : undefined)
  const send = () => knock(street.world.url, endpoint.method, url, { cookie, body: isQuery(endpoint) ? undefined : JSON.stringify(body) })
  const answer = await send()
  if (codeOf(answer) !== 'too-many') return answer
  await street.world.owner.query("update demo_clock set shift = shift + $1 * interval '1 second'", [route.limit.seconds + 1])
  await street.world.server.clock.read(street.world.server.db)
  return send()
}

/** Something of everything in our house: what right requests make, and what only a ceremony, a fingerprint or bad luck would. */
async function furnish(): Promise<void> {
  const { ours, world } = street
  for (const route of guarded().filter((it) => it.endpoint.method !== 'GET' && it.endpoint.method !== 'DELETE')) {
    const role = everyRole.find((it) => may(route, it))!
    await ask(route, ours.ids, (await ours.employ([role])).cookie, false)
  }
  const administrator = await ours.employ(['administrator'])
  const [unit, person] = [newId(), ours.second.person]
  must(await administrator.call(addUnit, { body: { unit, name: 'Ward 5' } }))
  const from = world.server.clock.ms()
  must(await administrator.call(addShift, { params: { unit }, body: { shift: newId(), person: administrator.person, from } }))
  must(await administrator.call(setUpWorkstation, { body: { name: 'Desk', location: null, place: 'counter', key: 'A'.repeat(43) } }))
  must(await administrator.call(proposeChange, { body: { setting: 'step-up.minutes', value: 4, reason: 'a stricter house' } }))
  const insert = (table: string, columns: string, values: string) =>
    world.owner.query(`insert into ${table} (org, ${columns}) values ($1, ${values})`, [ours.org, newId(), person])
  const bytes = "decode(repeat('07', 32), 'hex')"
  const none = "'00000000-0000-4000-8000-000000000000'"
  await insert(
    'passkey',
    'passkey, person, credential_id, public_key, counter, transports, name, may_sync, synced',
    `$2, $3, ${bytes}, ${bytes}, 0, '{}', 'Key', false, false`,
  )
  await insert('access_alert', 'alert, person, rule, last_fact, first_at, last_at', `$2, $3, 'volume', ${none}, wl_now(), wl_now()`)
  await insert('sso_connection', 'connection, label, address, state, settings, problem_detail', `$2, 'Ours', 'ours', 'off', '{}', $3`)
  await insert('new_identity', 'request, person, identity_key, until', `$2, $3, ${bytes}, wl_now() + interval '9 days'`)
  await insert(
    'archive_request',
    'request, requester, opening, opening_hash, data_key, sealed',
    `$2, $3, ${bytes}, ${bytes}, ${none}, ${bytes}`,
  )
  await street.settle()
}

/** Names under which requests bring the id of something that has another name at home. */
const alias: Readonly<Record<string, string>> = {
  people: 'person',
  exempt: 'person',
  clinician: 'person',
  after: 'person',
  consent: 'receipt',
  subject: 'patient',
}
/** Ids that whoever asks makes for what is made: ours, sent from next door, is one of theirs from then on. A page's cursor names nobody. */
const madeByAsker: Readonly<Record<string, string>> = {
  'access.people': 'after',
  'access.care.add-shift': 'shift',
  'access.care.add-unit': 'unit',
  'access.locations.add': 'location',
  'access.break-glass.open': 'opening',
  'patients.roster.create': 'patient',
  'patients.appointments.add': 'visit',
  'patients.consent.record': 'receipt',
  'patients.consent.revoke': 'receipt',
  'patients.consent.opt-out': 'receipt',
  'patients.texting.send': 'text',
  'patients.texting.ask-who': 'text',
  'team.conversations.create': 'conversation',
}
/** Ids that are of one request or one browser alone: made by whoever asks, or kept as a hash. */
const ofTheAsker = ['completion', 'factor', 'group', 'verification']

/** Ids of our house by the name of their column. */
async function harvest(): Promise<ReadonlyMap<string, readonly string[]>> {
  const { owner } = street.world
  const { rows } = await owner.query<{ table: string; column: string }>(`
    select c.relname as table, a.attname as column from pg_class c join pg_attribute a on a.attrelid = c.oid
    where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace and a.atttypid = 'uuid'::regtype and a.attname <> 'org'
      and not a.attisdropped and exists (select from pg_attribute o where o.attrelid = c.oid and o.attname = 'org')`)
  const found = new Map<string, Set<string>>()
  for (const { table, column } of rows) {
    const { rows: ids } = await owner.query<{ id: string }>(
      `select distinct ${column} as id from "${table}" where org = $1 and ${column} is not null limit 2`,
      [street.ours.org],
    )
    for (const { id } of ids) found.set(column, (found.get(column) ?? new Set()).add(id))
  }
  const all = new Map([...found].map(([name, ids]) => [name, [...ids].slice(0, 3)]))
  for (const [name, home] of Object.entries(alias)) all.set(name, all.get(home) ?? [])
  return all
}

/** An answer without what differs between two requests of one kind. */
const shape = (answer: Answer): string =>
  `${answer.status} ${answer.body
    .replaceAll(/"(request|secret|hash)":"[^"]+"/g, '')
    .replaceAll(/"version":\d+/g, '')
    .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<id>')
    .replaceAll(/\b1[678]\d{11}\b/g, '<time>')}`

/** Whether an id that is there is told from one that nothing has, with everything else right. Asked in turns: the first of a kind may differ. */
async function tells(route: Route, name: string, id: string, ids: Ids, cookie: string): Promise<string | null> {
  const nothing = new Set<string>()
  let last = ''
  for (let turn = 0; turn < 3; turn += 1) {
    nothing.add(shape(await ask(route, { ...ids, [name]: newId() }, cookie)))
    last = shape(await ask(route, { ...ids, [name]: id }, cookie))
    if (nothing.has(last)) return null
  }
  return `${route.endpoint.name} ${name}: ${last.slice(0, 120)} instead of ${[...nothing].join(' or ').slice(0, 160)}`
}

test('there is something of ours for every id that any request brings', () => {
  const names = new Set(guarded().flatMap((it) => idNames(it.endpoint)))
  expect([...names].filter((it) => (real.get(it) ?? []).length === 0).toSorted()).toEqual(ofTheAsker)
})

test('next door no id of ours is told from one that nothing has, whoever’s right reaches how far it may, and nothing of ours changes', async () => {
  const before = await street.rows(street.ours.org)
  const wrong: string[] = []
  const missed: string[] = []
  for (const route of guarded()) {
    const names = idNames(route.endpoint).filter((it) => !ofTheAsker.includes(it) && it !== madeByAsker[route.endpoint.name])
    // One role of each reach: what a role may at all is asked by the fence of permissions.
    const cells = (expected[route.endpoint.name] ?? '').split(' ')
    const able = everyRole.filter((role) => may(route, role))
    const cell = (role: Role) => cells[everyRole.indexOf(role)]
    const roles = cells[0] === 'signed' ? able.slice(0, 1) : able.filter((role) => able.find((it) => cell(it) === cell(role)) === role)
    if (names.length > 0 && roles.length === 0) missed.push(route.endpoint.name)
    for (const role of roles)
      for (const name of names) {
        const { cookie } = await street.theirs.employ([role])
        for (const id of real.get(name) ?? []) {
          const told = await tells(route, name, id, street.theirs.ids, cookie)
          if (told !== null) wrong.push(`${role}: ${told}`)
        }
      }
  }
  expect(wrong).toEqual([])
  expect(missed).toEqual([])
  expect(changed(before, await street.rows(street.ours.org))).toEqual([])
}, 120_000)

/** What officers may do for a colleague, by an id that is the colleague's. */
const forColleagues: Readonly<Record<string, readonly Role[]>> = {
  'access.notices.read': ['administrator', 'privacy-officer', 'security-officer'],
  'access.enrolments.stop': ['administrator', 'privacy-officer', 'security-officer'],
  'team.new-identities.stop': ['administrator', 'privacy-officer', 'security-officer'],
}

test.each(everyRole)('%s: no id of a colleague’s own is told from one that nothing has', async (role) => {
  const wrong: string[] = []
  for (const route of guarded().filter((it) => it.who.name === 'signed in' && !forColleagues[it.endpoint.name]?.includes(role)))
    for (const name of idNames(route.endpoint).filter((it) => !ofTheAsker.includes(it))) {
      const { cookie } = await street.ours.employ([role])
      for (const id of real.get(name) ?? []) {
        const told = await tells(route, name, id, street.ours.ids, cookie)
        if (told !== null) wrong.push(told)
      }
    }
  expect(wrong).toEqual([])
})

test('every topic of the live connection is heard by whom it is for, and by nobody else', async () => {
  const { ours, theirs, world } = street
  const { conversation } = ours.thread
  for (const house of [ours, theirs])
    for (const role of everyRole) {
      const session = await house.employ([role])
      const wire = await connect(world, session)
      const [socket] = world.server.services.live.sockets({ session: session.session }) as (LiveSocket & { topics: Set<string> })[]
      // In a house with several places nobody of these reads the texts of all.
      const reads = house === theirs && ['clinician', 'nurse', 'front-desk'].includes(role)
      expect([role, ...[...socket!.topics].toSorted()]).toEqual([
        role,
        `colleagues|${house.org}`,
        ...(reads ? [`patients|${house.org}`] : []),
      ])
      wire.close()
    }
  // Conversations are heard by devices of members.
  for (const [who, hears] of [
    [ours.staff.clinician, true],
    [ours.staff.nurse, false],
    [theirs.staff.clinician, false],
  ] as const) {
    const again = await signInAgain(world, who)
    const wire = await connect(world, again)
    const [socket] = world.server.services.live.sockets({ session: again.session })
    expect(socket!.hears(`conversation|${ours.org}|${conversation}`)).toBe(hears)
    expect(socket!.hears(`conversation|${theirs.org}|${theirs.thread.conversation}`)).toBe(who === theirs.staff.clinician)
    wire.close()
  }
})

test('the server logged no mistake of its own', () => {
  expect(street.world.logged.filter((line) => /"http\.failed"|"level":50/.test(line))).toEqual([])
})
