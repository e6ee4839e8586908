import { randomBytes } from 'node:crypto'
import { openWorld } from '@wardline/dev/world'
import type { World } from '@wardline/dev/world'
import { bySystem, installationOrg, newId } from '@wardline/platform/server'
import { factsOf } from '@wardline/platform/testing'
import { enrolTotp, mfa } from '@wardline/product/access/mfa/server'
import { policies } from '@wardline/product/access/policies/server'
import {
  createOrganisation,
  createPerson,
  deactivatePerson,
  issueEnrolment,
  provisioning,
} from '@wardline/product/access/provisioning/server'
import { roles } from '@wardline/product/access/roles/server'
import { sessions } from '@wardline/product/access/sessions/server'
import { Secret, TOTP } from 'otpauth'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { inTurn } from './hashing.ts'
import { setPassword, signIn } from './index.ts'

const minute = 60_000
const password = 'correct horse battery'
let world: World
const org = newId()
let made = 0

interface Member {
  readonly person: string
  readonly name: string
  readonly key: Buffer
}

beforeAll(async () => {
  world = await openWorld({ features: [provisioning, roles, mfa, sessions, signIn, policies] })
  await world.server.db.write(org, bySystem, async (tx) => {
    await createOrganisation(tx, { name: 'Maple Street Dental', zone: 'America/Chicago', preset: 'practice' })
    await createPerson(tx, { signInName: 'admin.kim', name: 'Kim Admin', title: '', roles: ['administrator'] })
  })
})
afterAll(() => world.close())

/** Somebody who has signed in before: each test has its own, so that no test sees another's waits. */
async function member(): Promise<Member> {
  const key = randomBytes(20)
  const name = `nurse.ana${(made += 1)}`
  const person = await world.server.db.write(org, bySystem, async (tx) => {
    const id = await createPerson(tx, { signInName: name, name: 'Ana Osei', title: 'RN', roles: ['clinician'] })
    await setPassword(tx, world.keys, { person: id, password })
    await enrolTotp(tx, world.keys, { person: id, key })
    return id
  })
  return { person, name, key }
}

const codeAt = (key: Uint8Array, ms: number) =>
  new TOTP({ secret: new Secret({ buffer: Uint8Array.from(key).buffer }) }).generate({ timestamp: ms })
const codeNow = (key: Uint8Array) => codeAt(key, world.server.clock.ms())
const wrongCode = (key: Uint8Array) => {
  const now = world.server.clock.ms()
  const right = [-60_000, -30_000, 0, 30_000, 60_000].map((delta) => codeAt(key, now + delta))
  return ['000000', '111111', '222222', '333333', '444444', '555555'].find((code) => !right.includes(code))!
}

interface Answer {
  readonly status: number
  readonly body: Record<string, unknown> & { error?: { code: string; what: string; next: string; request: string; field?: string } }
  readonly cookie: string | null
  readonly headers: Headers
}

async function call(method: string, path: string, body?: unknown, cookie?: string, more: Record<string, string> = {}): Promise<Answer> {
  const answer = await fetch(world.url + path, {
    method,
    headers: { 'content-type': 'application/json', 'x-wardline': '1', ...(cookie === undefined ? {} : { cookie }), ...more },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  return {
    status: answer.status,
    body: (await answer.json()) as Answer['body'],
    cookie: answer.headers.getSetCookie()[0] ?? null,
    headers: answer.headers,
  }
}
const tryPassword = (name: string, typed = password) => call('POST', '/api/v1/sign-in', { name, password: typed })
const tryCode = (ticket: unknown, code: string) => call('POST', '/api/v1/sign-in/code', { ticket, code })
const ticketOf = async (name: string) => (await tryPassword(name)).body['ticket'] as string
const codeOf = (answer: Answer) => answer.body.error?.code

/** The payloads of all facts of a kind, opened. */
const facts = async (kind: string, of = org) => (await factsOf(world, of, kind)).map(({ payload }) => payload)

describe('two factors, always', () => {
  test('the password alone gives a ticket and no session', async () => {
    const ana = await member()
    const first = await tryPassword(ana.name)
    expect(first.status).toBe(200)
    expect(Object.keys(first.body).toSorted()).toEqual(['ticket', 'until'])
    expect(first.cookie).toBeNull()
    for (const cookie of [`wl=${first.body['ticket'] as string}`, 'wl=', `wl=${'A'.repeat(64)}`])
      expect((await call('GET', '/api/v1/me', undefined, cookie)).status).toBe(401)
    const { rows } = await world.owner.query('select session from session where person = $1', [ana.person])
    expect(rows).toEqual([])
  })

  test('ticket and code give a session, in a cookie that scripts and other sites cannot use', async () => {
    const ana = await member()
    const second = await tryCode(await ticketOf(ana.name), codeNow(ana.key))
    expect(second.status).toBe(200)
    expect(second.body).toMatchObject({ person: ana.person })
    expect(second.cookie).toMatch(/^wl=[A-Za-z0-9_-]{64}; Path=\/; HttpOnly; SameSite=Strict$/)
    const me = await call('GET', '/api/v1/me', undefined, second.cookie!.split(';')[0])
    expect(me.body).toMatchObject({
      person: ana.person,
      signInName: ana.name,
      roles: ['clinician'],
      organisation: { id: org, name: 'Maple Street Dental', zone: 'America/Chicago', preset: 'practice' },
      session: { id: second.body['session'], device: null },
    })
    expect(await facts('access.sign-in.succeeded')).toContainEqual({
      person: ana.person,
      session: second.body['session'],
      address: '127.0.0.1',
    })
    // Whoever signs in here next, the same person or another, has ended it.
    const bob = await member()
    const next = { ticket: await ticketOf(bob.name), code: codeNow(bob.key) }
    expect((await call('POST', '/api/v1/sign-in/code', next, second.cookie!.split(';')[0])).status).toBe(200)
    expect((await call('GET', '/api/v1/me', undefined, second.cookie!.split(';')[0])).status).toBe(401)
  })

  test('one sees in which browser one’s sessions began, in known words and nothing else that it said', async () => {
    const ana = await member()
    const said = [
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/138.0.0.0 Safari/537.36 Edg/138.0.0.0',
      'Ana Osei, born 1981-07-14 <b>Firefox/99999999999999999999</b> (Amiga)',
    ]
    let cookie = ''
    for (const agent of said) {
      const answer = await call('POST', '/api/v1/sign-in/code', { ticket: await ticketOf(ana.name), code: codeNow(ana.key) }, undefined, {
        'user-agent': agent,
      })
      cookie = answer.cookie!.split(';')[0]!
      await world.advance(minute)
    }
    const { body } = await call('GET', '/api/v1/sessions', undefined, cookie)
    expect((body as unknown as { sessions: { browser: object }[] }).sessions.map((it) => it.browser)).toEqual([
      { browser: 'firefox', version: 999_999, system: 'Unknown' },
      { browser: 'edge', version: 138, system: 'Windows' },
    ])
    const { rows } = await world.owner.query<{ it: string }>('select s::text as it from session s where person = $1', [ana.person])
    expect(rows.map((row) => row.it).join()).not.toMatch(/Osei|1981|Amiga|<b>/)
  })

  test('without an authenticator there is no way in', async () => {
    const name = `bare${(made += 1)}`
    await world.server.db.write(org, bySystem, async (tx) => {
      const person = await createPerson(tx, { signInName: name, name: 'Bare', title: '', roles: [] })
      await setPassword(tx, world.keys, { person, password })
    })
    expect(codeOf(await tryCode(await ticketOf(name), '123456'))).toBe('wrong-code')
  })

  test('the name is taken in any case, the password only as it is; composed and decomposed letters are one', async () => {
    const name = `umlaut${(made += 1)}`
    await world.server.db.write(org, bySystem, async (tx) => {
      const person = await createPerson(tx, { signInName: name, name: 'U', title: '', roles: [] })
      await setPassword(tx, world.keys, { person, password: 'größte Tür am Ort' })
    })
    expect((await tryPassword(` ${name.toUpperCase()} `, 'größte Tür am Ort'.normalize('NFD'))).status).toBe(200)
    expect((await tryPassword(name, 'GRÖSSTE TÜR AM ORT')).status).toBe(401)
    expect((await tryPassword(name, 'größte Tür am Ort ')).status).toBe(401)
  })
})

describe('codes', () => {
  test('a code works once, also for two requests at the same moment', async () => {
    const ana = await member()
    const code = codeNow(ana.key)
    const tickets = [await ticketOf(ana.name), await ticketOf(ana.name)]
    const both = await Promise.all(tickets.map((ticket) => tryCode(ticket, code)))
    // The second one finds its ticket gone with the first one's sign-in.
    expect(both.map((it) => it.status).toSorted()).toEqual([200, 410])
    const { rows } = await world.owner.query<{ n: number }>('select count(*)::int as n from session where person = $1', [ana.person])
    expect(rows[0]!.n).toBe(1)
    expect(codeOf(await tryCode(await ticketOf(ana.name), code))).toBe('wrong-code')
    expect(await facts('access.sign-in.failed')).toContainEqual({
      person: ana.person,
      step: 'code',
      reason: 'replayed',
      address: '127.0.0.1',
    })
    // An older code than one that was used is worth nothing either.
    expect(codeOf(await tryCode(await ticketOf(ana.name), codeAt(ana.key, world.server.clock.ms() - 30_000)))).toBe('wrong-code')
    await world.advance(30_000)
    expect((await tryCode(await ticketOf(ana.name), codeNow(ana.key))).status).toBe(200)
  })

  test('a clock half a minute off is tolerated, two minutes are not', async () => {
    const ana = await member()
    const now = world.server.clock.ms()
    for (const off of [-120_000, 120_000])
      expect(codeOf(await tryCode(await ticketOf(ana.name), codeAt(ana.key, now + off)))).toBe('wrong-code')
    expect((await tryCode(await ticketOf(ana.name), codeAt(ana.key, now - 30_000))).status).toBe(200)
  })

  test('a ticket is good for five minutes, five codes and one session', async () => {
    const ana = await member()
    const late = await ticketOf(ana.name)
    // Without the sweep, which would remove it.
    await world.owner.query("update demo_clock set shift = shift + interval '5 minutes'")
    await world.server.clock.read(world.server.db)
    expect(codeOf(await tryCode(late, codeNow(ana.key)))).toBe('ticket-gone')

    const used = await ticketOf(ana.name)
    expect((await tryCode(used, codeNow(ana.key))).status).toBe(200)
    await world.advance(minute)
    expect(codeOf(await tryCode(used, codeNow(ana.key)))).toBe('ticket-gone')

    const bob = await member()
    const guessed = await ticketOf(bob.name)
    for (let i = 0; i < 5; i += 1) {
      expect(codeOf(await tryCode(guessed, wrongCode(bob.key)))).toBe('wrong-code')
      await world.owner.query('update sign_in_backoff set wait_until = wl_now()')
    }
    expect(codeOf(await tryCode(guessed, codeNow(bob.key)))).toBe('ticket-gone')
  })

  test('a ticket of another organisation is none', async () => {
    const ana = await member()
    const ticket = Buffer.from(await ticketOf(ana.name), 'base64url')
    ticket.set(Buffer.from(newId().replaceAll('-', ''), 'hex'))
    expect(codeOf(await tryCode(ticket.toString('base64url'), codeNow(ana.key)))).toBe('ticket-gone')
  })
})

describe('guessing', () => {
  test('an unknown name gets the same answer as a wrong password', async () => {
    const ana = await member()
    const strip = ({ status, body, headers }: Answer) => ({
      status,
      error: { ...body.error, request: '' },
      headers: [...headers].filter(([name]) => !/^(date|content-length)$/.test(name)),
    })
    const wrong = await tryPassword(ana.name, 'wrong horse battery')
    const unknown = await tryPassword('nobody.here', 'wrong horse battery')
    expect(wrong.status).toBe(401)
    expect(strip(unknown)).toEqual(strip(wrong))
    expect(strip(await tryPassword("Robert'); drop table person;--", 'x'))).toEqual(strip(wrong))
  })

  test('an unknown name takes one argon2 run, as any other', async () => {
    const ana = await member()
    const time = async (name: string) => {
      const from = performance.now()
      await tryPassword(name, 'wrong horse battery')
      return performance.now() - from
    }
    // In turns, and the best of each: whatever else this machine does meets both, and if it is busy we look more often.
    let known = Infinity
    let unknown = Infinity
    const isAlike = () => unknown / known > 0.35 && unknown / known < 2.8
    for (let i = 0; i < 4 || (i < 24 && !isAlike()); i += 1) {
      await world.owner.query('update sign_in_backoff set failures = 0, wait_until = wl_now()')
      known = Math.min(known, await time(ana.name))
      unknown = Math.min(unknown, await time('somebody.else'))
    }
    // Without the run against nobody's hash the ratio is about a tenth.
    expect(isAlike(), `${unknown} / ${known}`).toBe(true)
  })

  test('five wrong attempts, then waits that grow by the database’s clock, alike for names that nobody has', async () => {
    const ana = await member()
    for (const name of [ana.name, 'nobody.at.all']) {
      for (let i = 0; i < 5; i += 1) expect(codeOf(await tryPassword(name, 'wrong horse battery'))).toBe('wrong-name-or-password')
      const waiting = await tryPassword(name)
      expect(codeOf(waiting)).toBe('wait')
      expect(Number(waiting.headers.get('retry-after'))).toBeGreaterThan(50)
      expect(Number(waiting.headers.get('retry-after'))).toBeLessThanOrEqual(60)
    }
    await world.advance(59_000)
    expect(codeOf(await tryPassword(ana.name))).toBe('wait')
    await world.advance(1_000)
    expect(codeOf(await tryPassword(ana.name, 'wrong horse battery'))).toBe('wrong-name-or-password')
    await world.advance(119_000)
    expect(codeOf(await tryPassword(ana.name))).toBe('wait')
    await world.advance(1_000)
    expect((await tryCode(await ticketOf(ana.name), codeNow(ana.key))).status).toBe(200)
    // Signed in: the count begins anew.
    for (let i = 0; i < 4; i += 1) expect(codeOf(await tryPassword(ana.name, 'wrong horse battery'))).toBe('wrong-name-or-password')
    expect((await tryPassword(ana.name)).status).toBe(200)
  })

  test('parallel guesses do not outrun the count', async () => {
    const ana = await member()
    const answers = await Promise.all(Array.from({ length: 20 }, () => tryPassword(ana.name, 'wrong horse battery')))
    expect(answers.filter((it) => codeOf(it) === 'wrong-name-or-password')).toHaveLength(5)
    expect(answers.filter((it) => codeOf(it) === 'wait')).toHaveLength(15)
  })

  test('wrong codes wait too, and a right password between them changes nothing', async () => {
    const ana = await member()
    const kept = await ticketOf(ana.name)
    for (let i = 0; i < 5; i += 1) expect(codeOf(await tryCode(await ticketOf(ana.name), wrongCode(ana.key)))).toBe('wrong-code')
    expect(codeOf(await tryPassword(ana.name))).toBe('wait')
    // Tickets that were drawn beforehand are no way round it.
    expect(codeOf(await tryCode(kept, codeNow(ana.key)))).toBe('wait')
  })

  test('the hundredth wrong code in a row disables the authenticator', async () => {
    const ana = await member()
    await world.owner.query('update totp set failures = 99 where person = $1', [ana.person])
    expect(codeOf(await tryCode(await ticketOf(ana.name), wrongCode(ana.key)))).toBe('wrong-code')
    expect(codeOf(await tryCode(await ticketOf(ana.name), codeNow(ana.key)))).toBe('wrong-code')
    expect(await facts('access.authenticator.disabled')).toContainEqual({ person: ana.person, authenticator: 'totp' })
  })

  test('attempts with unknown names are counted in the installation’s log, without the name', async () => {
    await world.advance(2 * minute)
    const before = (await facts('access.sign-in.strangers-turned-away', installationOrg)) as { attempts: number }[]
    for (const name of ['hunter2hunter2', 'who.is.this', 'who.is.this']) await tryPassword(name, 'x')
    await world.advance(2 * minute)
    const after = (await facts('access.sign-in.strangers-turned-away', installationOrg)) as { attempts: number }[]
    expect(after.slice(before.length)).toEqual([{ attempts: 3 }])
  })

  test('waits and tickets that are over leave no row', async () => {
    const ana = await member()
    await ticketOf(ana.name)
    await tryPassword('one.more', 'x')
    await world.advance(25 * 60 * minute)
    for (const table of ['sign_in_ticket', 'sign_in_backoff'])
      expect((await world.owner.query(`select from ${table}`)).rowCount, table).toBe(0)
  })
})

test('a flood is turned away before anything is counted, and the queue recovers', async () => {
  const ana = await member()
  const gate = Promise.withResolvers<void>()
  const flood = Array.from({ length: 202 }, () => inTurn(() => gate.promise))
  const counted = async () =>
    (
      await world.owner.query(
        'select coalesce(sum(failures), 0)::int as n from (select failures from sign_in_backoff union all select strangers + known from password_tries) t',
      )
    ).rows
  const before = await counted()
  const turnedAway = await tryPassword(ana.name)
  expect(codeOf(turnedAway)).toBe('too-many')
  expect(Number(turnedAway.headers.get('retry-after'))).toBeGreaterThan(0)
  expect(await counted()).toEqual(before)
  gate.resolve()
  await Promise.all(flood)
  expect((await tryPassword(ana.name)).status).toBe(200)
})

describe('another authenticator', () => {
  const signedIn = async (ana: Member) => (await tryCode(await ticketOf(ana.name), codeNow(ana.key))).cookie!.split(';')[0]!
  const begin = (cookie: string, code: string) => call('POST', '/api/v1/mfa/totp', { code }, cookie)
  const confirm = (cookie: string, code: string) => call('POST', '/api/v1/mfa/totp/confirm', { code }, cookie)

  test('needs a code of the present one, which stays until the new one is confirmed', async () => {
    const ana = await member()
    const cookie = await signedIn(ana)
    expect(codeOf(await confirm(cookie, '123456'))).toBe('not-begun')
    expect(codeOf(await begin(cookie, wrongCode(ana.key)))).toBe('wrong-code')
    expect(await facts('access.totp.code-refused')).toContainEqual({ person: ana.person, reason: 'wrong' })
    // The code that opened the session is used up.
    expect(codeOf(await begin(cookie, codeNow(ana.key)))).toBe('wrong-code')
    await world.advance(30_000)
    const begun = await begin(cookie, codeNow(ana.key))
    const key = Buffer.from(Secret.fromBase32(begun.body['key'] as string).bytes)
    expect(codeOf(await confirm(cookie, wrongCode(key)))).toBe('wrong-code')
    await world.advance(30_000)
    expect((await tryCode(await ticketOf(ana.name), codeNow(ana.key))).status).toBe(200)
    expect((await confirm(cookie, codeNow(key))).status).toBe(200)
    await world.advance(30_000)
    expect(codeOf(await tryCode(await ticketOf(ana.name), codeNow(ana.key)))).toBe('wrong-code')
    expect((await tryCode(await ticketOf(ana.name), codeNow(key))).status).toBe(200)
  })

  test('cannot be guessed towards from a stolen session', async () => {
    const ana = await member()
    const cookie = await signedIn(ana)
    const answers: (string | undefined)[] = []
    for (let i = 0; i < 11; i += 1) answers.push(codeOf(await begin(cookie, wrongCode(ana.key))))
    expect(answers).toEqual([...Array.from({ length: 10 }, () => 'wrong-code'), 'too-many'])
    expect((await world.owner.query('select failures from totp where person = $1', [ana.person])).rows).toEqual([{ failures: 10 }])
  })
})

test('who was deactivated does not get in, with everything right', async () => {
  const ana = await member()
  const ticket = await ticketOf(ana.name)
  await world.server.db.write(org, bySystem, (tx) => deactivatePerson(tx, ana.person))
  expect(codeOf(await tryCode(ticket, codeNow(ana.key)))).toBe('wrong-code')
  expect(codeOf(await tryPassword(ana.name))).toBe('wrong-name-or-password')
  expect(await facts('access.sign-in.failed')).toContainEqual({
    person: ana.person,
    step: 'password',
    reason: 'inactive',
    address: '127.0.0.1',
  })
})

describe('a first sign-in', () => {
  const begin = (name: string, secret: string) => call('POST', '/api/v1/enrolment', { name, secret })
  const finish = (name: string, secret: string, code: string, typed = password) =>
    call('POST', '/api/v1/enrolment/finish', { name, secret, password: typed, code })
  async function newcomer() {
    const name = `new.person${(made += 1)}`
    const issued = await world.server.db.write(org, bySystem, async (tx) =>
      issueEnrolment(tx, await createPerson(tx, { signInName: name, name: 'Jo Newcomer', title: '', roles: ['front-desk'] })),
    )
    return { name, ...issued }
  }
  const keyOf = (answer: Answer) => Buffer.from(new Secret(Secret.fromBase32(answer.body['key'] as string)).bytes)

  test('sets password and authenticator with a code that works once', async () => {
    const jo = await newcomer()
    const begun = await begin(jo.name, jo.secret.toLowerCase().replaceAll('-', ' '))
    expect(begun.body['uri']).toMatch(
      new RegExp(`^otpauth://totp/Wardline%20Maple%20Street%20Dental:${jo.name}\\?issuer=.*&algorithm=SHA1&digits=6&period=30$`),
    )
    const key = keyOf(begun)
    expect(codeOf(await finish(jo.name, jo.secret, wrongCode(key)))).toBe('wrong-code')
    const done = await finish(jo.name, jo.secret, codeNow(key))
    expect(done.status).toBe(200)
    expect((await call('GET', '/api/v1/me', undefined, done.cookie!.split(';')[0])).body).toMatchObject({
      person: jo.person,
      roles: ['front-desk'],
    })
    expect(codeOf(await begin(jo.name, jo.secret))).toBe('wrong-secret')
    await world.advance(minute)
    expect((await tryCode(await ticketOf(jo.name), codeNow(key))).status).toBe(200)
  })

  test('refuses bad passwords by their kind and keeps the code good', async () => {
    const jo = await newcomer()
    const key = keyOf(await begin(jo.name, jo.secret))
    const kinds = {
      seven77: 'password-too-short',
      ['x y z '.repeat(30)]: 'password-too-long',
      Password1234: 'password-common',
      abababababab: 'password-common',
      'Newcomer2026!': 'password-about-you',
      'maple-street-dental': 'password-about-you',
      [`${jo.name}${jo.name}`]: 'password-about-you',
    }
    for (const [typed, code] of Object.entries(kinds))
      expect(codeOf(await finish(jo.name, jo.secret, codeNow(key), typed)), typed).toBe(code)
    expect((await finish(jo.name, jo.secret, codeNow(key), '🦷🪥😁🧵🪒🧼🧴🩺🦴🧠🫀🫁')).status).toBe(200)
  })

  test('a code that was replaced, has run out, or belongs to somebody else is no code', async () => {
    const jo = await newcomer()
    const other = await newcomer()
    expect(codeOf(await begin(other.name, jo.secret))).toBe('wrong-secret')
    const guessed = { person: other.person, step: 'enrolment', reason: 'wrong', address: '127.0.0.1' }
    expect(await facts('access.sign-in.failed')).toContainEqual(guessed)
    expect(codeOf(await begin('nobody.there', jo.secret))).toBe('wrong-secret')
    const again = await world.server.db.write(org, bySystem, (tx) => issueEnrolment(tx, jo.person))
    expect(codeOf(await begin(jo.name, jo.secret))).toBe('wrong-secret')
    expect((await begin(jo.name, again.secret)).status).toBe(200)
    await world.advance(15 * minute)
    expect(codeOf(await finish(jo.name, again.secret, '123456'))).toBe('not-begun')
    await world.advance(7 * 24 * 60 * minute)
    expect(codeOf(await begin(jo.name, again.secret))).toBe('wrong-secret')
  })

  test('replaces what a person had, and ends their sessions', async () => {
    const ana = await member()
    const session = await tryCode(await ticketOf(ana.name), codeNow(ana.key))
    const cookie = session.cookie!.split(';')[0]
    const [issuer, second] = [await member(), await member()]
    const by = { actor: issuer.person, device: null }
    const issued = await world.server.db.write(org, by, (tx) => issueEnrolment(tx, ana.person))
    expect(codeOf(await begin(ana.name, issued.secret))).toBe('enrolment-waits')
    // A second officer has agreed.
    await world.owner.query('update enrolment set effective_at = wl_now(), approved_by = $1 where enrolment = $2', [
      second.person,
      issued.enrolment,
    ])
    const key = keyOf(await begin(ana.name, issued.secret))
    expect((await call('GET', '/api/v1/me', undefined, cookie)).status).toBe(200)
    expect((await finish(ana.name, issued.secret, codeNow(key), 'another horse entirely')).status).toBe(200)
    expect((await call('GET', '/api/v1/me', undefined, cookie)).status).toBe(401)
    expect(codeOf(await tryPassword(ana.name))).toBe('wrong-name-or-password')
    await world.advance(minute)
    const ticket = (await tryPassword(ana.name, 'another horse entirely')).body['ticket']
    expect(codeOf(await tryCode(ticket, codeNow(ana.key)))).toBe('wrong-code')
    expect((await tryCode(ticket, codeNow(key))).status).toBe(200)
  })

  test('guessing a code waits as guessing a password does', async () => {
    const jo = await newcomer()
    for (let i = 0; i < 5; i += 1) expect(codeOf(await begin(jo.name, 'AAAAA-AAAAA-AAAAA-AAAAA-AAAAAA'))).toBe('wrong-secret')
    expect(codeOf(await begin(jo.name, jo.secret))).toBe('wait')
  })
})

describe('bad input', () => {
  const cases: readonly (readonly [string, unknown, string])[] = [
    ['malformed JSON', '{"name":', 'bad-request'],
    ['no body', '', 'bad-request'],
    ['an unknown field', { name: 'a', password: 'b', admin: true }, 'bad-request'],
    ['a wrong type', { name: ['a'], password: 'b' }, 'bad-request'],
    ['null', { name: null, password: 'b' }, 'bad-request'],
    ['U+0000', { name: 'a\u0000', password: 'b' }, 'bad-request'],
    ['half a surrogate pair', '{"name":"\\ud800","password":"b"}', 'bad-request'],
    ['an empty name', { name: '', password: 'b' }, 'bad-request'],
    ['a name too long', { name: 'a'.repeat(201), password: 'b' }, 'bad-request'],
    ['a password too long', { name: 'a', password: 'b'.repeat(513) }, 'bad-request'],
    ['an oversize body', { name: 'a', password: 'b'.repeat(9_000) }, 'too-large'],
    ['__proto__', '{"__proto__":{},"name":"a","password":"b"}', 'bad-request'],
  ]
  test.each(cases)('%s gets its code', async (_what, body, code) => {
    const answer = await call('POST', '/api/v1/sign-in', body)
    expect(codeOf(answer)).toBe(code)
    expect(JSON.stringify(answer.body)).not.toContain('aaaa')
  })

  test('codes and tickets that are none', async () => {
    for (const body of [
      { ticket: 'x', code: '123456' },
      { ticket: 'A'.repeat(64), code: '12345' },
      { ticket: 'A'.repeat(64), code: '１２３４５６' },
    ])
      expect(codeOf(await call('POST', '/api/v1/sign-in/code', body))).toBe('bad-request')
    expect(codeOf(await tryCode('A'.repeat(64), '123 456'))).toBe('ticket-gone')
  })
})

test('no password, code, key, ticket or token stands in a log line, a fact or a table', async () => {
  const key = randomBytes(20)
  const name = `canary${(made += 1)}`
  const secretPassword = 'canary-Zeppelin-7731'
  const person = await world.server.db.write(org, bySystem, (tx) => createPerson(tx, { signInName: name, name: 'C', title: '', roles: [] }))
  const { secret } = await world.server.db.write(org, bySystem, async (tx) => {
    await setPassword(tx, world.keys, { person, password: secretPassword })
    await enrolTotp(tx, world.keys, { person, key })
    return issueEnrolment(tx, person)
  })
  await tryPassword(name, `${secretPassword}x`)
  await tryPassword(secretPassword, 'typed-in-the-wrong-field')
  const ticket = (await tryPassword(name, secretPassword)).body['ticket'] as string
  await tryCode(ticket, wrongCode(key))
  const code = codeNow(key)
  const cookie = (await tryCode(ticket, code)).cookie!.split(';')[0]!.slice(3)
  await call('POST', '/api/v1/enrolment/finish', { name, secret, password: 'short', code })
  const begun = await call('POST', '/api/v1/enrolment', { name, secret })

  const tables = await world.owner.query<{ name: string }>("select tablename as name from pg_tables where schemaname = 'public'")
  let everything = world.logged.join('\n')
  for (const table of tables.rows) everything += JSON.stringify((await world.owner.query(`select t::text from ${table.name} t`)).rows)
  for (const row of (await world.owner.query<{ kind: string; org: string }>('select distinct kind, org from fact')).rows)
    everything += JSON.stringify(await facts(row.kind, row.org))
  const hex = (bytes: Buffer) => bytes.toString('hex')
  const canaries = {
    password: secretPassword,
    passwordHex: hex(Buffer.from(secretPassword)),
    argon: '$argon2id',
    argonHex: hex(Buffer.from('$argon2id')),
    wrongField: 'typed-in-the-wrong-field',
    key: new Secret({ buffer: Uint8Array.from(key).buffer }).base32,
    keyHex: hex(key),
    begunKey: begun.body['key'] as string,
    ticket,
    ticketHex: hex(Buffer.from(ticket, 'base64url').subarray(16)),
    cookie,
    cookieHex: hex(Buffer.from(cookie, 'base64url').subarray(16)),
    secret,
  }
  expect(everything).toContain(person)
  for (const [what, canary] of Object.entries(canaries)) expect(everything.includes(canary), what).toBe(false)
})
