import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { openWorld } from '@wardline/dev/world'
import type { World } from '@wardline/dev/world'
import { bySystem, newId } from '@wardline/platform/server'
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
import { beginSession, sessions } from '@wardline/product/access/sessions/server'
import { setPassword, signIn } from '@wardline/product/access/sign-in/server'
import { audit } from '@wardline/product/compliance/audit/server'
import { isoCBOR } from '@simplewebauthn/server/helpers'
import { Secret, TOTP } from 'otpauth'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { passkeys } from './index.ts'

const origin = 'https://chat.maple.test'
const minute = 60_000
const org = newId()
const otherOrg = newId()
let world: World
let made = 0

beforeAll(async () => {
  world = await openWorld({
    features: [provisioning, roles, mfa, sessions, signIn, passkeys({ publicOrigin: () => origin }), policies, audit(() => '')],
  })
  for (const id of [org, otherOrg])
    await world.server.db.write(id, bySystem, async (tx) => {
      await createOrganisation(tx, { name: 'Maple Street Dental', zone: 'America/Chicago', preset: 'practice' })
      await createPerson(tx, { signInName: `admin.${id.slice(0, 8)}`, name: 'Admin', title: '', roles: ['administrator'] })
    })
})
afterAll(() => world.close())

interface Answer {
  readonly status: number
  readonly code: string | undefined
  readonly body: Record<string, never>
  readonly cookies: readonly string[]
}

async function call(method: string, path: string, body?: unknown, cookie?: string): Promise<Answer> {
  const answer = await fetch(world.url + path, {
    method,
    headers: { 'content-type': 'application/json', 'x-wardline': '1', ...(cookie === undefined ? {} : { cookie }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const json = (await answer.json()) as Record<string, never> & { error?: { code: string } }
  return {
    status: answer.status,
    code: json.error?.code,
    body: json,
    cookies: answer.headers.getSetCookie().map((it) => it.split(';')[0]!),
  }
}

interface Member {
  readonly person: string
  readonly cookie: string
  readonly session: string
  readonly key: Buffer
  readonly name: string
}

/** Somebody with password and authenticator, signed in a moment ago. */
async function member(of = org, held: ('clinician' | 'administrator')[] = ['clinician']): Promise<Member> {
  const key = randomBytes(20)
  const name = `nurse.${(made += 1)}`
  return world.server.db.write(of, bySystem, async (tx) => {
    const person = await createPerson(tx, { signInName: name, name: 'Ana Osei', title: 'RN', roles: held })
    await setPassword(tx, world.keys, { person, password: 'correct horse battery' })
    await enrolTotp(tx, world.keys, { person, key })
    const begun = await beginSession(tx, { person, place: 'private' })
    return { person, cookie: `wl=${begun.token}`, session: begun.session, key, name }
  })
}
const codeNow = (key: Uint8Array) =>
  new TOTP({ secret: new Secret({ buffer: Uint8Array.from(key).buffer }) }).generate({ timestamp: world.server.clock.ms() })

const facts = async (kind: string) => (await factsOf(world, org, kind)).map(({ payload }) => payload!)

// An authenticator as WebAuthn level 3 describes it, whose every answer a test can bend.

interface Bent {
  readonly origin?: string
  readonly rp?: string
  readonly flags?: number
  readonly counter?: number
  readonly type?: string
  readonly crossOrigin?: boolean
  readonly challenge?: string
  readonly handle?: string
  readonly id?: string
}
const [UP, UV, BE, BS, AT] = [1, 4, 8, 16, 64] as const
const sha256 = (bytes: string | Uint8Array) => createHash('sha256').update(bytes).digest()
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url')

function authenticator(kind: { synced?: boolean; counts?: boolean } = {}) {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const jwk = publicKey.export({ format: 'jwk' })
  const id = randomBytes(16)
  let counter = kind.counts === true ? 1 : 0
  const own = kind.synced === true ? BE | BS : 0
  const clientData = (challenge: string, type: string, bent: Bent) =>
    Buffer.from(
      JSON.stringify({
        type: bent.type ?? type,
        challenge: bent.challenge ?? challenge,
        origin: bent.origin ?? origin,
        crossOrigin: bent.crossOrigin ?? false,
      }),
    )
  const authData = (flags: number, bent: Bent) => {
    if (kind.counts === true) counter += 1
    const count = Buffer.alloc(4)
    count.writeUInt32BE(bent.counter ?? counter)
    return Buffer.concat([sha256(bent.rp ?? 'chat.maple.test'), Buffer.from([bent.flags ?? flags]), count])
  }
  let handle = ''
  return {
    id: text(id),
    create(challenge: string, userHandle: string, bent: Bent = {}) {
      handle = userHandle
      const cose = isoCBOR.encode(
        new Map<number, number | Uint8Array<ArrayBuffer>>([
          [1, 2],
          [3, -7],
          [-1, 1],
          [-2, Uint8Array.from(Buffer.from(jwk.x!, 'base64url'))],
          [-3, Uint8Array.from(Buffer.from(jwk.y!, 'base64url'))],
        ]),
      )
      const data = Buffer.concat([authData(UP | UV | own | AT, bent), Buffer.alloc(16), Buffer.from([0, id.length]), id, cose])
      const attestation = isoCBOR.encode(
        new Map<string, unknown>([
          ['fmt', 'none'],
          ['attStmt', new Map()],
          ['authData', Uint8Array.from(data)],
        ]) as never,
      )
      return {
        id: bent.id ?? text(id),
        clientData: text(clientData(challenge, 'webauthn.create', bent)),
        attestation: text(attestation),
        transports: ['internal'],
      }
    },
    get(challenge: string, bent: Bent = {}) {
      const client = clientData(challenge, 'webauthn.get', bent)
      const data = authData(UP | UV | own, bent)
      const signature = sign('sha256', Buffer.concat([data, sha256(client)]), privateKey)
      return {
        id: text(id),
        clientData: text(client),
        authenticatorData: text(data),
        signature: text(signature),
        userHandle: bent.handle ?? handle,
      }
    },
  }
}
type Authenticator = ReturnType<typeof authenticator>

async function add(who: Member, device: Authenticator, bent: Bent = {}): Promise<Answer> {
  const begun = await call('POST', '/api/v1/passkeys/begin', {}, who.cookie)
  expect(begun.status).toBe(200)
  const credential = device.create(begun.body['challenge']!, (begun.body['user'] as unknown as { handle: string }).handle, bent)
  return call('POST', '/api/v1/passkeys', { name: 'Phone', credential }, who.cookie)
}
async function owner(kind: Parameters<typeof authenticator>[0] = {}) {
  const who = await member()
  const device = authenticator(kind)
  const added = await add(who, device)
  expect(added.status).toBe(200)
  return { who, device, passkey: added.body['passkey'] as unknown as string }
}
const begin = async () => {
  const it = await call('POST', '/api/v1/sign-in/passkey/begin', {})
  return { challenge: it.body['challenge'] as unknown as string, cookie: it.cookies.find((c) => c.startsWith('wlp='))! }
}
async function enter(device: Authenticator, bent: Bent = {}): Promise<Answer> {
  const { challenge, cookie } = await begin()
  return call('POST', '/api/v1/sign-in/passkey', { assertion: device.get(challenge, bent) }, cookie)
}

describe('signing in by passkey', () => {
  test('no name and no password: the passkey says who it is, and a session begins', async () => {
    const { who, device } = await owner()
    const entered = await enter(device)
    expect(entered.body).toMatchObject({ person: who.person })
    const cookie = entered.cookies.find((it) => it.startsWith('wl='))!
    expect((await call('GET', '/api/v1/me', undefined, cookie)).body).toMatchObject({ person: who.person, signInName: who.name })
    expect(await facts('access.sign-in.succeeded')).toContainEqual({
      person: who.person,
      session: entered.body['session'],
      address: '127.0.0.1',
    })
  })

  test.each<[string, Bent]>([
    ['of another origin', { origin: 'https://chat.maple.test.evil.example' }],
    ['of another domain', { rp: 'evil.example' }],
    ['without a look at who is there', { flags: UP }],
    ['with nobody there', { flags: UV }],
    ['asked from a frame of another page', { crossOrigin: true }],
    ['that makes a passkey', { type: 'webauthn.create' }],
    ['to another challenge', { challenge: randomBytes(32).toString('base64url') }],
    ['that can suddenly be copied', { flags: UP | UV | BE | BS }],
  ])('an answer %s is refused', async (_what, bent) => {
    const { device } = await owner()
    expect((await enter(device, bent)).code).toBe('not-proven')
    expect((await enter(device)).status).toBe(200)
  })

  test('a challenge is good once, in the browser that asked, for five minutes, and for signing in alone', async () => {
    const { who, device } = await owner()
    const first = await begin()
    const assertion = device.get(first.challenge)
    const send = (cookie: string | undefined, it: unknown = assertion) => call('POST', '/api/v1/sign-in/passkey', { assertion: it }, cookie)
    expect((await send(undefined)).code).toBe('not-proven')
    expect((await send((await begin()).cookie)).code).toBe('not-proven')
    expect((await send(first.cookie)).status).toBe(200)
    expect((await send(first.cookie)).code).toBe('not-proven')
    const late = await begin()
    // Time alone, without the sweep that removes what is too old.
    await world.owner.query("update demo_clock set shift = shift + interval '5 minutes'")
    await world.server.clock.read(world.server.db)
    expect((await send(late.cookie, device.get(late.challenge))).code).toBe('not-proven')
    // A challenge of an open session begins none.
    const proof = await call('POST', '/api/v1/step-up/passkey/begin', {}, who.cookie)
    const other = await begin()
    expect((await send(other.cookie, device.get(proof.body['challenge']!))).code).toBe('not-proven')
  })

  test('a changed signature, an unknown passkey, another person’s handle and one of another organisation have one answer', async () => {
    const [{ device }, other] = [await owner(), await owner()]
    const { challenge, cookie } = await begin()
    const assertion = device.get(challenge)
    const changed = Buffer.from(assertion.signature, 'base64url')
    changed[changed.length - 1]! ^= 1
    const answers = [
      await call('POST', '/api/v1/sign-in/passkey', { assertion: { ...assertion, signature: text(changed) } }, cookie),
      await enter(authenticator()),
      await enter(device, { handle: Buffer.from((org + other.who.person).replaceAll('-', ''), 'hex').toString('base64url') }),
      await enter(device, { handle: Buffer.from((otherOrg + other.who.person).replaceAll('-', ''), 'hex').toString('base64url') }),
      await enter(device, { handle: Buffer.from((newId() + newId()).replaceAll('-', ''), 'hex').toString('base64url') }),
      await enter(device, { handle: '' }),
    ]
    expect(answers.map((it) => [it.status, it.code])).toEqual(answers.map(() => [401, 'not-proven']))
  })

  test('who has left gets no session', async () => {
    const { who, device } = await owner()
    await world.server.db.write(org, bySystem, (tx) => deactivatePerson(tx, who.person))
    expect((await enter(device)).code).toBe('not-proven')
    expect(await facts('access.passkey.refused')).toContainEqual(expect.objectContaining({ person: who.person, reason: 'inactive' }))
  })

  test('a counter that goes back means a copy: the passkey is disabled, and the person and the officers are told', async () => {
    const { who, device, passkey } = await owner({ counts: true })
    expect((await enter(device)).status).toBe(200)
    expect((await enter(device, { counter: 2 })).code).toBe('not-proven')
    expect((await enter(device)).code).toBe('not-proven')
    expect(await facts('access.passkey.copied')).toContainEqual({ person: who.person, passkey })
    const admin = await member(org, ['administrator'])
    for (const reader of [who, admin]) {
      const { notices } = (await call('GET', '/api/v1/notices', undefined, reader.cookie)).body as unknown as { notices: object[] }
      expect(notices).toContainEqual(expect.objectContaining({ person: who.person, what: 'passkey-copied' }))
    }
  })

  test('two answers at once with one challenge: one session', async () => {
    const { device } = await owner()
    const { challenge, cookie } = await begin()
    const assertion = device.get(challenge)
    const both = await Promise.all([0, 1].map(() => call('POST', '/api/v1/sign-in/passkey', { assertion }, cookie)))
    expect(both.map((it) => it.status).toSorted()).toEqual([200, 401])
  })
})

describe('one’s own passkeys', () => {
  test('are listed with whether they may be copied and are; the person is told of each', async () => {
    const who = await member()
    await add(who, authenticator({ synced: true }))
    await add(who, authenticator())
    const { passkeys: own, demand } = (await call('GET', '/api/v1/passkeys', undefined, who.cookie)).body as unknown as {
      passkeys: object[]
      demand: object
    }
    expect(own).toMatchObject([
      { name: 'Phone', maySync: true, synced: true, opensVault: false, copied: false, usedAt: null },
      { name: 'Phone', maySync: false, synced: false },
    ])
    expect(demand).toMatchObject({ required: 0, asked: 1, met: true })
    const { notices } = (await call('GET', '/api/v1/notices', undefined, who.cookie)).body as unknown as {
      notices: { id: string; what: string }[]
    }
    expect(notices.map((it) => it.what)).toEqual(['passkey-added', 'passkey-added'])
    expect((await call('POST', `/api/v1/notices/${notices[0]!.id}/read`, {}, who.cookie)).status).toBe(200)
    const stranger = await member()
    expect((await call('POST', `/api/v1/notices/${notices[1]!.id}/read`, {}, stranger.cookie)).status).toBe(404)
    const left = (await call('GET', '/api/v1/notices', undefined, who.cookie)).body as unknown as { notices: object[] }
    expect(left.notices).toHaveLength(1)
    const told = async (cookie: string | undefined) =>
      ((await call('GET', '/api/v1/notices/own', undefined, cookie)).body as unknown as { notices: { read: boolean }[] }).notices
    expect((await told(who.cookie)).map((it) => it.read).toSorted()).toEqual([false, true])
    expect(await told(stranger.cookie)).toEqual([])
  })

  test('adding and removing need a proof of the last five minutes; a code or a passkey gives it, in this session alone', async () => {
    const { who, device, passkey } = await owner()
    await world.advance(5 * minute)
    const begun = () => call('POST', '/api/v1/passkeys/begin', {}, who.cookie)
    expect([(await begun()).status, (await begun()).code]).toEqual([403, 'step-up-needed'])
    expect((await call('DELETE', `/api/v1/passkeys/${passkey}`, undefined, who.cookie)).code).toBe('step-up-needed')
    expect((await call('POST', '/api/v1/mfa/recovery-codes', {}, who.cookie)).code).toBe('step-up-needed')
    expect((await call('POST', '/api/v1/step-up/code', { code: '000000' }, who.cookie)).code).toBe('wrong-code')
    expect((await begun()).code).toBe('step-up-needed')
    expect((await call('POST', '/api/v1/step-up/code', { code: codeNow(who.key) }, who.cookie)).status).toBe(200)
    expect((await begun()).status).toBe(200)

    await world.advance(5 * minute)
    const asked = await call('POST', '/api/v1/step-up/passkey/begin', {}, who.cookie)
    expect(asked.body['credentials']).toEqual([device.id])
    const assertion = device.get(asked.body['challenge']!)
    const stranger = await owner()
    expect((await call('POST', '/api/v1/step-up/passkey', { assertion }, stranger.who.cookie)).code).toBe('not-proven')
    expect((await call('POST', '/api/v1/step-up/passkey', { assertion }, who.cookie)).status).toBe(200)
    expect((await call('POST', '/api/v1/step-up/passkey', { assertion }, who.cookie)).code).toBe('not-proven')
    expect((await call('DELETE', `/api/v1/passkeys/${passkey}`, undefined, who.cookie)).status).toBe(200)
    expect((await enter(device)).code).toBe('not-proven')
    expect(await facts('access.session.proven')).toEqual(
      expect.arrayContaining(['code', 'passkey'].map((by) => ({ person: who.person, session: who.session, by }))),
    )
  })

  test('a challenge to prove oneself makes no passkey', async () => {
    const who = await member()
    const asked = await call('POST', '/api/v1/step-up/passkey/begin', {}, who.cookie)
    const handle = Buffer.from((org + who.person).replaceAll('-', ''), 'hex').toString('base64url')
    const credential = authenticator().create(asked.body['challenge']!, handle)
    expect((await call('POST', '/api/v1/passkeys', { name: 'Phone', credential }, who.cookie)).code).toBe('not-made')
  })

  test('a colleague’s passkey does not prove me', async () => {
    const [mine, theirs] = [await owner(), await owner()]
    const asked = await call('POST', '/api/v1/step-up/passkey/begin', {}, mine.who.cookie)
    const assertion = theirs.device.get(asked.body['challenge']!)
    expect((await call('POST', '/api/v1/step-up/passkey', { assertion }, mine.who.cookie)).code).toBe('not-proven')
  })

  test.each<[string, Bent]>([
    ['another origin', { origin: 'https://evil.example' }],
    ['another domain', { rp: 'evil.example' }],
    ['nobody verified', { flags: UP | AT }],
    ['another challenge', { challenge: randomBytes(32).toString('base64url') }],
    ['a frame', { crossOrigin: true }],
    ['another id', { id: text(randomBytes(16)) }],
  ])('one made for %s is not taken', async (_what, bent) => {
    const who = await member()
    expect((await add(who, authenticator(), bent)).code).toBe('not-made')
    expect((await call('GET', '/api/v1/passkeys', undefined, who.cookie)).body['passkeys']).toEqual([])
  })

  test('one passkey belongs to one person, once; there are at most ten', async () => {
    const { device } = await owner()
    const who = await member()
    expect((await add(who, device)).code).toBe('passkey-known')
    for (let i = 0; i < 9; i += 1) expect((await add(who, authenticator())).status).toBe(200)
    const both = [0, 1].map(() => call('POST', '/api/v1/passkeys/begin', {}, who.cookie))
    const codes: (string | undefined)[] = []
    for (const { body } of await Promise.all(both)) {
      const credential = authenticator().create(body['challenge']!, (body['user'] as unknown as { handle: string }).handle)
      codes.push((await call('POST', '/api/v1/passkeys', { name: 'Phone', credential }, who.cookie)).code)
    }
    expect(codes).toEqual([undefined, 'not-made'])
    expect((await call('POST', '/api/v1/passkeys/begin', {}, who.cookie)).code).toBe('too-many-passkeys')
  })

  test('nobody names or removes another’s', async () => {
    const { passkey } = await owner()
    for (const stranger of [await member(), await member(otherOrg)]) {
      expect((await call('PUT', `/api/v1/passkeys/${passkey}`, { name: 'Mine' }, stranger.cookie)).status).toBe(404)
      expect((await call('DELETE', `/api/v1/passkeys/${passkey}`, undefined, stranger.cookie)).status).toBe(404)
    }
  })

  test('a name can change, and that it opens messages', async () => {
    const { who, passkey } = await owner()
    expect((await call('PUT', `/api/v1/passkeys/${passkey}`, { name: 'Ana’s phone', opensVault: true }, who.cookie)).status).toBe(200)
    const { body } = await call('GET', '/api/v1/passkeys', undefined, who.cookie)
    expect(body['passkeys']).toMatchObject([{ name: 'Ana’s phone', opensVault: true }])
  })

  test('an officer of a practice is asked for two and needs one', async () => {
    const admin = await member(org, ['administrator'])
    expect((await call('GET', '/api/v1/passkeys', undefined, admin.cookie)).body['demand']).toMatchObject({ asked: 2, met: false })
    await add(admin, authenticator({ synced: true }))
    expect((await call('GET', '/api/v1/passkeys', undefined, admin.cookie)).body['demand']).toMatchObject({ deviceBound: false })
  })
})

describe('an enrolment code', () => {
  const told = async (reader: Member) =>
    (
      (await call('GET', '/api/v1/notices', undefined, reader.cookie)).body as unknown as {
        notices: { person: string; what: string; by: string | null }[]
      }
    ).notices

  test('for somebody who can sign in already is told to them and to every officer, with who issued it, and again when it is used', async () => {
    const [who, admin, other] = [await member(), await member(org, ['administrator']), await member(org, ['administrator'])]
    const { secret } = await world.server.db.write(org, { actor: admin.person, device: null }, (tx) => issueEnrolment(tx, who.person))
    await world.settle()
    for (const reader of [who, other])
      expect(await told(reader)).toContainEqual(expect.objectContaining({ person: who.person, what: 'enrolment-issued', by: admin.person }))
    // A second officer has agreed.
    await world.owner.query('update enrolment set effective_at = wl_now(), approved_by = $1 where person = $2', [other.person, who.person])
    const begun = await call('POST', '/api/v1/enrolment', { name: who.name, secret })
    const key = new URL(begun.body['uri'] as unknown as string).searchParams.get('secret')!
    const code = new TOTP({ secret: Secret.fromBase32(key) }).generate({ timestamp: world.server.clock.ms() })
    const used = await call('POST', '/api/v1/enrolment/finish', { name: who.name, secret, password: 'quite another long one', code })
    expect(used.status).toBe(200)
    await world.settle()
    expect(await told(other)).toContainEqual(expect.objectContaining({ person: who.person, what: 'enrolment-used' }))
  })

  test('for a new colleague is no news', async () => {
    const admin = await member(org, ['administrator'])
    const person = await world.server.db.write(org, bySystem, async (tx) => {
      const id = await createPerson(tx, { signInName: `new.${(made += 1)}`, name: 'New', title: '', roles: [] })
      await issueEnrolment(tx, id)
      return id
    })
    await world.settle()
    expect((await told(admin)).filter((it) => it.person === person)).toEqual([])
  })
})

describe('recovery codes', () => {
  const password = 'correct horse battery'
  const ticketOf = async (name: string) => (await call('POST', '/api/v1/sign-in', { name, password })).body['ticket']
  const codesOf = async (who: Member) =>
    (await call('POST', '/api/v1/mfa/recovery-codes', {}, who.cookie)).body['codes'] as unknown as string[]

  test('ten of 120 bits, each good once beside the password, and told to the person and the officers', async () => {
    const who = await member()
    const codes = await codesOf(who)
    expect(new Set(codes).size).toBe(10)
    for (const code of codes) expect(code).toMatch(/^([0-9A-HJKMNP-TV-Z]{5}-){4}[0-9A-HJKMNP-TV-Z]{4}$/)
    const enterBy = async (code: string) => call('POST', '/api/v1/sign-in/recovery-code', { ticket: await ticketOf(who.name), code })
    const typed = codes[3]!.toLowerCase().replaceAll('-', ' ')
    expect((await enterBy(typed)).body).toMatchObject({ person: who.person })
    expect((await enterBy(typed)).code).toBe('wrong-code')
    expect((await call('GET', '/api/v1/mfa/recovery-codes', undefined, who.cookie)).body).toMatchObject({ left: 9, of: 10 })
    expect(await facts('access.recovery-code.used')).toContainEqual({ person: who.person, left: 9 })
    const admin = await member(org, ['administrator'])
    const { notices } = (await call('GET', '/api/v1/notices', undefined, admin.cookie)).body as unknown as { notices: object[] }
    expect(notices).toContainEqual(expect.objectContaining({ person: who.person, what: 'recovery-code-used', mine: false }))
  })

  test('new ones end the old ones; nobody else’s are taken; the database has none of them', async () => {
    const [who, other] = [await member(), await member()]
    const [old, fresh, others] = [await codesOf(who), await codesOf(who), await codesOf(other)]
    for (const code of [old[0]!, others[0]!])
      expect((await call('POST', '/api/v1/sign-in/recovery-code', { ticket: await ticketOf(who.name), code })).code).toBe('wrong-code')
    expect((await call('POST', '/api/v1/sign-in/recovery-code', { ticket: await ticketOf(who.name), code: fresh[0]! })).status).toBe(200)
    const { rows } = await world.owner.query<{ all: string }>(
      "select string_agg(encode(code_hash, 'escape'), ' ') as all from recovery_code",
    )
    for (const code of fresh) expect(rows[0]!.all).not.toContain(code.replaceAll('-', ''))
  })

  test('a code alone opens nothing', async () => {
    const who = await member()
    const [code] = await codesOf(who)
    const ticket = Buffer.concat([Buffer.from(org.replaceAll('-', ''), 'hex'), randomBytes(32)]).toString('base64url')
    expect((await call('POST', '/api/v1/sign-in/recovery-code', { ticket, code })).code).toBe('ticket-gone')
  })

  test('two uses of one code at once: one session', async () => {
    const who = await member()
    const [code] = await codesOf(who)
    const tickets = [await ticketOf(who.name), await ticketOf(who.name)]
    const both = await Promise.all(tickets.map((ticket) => call('POST', '/api/v1/sign-in/recovery-code', { ticket, code })))
    expect(both.filter((it) => it.status === 200)).toHaveLength(1)
  })
})

test('at an address without a name there are no passkeys, and it is said', async () => {
  const here = await openWorld({
    features: [provisioning, roles, mfa, sessions, signIn, passkeys({ publicOrigin: () => 'http://127.0.0.1:8420' }), policies],
  })
  const answer = await fetch(`${here.url}/api/v1/sign-in/passkey/begin`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-wardline': '1' },
    body: '{}',
  })
  expect(answer.status).toBe(409)
  expect(await answer.json()).toMatchObject({ error: { code: 'no-passkeys-here' } })
  await here.close()
})
