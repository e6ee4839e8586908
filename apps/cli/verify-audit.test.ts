import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openInstallation, readSettings, serveInstallation, wardlineFeatures } from '@wardline/app-server'
import { fact, Shape, Text } from '@wardline/platform/contract'
import { startEmbedded } from '@wardline/platform/embedded'
import { bySystem, eraseMonth, monthOf, newId, openConnection, openLog } from '@wardline/platform/server'
import { createOrganisation } from '@wardline/product/access/provisioning/server'
import { newestCheckpoint } from '@wardline/product/compliance/audit/server'
import { wardline } from '../../testing/command-line.ts'
import type { Said } from '../../testing/command-line.ts'

// 1,000 entries of a real installation, changed by real UPDATEs, verified by the command as a process. That every byte of such a log is
// guarded is shown in compliance/audit (verify.test.ts each bit of 1,000 entries, audit.test.ts each column of the tables).

const happened = fact({ kind: 'test.happened', payload: Shape({ text: Text(100) }), says: 'did something' })
/** Of a bucket whose month was erased. */
const old = fact({ kind: 'test.old', payload: Shape({ text: Text(100) }), says: 'did something long ago', bucket: 'patients' })
const org = newId()
/** An organisation with five entries of a month that is erased, and the one that says so. */
const elm = newId()
let folder: string
let env: Readonly<Record<string, string>>
/** The signed note over the whole log, as somebody outside would have kept it. */
let kept: string
let month: string

interface Report {
  readonly entries: number
  readonly intact: boolean
  readonly firstBad: { readonly organisation: string; readonly index: number; readonly through: number; readonly what: string } | null
  readonly organisations: readonly {
    readonly organisation: string
    readonly entries: number
    readonly erased: number
    readonly erasures: readonly object[]
    readonly keys: readonly { readonly vkey: string; readonly fingerprint: string }[]
  }[]
}
const verify = (...args: readonly string[]) => wardline(['verify-audit', ...args], { env })
const report = async (...args: readonly string[]) => {
  const it = await verify('--json', ...args)
  return { ...it.json<Report>(), code: it.code }
}

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'wardline-verify-'))
  env = { WARDLINE_DATA: path.join(folder, 'data'), PORT: '0' }
  const settings = readSettings(env, folder)
  const open = { settings, kind: 'real', log: openLog({ level: 'silent' }), version: 'test', makeKek: true } as const
  const features = wardlineFeatures()
  const installation = await openInstallation(open, features)
  const server = await serveInstallation(open, installation, features, { sweepMs: 3_600_000, beatMs: 3_600_000 })
  await server.settle()
  const owner = await openConnection(installation.databaseUrl, 'test')
  const shift = (days: number) =>
    owner.query(`create or replace function wl_shift() returns interval language sql stable as $$ select interval '${days} days' $$`)
  await owner.query("insert into org (org, name, zone, preset) values ($1, 'Elm Clinic', 'UTC', 'practice')", [elm])
  await shift(-40)
  month = await server.db.write(elm, bySystem, async (tx) => {
    await server.clock.read(server.db)
    for (let i = 0; i < 5; i += 1) tx.announce(old, { key: 'k', payload: { text: `entry ${i}` } })
    return monthOf(server.clock.now())
  })
  await server.settle()
  await shift(0)
  await owner.end()
  await eraseMonth(server.db, installation.keys, bySystem, { org: elm, bucket: 'patients', month })
  await server.db.write(org, bySystem, async (tx) => {
    await createOrganisation(tx, { name: 'Oak Clinic', zone: 'America/Chicago', preset: 'practice' })
    for (let i = 1; i < 1_000; i += 1) tx.announce(happened, { key: 'k', payload: { text: `entry ${i}` } })
  })
  await server.settle()
  kept = (await server.db.read(org, (db) => newestCheckpoint(db, org)))!.note
  await server.stop()
  await installation.close()
}, 120_000)
afterAll(() => rm(folder, { recursive: true, force: true }))

describe('verify-audit on a stopped installation', { timeout: 60_000 }, () => {
  test('finds 1,000 entries good, and says how far it is', async () => {
    const it = await verify()
    expect(it.code).toBe(0)
    expect(it.out).toContain('ok   Oak Clinic: 1000 entries good; 1 checkpoints, the newest over 1000')
    expect(it.out).toContain('The audit log is intact: 1006 entries.')
    expect(it.out).toMatch(/^Verified: \d+ of 1006$/m)
  })

  test('prints one JSON value for programs, and nothing beside it', async () => {
    const it = await verify('--json')
    expect(it.out.trim().split('\n')).toHaveLength(1)
    expect(it.err).toBe('')
    expect(it.json()).toMatchObject({ entries: 1006, intact: true, firstBad: null })
  })

  test('says how many payloads were lawfully erased, and by which entry', async () => {
    const it = await verify()
    expect(it.out).toContain('ok   Elm Clinic: 6 entries good, 5 with an erased payload;')
    expect(it.out).toContain(`     erased by entry 5: 5 payloads of ${month} (patients)`)
    const { organisations } = await report()
    expect(organisations.find((one) => one.organisation === elm)).toMatchObject({
      erased: 5,
      erasures: [{ index: 5, bucket: 'patients', month, payloads: 5 }],
    })
  })

  test('holds the log against a key that was kept outside, as text or as fingerprint', async () => {
    const keys = (await report()).organisations.find((one) => one.organisation === org)!.keys
    expect(keys).toHaveLength(1)
    const { vkey, fingerprint } = keys[0]!
    expect((await verify()).out).toContain(`     key of the log: ${fingerprint}`)
    for (const key of [vkey, fingerprint]) expect((await report('--key', key)).code).toBe(0)
    const other = await verify(
      '--key',
      fingerprint.replace(/^./, (digit) => (digit === '0' ? '1' : '0')),
    )
    expect(other.code).toBe(1)
    expect(other.out).toContain('BAD  no log of this installation has the key')
  })

  test('holds the log against notes that were kept outside', async () => {
    const note = path.join(folder, 'kept.note')
    await writeFile(note, kept)
    expect((await report('--note', note)).code).toBe(0)
    const missing = await verify('--note', path.join(folder, 'none.note'))
    expect([missing.code, code(missing)]).toEqual([2, 'no-such-file'])
    await writeFile(note, kept.replace(/^wardline\/[^/]+/, 'wardline/another'))
    const stranger = await verify('--note', note)
    expect([stranger.code, code(stranger)]).toEqual([3, 'unknown-note'])
    await writeFile(note, kept.replace(/\n(\d+)\n/, '\n999\n'))
    const forged = await verify('--note', note)
    expect([forged.code, code(forged)]).toEqual([3, 'unknown-note'])
  })
})

const code = (it: Said) => /\[([\w-]+)\]\s*$/.exec(it.err)?.[1]

describe('verify-audit beside a server, after somebody with SQL was there', { timeout: 120_000 }, () => {
  let stop: () => Promise<void>
  let owner: Awaited<ReturnType<typeof openConnection>>
  let query: (text: string) => Promise<number>
  beforeAll(async () => {
    const embedded = await startEmbedded({ dataDir: path.join(folder, 'data/postgres') })
    owner = await openConnection(embedded.url, 'test')
    query = async (text) => (await owner.query(text, text.includes('$1') ? [org] : [])).rowCount ?? 0
    stop = async () => {
      await owner.end()
      await embedded.stop()
    }
  })
  afterAll(() => stop())

  // Each undoes itself when it is run again.
  const flip = (column: string, at: number) => `${column} = set_byte(${column}, ${at}, get_byte(${column}, ${at}) # 1)`
  test.each([
    ['a leaf', `update log_entry set ${flip('leaf', 40)} where org = $1 and index = 7`, 7, 'leaf-hash'],
    ['a leaf’s hash', `update log_entry set ${flip('leaf_hash', 31)} where org = $1 and index = 999`, 999, 'leaf-hash'],
    ['a tree node', `update log_node set ${flip('hash', 0)} where org = $1 and completed = 512 and level = 9`, 511, 'node-wrong'],
    [
      'a checkpoint',
      `update log_checkpoint set note = overlay(note placing chr(ascii(substr(note, 150, 1)) # 1) from 150 for 1) where org = $1`,
      999,
      'checkpoint-refused',
    ],
    [
      'the fact that an entry names',
      `update log_entry set fact = (select fact from log_entry where org = $1 and index = 400) where org = $1 and index = 401`,
      401,
      'fact-changed',
    ],
  ])('names the first bad entry where %s was changed', async (_what, change, index, what) => {
    await query('create table saved as select * from log_entry')
    expect(await query(change)).toBe(1)
    const found = await report()
    expect(found).toMatchObject({ code: 1, intact: false, firstBad: { organisation: org, what } })
    expect(found.firstBad!.index).toBeLessThanOrEqual(index)
    expect(found.firstBad!.through).toBeGreaterThanOrEqual(index)
    if (what === 'fact-changed')
      await query('update log_entry e set fact = s.fact from saved s where s.org = e.org and s.index = e.index and s.fact <> e.fact')
    else await query(change)
    await query('drop table saved')
    expect(await report()).toMatchObject({ code: 0, intact: true })
  })

  test('says to people which entry is bad, and why', async () => {
    const change = `update log_entry set ${flip('leaf', 40)} where org = $1 and index = 7`
    await query(change)
    const told = await verify()
    await query(change)
    expect(told.code).toBe(1)
    expect(told.out).toContain('BAD  Oak Clinic: 7 entries good')
    expect(told.out).toContain('first bad entry: 7: its bytes do not have the stored hash [leaf-hash]')
  })

  test('a payload that was deleted is missing, and no lawful erasure', async () => {
    // A payload may stand in a box with others of its transaction; the first entry of the box is the first that misses it.
    const { rows } = await owner.query<{ payload: string; first: number }>(
      `select p.fact as payload, min(e.index)::int as first from log_entry e join fact f on f.org = e.org and f.id = e.fact
       join fact_payload p on p.org = f.org and p.fact = coalesce(f.box, f.id) where e.org = $1 group by 1 order by 2 desc limit 1`,
      [org],
    )
    const { payload, first } = rows[0]!
    await query('create table saved as select * from fact_payload')
    const one = `org = $1 and fact = '${payload}'`
    expect(await query(`delete from fact_payload where ${one}`)).toBe(1)
    const missing = await report()
    expect(missing).toMatchObject({ code: 1, intact: false, firstBad: { organisation: org, index: first, what: 'payload-missing' } })
    expect((await verify()).out).toContain(
      `first bad entry: ${first}: its payload is missing, and no entry of the log says that it was erased`,
    )
    await query(`insert into fact_payload select * from saved where ${one}`)
    await query('drop table saved')
    expect(await report()).toMatchObject({ code: 0, intact: true })
  })

  test('a key that somebody put beside the log’s own is refused', async () => {
    expect(
      await query(
        `insert into log_key (org, key, vkey, data_key, sealed, made_at) select org, gen_random_uuid(), vkey, data_key, sealed, made_at - interval '1 day' from log_key where org = $1`,
      ),
    ).toBe(1)
    expect(await report()).toMatchObject({ code: 1, intact: false, firstBad: { organisation: org, what: 'log-key' } })
    const found = (await wardline(['doctor', '--json'], { env })).json<{ checks: { check: string; state: string; says: string }[] }>()
    expect(found.checks.filter((it) => it.check === 'key of the log' && it.state === 'fail')).toHaveLength(1)
    await query('delete from log_key where org = $1 and made_at < (select max(made_at) from log_key where org = $1)')
    expect(await report()).toMatchObject({ code: 0, intact: true })
  })

  test('a log that was cut to an earlier, valid state is found by a note kept outside', async () => {
    const note = path.join(folder, 'whole.note')
    await writeFile(note, kept)
    await query('delete from log_checkpoint where org = $1')
    await query('delete from log_entry where org = $1 and index >= 512')
    await query('delete from log_node where org = $1 and completed > 512')
    const found = await report('--note', note)
    expect(found).toMatchObject({ code: 1, intact: false, firstBad: { index: 512, what: 'missing' } })
  })
})
