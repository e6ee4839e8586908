import { mkdtemp, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  archivePolicy,
  authority,
  combineShares,
  directoryKey,
  equal,
  parse,
  signingKeyOfSeed,
  toHex,
  verifyArchivePolicy,
  verifyAuthority,
  verifyDirectoryKey,
} from '@wardline/crypto'
import { wardlineFeatures } from '@wardline/app-server'
import { newId } from '@wardline/platform/server'
import { openTestServer } from '@wardline/platform/testing'
import type { TestServer } from '@wardline/platform/testing'
import { currentArchivePolicy, organisationKeys } from '@wardline/product/access/policies/server'
import { handIsNamed } from '@wardline/product/team/conversations/server'
import { trustFacts } from '@wardline/product/team/devices/server'
import { ceremonyFiles, fingerprintOf, holdCeremony } from '../client/index.ts'
import type { Ceremony, CeremonyPlan } from '../client/index.ts'
import { storeCeremony, writeCeremony } from './index.ts'

const people = { nora: newId(), marisol: newId(), ellis: newId() }
const plan: CeremonyPlan = {
  organisation: newId(),
  time: Date.UTC(2026, 10, 22),
  until: Date.UTC(2028, 10, 22),
  custodians: Object.values(people),
  threshold: 2,
  administrators: [people.marisol],
  archiveOfficers: [people.nora],
}
const names = {
  organisation: 'Maple Street Dental',
  person: (id: string) =>
    Object.entries({ 'Dr Nora Lindqvist': people.nora, 'Marisol Vega': people.marisol }).find(([, it]) => it === id)?.[0] ?? '???',
}
let held: Ceremony

beforeAll(async () => {
  held = await holdCeremony(plan)
})

describe('a ceremony', () => {
  test('signs everything with the root that it prints, and the shares open the archive', async () => {
    const root = held.rootPublicKey
    expect(equal((await signingKeyOfSeed(held.rootSeed)).publicKey, root)).toBe(true)
    await verifyDirectoryKey(parse(directoryKey, held.directoryStatement), { root, prev: null })
    const policy = parse(archivePolicy, held.archiveStatement)
    await verifyArchivePolicy(policy, { root, prev: null })
    const powers = held.trustStatements.slice(0, 2).map((it) => parse(authority, it))
    for (const power of powers) await verifyAuthority(power, { root, prev: null, administrators: [] })
    expect(powers.map((it) => [it.body.power, it.body.people])).toEqual([
      ['administrator', [people.marisol]],
      ['archive-officer', [people.nora]],
    ])
    const texts = held.shares.map((it) => it.text)
    for (const two of [texts.slice(0, 2), texts.slice(1), [texts[2]!, texts[0]!]])
      expect(equal((await combineShares(two, policy.body)).publicKey, policy.body.publicKey)).toBe(true)
    await expect(combineShares(texts.slice(0, 1), policy.body)).rejects.toMatchObject({ code: 'bad-share' })
  })

  test('draws all keys anew each time', async () => {
    const other = await holdCeremony(plan)
    expect(equal(other.rootSeed, held.rootSeed) || equal(other.directorySeed, held.directorySeed)).toBe(false)
    expect(other.shares.some((share, i) => share.text === held.shares[i]!.text)).toBe(false)
  })

  test.each([
    ['bad-threshold', { threshold: 4 }],
    ['bad-threshold', { threshold: 0 }],
    ['bad-threshold', { custodians: [], threshold: 0 }],
    ['custodian-twice', { custodians: [people.nora, people.nora] }],
    ['no-administrator', { administrators: [] }],
    ['bad-period', { until: plan.time }],
  ] as const)('is refused as %s', async (code, change) => {
    await expect(holdCeremony({ ...plan, ...change })).rejects.toMatchObject({ code })
  })
})

describe('its folder', () => {
  const files = () => ceremonyFiles(held, names)

  test('has one secret a file, each for one person, readable by the owner only', async () => {
    const folder = path.join(await mkdtemp(path.join(tmpdir(), 'wardline-ceremony-')), 'keys')
    await writeCeremony(folder, files())
    expect((await readdir(folder)).toSorted()).toEqual([
      'README.txt',
      'root-key.txt',
      'share-1-dr-nora-lindqvist.txt',
      'share-2-marisol-vega.txt',
      'share-3-custodian.txt',
    ])
    expect((await stat(folder)).mode & 0o777).toBe(0o700)
    for (const file of await readdir(folder)) expect((await stat(path.join(folder, file))).mode & 0o777).toBe(0o600)
    for (const share of held.shares) {
      const holding = files().filter((file) => file.text.includes(share.text))
      expect(holding).toHaveLength(1)
      expect(holding[0]!.text).toContain(fingerprintOf(held.rootPublicKey))
    }
    const root = await readFile(path.join(folder, 'root-key.txt'), 'utf8')
    expect(root.replaceAll(' ', '')).toContain(toHex(held.rootSeed))
    const others = files().filter((file) => file.name !== 'root-key.txt')
    expect(others.some((file) => file.text.replaceAll(' ', '').includes(toHex(held.rootSeed)))).toBe(false)
    expect(files().some((file) => file.text.replaceAll(' ', '').includes(toHex(held.directorySeed)))).toBe(false)
  })

  test('is never one in which something lies already', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'wardline-ceremony-'))
    await writeFile(path.join(folder, 'root-key.txt'), 'of another organisation')
    await expect(writeCeremony(folder, files())).rejects.toMatchObject({ code: 'folder-not-empty' })
    expect(await readFile(path.join(folder, 'root-key.txt'), 'utf8')).toBe('of another organisation')
    await expect(writeCeremony(path.join(folder, 'root-key.txt'), files())).rejects.toMatchObject({ code: 'folder-unwritable' })
  })
})

describe('the server', () => {
  let it: TestServer
  beforeAll(async () => {
    it = await openTestServer(wardlineFeatures())
    await it.owner.query("insert into org (org, name, zone, preset) values ($1, 'Maple', 'UTC', 'practice')", [plan.organisation])
  })
  afterAll(() => it.close())
  const store = (ceremony: Ceremony) =>
    it.server.db.write(plan.organisation, { actor: null, device: null }, (tx) => storeCeremony(tx, it.keys, ceremony))

  test('gets the public statements and the directory key, and never the root', async () => {
    await store(held)
    await it.server.db.read(plan.organisation, async (db) => {
      expect(equal((await organisationKeys(db))!.rootPublicKey, held.rootPublicKey)).toBe(true)
      expect((await currentArchivePolicy(db))!.body.threshold).toBe(2)
      const facts = await trustFacts(db)
      expect([...facts.administrators]).toEqual([people.marisol])
      expect(facts.recipientPolicy!.body.demands).toEqual([])
      expect(await handIsNamed(db)).toBe(true)
    })
    const { rows } = await it.owner.query<{ found: boolean }>(
      `select exists (select from organisation_keys where organisation_keys::text like '%' || $1 || '%')
         or exists (select from archive_policy where archive_policy::text like '%' || $1 || '%') as found`,
      [toHex(held.rootSeed)],
    )
    expect(rows[0]!.found).toBe(false)
  })

  test('takes no second ceremony over the first', async () => {
    await expect(store(await holdCeremony(plan))).rejects.toMatchObject({ code: 'other-root' })
  })
})
