/** Guessing at passwords: who fills whose count, and what the database does for a name that nobody has. */
import { randomBytes } from 'node:crypto'
import { Secret, TOTP } from 'otpauth'
import { openWorld } from '@wardline/dev/world'
import type { World } from '@wardline/dev/world'
import { bySystem, newId } from '@wardline/platform/server'
import { enrolTotp, mfa } from '@wardline/product/access/mfa/server'
import { policies } from '@wardline/product/access/policies/server'
import { createOrganisation, createPerson, deactivatePerson, provisioning } from '@wardline/product/access/provisioning/server'
import { roles } from '@wardline/product/access/roles/server'
import { endSessions, sessions } from '@wardline/product/access/sessions/server'
import { audit } from '@wardline/product/compliance/audit/server'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { lanesOf } from '../rules.ts'
import { setPassword, signIn } from './index.ts'

const password = 'correct horse battery'
const wrong = 'wrong horse battery'
const org = newId()
const lanes = lanesOf(100)
let world: World
let made = 0

beforeAll(async () => {
  world = await openWorld({ features: [provisioning, roles, mfa, sessions, signIn, policies, audit(() => '')] })
  await world.server.db.write(org, bySystem, (tx) =>
    createOrganisation(tx, { name: 'Maple Street Dental', zone: 'America/Chicago', preset: 'practice' }),
  )
})
afterAll(() => world.close())

interface Member {
  readonly person: string
  readonly name: string
  readonly key: Buffer
}

async function member(it: { withPassword?: boolean } = {}): Promise<Member> {
  const key = randomBytes(20)
  const name = `guessed.${(made += 1)}`
  const person = await world.server.db.write(org, bySystem, async (tx) => {
    const id = await createPerson(tx, { signInName: name, name: 'Ana Osei', title: 'RN', roles: ['clinician'] })
    if (it.withPassword !== false) await setPassword(tx, world.keys, { person: id, password })
    await enrolTotp(tx, world.keys, { person: id, key })
    return id
  })
  return { person, name, key }
}

/** A browser: it keeps its cookies. */
function openBrowser() {
  const jar = new Map<string, string>()
  const call = async (path: string, body: object) => {
    const answer = await fetch(world.url + path, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-wardline': '1',
        cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; '),
      },
      body: JSON.stringify(body),
    })
    for (const line of answer.headers.getSetCookie()) {
      const [name, value] = line.split(';')[0]!.split('=') as [string, string]
      jar.set(name, value)
    }
    const said = (await answer.json()) as { ticket?: string; session?: string; error?: { code: string } }
    return { ...said, code: said.error?.code ?? 'right', lines: answer.headers.getSetCookie() }
  }
  return {
    jar,
    guess: async (name: string, typed = wrong) => (await call('/api/v1/sign-in', { name, password: typed })).code,
    async in(who: Member) {
      // A code works once.
      await world.advance(30_000)
      const { ticket } = await call('/api/v1/sign-in', { name: who.name, password })
      const code = new TOTP({ secret: new Secret({ buffer: Uint8Array.from(who.key).buffer }) }).generate({
        timestamp: world.server.clock.ms(),
      })
      return call('/api/v1/sign-in/code', { ticket, code })
    },
  }
}

/** What waits would do is another test's matter. */
const forgetWaits = () => world.owner.query('delete from sign_in_backoff')
const tries = async (person: string) =>
  (
    await world.owner.query<{ strangers: number; known: number; stopped: boolean }>(
      'select strangers, known, stopped_at is not null as stopped from password_tries where person = $1',
      [person],
    )
  ).rows[0]
const setTries = (person: string, strangers: number, known = 0) =>
  world.owner.query(
    'insert into password_tries (org, person, strangers, known) values ($1, $2, $3, $4) on conflict (org, person) do update set strangers = $3, known = $4',
    [org, person, strangers, known],
  )
const factsOf = async (person: string, kind: string) =>
  (await world.owner.query('select from fact where kind = $1 and key = $2', [kind, `person|${person}`])).rowCount
const isDisabled = async (person: string) =>
  (await world.owner.query<{ off: boolean }>('select disabled_at is not null as off from password where person = $1', [person])).rows[0]!
    .off

/** Guesses until the lane of strangers is full. */
async function besiege(who: Member) {
  await setTries(who.person, lanes.strangers - 1)
  expect(await openBrowser().guess(who.name)).toBe('wrong-name-or-password')
  await forgetWaits()
}

describe('strangers who guess', () => {
  test('keep nobody out of a browser in which they signed in before; the person and the officers are told once', async () => {
    const ana = await member()
    const own = openBrowser()
    expect((await own.in(ana)).code).toBe('right')
    await besiege(ana)
    expect(await tries(ana.person)).toEqual({ strangers: lanes.strangers, known: 0, stopped: true })
    expect(await factsOf(ana.person, 'access.sign-in.strangers-stopped')).toBe(1)
    const notices = await world.owner.query("select from sign_in_notice where person = $1 and what = 'password-guessed'", [ana.person])
    expect(notices.rowCount).toBe(1)
    // With the right password, too: an unknown browser learns nothing more.
    for (let i = 0; i < 3; i += 1) expect(await openBrowser().guess(ana.name, password)).toBe('wrong-name-or-password')
    await forgetWaits()
    expect((await own.in(ana)).code).toBe('right')
    expect(await tries(ana.person)).toEqual({ strangers: 0, known: 0, stopped: false })
    expect((await openBrowser().in(ana)).code).toBe('right')
  })

  test('do not make a known browser wait, in the same network', async () => {
    const ana = await member()
    const own = openBrowser()
    await own.in(ana)
    const elsewhere = openBrowser()
    for (let i = 0; i < 5; i += 1) await elsewhere.guess(ana.name)
    expect(await elsewhere.guess(ana.name, password)).toBe('wait')
    expect((await own.in(ana)).code).toBe('right')
    for (let i = 0; i < 5; i += 1) expect(await own.guess(ana.name)).toBe('wrong-name-or-password')
    expect(await own.guess(ana.name, password)).toBe('wait')
  })

  test('disable the password where it has no known browser', async () => {
    const ana = await member()
    await besiege(ana)
    expect(await isDisabled(ana.person)).toBe(true)
    expect(await factsOf(ana.person, 'access.authenticator.disabled')).toBe(1)
    expect(await openBrowser().guess(ana.name, password)).toBe('wrong-name-or-password')
  })

  test('are not known by another person’s browser, a forged one, or one of a former password', async () => {
    const [ana, ben] = [await member(), await member()]
    const bens = openBrowser()
    await bens.in(ben)
    const anas = openBrowser()
    await anas.in(ana)
    const forged = openBrowser()
    forged.jar.set(
      'wlk',
      anas.jar.get('wlk')!.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A')),
    )
    for (const browser of [bens, forged]) {
      await browser.guess(ana.name)
      expect((await tries(ana.person))!.known).toBe(0)
    }
    await world.server.db.write(org, bySystem, (tx) => setPassword(tx, world.keys, { person: ana.person, password }))
    await anas.guess(ana.name)
    expect((await tries(ana.person))!.known).toBe(0)
  })
})

describe('no more than a hundred wrong tries in a row, whoever makes them (NIST SP 800-63B-4, 3.2.2)', () => {
  test('the lanes together hold a hundred, in code and in the database', async () => {
    for (let most = 50; most <= 100; most += 1) {
      const { strangers, known, browser } = lanesOf(most)
      expect(strangers + known).toBe(most)
      expect(browser).toBeLessThan(known)
    }
    const ana = await member()
    await expect(setTries(ana.person, 90, 11)).rejects.toThrow(/check/)
  })

  test('a browser that guesses too often is known no more; full lanes disable the password', async () => {
    const ana = await member()
    const own = openBrowser()
    await own.in(ana)
    for (let i = 0; i < lanes.browser; i += 1) {
      await own.guess(ana.name)
      await forgetWaits()
    }
    expect(await tries(ana.person)).toMatchObject({ strangers: 0, known: lanes.browser })
    expect(await factsOf(ana.person, 'access.sign-in.browser-forgotten')).toBe(1)
    await own.guess(ana.name)
    expect(await tries(ana.person)).toMatchObject({ strangers: 1, known: lanes.browser })
    await forgetWaits()
    // With the right password it is known again, as a browser of its own, and everything is forgotten.
    expect((await own.in(ana)).code).toBe('right')
    await setTries(ana.person, lanes.strangers - 1, lanes.known)
    expect(await own.guess(ana.name)).toBe('wrong-name-or-password')
    expect(await isDisabled(ana.person)).toBe(true)
    // Whatever the counts say afterwards.
    await world.owner.query('update password_tries set strangers = 0, known = 0, stopped_at = null where person = $1', [ana.person])
    await forgetWaits()
    expect(await own.guess(ana.name, password)).toBe('wrong-name-or-password')
  })

  test('parallel guesses do not outrun it', async () => {
    const ana = await member()
    await setTries(ana.person, lanes.strangers - 3)
    await Promise.all(Array.from({ length: 20 }, () => openBrowser().guess(ana.name)))
    expect((await tries(ana.person))!.strangers).toBeLessThanOrEqual(lanes.strangers)
  })
})

describe('a known browser', () => {
  test('holds what no script reads and what changes with every sign-in; the former value is worth nothing', async () => {
    const ana = await member()
    const own = openBrowser()
    const { lines } = await own.in(ana)
    expect(lines[1]).toMatch(/^wlk=[A-Za-z0-9_-]{64}; Max-Age=2592000; Path=\/; (Expires=[^;]+; )?HttpOnly; SameSite=Strict$/)
    const former = own.jar.get('wlk')!
    await own.in(ana)
    expect(own.jar.get('wlk')).not.toBe(former)
    const thief = openBrowser()
    thief.jar.set('wlk', former)
    await thief.guess(ana.name)
    expect(await tries(ana.person)).toMatchObject({ strangers: 1, known: 0 })
    expect((await world.owner.query('select from known_browser where person = $1', [ana.person])).rowCount).toBe(1)
  })

  test('is known for each of several people, and opens nothing', async () => {
    const [ana, ben] = [await member(), await member()]
    const shared = openBrowser()
    await shared.in(ana)
    await shared.in(ben)
    for (const who of [ana, ben]) {
      await shared.guess(who.name)
      expect(await tries(who.person)).toMatchObject({ strangers: 0, known: 1 })
    }
    const me = await fetch(`${world.url}/api/v1/me`, { headers: { cookie: `wlk=${shared.jar.get('wlk')!}` } })
    expect(me.status).toBe(401)
  })

  test('is known no more once its session is ended from elsewhere, after thirty days, or when the person left', async () => {
    const ana = await member()
    const lost = openBrowser()
    const { session } = await lost.in(ana)
    await world.server.db.write(org, bySystem, (tx) => endSessions(tx, { sessions: [session!] }, 'ended-elsewhere'))
    await world.settle()
    await lost.guess(ana.name)
    expect(await tries(ana.person)).toMatchObject({ strangers: 1, known: 0 })
    const old = openBrowser()
    await old.in(ana)
    await world.owner.query('update known_browser set until = wl_now() where person = $1', [ana.person])
    await old.guess(ana.name)
    expect(await tries(ana.person)).toMatchObject({ strangers: 1, known: 0 })
    await old.in(ana)
    await world.advance(30 * 86_400_000)
    expect((await world.owner.query('select from known_browser where person = $1', [ana.person])).rowCount).toBe(0)
    const ben = await member()
    const bens = openBrowser()
    await bens.in(ben)
    await world.server.db.write(org, bySystem, (tx) => deactivatePerson(tx, ben.person))
    await bens.guess(ben.name)
    expect(await tries(ben.person)).toMatchObject({ strangers: 1, known: 0 })
  })
})

/** Transactions that wrote while this ran: each waits for the disk once, so their number is what a stopwatch would see. */
async function writing(run: () => Promise<unknown>): Promise<number> {
  await world.owner.query('truncate wrote')
  await run()
  return (await world.owner.query('select distinct xact from wrote')).rowCount!
}

describe('a name that nobody has', () => {
  beforeAll(async () => {
    await world.owner.query(`
      create table wrote (xact xid8);
      grant insert on wrote to public;
      create function wrote() returns trigger language plpgsql as $$ begin insert into wrote values (pg_current_xact_id()); return null; end $$;
      do $$ declare t name; begin
        -- What the log does by itself afterwards is not seen from outside.
        for t in select tablename from pg_tables where schemaname = 'public' and tablename in
          ('fact', 'person', 'password', 'password_tries', 'known_browser', 'sign_in_ticket', 'sign_in_backoff', 'sign_in_notice', 'session', 'totp', 'enrolment') loop
          execute format('create trigger wrote after insert or update or delete on %I for each statement execute function wrote()', t);
        end loop;
      end $$`)
  })

  test('makes the database wait for the disk as often as any other: wrong, disabled, without password, left, from a known browser', async () => {
    const kinds = {
      wrong: await member(),
      disabled: await member(),
      'without password': await member({ withPassword: false }),
      left: await member(),
      'turned away': await member(),
      known: await member(),
    }
    await world.owner.query('update password set disabled_at = wl_now() where person = $1', [kinds.disabled.person])
    await world.server.db.write(org, bySystem, (tx) => deactivatePerson(tx, kinds.left.person))
    const own = openBrowser()
    await own.in(kinds.known)
    // A session of one's own is kept from idling by any request.
    own.jar.delete('wl')
    await openBrowser().in(kinds['turned away'])
    await setTries(kinds['turned away'].person, lanes.strangers)
    await world.settle()
    const stranger = openBrowser()
    const unknown = await writing(() => stranger.guess('nobody.here'))
    expect(unknown).toBe(3)
    for (const [kind, who] of Object.entries(kinds))
      expect(await writing(() => (kind === 'known' ? own : stranger).guess(who.name)), kind).toBe(unknown)
    // From a browser that is known for somebody else, too.
    expect(await writing(() => own.guess('nobody.here.either'))).toBe(unknown)
  })

  test('an enrolment code for it as well', async () => {
    const ana = await member()
    const ask = (name: string) =>
      fetch(`${world.url}/api/v1/enrolment`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-wardline': '1' },
        body: JSON.stringify({ name, secret: 'AAAAA-BBBBB-CCCCC-DDDDD-EEEEE-F' }),
      })
    expect(await writing(() => ask(ana.name))).toBe(await writing(() => ask('nobody.at.all')))
  })
})

describe('a sign-in from a browser that was not known', () => {
  const toldOf = async (person: string) =>
    (
      await world.owner.query<{ what: string }>("select what from sign_in_notice where person = $1 and what = 'signed-in-anew'", [person])
    ).rows.map((it) => it.what)

  test('is told to its person, once for each browser, and not the first of all', async () => {
    const who = await member()
    const [mine, other] = [openBrowser(), openBrowser()]
    expect((await mine.in(who)).code).toBe('right')
    expect((await mine.in(who)).code).toBe('right')
    expect(await toldOf(who.person)).toEqual([])
    expect((await other.in(who)).code).toBe('right')
    expect(await toldOf(who.person)).toEqual(['signed-in-anew'])
    expect((await other.in(who)).code).toBe('right')
    expect(await toldOf(who.person)).toEqual(['signed-in-anew'])
    const read = async (jar: ReadonlyMap<string, string>, path: string) => {
      const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
      const { notices } = (await (await fetch(world.url + path, { headers: { cookie } })).json()) as {
        notices: { what: string; mine: boolean }[]
      }
      return notices.filter((it) => it.what === 'signed-in-anew')
    }
    expect(await read(mine.jar, '/api/v1/notices')).toMatchObject([{ what: 'signed-in-anew', mine: true }])
    // Where colleagues sign in is not for officers to follow.
    const officer = await member()
    await world.owner.query("update role_grant set role = 'privacy-officer' where person = $1", [officer.person])
    const desk = openBrowser()
    await desk.in(officer)
    expect(await read(desk.jar, '/api/v1/notices')).toEqual([])
  })
})
