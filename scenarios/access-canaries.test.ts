/** Whatever people and vendors' systems prove themselves with, and why they did what they did: sent in at every door of access, and found nowhere. */
import { randomBytes } from 'node:crypto'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { readSettings } from '@wardline/app-server'
import { castMember, codeOf, mapleStreet, patients, startDemo, visit } from '@wardline/dev'
import type { CastMember, Demo } from '@wardline/dev'
import { newUuid } from '@wardline/crypto'
import { openConnection, openLog } from '@wardline/platform/server'
import type { TeamEngine } from '@wardline/product/team/messages/client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { canary, findIn, findNumber, searchFolder, secretCanary } from './lib/canary.ts'
import type { Canary, Find } from './lib/canary.ts'
import { eventually, fromBase32, openDevice, say } from './lib/device.ts'

/** What was asked at the front door, and what came back. */
interface Asked {
  readonly url: string
  readonly status: number
  readonly head: string
  readonly body: string
}
interface Drawn extends Canary {
  readonly what: string
  /** `content`: in no file; `made`: the server makes it and tells it once; `name`: may stand in the database, and is shown to colleagues. */
  readonly kind: 'secret' | 'made' | 'content' | 'name'
}

const [marisol, nora, tess] = ['marisol', 'nora', 'tess'].map((it) => castMember(it).member) as [CastMember, CastMember, CastMember]
const pins = ['739104', '618350']

let folder: string
let demo: Demo
let owner: Awaited<ReturnType<typeof openConnection>>
const logged: string[] = []
const asked: Asked[] = []
const drawn: Drawn[] = []
const engines: TeamEngine[] = []

const draw = (what: string, kind: Drawn['kind'] = 'secret', begins = 'Kept & "quiet"/+'): string => {
  const made = canary(begins)
  drawn.push({ ...made, what, kind })
  return made.text
}
/** A secret with a form of its own: one word of hexadecimal digits. */
const word = (what: string, kind: Drawn['kind'] = 'secret'): string => {
  const text = randomBytes(20).toString('hex')
  drawn.push({ ...secretCanary(text), drawn: Date.now(), what, kind })
  return text
}
const made = (what: string, text: string): string => {
  drawn.push({ ...secretCanary(text), drawn: Date.now(), what, kind: 'made' })
  return text
}

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'wardline-access-'))
  // Under root PostgreSQL runs as another user, who must get through.
  await chmod(folder, 0o711)
  const log = openLog({ level: 'debug', write: (line) => void logged.push(line) })
  demo = await startDemo({ settings: readSettings({ PORT: '0', WARDLINE_DATA: path.join(folder, 'data') }, folder), log })
  owner = await openConnection(demo.databaseUrl, 'scenario')
}, 120_000)
afterAll(async () => {
  await Promise.all(engines.map((it) => it.stop()))
  await owner?.end()
  await demo?.stop()
  await rm(folder, { recursive: true, force: true })
})

/** A browser as HTTP sees it. */
function browser(cookie = '') {
  const jar = new Map(cookie === '' ? [] : [[cookie.split('=')[0]!, cookie.slice(cookie.indexOf('=') + 1)]])
  return {
    jar,
    async send(method: string, to: string, body?: unknown, more: Record<string, string> = {}): Promise<Asked & { json: unknown }> {
      const answer = await fetch(demo.url + to, {
        method,
        redirect: 'manual',
        headers: {
          'x-wardline': '1',
          origin: demo.url,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; '),
          ...more,
        },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      })
      const text = await answer.text()
      const head: string[] = []
      answer.headers.forEach((value, name) => name !== 'set-cookie' && head.push(`${name}: ${value}`))
      for (const line of answer.headers.getSetCookie()) {
        const [name = '', value = ''] = line.split(';')[0]!.split('=')
        jar.set(name, value)
      }
      const it = { url: demo.url + to, status: answer.status, head: head.join('\n'), body: text }
      asked.push(it)
      return { ...it, json: (text.startsWith('{') ? JSON.parse(text) : {}) as unknown }
    },
  }
}
type Jar = ReturnType<typeof browser>
const as = async (member: CastMember): Promise<Jar> => browser((await visit(demo.server, mapleStreet, member)).cookie)
const now = () => demo.server.clock.ms()
/** An answer that must be this. */
const told = async <T>(status: number, answer: Promise<Asked & { json: unknown }>): Promise<T> => {
  const it = await answer
  expect({ url: it.url, status: it.status, body: it.status === status ? '' : it.body }).toEqual({ url: it.url, status, body: '' })
  return it.json as T
}

const places = {
  /** Everything that was logged. */
  log: (all: readonly Canary[]): Find[] => findIn(Buffer.from(logged.join('')), all, 'the server’s log'),
  /** Addresses that were asked for, and those that answers send a browser to. */
  urls: (all: readonly Canary[]): Find[] =>
    asked.flatMap((it) => findIn(Buffer.from(`${it.url}\n${/^location: .*$/im.exec(it.head)?.[0] ?? ''}`), all, it.url)),
  /** Everything that a refusal says. */
  errors: (all: readonly Canary[]): Find[] =>
    asked.filter((it) => it.status >= 400).flatMap((it) => findIn(Buffer.from(`${it.head}\n${it.body}`), all, `the refusal of ${it.url}`)),
  /** Everything that an answer says. */
  answers: (all: readonly Canary[]): Find[] =>
    asked.flatMap((it) => findIn(Buffer.from(`${it.head}\n${it.body}`), all, `the answer of ${it.url}`)),
}
/** Every row of every table as text, bytes in hexadecimal. */
async function rows(): Promise<string> {
  const { rows: tables } = await owner.query<{ name: string }>(
    "select relname as name from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace",
  )
  const all: string[] = []
  for (const { name } of tables)
    for (const row of (await owner.query<{ t: string }>(`select t::text from "${name}" t`)).rows) all.push(row.t)
  return all.join('\n')
}
/** What each find was a find of. */
const named = (finds: (all: readonly Canary[]) => readonly Find[], of: readonly Drawn[]): string[] =>
  of.flatMap((it) => finds([it]).map(({ where, form }) => `${it.what}, ${form}: ${where}`))

describe('at the doors of access', () => {
  let name: string
  let password: string
  let key: Buffer
  let office: Jar
  let station: Jar

  test('people sign in, and fail to', async () => {
    const nobody = browser()
    await told(401, nobody.send('POST', '/api/v1/sign-in', { name: tess.signInName, password: draw('a wrong password') }))
    await told(
      401,
      nobody.send('POST', '/api/v1/sign-in', { name: word('a password typed as a name'), password: draw('a stranger’s password') }),
    )
    await told(401, nobody.send('POST', '/api/v1/enrolment', { name: tess.signInName, secret: word('a wrong one-time code') }))
    await told(
      401,
      nobody.send('GET', '/api/v1/me', undefined, { cookie: `wl=${word('a stolen cookie')}`, 'user-agent': draw('a browser’s name') }),
    )

    office = await as(marisol)
    name = `n.${word('a sign-in name', 'name').slice(0, 38)}`
    const added = await told<{ secret: string }>(
      200,
      office.send('POST', '/api/v1/people', {
        signInName: name,
        name: draw('a person’s name', 'name', 'Ana'),
        title: draw('a title', 'name', 'RN'),
        roles: ['clinician'],
      }),
    )
    made('a one-time code', added.secret)
    const joiner = browser()
    const begun = await told<{ key: string; uri: string }>(200, joiner.send('POST', '/api/v1/enrolment', { name, secret: added.secret }))
    key = fromBase32(made('an authenticator’s key', begun.key))
    const code = () => codeOf({ totpKey: key } as CastMember, now()).code
    const finish = (it: object) => joiner.send('POST', '/api/v1/enrolment/finish', { name, secret: added.secret, ...it })
    await told(422, finish({ password: draw('a password that is too long').padEnd(130, 'x'), code: code() }))
    password = draw('a password')
    await told(200, finish({ password, code: code() }))
    made('a session’s cookie', joiner.jar.get('wl')!)

    const list = await told<{ codes: string[] }>(200, joiner.send('POST', '/api/v1/mfa/recovery-codes', {}))
    expect(list.codes).toHaveLength(10)
    list.codes.forEach((it, i) => made(`recovery code ${i + 1}`, it))
    const again = browser()
    const { ticket } = await told<{ ticket: string }>(200, again.send('POST', '/api/v1/sign-in', { name, password }))
    made('a ticket', ticket)
    await told(401, again.send('POST', '/api/v1/sign-in/recovery-code', { ticket, code: word('a wrong recovery code') }))
    await told(200, again.send('POST', '/api/v1/sign-in/recovery-code', { ticket, code: list.codes[0]! }))
  })

  test('people take turns at a shared workstation', async () => {
    station = await as(marisol)
    const body = {
      name: draw('a workstation’s name', 'name', '4W'),
      location: null,
      place: 'counter',
      key: randomBytes(32).toString('base64url'),
    }
    await told(200, station.send('POST', '/api/v1/workstations', body))
    made('a workstation’s cookie', station.jar.get('wlw')!)
    const mine = await as(tess)
    await told(200, mine.send('PUT', '/api/v1/pin', { pin: pins[0] }))
    await told(200, mine.send('POST', '/api/v1/badges', { badge: word('a badge') }))
    await told(401, station.send('POST', '/api/v1/workstation/badge', { badge: word('a stranger’s badge') }))
    await told(401, station.send('POST', '/api/v1/workstation/switch', { name: word('a name at the lock screen'), pin: pins[1] }))
    await told(401, station.send('POST', '/api/v1/workstation/switch', { badge: word('a stranger’s badge with a PIN'), pin: pins[1] }))
  })

  test('directories, providers and device management are connected, and break', async () => {
    const scim = (token: string, method: string, to: string, body?: object) =>
      browser().send(method, `/scim/v2${to}`, body, { authorization: `Bearer ${token}`, 'content-type': 'application/scim+json' })
    const { secret } = await told<{ secret: string }>(200, office.send('POST', '/api/v1/admin/scim/tokens', { label: 'Entra' }))
    made('a SCIM token', secret)
    await told(401, scim(word('a wrong SCIM token'), 'GET', '/Users'))
    const email = `${word('an e-mail address', 'name')}@mercy.example`
    const user = {
      schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
      userName: `${word('a directory’s name of a person', 'name')}@mercy.example`,
      displayName: draw('a person of the directory', 'name', 'Ben'),
      emails: [{ value: email, type: 'work', primary: true }],
      active: true,
      password: draw('a password that the directory sends along'),
    }
    const { id } = await told<{ id: string }>(201, scim(secret, 'POST', '/Users', user))
    await told(409, scim(secret, 'POST', '/Users', user))
    const wrong = { Operations: [{ op: 'replace', path: 'active', value: draw('what is no boolean', 'name') }] }
    await told(400, scim(secret, 'PATCH', `/Users/${id}`, wrong))

    const ldap = {
      host: '127.0.0.1',
      port: 1,
      security: 'ldaps',
      authority: '',
      bindDn: 'cn=wardline',
      userBase: 'ou=people',
      userFilter: '(objectClass=person)',
      groupBase: '',
      groupFilter: '',
      keyAttribute: 'entryUUID',
      userNameAttribute: 'uid',
      nameAttribute: 'displayName',
      titleAttribute: 'title',
    }
    await told(200, office.send('PUT', '/api/v1/admin/ldap', { settings: ldap, on: true, password: draw('the LDAP account’s password') }))
    await told(200, office.send('POST', '/api/v1/admin/ldap/test', { settings: ldap, password: draw('an LDAP password on trial') }))
    await told(200, office.send('GET', '/api/v1/admin/ldap'))

    const settings = {
      kind: 'oidc',
      issuer: 'https://127.0.0.1:1/mercy',
      clientId: 'wardline',
      scope: 'openid profile',
      algorithm: 'RS256',
      nameClaim: 'preferred_username',
      amr: [],
      acr: [],
    }
    const fields = { label: 'Mercy', address: 'mercy', listed: true, firstLink: true, settings }
    const connection = await told<{ id: string }>(
      200,
      office.send('POST', '/api/v1/admin/sso', { ...fields, secret: draw('the provider’s client secret') }),
    )
    await told(
      200,
      office.send('PUT', `/api/v1/admin/sso/${connection.id}`, { ...fields, on: true, secret: draw('the next client secret') }),
    )
    await told(200, office.send('POST', `/api/v1/admin/sso/${connection.id}/test`, {}))
    await browser().send('POST', '/api/v1/sso/begin', { connection: connection.id })
    await told(
      410,
      browser().send('POST', '/api/v1/sso/finish', { answer: `?code=${word('a provider’s code')}&state=${word('a provider’s state')}` }),
    )
    await browser().send(
      'POST',
      `/api/v1/sso/saml/${connection.id}/acs`,
      new URLSearchParams({
        SAMLResponse: Buffer.from(`<x>${word('a SAML response')}</x>`).toString('base64'),
        RelayState: word('a relay state'),
      }).toString(),
      { 'content-type': 'application/x-www-form-urlencoded' },
    )
    const mdm = {
      vendor: 'jamf',
      loginUrl: '',
      apiUrl: 'http://127.0.0.1:1',
      tenant: '',
      clientId: 'wardline',
      compliantGroup: 'Compliant',
    }
    await told(
      200,
      office.send('PUT', '/api/v1/admin/managed-devices', { settings: mdm, on: true, secret: draw('device management’s secret') }),
    )
    await told(200, office.send('POST', '/api/v1/admin/managed-devices/test', { settings: mdm, secret: draw('a secret on trial') }))
    await told(200, office.send('GET', '/api/v1/admin/managed-devices'))
  })

  test('reasons are given', async () => {
    const dev = patients.find((it) => it.given === 'Dev')!
    const opener = await as(castMember('jamal').member)
    const [opening, other] = [newUuid(), newUuid()]
    const open = (id: string, explanation: string) =>
      opener.send('POST', '/api/v1/break-glass', { opening: id, patient: dev.patient, reason: 'emergency', explanation })
    await told(200, open(opening, draw('why a record was opened', 'content')))
    await told(422, open(other, 'too short'))
    const review = await as(nora)
    await told(
      200,
      review.send('POST', `/api/v1/break-glass/${opening}/review`, {
        outcome: 'needs-follow-up',
        note: draw('a reviewer’s note', 'content'),
      }),
    )
    const bad = { setting: word('no setting', 'name'), value: 5, reason: draw('why a figure should change', 'name') }
    await told(400, office.send('POST', '/api/v1/policies/security/changes', bad))
    const change = { setting: 'session.idle-minutes.private', value: 10, reason: draw('why a figure changes', 'content') }
    await told(200, office.send('POST', '/api/v1/policies/security/changes', change))
    const hold = { of: 'patient', subject: dev.patient, matter: draw('what a hold is about', 'content') }
    await told(200, review.send('POST', '/api/v1/policies/holds', hold))
    const guest = {
      signInName: `g.${word('a guest’s sign-in name', 'name').slice(0, 38)}`,
      name: draw('a guest’s name', 'name', 'Cy'),
      from: 'Elm Imaging',
      title: '',
      kind: 'clinician',
      roles: ['clinician'],
      endsAt: now() + 86_400_000,
      identity: 'seen-in-person',
    }
    const { secret } = await told<{ secret: string }>(200, office.send('POST', '/api/v1/guests', guest))
    made('a guest’s code', secret)
  })

  test('somebody writes, drafts, and keeps a recovery key', async () => {
    const { cookie } = await visit(demo.server, mapleStreet, tess)
    const keys = (await told<{ people: { signInName: string; recoveryKey: string }[] }>(200, browser().send('GET', '/demo/api/state')))
      .people
    asked.pop()
    const engine = await openDevice({ url: demo.url, origin: demo.url, cookie, person: tess.person })
    engines.push(engine)
    const given = keys.find((it) => it.signInName === tess.signInName)!.recoveryKey
    expect(await engine.enrol(given)).toEqual({ ok: true, value: null })
    const { conversation } = await eventually('the group', async () => (await engine.conversations()).find((it) => it.kind === 'group'))
    await engine.saveDraft(conversation, draw('a draft', 'content'))
    await say(engine, conversation, draw('a message', 'content'))
  })

  test('what is malformed is refused without being repeated', async () => {
    const nobody = browser()
    await nobody.send('POST', '/api/v1/sign-in', `{"name":"a","password":"${word('in broken JSON')}`)
    await nobody.send('POST', '/api/v1/sign-in', { name: 'a', password: { x: word('a password in an object') } })
    await nobody.send('POST', '/api/v1/sign-in', { name: 'a', password: 'b', [word('a member that nobody knows')]: 1 })
    await nobody.send('POST', '/api/v1/sign-in', { name: 'a', password: 'b', [word('a member with text that cannot be stored')]: '\u0000' })
    await nobody.send('POST', '/api/v1/enrolment', { name: word('a name in an empty enrolment') })
    await nobody.send('POST', '/api/v1/step-up/code', { code: word('no code at all') })
    await nobody.send('PATCH', '/api/v1/sign-in', { password: word('by a wrong method') })
    await nobody.send('POST', '/api/v1/sign-in', `name=${word('in a form')}`, { 'content-type': 'application/x-www-form-urlencoded' })
    expect(asked.slice(-8).every((it) => it.status >= 400)).toBe(true)
    // What somebody else puts into an address is theirs; the log takes no query.
    await fetch(`${demo.url}/api/v1/sign-in?password=${word('in an address of somebody else')}`)
    await demo.server.settle()
  })
})

describe('forty canaries and more', () => {
  const secrets = () => drawn.filter((it) => it.kind !== 'name')

  test('are looked for in each form, and each search finds what was planted', async () => {
    expect(drawn.length).toBeGreaterThanOrEqual(40)
    const planted = canary('a leak & "quiet"/+')
    const forms = [...planted.forms.keys()].toSorted()
    const all = Buffer.concat([...planted.forms.values()].flatMap((it) => [it, Buffer.from('\n')])).toString('latin1')
    const seen = (finds: readonly Find[]) => [...new Set(finds.map((it) => it.form))].toSorted()
    logged.push(all)
    asked.push({ url: all, status: 200, head: '', body: '' }, { url: '', status: 404, head: '', body: all })
    asked.push({ url: '', status: 302, head: `location: /x?${planted.text}`, body: '' })
    for (const look of Object.values(places)) expect(seen(look([planted]))).toEqual(forms)
    expect(places.urls([planted]).length).toBeGreaterThan(forms.length)
    logged.pop()
    asked.splice(-3)
    await owner.query('create table scenario_leak (bytes bytea, text text)')
    for (const it of [...planted.forms.values()])
      for (let i = 0; i < 2; i += 1) await owner.query('insert into scenario_leak (bytes) values ($1)', [it])
    await owner.query('insert into scenario_leak (text) values ($1)', [`a PIN: ${pins[0]}.`])
    await owner.query('checkpoint')
    const { found } = await searchFolder(folder, [planted])
    for (const place of ['cluster/base/', 'pg_wal']) expect(seen(found.filter((it) => it.where.includes(place)))).toEqual(forms)
    expect(findNumber(await rows(), pins[0]!)).toBe(true)
    await owner.query('drop table scenario_leak')
  }, 60_000)

  test('are in no line of the log, no address and no refusal', () => {
    expect(logged.length).toBeGreaterThan(0)
    expect(named(places.log, drawn)).toEqual([])
    expect(named(places.urls, drawn)).toEqual([])
    expect(named(places.errors, drawn)).toEqual([])
    const text = `${logged.join('')}\n${asked
      .filter((it) => it.status >= 400)
      .map((it) => it.body)
      .join('\n')}`
    expect(pins.filter((it) => findNumber(text, it))).toEqual([])
  })

  test('what was typed comes back in no answer; what the server makes is told once', () => {
    expect(
      named(
        places.answers,
        drawn.filter((it) => it.kind === 'secret'),
      ),
    ).toEqual([])
    for (const it of drawn.filter(({ kind, what }) => kind === 'made' && !what.endsWith('cookie')))
      expect({ what: it.what, times: new Set(places.answers([it]).map(({ where }) => where)).size }).toEqual({ what: it.what, times: 1 })
  })

  test('and secrets, messages and reasons are in no file: database, write-ahead log, ledgers', async () => {
    await owner.query('checkpoint')
    const { found, read } = await searchFolder(folder, secrets())
    for (const part of ['cluster/pg_wal/', 'cluster/base/']) expect(read.some((it) => it.includes(part))).toBe(true)
    if (found.length > 0) for (const it of secrets()) console.error(it.what, (await searchFolder(folder, [it])).found)
    expect(found).toEqual([])
    const dump = await rows()
    expect(pins.filter((it) => findNumber(dump, it))).toEqual([])
  }, 60_000)
})
