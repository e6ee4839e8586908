/** OpenID Connect with a real provider (npm oidc-provider) over HTTP: who is proven gets in, and nothing else does. */
import { randomBytes } from 'node:crypto'
import { notices as noticesOf } from '@wardline/product/access/mfa/contract'
import { beginShift, setPin, setUpWorkstation, switchUser, veil } from '@wardline/product/access/workstations/contract'
import * as sso from '@wardline/product/access/sso/contract'
import { me } from '@wardline/product/access/provisioning/contract'
import { rolesOf, setRolesOf } from '@wardline/product/access/roles/server'
import { issueToken } from '@wardline/product/access/scim/contract'
import { signIn, signInCode } from '@wardline/product/access/sign-in/contract'
import { bySystem } from '@wardline/platform/server'
import { deactivatePerson } from '@wardline/product/access/provisioning/server'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openOidcPeer } from '../testing/oidc-peer.ts'
import type { OidcPeer } from '../testing/oidc-peer.ts'
import { codeOf, fieldsOf, must, openSsoWorld, password } from './lib/sso-world.ts'
import type { Browser, Member, SsoWorld } from './lib/sso-world.ts'

let it: SsoWorld
let peer: OidcPeer
let admin: Member
let office: Browser
let connection: string

beforeAll(async () => {
  it = await openSsoWorld()
  peer = await openOidcPeer(`${it.world.url}/sso/return`)
  admin = await it.found()
  office = await it.signedIn(admin.person)
  const settings = {
    kind: 'oidc' as const,
    issuer: peer.issuer,
    clientId: peer.clientId,
    scope: 'openid profile',
    algorithm: 'RS256' as const,
    nameClaim: 'preferred_username',
    amr: ['mfa'],
    acr: [],
  }
  const body = { label: 'Mercy Hospital', address: 'mercy', listed: true, firstLink: false, settings, secret: peer.secret }
  const made = must(await office.call(sso.addConnection, { body }))
  connection = made.id
  must(await office.call(sso.changeConnection, { params: { connection }, body: { ...fieldsOf(made), on: true } }))
})
beforeEach(() => {
  peer.tamper(null)
  Object.assign(peer.says, { subject: 'subject-1', amr: ['pwd', 'mfa'], acr: undefined })
})
afterAll(async () => {
  await peer.close()
  await it.world.close()
})

const queryOf = (url: string) => new URL(url).search.slice(1)
async function leave(browser: Browser, place: 'private' | 'counter' = 'private', by = connection) {
  const { url } = must(await browser.call(sso.begin, { body: { connection: by, place } }))
  return queryOf(await peer.visit(url))
}
/** Links a person to the provider's subject, as they do in their settings. */
async function link(who: Member, subject: string, by = connection) {
  peer.says.subject = subject
  const browser = await it.signedIn(who.person)
  const { url } = must(await browser.call(sso.beginLink, { body: { connection: by } }))
  return browser.call(sso.finish, { body: { answer: queryOf(await peer.visit(url)) } })
}
/** Comes in as whom the provider names now. */
async function enter(by = connection) {
  const browser = it.browser()
  return browser.call(sso.finish, { body: { answer: await leave(browser, 'private', by) } })
}
const shown = async () => must(await office.call(sso.connections, {})).connections.find((one) => one.id === connection)!
const problem = async () => (await shown()).problem?.code

describe('signing in at the provider', () => {
  test('a linked person with two factors there is in; the session is theirs', async () => {
    const ana = await it.person()
    expect(must(await link(ana, 'ana'))).toEqual({ is: 'linked' })
    const browser = it.browser()
    const result = must(await browser.call(sso.finish, { body: { answer: await leave(browser) } }))
    expect(result).toMatchObject({ is: 'signed-in', session: { person: ana.person } })
    expect(must(await browser.call(me, {})).person).toBe(ana.person)
    expect(browser.jar.has('wl-sso')).toBe(false)
  })

  test('without proof of two factors there, our own second factor is asked for, and is enough', async () => {
    const ben = await it.person()
    must(await link(ben, 'ben'))
    peer.says.amr = ['pwd']
    const browser = it.browser()
    const result = must(await browser.call(sso.finish, { body: { answer: await leave(browser) } }))
    if (result.is !== 'second-factor') throw new Error(result.is)
    expect(codeOf(await browser.call(me, {}))).toBe('signed-out')
    must(await browser.call(signInCode, { body: { ticket: result.ticket, code: it.codeNow(ben.key) } }))
    expect(must(await browser.call(me, {})).person).toBe(ben.person)
  })

  test('nobody is found by name or e-mail address: without a link there is no way in, for officers least of all', async () => {
    peer.says.subject = 'stranger'
    peer.says.name = admin.name
    const browser = it.browser()
    expect(codeOf(await browser.call(sso.finish, { body: { answer: await leave(browser) } }))).toBe('sso-not-linked')
    expect(await problem()).toBe('not-linked')
  })

  test('who left is as unknown as a stranger', async () => {
    const gone = await it.person()
    must(await link(gone, 'gone'))
    await it.world.server.db.write(it.org, bySystem, (tx) => deactivatePerson(tx, gone.person))
    const browser = it.browser()
    expect(codeOf(await browser.call(sso.finish, { body: { answer: await leave(browser) } }))).toBe('sso-not-linked')
  })

  test('one subject is one person: it cannot be linked again', async () => {
    const [one, two] = [await it.person(), await it.person()]
    must(await link(one, 'only-one'))
    expect(codeOf(await link(two, 'only-one'))).toBe('sso-failed')
    expect(await problem()).toBe('linked-elsewhere')
  })

  test('whoever ends their link comes in no more, and nobody else’s is ended with it', async () => {
    const [one, two] = [await it.person(), await it.person()]
    must(await link(two, 'stays'))
    must(await link(one, 'goes'))
    must(await (await it.signedIn(one.person)).call(sso.endLink, { params: { connection } }))
    expect(codeOf(await enter())).toBe('sso-not-linked')
    peer.says.subject = 'stays'
    expect(must(await enter())).toMatchObject({ is: 'signed-in', session: { person: two.person } })
  })

  test('where the connection allows it, whom the directory created is linked by name once; nobody made here by hand, and no officer', async () => {
    const { secret } = must(await office.call(issueToken, { body: { label: 'Directory' } }))
    const tell = async (method: string, path: string, body: object) => {
      const headers = { authorization: `Bearer ${secret}`, 'content-type': 'application/scim+json' }
      const answer = await fetch(`${it.world.url}/scim/v2${path}`, { method, headers, body: JSON.stringify(body) })
      expect(answer.ok).toBe(true)
      return ((await answer.json()) as { id: string }).id
    }
    const hire = (userName: string) =>
      tell('POST', '/Users', { schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'], userName, displayName: userName })
    const [hired, boss, byHand] = [await hire('joiner@mercy.example'), await hire('boss@mercy.example'), await it.person()]
    const Operations = [{ op: 'replace', path: 'displayName', value: 'Adopted' }]
    await tell('PATCH', `/Users/${byHand.person}`, { schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], Operations })
    await it.world.server.db.write(it.org, bySystem, async (tx) => {
      expect(await rolesOf(tx, boss)).toEqual([])
      await setRolesOf(tx, boss, ['auditor'])
    })
    const enterAs = async (subject: string, name: string) => {
      Object.assign(peer.says, { subject, name })
      return enter()
    }
    expect(codeOf(await enterAs('joiner', 'joiner@mercy.example'))).toBe('sso-not-linked')
    must(await office.call(sso.changeConnection, { params: { connection }, body: { ...fieldsOf(await shown()), firstLink: true } }))
    expect(codeOf(await enterAs('by-hand', byHand.name))).toBe('sso-not-linked')
    expect(codeOf(await enterAs('boss', 'boss@mercy.example'))).toBe('sso-not-linked')
    expect(must(await enterAs('joiner', 'Joiner@mercy.example'))).toMatchObject({ is: 'signed-in', session: { person: hired } })
    must(await office.call(sso.changeConnection, { params: { connection }, body: { ...fieldsOf(await shown()), firstLink: false } }))
    expect(must(await enterAs('joiner', 'whatever'))).toMatchObject({ is: 'signed-in', session: { person: hired } })
    expect(codeOf(await enterAs('another-subject', 'joiner@mercy.example'))).toBe('sso-not-linked')
  })

  test('a link is of whoever began it, in their own session: who signs in at that browser next, or nobody, finishes none', async () => {
    const [one, two] = [await it.person(), await it.person()]
    peer.says.subject = 'whoever-came-next'
    for (const next of [two, null]) {
      const browser = await it.signedIn(one.person)
      const { url } = must(await browser.call(sso.beginLink, { body: { connection } }))
      const answer = queryOf(await peer.visit(url))
      if (next) browser.jar.set('wl', (await it.signedIn(next.person)).jar.get('wl')!)
      else browser.jar.delete('wl')
      expect(codeOf(await browser.call(sso.finish, { body: { answer } }))).toBe('sso-expired')
    }
    const browser = it.browser()
    expect(codeOf(await browser.call(sso.finish, { body: { answer: await leave(browser) } }))).toBe('sso-not-linked')
  })
})

describe('what is refused', () => {
  test('an answer in another browser, a second time, after ten minutes, or of a made-up state', async () => {
    const [mine, other] = [it.browser(), it.browser()]
    const answer = await leave(mine)
    expect(codeOf(await other.call(sso.finish, { body: { answer } }))).toBe('sso-expired')
    await leave(other)
    expect(codeOf(await other.call(sso.finish, { body: { answer } }))).toBe('sso-expired')
    const cookie = mine.jar.get('wl-sso')!
    await link(await it.person(), 'subject-1')
    peer.says.subject = 'subject-1'
    expect(codeOf(await mine.call(sso.finish, { body: { answer } }))).toBe('ok')
    mine.jar.set('wl-sso', cookie)
    expect(codeOf(await mine.call(sso.finish, { body: { answer } }))).toBe('sso-expired')

    const slow = it.browser()
    const late = await leave(slow)
    await it.world.advance(10 * 60_000 + 1_000)
    expect(codeOf(await slow.call(sso.finish, { body: { answer: late } }))).toBe('sso-expired')
    await it.world.advance(-10 * 60_000 - 1_000)
    const made = it.browser()
    await leave(made)
    expect(codeOf(await made.call(sso.finish, { body: { answer: `code=x&state=${'A'.repeat(64)}` } }))).toBe('sso-expired')
  })

  const changed = (change: (claims: Record<string, unknown>, head: Record<string, unknown>) => void, resign = false) => {
    peer.tamper((path, body) => {
      if (path !== '/token') return body
      const json = JSON.parse(body) as { id_token: string }
      const [head, claims, signature] = json.id_token.split('.')
      const read = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>
      const [h, c] = [read(head!), read(claims!)]
      change(c, h)
      const write = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
      return JSON.stringify({ ...json, id_token: `${write(h)}.${write(c)}.${resign ? '' : signature}` })
    })
  }

  test.each([
    ['another person’s subject under the old signature', () => changed((claims) => (claims.sub = 'ana'))],
    ['a claim of a second factor that was not signed', () => changed((claims) => (claims.amr = ['mfa']))],
    ['an unsigned token ("alg": "none")', () => changed((_claims, head) => (head.alg = 'none'), true)],
    ['a symmetric algorithm with the public key as secret', () => changed((_claims, head) => (head.alg = 'HS256'))],
  ])('%s', async (_what, tamper) => {
    const browser = it.browser()
    const answer = await leave(browser)
    tamper()
    expect(codeOf(await browser.call(sso.finish, { body: { answer } }))).toBe('sso-failed')
    expect(browser.jar.has('wl')).toBe(false)
    expect(await problem()).toBe('token')
  })

  test('an expired token: the service’s clock decides', async () => {
    const browser = it.browser()
    const answer = await leave(browser)
    const passed = 8 * 60_000
    await it.world.advance(passed)
    const code = codeOf(await browser.call(sso.finish, { body: { answer } }))
    const why = await problem()
    await it.world.advance(-passed)
    expect([code, why]).toEqual(['sso-failed', 'expired'])
  })

  test('a refusal of the provider itself, told to the administrator word for word', async () => {
    const browser = it.browser()
    must(await browser.call(sso.begin, { body: { connection } }))
    const { url } = must(await browser.call(sso.begin, { body: { connection } }))
    const state = new URL(url).searchParams.get('state')!
    const answer = `error=access_denied&error_description=Not+today&state=${state}&iss=${encodeURIComponent(peer.issuer)}`
    expect(codeOf(await browser.call(sso.finish, { body: { answer } }))).toBe('sso-failed')
    const shown = must(await office.call(sso.connections, {})).connections[0]!.problem
    expect(shown).toMatchObject({ code: 'provider', detail: 'the provider answered "access_denied": Not today' })
  })

  test('a change of the connection meanwhile', async () => {
    const browser = it.browser()
    const answer = await leave(browser)
    const now = must(await office.call(sso.connections, {})).connections[0]!
    must(await office.call(sso.changeConnection, { params: { connection }, body: fieldsOf(now) }))
    expect(codeOf(await browser.call(sso.finish, { body: { answer } }))).toBe('sso-expired')
  })

  test('a connection that is off begins nothing', async () => {
    const turn = async (on: boolean) =>
      must(await office.call(sso.changeConnection, { params: { connection }, body: { ...fieldsOf(await shown()), on } }))
    await turn(false)
    expect(codeOf(await it.browser().call(sso.begin, { body: { connection } }))).toBe('no-connection')
    expect(codeOf(await office.call(sso.beginLink, { body: { connection } }))).toBe('no-connection')
    await turn(true)
  })

  test('at a counter, a provider that only remembers the person', async () => {
    await link(await it.person(), 'at-the-counter')
    const browser = it.browser()
    const { url } = must(await browser.call(sso.begin, { body: { connection, place: 'counter' } }))
    expect(new URL(url).searchParams.get('prompt')).toBe('login')
    const result = must(await browser.call(sso.finish, { body: { answer: queryOf(await peer.visit(url)) } }))
    expect(result.is).toBe('signed-in')
  })
})

describe('the administrator', () => {
  test('tests it: each step with what it found, and a trial with a person that opens no session', async () => {
    const tested = must(await office.call(sso.testConnection, { params: { connection } }))
    expect(tested.checks.map((one) => one.ok)).toEqual([true, true])
    peer.says.subject = 'whoever'
    peer.says.name = 'someone@mercy.example'
    const result = must(await office.call(sso.finish, { body: { answer: queryOf(await peer.visit(tested.url!)) } }))
    expect(result).toMatchObject({ is: 'tested', trial: { name: 'someone@mercy.example', secondFactor: true, linkedTo: null } })
  })

  test('sees the exact error of an address that is wrong, private or somebody else’s', async () => {
    const now = must(await office.call(sso.connections, {})).connections[0]!
    let tried = 0
    const tryWith = async (issuer: string) => {
      const { on: _, ...fields } = fieldsOf(now)
      const settings = { ...now.settings, issuer } as typeof now.settings
      const made = must(await office.call(sso.addConnection, { body: { ...fields, address: `try-${(tried += 1)}`, settings } }))
      const { checks, url } = must(await office.call(sso.testConnection, { params: { connection: made.id } }))
      expect(url).toBeNull()
      return checks.find((one) => !one.ok)!.detail
    }
    expect(await tryWith(`${peer.issuer}/nowhere`)).toMatch(/404|unexpected HTTP/i)
    expect(await tryWith('https://10.1.2.3')).toContain('private or reserved address')
    expect(await tryWith('http://169.254.169.254/latest')).toContain('private or reserved address')
    expect(await tryWith(peer.issuer.replace('127.0.0.1', 'localhost'))).toMatch(/issuer/i)
    // Another provider is not sent the secret that belongs to this one.
    const { on: _, ...fields } = fieldsOf(now)
    const mine = must(await office.call(sso.addConnection, { body: { ...fields, address: 'moves', secret: peer.secret } }))
    const moved = { ...fieldsOf(mine), settings: { ...now.settings, issuer: 'https://elsewhere.example' } as typeof now.settings }
    const after = must(await office.call(sso.changeConnection, { params: { connection: mine.id }, body: moved }))
    expect([mine.hasSecret, after.hasSecret]).toEqual([true, false])
  })

  test('may demand it of everybody: then no password leads in, except a named administrator’s, and that is an alarm', async () => {
    const [zoe, second] = [await it.person(), await it.person(['administrator'])]
    must(await link(zoe, 'zoe'))
    const viaPassword = async (who: Member) => {
      const browser = it.browser()
      const first = must(await browser.call(signIn, { body: { name: who.name, password } }))
      await it.world.advance(30_000)
      return codeOf(await browser.call(signInCode, { body: { ticket: first.ticket, code: it.codeNow(who.key) } }))
    }
    expect(await viaPassword(zoe)).toBe('ok')
    const fresh = await it.signedIn(admin.person)
    const demand = (exempt: string[]) => fresh.call(sso.setDemand, { body: { connection, exempt } })
    expect(codeOf(await demand([]))).toBe('nobody-exempt')
    expect(codeOf(await demand([zoe.person]))).toBe('not-an-administrator')
    // Nobody has come in by another one yet: to demand it might shut everybody out.
    const { on, ...fields } = { ...fieldsOf(await shown()), address: 'other' }
    const { id: other } = must(await fresh.call(sso.addConnection, { body: { ...fields, secret: peer.secret } }))
    must(await fresh.call(sso.changeConnection, { params: { connection: other }, body: { ...fields, on } }))
    expect(codeOf(await fresh.call(sso.setDemand, { body: { connection: other, exempt: [second.person] } }))).toBe('not-tried')
    must(await link(zoe, 'zoe-there', other))
    expect(must(await enter(other)).is).toBe('signed-in')
    expect(codeOf(await demand([second.person]))).toBe('ok')
    expect(await viaPassword(zoe)).toBe('sso-demanded')
    expect(await viaPassword(second)).toBe('ok')
    // What another provider says opens nothing, and the demanded one cannot be turned off.
    expect(codeOf(await enter(other))).toBe('sso-demanded')
    const off = { ...fieldsOf(await shown()), on: false }
    expect(codeOf(await fresh.call(sso.changeConnection, { params: { connection }, body: off }))).toBe('still-demanded')
    peer.says.subject = 'zoe'
    const browser = it.browser()
    const answer = await leave(browser)
    expect(must(await browser.call(sso.finish, { body: { answer } })).is).toBe('signed-in')
    // What the provider said is used up: it does not open the password's door afterwards.
    expect(await viaPassword(zoe)).toBe('sso-demanded')
    // Nor does what it said of one factor, once its five minutes are over.
    peer.says.amr = ['pwd']
    const half = it.browser()
    expect(must(await half.call(sso.finish, { body: { answer: await leave(half) } })).is).toBe('second-factor')
    await it.world.owner.query('update sso_pass set until = wl_now() where person = $1', [zoe.person])
    expect(await viaPassword(zoe)).toBe('sso-demanded')
    await it.world.settle()
    const { rows } = await it.world.owner.query("select actor from fact where kind = 'access.sso.exemption-used' and org = $1", [it.org])
    expect(rows).toEqual([{ actor: second.person }])
    const { notices } = must(await fresh.call(noticesOf, {}))
    expect(notices.filter((one) => one.what === 'sso-exemption-used').map((one) => one.person)).toEqual([second.person])
    must(await (await it.signedIn(second.person)).call(sso.setDemand, { body: { connection: null, exempt: [] } }))
  })

  test('a PIN at a shared workstation goes on only with a shift that began at the demanded provider', async () => {
    const [yan, zoe] = [await it.person(['nurse']), await it.person(['nurse'])]
    must(await link(zoe, 'zoe-at-work'))
    const office = await it.signedIn(admin.person)
    const key = randomBytes(32).toString('base64url')
    must(await office.call(setUpWorkstation, { body: { name: 'Ward 4', location: null, place: 'counter', key } }))
    const station = { wlw: office.jar.get('wlw')! }
    /** A shift with a PIN that has just been left, in a browser that is the workstation. */
    const leaveShift = async (browser: Browser) => {
      browser.jar.set('wlw', station.wlw)
      must(await browser.call(beginShift, {}))
      must(await browser.call(setPin, { body: { pin: '482139' } }))
      must(await browser.call(veil, {}))
    }
    const back = async (who: Member) => {
      const browser = it.browser()
      browser.jar.set('wlw', station.wlw)
      return codeOf(await browser.call(switchUser, { body: { person: who.person, pin: '482139' } }))
    }
    await leaveShift(await it.signedIn(yan.person))
    expect(await back(yan)).toBe('ok')
    must(await office.call(sso.setDemand, { body: { connection, exempt: [admin.person] } }))
    expect(await back(yan)).toBe('sso-demanded')
    peer.says.subject = 'zoe-at-work'
    const browser = it.browser()
    must(await browser.call(sso.finish, { body: { answer: await leave(browser, 'counter') } }))
    await leaveShift(browser)
    expect(await back(zoe)).toBe('ok')
    expect(await back(zoe)).toBe('ok')
    expect(await back(yan)).toBe('sso-demanded')
    must(await office.call(sso.setDemand, { body: { connection: null, exempt: [] } }))
    expect(await back(yan)).toBe('ok')
  })

  test('who is none sees nothing of it, and neither does another organisation', async () => {
    const nurse = await it.signedIn((await it.person()).person)
    expect(codeOf(await nurse.call(sso.connections, {}))).toBe('not-found')
    const elsewhere = '11111111-2222-4333-8444-555555555555'
    const other = await it.signedIn((await it.found(elsewhere)).person, elsewhere)
    expect(must(await other.call(sso.connections, {})).connections).toEqual([])
    expect(codeOf(await other.call(sso.testConnection, { params: { connection } }))).toBe('not-found')
    const now = must(await (await it.signedIn(admin.person)).call(sso.connections, {})).connections[0]!
    expect(codeOf(await other.call(sso.changeConnection, { params: { connection }, body: fieldsOf(now) }))).toBe('not-found')
    const { on: _, ...fields } = fieldsOf(now)
    expect(codeOf(await other.call(sso.addConnection, { body: fields }))).toBe('address-taken')
  })
})
