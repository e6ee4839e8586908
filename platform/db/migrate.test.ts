import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { cloneDatabase, createTemplate } from '../testing/index.ts'
import type { ClonedDatabase } from '../testing/index.ts'
import { migrate, readMigrations, readSchema } from './migrate.ts'
import { openConnection } from './pool.ts'

let folder: string
let database: ClonedDatabase
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'wardline-migrate-'))
  database = await cloneDatabase(await createTemplate('empty', async () => {}))
})
afterEach(async () => {
  await database.drop()
  await rm(folder, { recursive: true, force: true })
})
const put = (name: string, text: string) => writeFile(path.join(folder, name), text)
const run = async (kind: 'real' | 'demo' = 'real') => migrate(database.url, await readMigrations({ f: folder }), kind)
const tables = async () => {
  const client = await openConnection(database.url, 'test')
  const { rows } = await client.query<{ name: string }>(
    "select relname as name from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace and relname like 't%' order by 1",
  )
  await client.end()
  return rows.map((row) => row.name)
}

test('runs each once, in order, and again nothing', async () => {
  await put('20260101-b.sql', 'create table t2 as select * from t1')
  await put('20251231-z.sql', 'create table t1 (x int)')
  expect(await run()).toEqual(['f/20251231-z.sql', 'f/20260101-b.sql'])
  expect(await run()).toEqual([])
})
test('a look at the schema says what is done, to do, unknown and changed, and changes nothing', async () => {
  const look = async () => readSchema(database.url, await readMigrations({ f: folder }))
  await put('20260101-a.sql', 'create table t1 (x int)')
  expect(await look()).toEqual({ kind: null, done: [], pending: ['f/20260101-a.sql'], unknown: [], changed: [] })
  expect(await tables()).toEqual([])
  await run('demo')
  await put('20260102-b.sql', 'create table t2 (x int)')
  expect(await look()).toEqual({ kind: 'demo', done: ['f/20260101-a.sql'], pending: ['f/20260102-b.sql'], unknown: [], changed: [] })
  await run('demo')
  await put('20260101-a.sql', 'create table t1 (y int)')
  await rm(path.join(folder, '20260102-b.sql'))
  expect(await look()).toMatchObject({ pending: [], unknown: ['f/20260102-b.sql'], changed: ['f/20260101-a.sql'] })
})
test('two nodes at once run each once', async () => {
  await put('20260101-a.sql', 'create table t1 (x int)')
  const ran = await Promise.all([run(), run(), run()])
  expect(ran.flat()).toEqual(['f/20260101-a.sql'])
})
test('a failing one leaves nothing of itself and keeps what ran before', async () => {
  await put('20260101-a.sql', 'create table t1 (x int)')
  await put('20260102-b.sql', 'create table t2 (x int); select 1/0')
  await expect(run()).rejects.toMatchObject({ code: 'failed' })
  expect(await tables()).toEqual(['t1'])
})
test('a newer schema, a changed file and the other kind of installation are refused, and nothing changes', async () => {
  await put('20260101-a.sql', 'create table t1 (x int)')
  await put('20260102-b.sql', 'create table t2 (x int)')
  await run()
  await put('20260103-c.sql', 'create table t3 (x int)')
  await expect(run('demo')).rejects.toMatchObject({ code: 'wrong-kind' })
  await put('20260101-a.sql', 'create table t1 (x bigint)')
  await expect(run()).rejects.toMatchObject({ code: 'changed-migration' })
  await rm(path.join(folder, '20260102-b.sql'))
  await put('20260101-a.sql', 'create table t1 (x int)')
  await expect(run()).rejects.toMatchObject({ code: 'newer-schema' })
  expect(await tables()).toEqual(['t1', 't2'])
})
test('a file whose name cannot be ordered is refused', async () => {
  await put('first.sql', 'select 1')
  await expect(run()).rejects.toMatchObject({ code: 'failed' })
})
