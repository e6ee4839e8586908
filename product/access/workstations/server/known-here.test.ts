import { randomBytes } from 'node:crypto'
import { Secret, TOTP } from 'otpauth'
import { bySystem } from '@wardline/platform/server'
import { enrolTotp } from '@wardline/product/access/mfa/server'
import { endSessions } from '@wardline/product/access/sessions/server'
import { lanesOf } from '@wardline/product/access/sign-in/rules'
import { setPassword } from '@wardline/product/access/sign-in/server'
import { afterAll, describe, expect, test } from 'vitest'
import { openWard } from '../../../../testing/ward.ts'
import type { Answer, Jar } from '../../../../testing/ward.ts'

const { org, world, admin, ask, pinOf, hire, enter, workstation, comeBack } = await openWard()
afterAll(() => world.close())

describe('names and passwords at a shared workstation', () => {
  const password = 'correct horse battery'
  const lanes = lanesOf(100)
  interface Member {
    readonly person: string
    readonly signInName: string
    readonly key: Buffer
  }
  const member = async (): Promise<Member> => {
    const it = { ...(await hire()), key: randomBytes(20) }
    await world.server.db.write(org, bySystem, async (tx) => {
      await setPassword(tx, world.keys, { person: it.person, password })
      await enrolTotp(tx, world.keys, { person: it.person, key: it.key })
    })
    return it
  }
  const forgetWaits = () => world.owner.query('delete from sign_in_backoff')
  const guess = async (jar: Jar, { signInName: name }: Member) => {
    await forgetWaits()
    return ask(jar, 'POST', '/api/v1/sign-in', { name, password: 'wrong horse battery' })
  }
  async function signInFully(jar: Jar, it: Member): Promise<Answer> {
    // A code works once.
    await world.advance(30_000)
    await forgetWaits()
    const { ticket } = (await ask(jar, 'POST', '/api/v1/sign-in', { name: it.signInName, password })).body
    const totp = new TOTP({ secret: new Secret({ buffer: Uint8Array.from(it.key).buffer }) })
    return ask(jar, 'POST', '/api/v1/sign-in/code', { ticket, code: totp.generate({ timestamp: world.server.clock.ms() }) })
  }
  async function begin(jar: Jar, it: Member): Promise<void> {
    expect(await signInFully(jar, it)).toMatchObject({ status: 200 })
    expect(await ask(jar, 'POST', '/api/v1/workstation/shift', {})).toMatchObject({ status: 200 })
    await ask(jar, 'POST', '/api/v1/workstation/veil', {})
  }
  const tries = async ({ person }: Member) => {
    const found = await world.owner.query('select strangers, known from password_tries where person = $1', [person])
    return found.rows[0] as { strangers: number; known: number }
  }
  const browsersOf = async ({ person }: Member) =>
    (await world.owner.query('select from known_browser where person = $1', [person])).rowCount

  test('all who work there are known to it, however many; strangers stop none of them', async () => {
    const jar = await workstation()
    const staff: Member[] = []
    for (let i = 0; i < 9; i += 1) {
      staff.push(await member())
      await begin(jar, staff.at(-1)!)
    }
    const [first] = staff as [Member]
    // The machine's own credential is all that it keeps.
    expect(Object.keys(jar).toSorted()).toEqual(['id', 'wlw'])
    await world.owner.query('update password_tries set strangers = $2 where person = any($1)', [
      staff.map((it) => it.person),
      lanes.strangers - 1,
    ])
    for (const it of staff) await guess({}, it)
    expect(await tries(first)).toEqual({ strangers: lanes.strangers, known: 0 })
    expect((await signInFully({}, first)).status).not.toBe(200)
    for (const it of [first, staff.at(-1)!]) await begin(jar, it)
    expect([await tries(first), await browsersOf(first)]).toEqual([{ strangers: 0, known: 0 }, 1])
  })

  test('eleven of them push nobody’s own browsers out, nor do those push them out', async () => {
    const nurse = await member()
    const home: Jar = {}
    expect(await signInFully(home, nurse)).toMatchObject({ status: 200 })
    for (let i = 0; i < 11; i += 1) await begin(await workstation(), nurse)
    expect(await browsersOf(nurse)).toBe(12)
    await world.owner.query('update password_tries set strangers = $2 where person = $1', [nurse.person, lanes.strangers - 1])
    await guess({}, nurse)
    expect((await signInFully({}, nurse)).status).not.toBe(200)
    expect(await signInFully(home, nurse)).toMatchObject({ status: 200 })
    // Of their own the ten newest stay, and one at a workstation takes the place of none of them.
    for (let i = 0; i < 10; i += 1) expect(await signInFully({}, nurse)).toMatchObject({ status: 200 })
    expect(await browsersOf(nurse)).toBe(21)
    await begin(await workstation(), nurse)
    expect(await browsersOf(nurse)).toBe(22)
  })

  test('who guesses at it takes half of one person’s known lane and no more, and nothing of anybody else’s', async () => {
    const jar = await workstation()
    const [nurse, other] = [await member(), await member()]
    // Known there before it was shared: that does not count twice.
    await enter(jar, nurse.person)
    expect(await signInFully(jar, nurse)).toMatchObject({ status: 200 })
    expect(jar['wlk']).toBeDefined()
    const before = jar['wlk']!
    for (const it of [nurse, other]) await begin(jar, it)
    for (let i = 0; i < lanes.browser; i += 1) await guess(jar, nurse)
    expect(await tries(nurse)).toEqual({ strangers: 0, known: lanes.browser })
    await guess(jar, nurse)
    await guess({ wlk: before }, nurse)
    expect(await tries(nurse)).toEqual({ strangers: 2, known: lanes.browser })
    await guess(jar, other)
    expect(await tries(other)).toEqual({ strangers: 0, known: 1 })
    // Nobody is known to it who never signed in there, and a PIN makes nobody known.
    const third = await member()
    await guess(jar, third)
    expect(await tries(third)).toEqual({ strangers: 1, known: 0 })
  })

  test('what is set up on a browser takes the place of what was known in it, and is known to nobody once it is removed', async () => {
    const nurse = await member()
    const jar: Jar = {}
    await signInFully(jar, nurse)
    const before = jar['wlk']!
    await enter(jar, admin)
    const key = randomBytes(32).toString('base64url')
    const answer = await ask(jar, 'POST', '/api/v1/workstations', { name: 'The ward’s phone', location: null, place: 'phone', key })
    expect(jar['wlk']).toBeUndefined()
    await guess({ wlk: before }, nurse)
    expect(await tries(nurse)).toEqual({ strangers: 1, known: 0 })
    delete jar['wl']
    await begin(jar, nurse)
    const office: Jar = {}
    await enter(office, admin)
    await ask(office, 'DELETE', `/api/v1/workstations/${(answer.body as { workstation: string }).workstation}`)
    await guess(jar, nurse)
    expect([await tries(nurse), await browsersOf(nurse)]).toEqual([{ strangers: 1, known: 0 }, 0])
  })

  test('who ends their session there from elsewhere is known there no more, after a PIN too', async () => {
    const jar = await workstation()
    const nurse = { ...(await member()), pin: pinOf() }
    expect(await signInFully(jar, nurse)).toMatchObject({ status: 200 })
    await ask(jar, 'POST', '/api/v1/workstation/shift', {})
    await ask(jar, 'PUT', '/api/v1/pin', { pin: nurse.pin })
    await ask(jar, 'POST', '/api/v1/workstation/veil', {})
    const { session } = (await comeBack(jar, { person: nurse.person, pin: nurse.pin })).body as { session: string }
    expect(await browsersOf(nurse)).toBe(1)
    await world.server.db.write(org, bySystem, (tx) => endSessions(tx, { sessions: [session] }, 'ended-elsewhere'))
    await world.settle()
    expect(await browsersOf(nurse)).toBe(0)
  })
})
