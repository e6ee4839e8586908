import { afterAll, beforeAll, expect, test } from 'vitest'
import { fact, Shape, Text } from '@wardline/platform/contract'
import { bySystem, eraseMonth, installationOrg, monthOf, newId } from '@wardline/platform/server'
import type { Feature } from '@wardline/platform/server'
import { openTestServer } from '@wardline/platform/testing'
import type { TestServer } from '@wardline/platform/testing'
import { decodeSkey, encodeSkey, encodeVkey, LOG_SIGNATURE } from './note.ts'
import { audit, hasKey, newestCheckpoint, verifyAudit } from './index.ts'

// The log through the real sequencer and the real tables; the verifier's own guards are in verify.test.ts.
const happened = fact({ kind: 'test.happened', payload: Shape({ text: Text(100) }), says: 'did something' })
/** In another bucket than the first. */
const kept = fact({ kind: 'test.kept', payload: Shape({ text: Text(100) }), says: 'kept something', bucket: 'team' })
const org = newId()
/** Whose log has a thousand entries; made by the last test, because each verification reads every organisation's log. */
const long = newId()
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

const announce = (count: number, to = org, kind = happened) =>
  it.server.db.write(to, { actor: newId(), device: null }, async (tx) => {
    for (let i = 0; i < count; i += 1) tx.announce(kind, { key: 'k', payload: { text: `entry ${i}` } })
  })
const verify = async (kept: string[] = [], of = org, keys: string[] = []) => {
  await it.server.clock.read(it.server.db)
  return (await verifyAudit(it.server.db, it.keys, { now: it.server.clock.ms(), kept, keys })).find((report) => report.org === of)!
}
const newOrganisation = async () => {
  const made = newId()
  await it.owner.query("insert into org (org, name, zone, preset) values ($1, 'B', 'UTC', 'practice')", [made])
  return made
}
/** Announces, numbers and signs. */
const fill = async (of: string, kind = happened) => {
  await announce(10, of, kind)
  await it.shift(120_000)
  await it.server.settle()
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
  await announce(200)
  const before = (await verify()).entries
  await Promise.all([it.server.settle(), it.server.settle()])
  expect((await verify()).entries).toBe(before + 200)
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

test('a payload that somebody with SQL deleted is missing, whatever they say of it', async () => {
  const other = await newOrganisation()
  // Ten payloads in rows of their own, then ten in one box.
  await announce(5, other)
  await announce(5, other)
  await it.server.settle()
  await fill(other)
  await it.owner.query('create table saved as select * from fact_payload')
  for (const [index, through] of [
    [5, 5],
    [10, 10],
  ] as const) {
    const fact = `(select coalesce(f.box, f.id) from log_entry e join fact f on f.org = e.org and f.id = e.fact where e.org = $1 and e.index = ${index})`
    await it.owner.query(`delete from fact_payload where org = $1 and fact = ${fact}`, [other])
    const missing = { intact: false, firstBad: { index, through, what: 'payload-missing' } }
    expect(await verify([], other)).toMatchObject(missing)
    await it.owner.query(`insert into fact_payload select * from saved where org = $1 and fact = ${fact}`, [other])
    expect(await verify([], other)).toMatchObject({ intact: true })
    // A key that never was in the ledger is no erased one.
    const change = `update fact_payload set data_key = $2 where org = $1 and fact = ${fact}`
    const { rows } = await it.owner.query<{ data_key: string }>(change.replace('= $2', '= data_key') + ' returning data_key', [other])
    await it.owner.query(change, [other, newId()])
    expect(await verify([], other)).toMatchObject(missing)
    await it.owner.query(change, [other, rows[0]!.data_key])
  }
  await it.owner.query('drop table saved')
})

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

test('a key of the log is taken from what the ledger sealed, never from what the database says', { timeout: 60_000 }, async () => {
  const other = await newOrganisation()
  await fill(other)
  const clean = await verify([], other)
  const [key] = clean.keys
  expect(clean).toMatchObject({ intact: true, keys: [{ fingerprint: expect.stringMatching(/^([0-9a-f]{4} ){15}[0-9a-f]{4}$/) as string }] })
  // Somebody with SQL adds an older key of their own, under which they could sign another history.
  const own = encodeVkey(decodeSkey(encodeSkey(clean.origin, LOG_SIGNATURE, new Uint8Array(32).fill(9))).key)
  const forge = (columns: string) =>
    it.owner.query(
      `insert into log_key (org, key, vkey, data_key, sealed, made_at) select org, '${newId()}', ${columns}, made_at - interval '1 day' from log_key where org = $1`,
      [other],
    )
  const gone = () =>
    it.owner.query('delete from log_key where org = $1 and made_at < (select max(made_at) from log_key where org = $1)', [other])
  for (const columns of [
    `'${own}', data_key, sealed`,
    `'${own}', data_key, 'x'`,
    `'${own}', '${newId()}', sealed`,
    'vkey, data_key, sealed',
  ]) {
    await forge(columns)
    expect(await verify([], other)).toMatchObject({ intact: false, firstBad: { index: 0, what: 'log-key' } })
    await gone()
  }
  expect(await verify([], other)).toEqual(clean)
  // Or they change what the true row says of its public half.
  const say = (vkey: string) => it.owner.query('update log_key set vkey = $2 where org = $1', [other, vkey])
  await say(own)
  expect(await verify([], other)).toMatchObject({ intact: false, firstBad: { what: 'log-key' }, keys: [] })
  await say(key!.vkey)
  // A key that was kept outside must be the log's: by itself, and as its fingerprint.
  for (const kept of [key!.vkey, key!.fingerprint, key!.fingerprint.replaceAll(' ', '').toUpperCase()]) {
    expect((await verify([], other, [kept])).intact).toBe(true)
    expect(hasKey([clean], kept)).toBe(true)
  }
  // A whole history under a new key of the server: only the key that was kept outside tells.
  const second = await newOrganisation()
  await fill(second)
  const [first] = (await verify([], second)).keys
  await it.owner.query('create table first_key as select * from log_key where org = $1', [second])
  await it.owner.query('delete from log_key where org = $1', [second])
  await it.owner.query('delete from log_checkpoint where org = $1', [second])
  await fill(second)
  const rewritten = await verify([], second)
  expect(rewritten.intact).toBe(true)
  expect(hasKey([rewritten], first!.vkey)).toBe(false)
  // The first key is put back, unused: what it did not sign does not count for whoever kept it.
  await it.owner.query('insert into log_key select * from first_key')
  expect((await verify([], second)).intact).toBe(true)
  expect(await verify([], second, [first!.fingerprint])).toMatchObject({ intact: false, firstBad: { what: 'log-key' } })
  await it.owner.query('drop table first_key')
})

test('a damaged log of one organisation raises an alarm and stops no other one', async () => {
  const [bad, signs, good] = [await newOrganisation(), await newOrganisation(), await newOrganisation()]
  for (const each of [bad, signs, good]) await fill(each)
  await it.owner.query('update log_head set frontier = frontier[2:] where org = $1', [bad])
  await it.owner.query('update log_key set sealed = set_byte(sealed, 20, get_byte(sealed, 20) # 1) where org = $1', [signs])
  const before = await verify([], good)
  for (const each of [bad, signs, good]) await announce(10, each)
  await it.shift(120_000)
  it.logged.length = 0
  await it.server.settle()
  expect(await verify([], good)).toMatchObject({ intact: true, entries: before.entries + 10, signedSize: before.entries + 10 })
  const alarms = it.logged.map((line) => JSON.parse(line) as { event: string; org: string })
  expect(alarms.find((line) => line.event === 'audit.numbering-failed')).toMatchObject({ org: bad })
  expect(alarms.find((line) => line.event === 'audit.signing-failed')).toMatchObject({ org: signs })
})

test('what retention erased is covered by an entry, and nothing else hides behind it', async () => {
  const other = await newOrganisation()
  // A month that does not end while it is filled.
  await it.server.clock.read(it.server.db)
  const today = it.server.clock.now()
  await it.shift(Date.UTC(today.getUTCFullYear(), today.getUTCMonth() + 1, 5) - today.getTime())
  await it.server.clock.read(it.server.db)
  const month = monthOf(it.server.clock.now())
  await fill(other, kept)
  await fill(other)
  const [dataKey] = it.keys.keysOf({ org: other, bucket: 'team', month })
  await it.shift(32 * 86_400_000)
  await it.server.settle()
  await eraseMonth(it.server.db, it.keys, bySystem, { org: other, bucket: 'team', month })
  await it.server.settle()
  const lawful = {
    intact: true,
    firstBad: null,
    entries: 21,
    erased: 10,
    erasures: [{ index: 20, bucket: 'team', month, dataKey, payloads: 10 }],
  }
  await it.shift(120_000)
  expect(await verify([], other)).toMatchObject(lawful)
  // Somebody with SQL hangs another payload under the destroyed key: one too many.
  const hide = `update fact_payload set data_key = $2 where org = $1
    and fact = (select f.box from log_entry e join fact f on f.org = e.org and f.id = e.fact where e.org = $1 and e.index = 15)`
  const { rows } = await it.owner.query<{ data_key: string }>(hide.replace('set data_key = $2', 'set org = org') + ' returning data_key', [
    other,
  ])
  await it.owner.query(hide, [other, dataKey])
  expect(await verify([], other)).toMatchObject({ intact: false, erasures: [], firstBad: { what: 'payload-missing' } })
  await it.owner.query(hide, [other, rows[0]!.data_key])
  expect(await verify([], other)).toMatchObject(lawful)
  // A key that was destroyed without an entry.
  await it.keys.destroy({ org: other, bucket: 'audit', month })
  expect(await verify([], other)).toMatchObject({ intact: false, firstBad: { index: 10, through: 19, what: 'payload-missing' } })
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
  ['log_entry.org', () => `org = case when org = '${long}' then '${elsewhere}' else '${long}' end::uuid`],
  [
    'log_key.vkey',
    (at) => `vkey = overlay(vkey placing chr(ascii(substr(vkey, 1 + ${at} % length(vkey), 1)) # 1) from 1 + ${at} % length(vkey) for 1)`,
  ],
  ['log_node.completed', () => 'completed = 10000000 - completed'],
  ['log_node.level', () => 'level = 40 - level'],
  ['log_node.org', () => `org = case when org = '${long}' then '${elsewhere}' else '${long}' end::uuid`],
  ['log_checkpoint.size', () => 'size = 10000000 - size'],
  ['fact.kind', () => `kind = reverse(kind)`],
  ['fact.at', () => `at = case when extract(year from at) > 2000 then at - interval '100 years' else at + interval '100 years' end`],
  ['fact.actor', () => `actor = reverse(actor::text)::uuid`],
  ['fact.box', () => `box = reverse(box::text)::uuid`],
  ['fact.place', () => `place = case when place % 2 = 0 then place + 1 else place - 1 end`],
]

test(
  'a byte changed in any column of leaves, tree and checkpoints, and of the facts that screens show, is found',
  { timeout: 120_000 },
  async () => {
    await it.owner.query("insert into org (org, name, zone, preset) values ($1, 'Long', 'UTC', 'practice')", [long])
    for (const count of [600, 5, 400]) {
      await announce(count, long)
      await it.shift(60_000)
      await it.server.settle()
    }
    const clean = await verify([], long)
    expect(clean).toMatchObject({ intact: true })
    expect(clean.entries).toBeGreaterThanOrEqual(1_000)
    const missed: string[] = []
    for (const [name, set] of columns) {
      const [table] = name.split('.') as [string]
      const some = /box|place/.test(name) ? 'and box is not null' : ''
      const { rows } = await it.owner.query<{ row: string }>(
        `select ctid::text as row from ${table} where org = $1 ${some} order by ctid`,
        [long],
      )
      // That each byte counts is proven where the log is verified in memory; here, that each column is read.
      for (const at of [0, 7919]) {
        const found = rows[at % rows.length]!.row
        const changed = await it.owner.query<{ row: string }>(
          `update ${table} set ${set(at)} where ctid = '${found}' returning ctid::text as row`,
        )
        if ((await verify([], long)).intact) missed.push(`${name}, byte ${at} of row ${at % rows.length}`)
        const back = await it.owner.query<{ row: string }>(
          `update ${table} set ${set(at)} where ctid = '${changed.rows[0]!.row}' returning ctid::text as row`,
        )
        rows[at % rows.length] = { row: back.rows[0]!.row }
      }
    }
    expect(missed).toEqual([])
    expect(await verify([], long)).toEqual(clean)
  },
)
