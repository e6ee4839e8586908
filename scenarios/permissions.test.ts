/**
 * Every route and every frame, by every role, about patients and conversations in every relation: what the table of `expected.ts` allows
 * happens, and what it denies looks like what is not there. Then every id that anybody has seen, asked for by everybody else.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connect, signInAgain } from '@wardline/dev/staff'
import type { Route } from '@wardline/platform/server'
import type { Role } from '@wardline/product/access/roles/server'
import { everyRole, knock } from './neighbours.ts'
import type { Answer } from './neighbours.ts'
import { expected, frames, fromOwnNetworks, halfHour, namesPatientInBody } from './permissions/expected.ts'
import { openHospital, relations } from './permissions/hospital.ts'
import type { Hospital, Relation } from './permissions/hospital.ts'
import { collect, paramsOf } from './permissions/sweep.ts'
import { bodyOf, isQuery, nobodys, pathTo } from './requests.ts'

let all: Hospital
beforeAll(async () => {
  all = await openHospital()
}, 120_000)
afterAll(() => all.street.close())

type Ids = Readonly<Record<string, string>>
// One that is not in the table is told once, by the first test.
const guarded = () => all.street.routes.filter((it) => !it.who.open && expected[it.endpoint.name] !== undefined)
const cellOf = (route: Pick<Route, 'endpoint'>, role: Role): string => {
  const row = expected[route.endpoint.name] ?? 'no row'
  return row.startsWith('signed in') ? `Y${row.slice('signed in'.length).trim()}` : (row.split(' ')[everyRole.indexOf(role)] ?? '-')
}

/** Where the guards of routes differ from the table. */
function guardsThatDiffer(routes: readonly Route[]): string[] {
  const wrong = routes.flatMap(({ endpoint, who }) => {
    const row = expected[endpoint.name]
    if (row === undefined) return [`${endpoint.name} is not in the table`]
    if (who.open !== (row === 'open')) return [`${endpoint.name} is ${who.open ? 'open' : 'guarded'}`]
    if (who.open) return []
    const isKept = who.isHere?.({ roles: everyRole, closed: everyRole } as never) === false
    if (isKept !== fromOwnNetworks.includes(endpoint.name)) return [`${endpoint.name}: from where`]
    const old = { roles: [], provenAt: 0, proofMinutes: 5 }
    const stale = (halfHour.includes(endpoint.name) ? 31 : 6) * 60_000
    const fresh = stale - 120_000
    return everyRole.flatMap((role) => {
      const cell = cellOf({ endpoint }, role)
      const caller = { ...old, roles: [role] } as never
      const may = cell !== '-'
      if (who.may(caller) !== may) return [`${endpoint.name}: ${role}`]
      if (!may) return []
      const asks = who.isFresh?.(caller, stale) === false
      return asks === cell.includes('S') && who.isFresh?.(caller, fresh) !== false ? [] : [`${endpoint.name}: ${role}'s proof`]
    })
  })
  // Whoever has a session and no role may what any signed-in person may, and nothing else.
  const nobody = routes.filter(
    ({ endpoint, who }) =>
      !who.open && who.may({ roles: [], provenAt: 0, proofMinutes: 5 } as never) !== expected[endpoint.name]?.startsWith('signed in'),
  )
  return [...wrong, ...nobody.map((it) => `${it.endpoint.name}: somebody without a role`)]
}

/** A right request to a route with these ids. A limit's window is waited out. */
async function ask(route: Route, ids: Ids, cookie: string): Promise<Answer> {
  const { endpoint } = route
  const body = endpoint.body === 'json' ? { ...bodyOf(endpoint, { ids, now: all.street.world.server.clock.ms() }) } : {}
  if (endpoint.name === 'patients.appointments.send-reminders') Object.assign(body, { visits: [ids['visit']] })
  const url = pathTo(endpoint, ids, isQuery(endpoint) ? body : undefined)
  const send = () =>
    knock(all.street.world.url, endpoint.method, url, { cookie, body: isQuery(endpoint) ? undefined : JSON.stringify(body) })
  const answer = await send()
  if (answer.status !== 429 || (answer.json as { error?: { code: string } }).error?.code !== 'too-many') return answer
  await all.street.world.owner.query("update demo_clock set shift = shift + $1 * interval '1 second'", [route.limit.seconds + 1])
  await all.street.world.server.clock.read(all.street.world.server.db)
  return send()
}

/** An answer without what differs between two requests of one kind. */
const shape = (answer: Answer): string =>
  `${answer.status} ${answer.body
    .replaceAll(/"(request|secret)":"[^"]+"/g, '')
    .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<id>')
    .replaceAll(/\b1[678]\d{11}\b/g, '<time>')}`
const codeOf = (answer: Answer): string =>
  answer.status === 200 ? 'done' : ((answer.json as { error?: { code?: string } } | undefined)?.error?.code ?? String(answer.status))

/** Whether a right with this letter reaches a patient who stands so. */
function reachesPatient(letter: string, relation: Relation): boolean {
  if (relation === 'tenant' || letter === '-') return false
  if (letter === 'Y' || relation === 'opened') return true
  if (letter === 'L') return relation === 'related' || relation === 'unrelated'
  return letter === 'R' && relation === 'related'
}

describe('guards', () => {
  test('every route stands in the table, and its guard does what the table says, for every role', () => {
    expect(guardsThatDiffer(all.street.routes)).toEqual([])
    expect(Object.values(expected).filter((row) => !/^(open|signed in( S)?|([YLROB]S?2?|-)( ([YLROB]S?2?|-)){7})$/.test(row))).toEqual([])
  })

  test('what shows records can be kept to the organisation’s own networks, but for the way into an emergency', () => {
    const reads = all.street.routes.filter((it) => it.phi === 'reads' && !fromOwnNetworks.includes(it.endpoint.name))
    expect(reads.map((it) => [it.endpoint.name, it.urgent !== null])).toEqual([['patients.roster.look-up', true]])
  })

  test('a guard that is forgotten, or swapped for another, is noticed on every single route', () => {
    const { routes } = all.street
    const anyone = routes.find((it) => it.who.open)!.who
    const signedIn = routes.find((it) => it.who.name === 'signed in')!.who
    for (const [i, route] of routes.entries()) {
      const others = [anyone, signedIn].filter((who) => who.open !== route.who.open || (!who.open && route.who.name !== who.name))
      for (const who of others) expect(guardsThatDiffer(routes.with(i, { ...route, who })), route.endpoint.name).not.toEqual([])
    }
  })

  test.each(everyRole)('%s: at the door itself, denied is absent and a stale proof is told apart', async (role) => {
    const { street } = all
    const person = street.ours.staff[role]
    for (const route of guarded().filter((it) => cellOf(it, role) === '-')) {
      const [real, none] = [await ask(route, street.ours.ids, person.cookie), await ask(route, nobodys(street.ours), person.cookie)]
      expect({ route: route.endpoint.name, code: codeOf(real) }).toEqual({ route: route.endpoint.name, code: 'not-found' })
      expect(shape(real)).toBe(shape(none))
    }
    const stale = await signInAgain(street.world, person)
    await street.world.owner.query("update session set proven_at = proven_at - interval '31 minutes' where session = $1", [stale.session])
    await street.world.advance(6_000)
    for (const route of guarded().filter((it) => cellOf(it, role).includes('S'))) {
      const answer = await ask(route, street.ours.ids, stale.cookie)
      expect({ route: route.endpoint.name, code: codeOf(answer) }).toEqual({ route: route.endpoint.name, code: 'step-up-needed' })
    }
  })
})

describe('patients', () => {
  const isAboutPatient = (route: Route) =>
    namesPatientInBody.includes(route.endpoint.name) ||
    (route.endpoint.name.startsWith('patients.') && /:(patient|thread|visit)\b/.test(route.endpoint.path))
  /** What an allowed request answers may not tell it from an absent one: a code that was never sent is none, whoever asks. */
  const tellsNothing = ['patients.roster.confirm']

  test.each(everyRole)('%s: lists show exactly whom the right reaches', async (role) => {
    const { street, about, reset } = all
    await reset()
    const { cookie } = street.ours.staff[role]
    const lists = [
      'patients.roster.list',
      'patients.roster.search',
      'patients.texting.threads',
      'patients.appointments.list',
      'patients.appointments.preview-reminders',
    ]
    for (const route of guarded().filter((it) => lists.includes(it.endpoint.name) && cellOf(it, role) !== '-')) {
      const { body } = await ask(route, street.ours.ids, cookie)
      for (const relation of relations)
        expect(body.includes(about[relation]['patient']!), `${route.endpoint.name} by ${role} shows ${relation}`).toBe(
          reachesPatient(cellOf(route, role)[0]!, relation),
        )
    }
  })

  test.each(everyRole)('%s reaches whom the table says, in every relation, and nobody else', async (role) => {
    const { street, about, reset } = all
    const { cookie } = street.ours.staff[role]
    let cells = 0
    for (const route of guarded().filter((it) => isAboutPatient(it) && cellOf(it, role) !== '-'))
      for (const relation of relations) {
        await reset()
        const allowed = reachesPatient(cellOf(route, role)[0]!, relation)
        const label = `${route.endpoint.name} by ${role} about ${relation}`
        const none = await ask(route, { ...street.ours.ids, ...nobodys(street.ours), person: street.ours.second.person }, cookie)
        const real = await ask(route, about[relation], cookie)
        cells += 1
        if (!allowed) expect(shape(real), label).toBe(shape(none))
        else if (!tellsNothing.includes(route.endpoint.name)) {
          expect(codeOf(real), label).not.toBe('not-found')
          expect(shape(real), label).not.toBe(shape(none))
        }
      }
    await reset()
    expect(cells).toBe(guarded().filter((it) => isAboutPatient(it) && cellOf(it, role) !== '-').length * relations.length)
  })
})

describe('conversations', () => {
  /** Requests whose body is no real statement are refused as such before anything is said of the conversation. */
  const isAboutConversation = (route: Route) => route.endpoint.name.startsWith('team.') && route.endpoint.path.includes(':conversation')

  test.each(everyRole)('%s: members alone; for others there is no such conversation', async (role) => {
    const { street, conversations } = all
    const { cookie } = street.ours.staff[role]
    const readable = ['team.conversations.one', 'team.conversations.epochs', 'team.messages.page', 'team.messages.receipts']
    for (const route of guarded().filter((it) => isAboutConversation(it) && cellOf(it, role) !== '-')) {
      const none = await ask(route, nobodys(street.ours), cookie)
      for (const [which, conversation] of Object.entries(conversations)) {
        const isMember = which === 'member' || (which === 'stranger' && role === 'clinician')
        const real = await ask(route, { ...street.ours.ids, conversation }, cookie)
        const label = `${route.endpoint.name} by ${role} of ${which}`
        if (!isMember) expect(shape(real), label).toBe(shape(none))
        else if (readable.includes(route.endpoint.name)) expect(codeOf(real), label).toBe('done')
      }
    }
  })

  test('every frame that a live connection takes stands in the table', () => {
    const taken = all.street.features.flatMap((it) => it.live ?? []).map((it) => it.t)
    expect(taken.toSorted()).toEqual(Object.keys(frames).toSorted())
  })

  test.each(everyRole)('%s on a live connection: other people’s conversations are neither heard nor touched', async (role) => {
    const { street, conversations } = all
    const wire = await connect(street.world, street.ours.staff[role])
    const cell = (t: string) => (frames[t] === 'signed in' ? 'Y' : frames[t]!.split(' ')[everyRole.indexOf(role)])
    const others = [conversations.tenant, ...(role === 'clinician' ? [] : [conversations.stranger])]
    await street.settle()
    const tables = async () => [...(await street.rows())].filter(([table]) => !/^(session|log_|listener_)/.test(table))
    const before = await tables()
    const envelope = Buffer.alloc(400, 1).toString('base64url')
    for (const [i, conversation] of others.entries()) {
      const sync = await wire.ask({ id: `s${i}`, t: 'sync', have: [{ conversation, sequence: 0 }] })
      if (cell('sync') === '-') expect(JSON.stringify(sync)).not.toContain(conversation)
      expect((await wire.ask({ id: `m${i}`, t: 'send', conversation, envelope })).t).toBe('refused')
      wire.send({ t: 'receipt', conversation, delivered: 1, shown: 1 })
    }
    await wire.ask({ id: 'end', t: 'sync', have: [] })
    await street.settle()
    expect(await tables()).toEqual(before)
    for (const conversation of others) expect(JSON.stringify(wire.frames)).not.toContain(conversation)
    wire.close()
  })

  test('what is pushed: a thread’s id to nobody who reaches only some patients; next door, to those who read all', async () => {
    const { street, about } = all
    const wires: { house: Hospital['street']['ours']; role: Role; wire: Awaited<ReturnType<typeof connect>> }[] = []
    for (const house of [street.ours, street.theirs])
      for (const role of everyRole) wires.push({ house, role, wire: await connect(street.world, house.staff[role]) })
    await street.webhook(street.ours, 'inbound', { ...street.inbound(street.ours, 'Running late'), From: '+13125550182' })
    await street.webhook(street.theirs, 'inbound', street.inbound(street.theirs, 'Running late'))
    await street.settle()
    const hears = (id: string) =>
      wires
        .filter(({ wire }) => JSON.stringify(wire.frames).includes(id))
        .map(({ house, role }) => `${house === street.ours ? 'ours' : 'theirs'} ${role}`)
    for (const relation of relations.filter((it) => it !== 'tenant')) expect(hears(about[relation]['thread']!)).toEqual([])
    expect(hears(street.theirs.ids['thread']!)).toEqual(['theirs clinician', 'theirs nurse', 'theirs front-desk'])
    for (const { wire } of wires) wire.close()
  })
})

describe('ids', () => {
  test('what somebody has seen says nothing to somebody who has not', async () => {
    const { street, reset } = all
    await reset()
    const people = [street.ours, street.theirs].flatMap((house) => everyRole.map((role) => ({ house, role, it: house.staff[role] })))
    const reads = guarded().filter((it) => it.endpoint.method === 'GET' && it.endpoint.body === 'json')
    const byId = reads.filter((it) => paramsOf(it.endpoint.path).length === 1)
    const seen = new Map<string, Map<string, Set<string>>>()
    for (const { house, role, it } of people) {
      const mine = new Map<string, Set<string>>()
      for (const route of reads.filter((one) => cellOf(one, role) !== '-' && paramsOf(one.endpoint.path).length === 0))
        collect((await ask(route, house.ids, it.cookie)).json, mine)
      seen.set(it.person, mine)
    }
    let asked = 0
    for (const route of byId) {
      const name = paramsOf(route.endpoint.path)[0]!
      const ids = [...new Set(people.flatMap(({ it }) => [...(seen.get(it.person)!.get(name) ?? [])]))]
      for (const { role, house, it } of people.filter((one) => cellOf(route, one.role) !== '-')) {
        const nothing = shape(await ask(route, nobodys(house), it.cookie))
        const mine = seen.get(it.person)!.get(name) ?? new Set<string>()
        // A right over everything reaches by id what no list showed; of another organisation nothing.
        const own = people.filter((one) => one.house === house && cellOf(route, role).startsWith('Y'))
        const elsewhere = ids.filter((id) => !mine.has(id) && !own.some((one) => seen.get(one.it.person)!.get(name)?.has(id)))
        for (const id of elsewhere.slice(0, 40)) {
          asked += 1
          expect(shape(await ask(route, { ...house.ids, [name]: id }, it.cookie)), `${route.endpoint.name} by ${role}`).toBe(nothing)
        }
      }
    }
    expect(asked).toBeGreaterThan(200)
  }, 120_000)

  test('the server logged no mistake of its own', () => {
    expect(all.street.world.logged.filter((line) => /"http\.failed"|"level":50/.test(line))).toEqual([])
  })
})
