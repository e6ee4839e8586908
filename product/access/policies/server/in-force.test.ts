/** A figure that two people changed is the figure that counts, wherever it is asked for: through the front door. */
import { randomBytes } from 'node:crypto'
import { signIn as signInAs } from '@wardline/dev/staff'
import { openWorld } from '@wardline/dev/world'
import type { World } from '@wardline/dev/world'
import { client } from '@wardline/platform/contract'
import { bySystem, newId } from '@wardline/platform/server'
import { makeRecoveryCodes } from '@wardline/product/access/mfa/contract'
import { dualControl } from '@wardline/product/access/dual-control/server'
import { enrolTotp, mfa } from '@wardline/product/access/mfa/server'
import { reissueEnrolment } from '@wardline/product/access/provisioning/contract'
import { createOrganisation, createPerson, issueEnrolment, provisioning } from '@wardline/product/access/provisioning/server'
import { roles } from '@wardline/product/access/roles/server'
import { mySessions } from '@wardline/product/access/sessions/contract'
import { beginSession, sessions } from '@wardline/product/access/sessions/server'
import { beginEnrolment, finishEnrolment, signInCode, signIn as signInEndpoint } from '@wardline/product/access/sign-in/contract'
import { setPassword, signIn } from '@wardline/product/access/sign-in/server'
import { audit } from '@wardline/product/compliance/audit/server'
import { Secret, TOTP } from 'otpauth'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { approveChange, proposeChange } from '../contract.ts'
import type { SettingName } from '../preview.ts'
import { figures, figuresOf, policies, standInFigures } from './index.ts'

const minute = 60_000
const day = 86_400_000
const password = 'correct horse battery'
let world: World
let made = 0

beforeAll(async () => {
  world = await openWorld({ features: [provisioning, dualControl([]), roles, mfa, sessions, signIn, policies, audit(() => '')] })
})
afterAll(() => world.close())

/** A practice whose administrator proposes and whose privacy officer approves. */
async function practice() {
  const org = newId()
  const write = world.server.db.write
  await write(org, bySystem, (tx) => createOrganisation(tx, { name: 'Maple Street', zone: 'America/Chicago', preset: 'practice' }))
  const person = async (role: 'administrator' | 'privacy-officer' | 'nurse') => {
    const name = `figure.${(made += 1)}`
    const id = await write(org, bySystem, (tx) => createPerson(tx, { signInName: name, name: 'Sam', title: '', roles: [role] }))
    return { id, name, in: () => signInAs(world, org, id) }
  }
  const [administrator, officer, nurse] = [await person('administrator'), await person('privacy-officer'), await person('nurse')]
  return {
    org,
    administrator,
    nurse,
    person,
    async change(setting: SettingName, value: number) {
      const [a, b] = [await administrator.in(), await officer.in()]
      const { change } = await must(a.call(proposeChange, { body: { setting, value, reason: 'as the risk analysis asks' } }))
      await must(b.call(approveChange, { params: { change }, body: {} }))
    },
  }
}
const stranger = (forwarded = '') =>
  client(
    (to, init) => fetch(to, init as RequestInit),
    world.url,
    () => ({ origin: world.url, ...(forwarded === '' ? {} : { 'x-forwarded-for': forwarded }) }),
  )
const must = async <T>(answer: Promise<{ ok: true; value: T } | { ok: false; code: string }>): Promise<T> => {
  const it = await answer
  if (!it.ok) throw new Error(it.code)
  return it.value
}
const outcome = async (answer: Promise<{ ok: true } | { ok: false; code: string }>) => {
  const it = await answer
  return it.ok ? 'done' : it.code
}

describe('sessions', () => {
  test('an idle one ends at the new figure, the one that was open already too; another organisation’s as before', async () => {
    const [here, there] = [await practice(), await practice()]
    const [open, other] = [await here.nurse.in(), await there.nurse.in()]
    expect((await must(open.call(mySessions, {}))).sessions[0]).toMatchObject({ idleSeconds: 15 * 60 })
    await here.change('session.idle-minutes.private', 4)
    await world.settle()
    const later = await here.nurse.in()
    expect((await must(later.call(mySessions, {}))).sessions).toMatchObject([{ idleSeconds: 240 }, { idleSeconds: 240 }])
    await world.advance(4 * minute)
    expect(await outcome(open.call(mySessions, {}))).toBe('signed-out')
    expect(await outcome(later.call(mySessions, {}))).toBe('signed-out')
    expect(await outcome(other.call(mySessions, {}))).toBe('done')
  })

  test('a longer idle time counts from the next act', async () => {
    const { nurse, change } = await practice()
    const open = await nurse.in()
    await change('session.idle-minutes.private', 25)
    await world.advance(2 * minute)
    expect(await outcome(open.call(mySessions, {}))).toBe('done')
    await world.advance(24 * minute)
    expect(await outcome(open.call(mySessions, {}))).toBe('done')
  })

  test('the absolute end is drawn nearer, never further away', async () => {
    const { org, nurse, change } = await practice()
    const open = await nurse.in()
    const before = (await must(open.call(mySessions, {}))).sessions[0]!
    await change('session.absolute-hours', 1)
    await world.settle()
    const after = (await must(open.call(mySessions, {}))).sessions[0]!
    expect(after.endsAt - after.startedAt).toBe(60 * minute)
    await change('session.absolute-hours', 20)
    await world.settle()
    expect((await must(open.call(mySessions, {}))).sessions[0]!.endsAt).toBe(after.endsAt)
    await expect(
      world.owner.query("update session set ends_at = ends_at + interval '1 hour' where org = $1 and session = $2", [org, before.id]),
    ).rejects.toThrow(/never moves away/)
    for (let i = 0; i < 6; i += 1) {
      await world.advance(10 * minute)
      expect(await outcome(open.call(mySessions, {}))).toBe(i < 5 ? 'done' : 'signed-out')
    }
  })

  test('a session that began while a stricter figure was being approved has the nearer end with its next act', async () => {
    const { org, nurse, change } = await practice()
    const open = await nurse.in()
    await change('session.absolute-hours', 1)
    await world.settle()
    // As a node had written it that did not know of the change yet.
    const late = await nurse.in()
    await world.owner.query('alter table session disable trigger user')
    await world.owner.query(`update session set ends_at = started_at + interval '10 hours' where org = $1 and session = $2`, [
      org,
      late.session,
    ])
    await world.owner.query('alter table session enable trigger user')
    for (let i = 0; i < 7; i += 1) {
      await world.advance(10 * minute)
      expect(await outcome(late.call(mySessions, {})), String(i)).toBe(i < 5 ? 'done' : 'signed-out')
    }
    expect(await outcome(open.call(mySessions, {}))).toBe('signed-out')
  })

  test('who administers idles by their own figure, where it is the stricter one', async () => {
    const { administrator, change } = await practice()
    await change('session.administrator-idle-minutes', 3)
    const open = await administrator.in()
    await world.advance(3 * minute)
    expect(await outcome(open.call(mySessions, {}))).toBe('signed-out')
  })

  test('so many at once as the figure says', async () => {
    const { nurse, change } = await practice()
    await change('session.most-staff', 2)
    const open = []
    for (let i = 0; i < 3; i += 1) {
      open.push(await nurse.in())
      await world.advance(1_000)
    }
    expect(await Promise.all(open.map((it) => outcome(it.call(mySessions, {}))))).toEqual(['signed-out', 'done', 'done'])
  })

  test('and at shared screens', async () => {
    const { org, nurse, change } = await practice()
    const sit = () => world.server.db.write(org, bySystem, (tx) => beginSession(tx, { person: nurse.id, place: 'counter' }))
    const open = () => world.owner.query('select from session where org = $1 and person = $2 and ended_at is null', [org, nurse.id])
    await sit()
    await sit()
    expect((await open()).rowCount).toBe(1)
    // Two shared screens are weaker than the floor, which needs a signed exception; one is what everybody has.
    expect(await change('session.most-shared', 2).catch((thrown: Error) => thrown.message)).toContain('needs-exception')
  })
})

test('a fresh proof is as fresh as the figure says, for what asks any person and for what the matrix marks', async () => {
  const { nurse, administrator, change } = await practice()
  await change('step-up.minutes', 1)
  const [n, a] = [await nurse.in(), await administrator.in()]
  await world.advance(50_000)
  expect(await outcome(n.call(makeRecoveryCodes, { body: {} }))).toBe('done')
  expect(await outcome(a.call(reissueEnrolment, { params: { person: nurse.id }, body: {} }))).toBe('done')
  await world.advance(20_000)
  expect(await outcome(n.call(makeRecoveryCodes, { body: {} }))).toBe('step-up-needed')
  expect(await outcome(a.call(reissueEnrolment, { params: { person: nurse.id }, body: {} }))).toBe('step-up-needed')
})

describe('signing in', () => {
  test('an enrolment code is good for so long, and its password so long at least', async () => {
    const { org, person, change } = await practice()
    await change('enrolment.days', 2)
    await change('password.shortest', 16)
    const newcomer = await person('nurse')
    const { secret, until } = await world.server.db.write(org, bySystem, (tx) => issueEnrolment(tx, newcomer.id))
    expect(Math.abs(until - world.server.clock.ms() - 2 * day)).toBeLessThan(5_000)
    const ask = stranger()
    expect((await must(ask(beginEnrolment, { body: { name: newcomer.name, secret } }))).shortest).toBe(16)
    const body = { name: newcomer.name, secret, password: 'fifteen letters', code: '000000' }
    expect(await outcome(ask(finishEnrolment, { body }))).toBe('password-too-short')
    expect(await outcome(ask(finishEnrolment, { body: { ...body, password: 'sixteen letters!' } }))).toBe('wrong-code')
  })

  test('so many recovery codes as the figure says', async () => {
    const { nurse, change } = await practice()
    expect((await must((await nurse.in()).call(makeRecoveryCodes, { body: {} }))).codes).toHaveLength(10)
    await change('recovery.codes', 6)
    expect((await must((await nurse.in()).call(makeRecoveryCodes, { body: {} }))).codes).toHaveLength(6)
  })

  test('what a stricter figure has stopped or disabled stays so when the figure is loosened', async () => {
    const { org, person, change } = await practice()
    const key = randomBytes(20)
    const code = () =>
      new TOTP({ secret: new Secret({ buffer: Uint8Array.from(key).buffer }) }).generate({ timestamp: world.server.clock.ms() })
    const able = async () => {
      const it = await person('nurse')
      await world.server.db.write(org, bySystem, async (tx) => {
        await setPassword(tx, world.keys, { person: it.id, password })
        await enrolTotp(tx, world.keys, { person: it.id, key })
      })
      return it
    }
    const ask = stranger()
    const guess = (name: string, typed = 'wrong, but long') => outcome(ask(signInEndpoint, { body: { name, password: typed } }))
    const ticketOf = async (name: string) => (await must(ask(signInEndpoint, { body: { name, password } }))).ticket
    const tryCode = (ticket: string, typed: string) => outcome(ask(signInCode, { body: { ticket, code: typed } }))
    const [known, unknown, coded] = [await able(), await able(), await able()]
    // One of them has a browser that goes on: there strangers are stopped, and the password is not disabled.
    expect(await tryCode(await ticketOf(known.name), code())).toBe('done')
    await change('password.most-failures', 50)
    await change('code.most-failures', 20)
    const count =
      'insert into password_tries (org, person, strangers) values ($1, $2, 39) on conflict (org, person) do update set strangers = 39'
    for (const it of [known, unknown]) {
      await world.owner.query(count, [org, it.id])
      expect(await guess(it.name)).toBe('wrong-name-or-password')
    }
    await world.owner.query('update totp set failures = 19 where person = $1', [coded.id])
    const [first, second] = [await ticketOf(coded.name), await ticketOf(coded.name)]
    expect(await tryCode(first, code() === '000000' ? '000001' : '000000')).toBe('wrong-code')
    await change('password.most-failures', 100)
    await change('code.most-failures', 100)
    for (const it of [known, unknown]) expect(await guess(it.name, password)).toBe('wrong-name-or-password')
    expect(await tryCode(second, code())).toBe('wrong-code')
  })

  test('waits begin after so many tries as one’s own organisation says, and a name that nobody has waits as some organisation does', async () => {
    const [strict, other] = [await practice(), await practice()]
    for (const { nurse, org } of [strict, other])
      await world.server.db.write(org, bySystem, (tx) => setPassword(tx, world.keys, { person: nurse.id, password }))
    await strict.change('back-off.free-tries', 2)
    const triesOf = async (name: string) => {
      for (let i = 1; i <= 8; i += 1)
        if ((await outcome(stranger()(signInEndpoint, { body: { name, password: 'wrong, but long' } }))) === 'wait') return i - 1
      return null
    }
    expect(await triesOf(strict.nurse.name)).toBe(3)
    expect(await triesOf(other.nurse.name)).toBe(5)
    expect([3, 5]).toContain(await triesOf('nobody.has.this'))
    // By whose figures is drawn with the installation’s secret, which no answer tells: not with anything that is computed from the name.
    const { rows } = await world.owner.query<{ org: string; data_key: string; sealed: Buffer }>('select * from sign_in_secret')
    const secret = world.keys.open(rows[0]!.org, rows[0]!.data_key, rows[0]!.sealed, 'sign_in_secret')
    expect(rows).toHaveLength(1)
    const freeTries = async (name: string, by: Uint8Array) =>
      (await standInFigures(world.server, { name, secret: by }))['back-off.free-tries']
    const names = Array.from({ length: 400 }, () => `nobody.${newId().slice(0, 13)}`)
    const drawn = await Promise.all(names.map((name) => freeTries(name, secret)))
    expect(drawn).not.toEqual(await Promise.all(names.map((name) => freeTries(name, new Uint8Array(32)))))
    for (const free of new Set(drawn)) expect(await triesOf(names[drawn.indexOf(free)]!)).toBe(free + 1)
  })
})

test('an unchanged organisation has the defaults, and a change is seen at once by who asks next', async () => {
  const { org, change } = await practice()
  const now = () => world.server.db.read(org, figures)
  const known = () => figuresOf(world.server, org)
  expect((await now())['device.wipe-days']).toBe(7)
  expect((await known())['device.wipe-days']).toBe(7)
  await change('device.wipe-days', 3)
  expect((await now())['device.wipe-days']).toBe(3)
  expect((await known())['device.wipe-days']).toBe(3)
})
