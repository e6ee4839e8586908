import { afterAll, beforeAll, expect, test } from 'vitest'
import { fact, Shape, Text } from '@wardline/platform/contract'
import { installationOrg, newId } from '@wardline/platform/server'
import type { Feature } from '@wardline/platform/server'
import { openTestServer } from '@wardline/platform/testing'
import type { TestServer } from '@wardline/platform/testing'
import { audit, newestCheckpoint, verifyAudit } from './index.ts'

// The log through the real sequencer and the real tables; the verifier's own guards are in verify.test.ts.
const happened = fact({ kind: 'test.happened', payload: Shape({ text: Text(100) }), says: 'did something' })
const org = newId()
const nobody: Feature = { name: 'test/nobody', authenticate: () => async () => null }
let it: TestServer
beforeAll(async () => {
  it = await openTestServer([nobody, audit((kind) => kind)])
  await it.owner.query("insert into org (org, name, zone, preset) values ($1, 'A', 'UTC', 'practice')", [org])
})
afterAll(() => it.close())

const announce = (count: number, to = org) =>
  it.server.db.write(to, { actor: newId(), device: null }, async (tx) => {
    for (let i = 0; i < count; i += 1) tx.announce(happened, { key: 'k', payload: { text: `entry ${i}` } })
  })
const verify = async (kept: string[] = []) => {
  await it.server.clock.read(it.server.db)
  return (await verifyAudit(it.server.db, it.keys, { now: it.server.clock.ms(), kept })).find((report) => report.org === org)!
}

test('facts are numbered without a hole, also when many commit at once, and a checkpoint covers them', async () => {
  await Promise.all(Array.from({ length: 20 }, () => announce(17)))
  await it.server.settle()
  const { rows } = await it.owner.query<{ count: number; last: number }>(
    'select count(*), max(index) as last from log_entry where org = $1',
    [org],
  )
  expect(rows[0]).toEqual({ count: 340, last: 339 })
  expect(await verify()).toMatchObject({ entries: 340, intact: true, firstBad: null, erased: 0, signedSize: 340 })
})

test('two sequencers at once number each fact once', async () => {
  await announce(500)
  const before = (await verify()).entries
  await Promise.all([it.server.settle(), it.server.settle()])
  expect((await verify()).entries).toBe(before + 500)
})

test('a late commit comes later in the log and leaves no hole', async () => {
  const gate = Promise.withResolvers<void>()
  const started = Promise.withResolvers<void>()
  const late = it.server.db.write(org, { actor: null, device: null }, async (tx) => {
    await tx.rows({ text: 'select 1', values: [], name: 'late' })
    tx.announce(happened, { key: 'late', payload: { text: 'late' } })
    started.resolve()
    await gate.promise
  })
  await started.promise
  await announce(3)
  await it.server.settle()
  const size = (await verify()).entries
  gate.resolve()
  await late
  await it.server.settle()
  expect(await verify()).toMatchObject({ entries: size + 1, intact: true })
})

test('checkpoints are at most 60 s apart while there is news, and none without', async () => {
  const newest = () => it.server.db.read(org, (db) => newestCheckpoint(db, org))
  await announce(1)
  await it.server.settle()
  await it.shift(60_000)
  await it.server.settle()
  const first = (await newest())!
  await it.shift(600_000)
  await it.server.settle()
  expect((await newest())!.size).toBe(first.size)
  await announce(1)
  await it.server.settle()
  expect((await newest())!.size).toBe(first.size + 1)
})

test('an erased payload still verifies, and is counted', async () => {
  await it.owner.query('delete from fact_payload where org = $1 and fact = (select fact from log_entry where org = $1 and index = 5)', [
    org,
  ])
  expect(await verify()).toMatchObject({ intact: true, erased: 1 })
})

const tables = ['log_entry', 'log_node', 'fact_payload', 'log_checkpoint']
test('a byte changed in any of the tables is found, and named', async () => {
  const flips: [what: string, change: string][] = [
    ['a leaf', 'update log_entry set leaf = set_byte(leaf, 30, get_byte(leaf, 30) # 1) where org = $1 and index = 7'],
    ['a leaf hash', 'update log_entry set leaf_hash = set_byte(leaf_hash, 3, get_byte(leaf_hash, 3) # 1) where org = $1 and index = 9'],
    ['a tree node', 'update log_node set hash = set_byte(hash, 3, get_byte(hash, 3) # 1) where org = $1 and completed = 16 and level = 4'],
    [
      'a payload',
      'update fact_payload set sealed = set_byte(sealed, 20, get_byte(sealed, 20) # 1) where org = $1 and fact = (select fact from log_entry where org = $1 and index = 11)',
    ],
    [
      'a checkpoint',
      "update log_checkpoint set note = overlay(note placing case when substr(note, length(note) - 20, 1) = 'A' then 'B' else 'A' end from length(note) - 20 for 1) where org = $1 and size = (select max(size) from log_checkpoint where org = $1)",
    ],
  ]
  for (const [what, change] of flips) {
    for (const table of tables) await it.owner.query(`create table saved_${table} as select * from ${table}`)
    expect((await it.owner.query(change, [org])).rowCount, what).toBe(1)
    expect((await verify()).intact, what).toBe(false)
    for (const table of tables)
      await it.owner.query(`delete from ${table}; insert into ${table} select * from saved_${table}; drop table saved_${table}`)
    expect((await verify()).intact, what).toBe(true)
  }
})

test('a log cut to an earlier valid state is found by a note that was kept outside', async () => {
  await announce(1)
  await it.shift(60_000)
  await it.server.settle()
  const kept = (await it.server.db.read(org, (db) => newestCheckpoint(db, org)))!
  await it.owner.query('delete from log_checkpoint where org = $1 and size = $2', [org, kept.size])
  await it.owner.query('delete from log_entry where org = $1 and index = $2', [org, kept.size - 1])
  await it.owner.query('delete from log_node where org = $1 and completed = $2', [org, kept.size])
  expect((await verify([kept.note])).intact).toBe(false)
})

test("the installation's own log verifies too", async () => {
  await announce(2, installationOrg)
  await it.server.settle()
  const reports = await verifyAudit(it.server.db, it.keys, { now: it.server.clock.ms() })
  expect(reports.find((report) => report.org === installationOrg)).toMatchObject({ entries: 2, intact: true })
})
