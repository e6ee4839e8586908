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
/** An organisation that the installation does not have. */
const elsewhere = newId()
const nobody: Feature = { name: 'test/nobody', authenticate: () => async () => null }
let it: TestServer
beforeAll(async () => {
  it = await openTestServer([nobody, audit((kind) => kind)])
  // The sweep's own first pass: after it, facts are numbered only when a test says so.
  await it.server.settle()
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

/** Each column of the log's tables, with an UPDATE of one byte that undoes itself when it is run again. `at` picks the byte. */
const columns: readonly (readonly [column: string, set: (at: number) => string])[] = [
  ...[
    ['log_entry', 'leaf'],
    ['log_entry', 'leaf_hash'],
    ['log_node', 'hash'],
    ['fact_payload', 'sealed'],
    ['fact', 'commitment'],
  ].map(
    ([table, column]) =>
      [
        `${table}.${column}`,
        (at: number) => `${column} = set_byte(${column}, ${at} % length(${column}), get_byte(${column}, ${at} % length(${column})) # 4)`,
      ] as const,
  ),
  [
    'log_checkpoint.note',
    (at) => `note = overlay(note placing chr(ascii(substr(note, 1 + ${at} % length(note), 1)) # 1) from 1 + ${at} % length(note) for 1)`,
  ],
  ['log_entry.index', () => 'index = 10000000 - index'],
  [
    'log_entry.fact',
    (at) =>
      `fact = overlay(fact::text placing translate(substr(fact::text, ${1 + (at % 8)}, 1), '0123456789abcdef', 'fedcba9876543210') from ${1 + (at % 8)} for 1)::uuid`,
  ],
  ['log_entry.org', () => `org = case when org = '${org}' then '${elsewhere}' else '${org}' end::uuid`],
  [
    'log_key.vkey',
    (at) => `vkey = overlay(vkey placing chr(ascii(substr(vkey, 1 + ${at} % length(vkey), 1)) # 1) from 1 + ${at} % length(vkey) for 1)`,
  ],
  ['log_node.completed', () => 'completed = 10000000 - completed'],
  ['log_node.level', () => 'level = 40 - level'],
  ['log_node.org', () => `org = case when org = '${org}' then '${elsewhere}' else '${org}' end::uuid`],
  ['log_checkpoint.size', () => 'size = 10000000 - size'],
  ['fact.kind', () => `kind = reverse(kind)`],
  ['fact.at', () => `at = case when extract(year from at) > 2000 then at - interval '100 years' else at + interval '100 years' end`],
  ['fact.actor', () => `actor = reverse(actor::text)::uuid`],
]

test(
  'a byte changed in any column of leaves, tree and checkpoints, and of the facts that screens show, is found',
  { timeout: 120_000 },
  async () => {
    await announce(600)
    await it.shift(60_000)
    await it.server.settle()
    const clean = await verify()
    expect(clean).toMatchObject({ intact: true })
    expect(clean.entries).toBeGreaterThanOrEqual(1_000)
    const missed: string[] = []
    for (const [name, set] of columns) {
      const [table] = name.split('.') as [string]
      const { rows } = await it.owner.query<{ row: string }>(`select ctid::text as row from ${table} where org = $1 order by ctid`, [org])
      for (let i = 0; i < 4; i += 1) {
        const at = i * 7919
        const found = rows[at % rows.length]!.row
        const changed = await it.owner.query<{ row: string }>(
          `update ${table} set ${set(at)} where ctid = '${found}' returning ctid::text as row`,
        )
        if ((await verify()).intact) missed.push(`${name}, byte ${at} of row ${at % rows.length}`)
        const back = await it.owner.query<{ row: string }>(
          `update ${table} set ${set(at)} where ctid = '${changed.rows[0]!.row}' returning ctid::text as row`,
        )
        rows[at % rows.length] = { row: back.rows[0]!.row }
      }
    }
    expect(missed).toEqual([])
    expect(await verify()).toEqual(clean)
  },
)

test('verification beside a server that goes on writing sees one moment', async () => {
  let writing = true
  const writer = (async () => {
    while (writing) {
      await announce(20)
      await it.server.settle()
    }
  })()
  for (let i = 0; i < 10; i += 1) expect((await verify()).firstBad).toBeNull()
  writing = false
  await writer
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
