import {
  addSignature,
  after,
  archivePolicy,
  directoryKey,
  draft,
  encodeStatement,
  fromBase64url,
  identity,
  isSignedBy,
  newBoxKey,
  newSeed,
  parse,
  signingKeyOfSeed,
  toHex,
  verifyArchivePolicy,
} from '@wardline/crypto'
import type { ArchivePolicy, DirectoryKey, SigningKey, Statement } from '@wardline/crypto'
import { openWorld } from '@wardline/dev/world'
import type { World } from '@wardline/dev/world'
import { sql } from '@wardline/platform/db'
import { bySystem, newId } from '@wardline/platform/server'
import { mfa } from '@wardline/product/access/mfa/server'
import { createOrganisation, createPerson, provisioning } from '@wardline/product/access/provisioning/server'
import { roles } from '@wardline/product/access/roles/server'
import type { Role } from '@wardline/product/access/roles/server'
import { beginSession, sessions } from '@wardline/product/access/sessions/server'
import { signIn } from '@wardline/product/access/sign-in/server'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  agreementActive,
  currentArchivePolicy,
  endAgreement,
  organisationKeys,
  policies,
  recordAgreement,
  signAsDirectory,
  storeArchivePolicy,
  storeOrganisationKeys,
  switchOn,
} from './index.ts'

const hour = 3_600_000
let world: World
let made = 0

beforeAll(async () => {
  world = await openWorld({ features: [provisioning, roles, mfa, sessions, signIn, policies] })
})
afterAll(() => world.close())

/** An organisation of its own for each test, with one person who holds these roles. */
async function organisation(held: readonly Role[] = ['privacy-officer']) {
  const org = newId()
  const token = await world.server.db.write(org, bySystem, async (tx) => {
    await createOrganisation(tx, { name: 'Maple Street Dental', zone: 'America/Chicago', preset: 'practice' })
    const person = await createPerson(tx, { signInName: `p${(made += 1)}`, name: 'P', title: '', roles: held })
    return (await beginSession(tx, { person, place: 'private' })).token
  })
  return { org, token }
}
const write = <T>(org: string, run: Parameters<typeof world.server.db.write<T>>[2]) => world.server.db.write(org, bySystem, run)

async function call(method: string, path: string, token: string, body?: unknown) {
  const answer = await fetch(world.url + path, {
    method,
    headers: { cookie: `wl=${token}`, 'content-type': 'application/json', 'x-wardline': '1' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const json = (await answer.json()) as Record<string, unknown> & { error?: { code: string } }
  return { status: answer.status, body: json, code: json.error?.code }
}

/** The offline ceremony: a root, a directory key that it certifies, an archive policy that it signs. */
async function ceremony(org: string) {
  const root = await signingKeyOfSeed(newSeed())
  const seed = newSeed()
  const certify = async (prev: Statement<DirectoryKey> | null, of: Uint8Array, by: SigningKey = root) =>
    addSignature(draft(directoryKey, { ...after(prev, org, 1), publicKey: (await signingKeyOfSeed(of)).publicKey }), by)
  const policy = async (prev: Statement<ArchivePolicy> | null, more: Partial<ArchivePolicy> = {}, by: SigningKey = root) => {
    const box = await newBoxKey()
    const custodians = [1, 2, 3].map((index) => ({ index, person: newId(), shareHash: new Uint8Array(32).fill(index) }))
    const body = {
      ...after(prev, org, 1),
      period: newId(),
      suite: box.suite,
      publicKey: box.publicKey,
      threshold: 2,
      custodians,
      from: 1_000,
      until: 2_000,
    }
    return addSignature(draft(archivePolicy, { ...body, ...more }), by)
  }
  return { root, seed, certify, policy, certificate: await certify(null, seed) }
}
async function ready(held?: readonly Role[]) {
  const it = await organisation(held)
  const made = await ceremony(it.org)
  await write(it.org, (tx) =>
    storeOrganisationKeys(tx, world.keys, {
      rootPublicKey: made.root.publicKey,
      directorySeed: made.seed,
      directoryStatement: encodeStatement(made.certificate),
    }),
  )
  return { ...it, ...made }
}

describe('the organisation’s keys', () => {
  test('are what every member starts from', async () => {
    const it = await ready(['front-desk'])
    expect((await call('GET', '/api/v1/policies/archive', it.token)).code).toBe('no-archive')
    const first = await it.policy(null)
    await write(it.org, (tx) => storeArchivePolicy(tx, encodeStatement(first)))
    const { body } = await call('GET', '/api/v1/policies/archive', it.token)
    expect(body).toMatchObject({ version: 1 })
    const root = fromBase64url(body['rootPublicKey'] as string)
    expect(toHex(root)).toBe(toHex(it.root.publicKey))
    await verifyArchivePolicy(parse(archivePolicy, fromBase64url(body['archivePolicyStatement'] as string)), { root, prev: null })
    expect(await isSignedBy(parse(directoryKey, fromBase64url(body['directoryKeyStatement'] as string)), root)).toBe(true)
  })

  test('a certificate must be the root’s, of this key and of this organisation', async () => {
    const { org } = await organisation()
    const it = await ceremony(org)
    const stranger = await ceremony(newId())
    const store = (more: { rootPublicKey?: Uint8Array; directorySeed?: Uint8Array; directoryStatement?: Uint8Array }) =>
      write(org, (tx) =>
        storeOrganisationKeys(tx, world.keys, {
          rootPublicKey: it.root.publicKey,
          directorySeed: it.seed,
          directoryStatement: encodeStatement(it.certificate),
          ...more,
        }),
      )
    const flipped = encodeStatement(it.certificate)
    flipped[60]! ^= 1
    await expect(store({ directoryStatement: flipped })).rejects.toMatchObject({ code: 'bad-statement' })
    await expect(store({ directoryStatement: encodeStatement(await it.certify(null, it.seed, stranger.root)) })).rejects.toMatchObject({
      code: 'bad-statement',
    })
    await expect(store({ directorySeed: newSeed() })).rejects.toMatchObject({ code: 'not-its-key' })
    await expect(
      store({
        rootPublicKey: stranger.root.publicKey,
        directorySeed: stranger.seed,
        directoryStatement: encodeStatement(stranger.certificate),
      }),
    ).rejects.toMatchObject({ code: 'other-organisation' })
    await store({})
    await expect(store({})).rejects.toMatchObject({ code: 'bad-statement' })
    await expect(store({ rootPublicKey: stranger.root.publicKey })).rejects.toMatchObject({ code: 'other-root' })
    const seed = newSeed()
    await store({ directorySeed: seed, directoryStatement: encodeStatement(await it.certify(it.certificate, seed)) })
    const now = await world.server.db.read(org, organisationKeys)
    expect(toHex(now!.directoryPublicKey)).toBe(toHex((await signingKeyOfSeed(seed)).publicKey))
  })

  test('the directory signs who a person is, and only here', async () => {
    const it = await ready()
    const { publicKey } = await signingKeyOfSeed(newSeed())
    const body = { ...after(null, it.org, 1), person: newId(), employee: 'E-17', publicKey, effective: 1 }
    const signed = await world.server.db.read(it.org, (db) => signAsDirectory(db, world.keys, body))
    const keys = await world.server.db.read(it.org, organisationKeys)
    expect(await isSignedBy(parse(identity, encodeStatement(signed)), keys!.directoryPublicKey)).toBe(true)
    await expect(
      world.server.db.read(it.org, (db) => signAsDirectory(db, world.keys, { ...body, organisation: newId() })),
    ).rejects.toMatchObject({ code: 'other-organisation' })
    const { org } = await organisation()
    await expect(world.server.db.read(org, (db) => signAsDirectory(db, world.keys, { ...body, organisation: org }))).rejects.toMatchObject({
      code: 'no-root',
    })
  })

  test('the directory’s private half is nowhere in the database, and lost with its data key only', async () => {
    const it = await ready()
    const rows = await world.owner.query<{ t: string }>('select t::text from organisation_keys t where org = $1', [it.org])
    expect(rows.rows[0]!.t).not.toContain(toHex(it.seed))
    // Moved to another organisation's row it does not open.
    const other = await ready()
    await world.owner.query(
      'update organisation_keys a set data_key = b.data_key, sealed = b.sealed from organisation_keys b where a.org = $1 and b.org = $2',
      [other.org, it.org],
    )
    const body = { ...after(null, other.org, 1), person: newId(), employee: 'E', publicKey: it.root.publicKey, effective: 1 }
    await expect(world.server.db.read(other.org, (db) => signAsDirectory(db, world.keys, body))).rejects.toMatchObject({
      name: 'KeyFailure',
    })
  })
})

describe('the archive’s policy', () => {
  test('versions rise by one; an old one, a skipped one, a forked one never come in', async () => {
    const it = await ready()
    const store = (statement: Statement<ArchivePolicy>) => write(it.org, (tx) => storeArchivePolicy(tx, encodeStatement(statement)))
    const first = await it.policy(null)
    const second = await it.policy(first)
    const third = await it.policy(second)
    await expect(store(second)).rejects.toMatchObject({ code: 'bad-statement' })
    await store(first)
    await expect(store(first)).rejects.toMatchObject({ code: 'bad-statement' })
    await expect(store(third)).rejects.toMatchObject({ code: 'bad-statement' })
    await store(second)
    await expect(store(await it.policy(first))).rejects.toMatchObject({ code: 'bad-statement' })
    expect((await world.server.db.read(it.org, currentArchivePolicy))!.body.version).toBe(2)
    await expect(write(it.org, (tx) => tx.count(sql`update archive_policy set version = 9`))).rejects.toMatchObject({ code: 'refused' })
  })

  test('of two that follow the same one at the same moment, one comes in', async () => {
    const it = await ready()
    const both = await Promise.all([it.policy(null), it.policy(null)])
    const results = await Promise.allSettled(both.map((one) => write(it.org, (tx) => storeArchivePolicy(tx, encodeStatement(one)))))
    expect(results.map((one) => one.status).toSorted()).toEqual(['fulfilled', 'rejected'])
  })

  test('only the root’s signature counts, over these bytes, for this organisation', async () => {
    const it = await ready()
    const stranger = await ceremony(newId())
    const store = (bytes: Uint8Array) => write(it.org, (tx) => storeArchivePolicy(tx, bytes))
    const policy = encodeStatement(await it.policy(null))
    for (let i = 0; i < policy.length; i += 37) {
      const flipped = Uint8Array.from(policy)
      flipped[i]! ^= 1
      await expect(store(flipped), `byte ${i}`).rejects.toMatchObject({ code: 'bad-statement' })
    }
    await expect(store(policy.slice(0, -1))).rejects.toMatchObject({ code: 'bad-statement' })
    await expect(store(encodeStatement(await it.policy(null, {}, stranger.root)))).rejects.toMatchObject({ code: 'bad-statement' })
    await expect(store(encodeStatement(await it.policy(null, { organisation: newId() })))).rejects.toMatchObject({
      code: 'other-organisation',
    })
    await expect(store(encodeStatement(await it.policy(null, { threshold: 4 })))).rejects.toMatchObject({ code: 'bad-statement' })
    const { org } = await organisation()
    await expect(write(org, (tx) => storeArchivePolicy(tx, policy))).rejects.toMatchObject({ code: 'no-root' })
    await store(policy)
  })
})

describe('agreements', () => {
  test('bind by the organisation’s day, until they are ended', async () => {
    const it = await organisation()
    const active = () => world.server.db.read(it.org, (db) => agreementActive(db, 'twilio'))
    expect(await active()).toBe(false)
    const today = (
      await world.server.db.read(it.org, (db) =>
        db.one<{ day: string }>(sql`select (wl_now() at time zone 'America/Chicago')::date as day`),
      )
    ).day
    const made = await call('POST', '/api/v1/policies/agreements', it.token, {
      counterparty: 'twilio',
      kind: 'baa',
      startsOn: today,
      endsOn: today,
    })
    expect(made.body).toMatchObject({ counterparty: 'twilio', active: true })
    expect(await active()).toBe(true)
    expect(await world.server.db.read(it.org, (db) => agreementActive(db, 'twili'))).toBe(false)
    // Twelve hours before its midnight it binds, a minute after it does not, though it is still the same day elsewhere.
    const left = (
      await world.server.db.read(it.org, (db) =>
        db.one<{ ms: number }>(
          sql`select (extract(epoch from (date_trunc('day', wl_now() at time zone 'America/Chicago') + interval '1 day') - (wl_now() at time zone 'America/Chicago')) * 1000)::int as ms`,
        ),
      )
    ).ms
    await world.advance(left - 60_000)
    expect(await active()).toBe(true)
    await world.advance(120_000)
    expect(await active()).toBe(false)
    const lasting = await write(it.org, (tx) => recordAgreement(tx, { counterparty: 'twilio', kind: 'baa', startsOn: '2020-01-01' }))
    expect(await active()).toBe(true)
    await world.advance(1_000 * 24 * hour)
    expect(await active()).toBe(true)
    expect(await write(it.org, (tx) => endAgreement(tx, lasting.id))).toBe(true)
    expect(await active()).toBe(false)
    expect(await write(it.org, (tx) => endAgreement(tx, lasting.id))).toBe(false)
  })

  test('of one organisation say nothing about another', async () => {
    const [ours, theirs] = [await organisation(), await organisation()]
    const made = await write(theirs.org, (tx) => recordAgreement(tx, { counterparty: 'twilio', kind: 'baa', startsOn: '2020-01-01' }))
    expect(await world.server.db.read(ours.org, (db) => agreementActive(db, 'twilio'))).toBe(false)
    expect((await call('GET', '/api/v1/policies/agreements', ours.token)).body).toEqual({ agreements: [] })
    expect((await call('POST', `/api/v1/policies/agreements/${made.id}/end`, ours.token, {})).code).toBe('not-found')
    expect(await world.server.db.read(theirs.org, (db) => agreementActive(db, 'twilio'))).toBe(true)
  })

  test('bad input gets its code', async () => {
    const it = await organisation()
    const sound = { counterparty: 'twilio', kind: 'baa', startsOn: '2026-01-01' }
    for (const [more, code] of [
      [{ startsOn: '2026-02-30' }, 'no-such-day'],
      [{ endsOn: '2025-12-31' }, 'ends-before-it-starts'],
      [{ startsOn: 'soon' }, 'bad-request'],
      [{ counterparty: 'Twilio Inc.' }, 'bad-request'],
      [{ kind: 'nda' }, 'bad-request'],
      [{ note: 'x' }, 'bad-request'],
    ] as const)
      expect((await call('POST', '/api/v1/policies/agreements', it.token, { ...sound, ...more })).code).toBe(code)
    expect((await call('POST', '/api/v1/policies/agreements/nonsense/end', it.token, {})).code).toBe('not-found')
  })
})

test('an emergency switch stands until it is put back, and every move is told once', async () => {
  const it = await organisation()
  const on = () => world.server.db.read(it.org, (db) => switchOn(db, 'patient-texts-stopped'))
  const set = (to: boolean) =>
    call('POST', '/api/v1/policies/switches', it.token, { name: 'patient-texts-stopped', on: to, reason: 'wrong list was sent' })
  expect(await on()).toBe(false)
  await set(true)
  await set(true)
  expect(await on()).toBe(true)
  expect((await call('GET', '/api/v1/policies/switches', it.token)).body).toMatchObject({ on: [{ name: 'patient-texts-stopped' }] })
  await set(false)
  expect(await on()).toBe(false)
  const { rows } = await world.owner.query("select kind from fact where org = $1 and kind = 'access.policies.switch-set'", [it.org])
  expect(rows).toHaveLength(2)
})
