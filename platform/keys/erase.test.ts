import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { fact } from '../contract/fact.ts'
import { Shape, Text } from '../contract/text.ts'
import { bySystem } from '../db/database.ts'
import { factsOf } from '../testing/facts.ts'
import type { Feature } from '../http/feature.ts'
import { newId } from '../ids/ids.ts'
import { openLog } from '../log/log.ts'
import { startServer } from '../run/server.ts'
import { openTestServer } from '../testing/server.ts'
import type { TestServer } from '../testing/server.ts'
import { contentErased, eraseMonth } from './erase.ts'
import { kekFrom } from './kek.ts'
import { monthOf, openLedger } from './ledger.ts'
import type { KeyLedger, KeyScope } from './ledger.ts'

const happened = fact({ kind: 'test.happened', payload: Shape({ text: Text(100) }), says: 'did something', bucket: 'team' })
const nobody: Feature = { name: 'test/nobody', authenticate: () => async () => null }
const org = newId()
let it: TestServer
let scope: KeyScope
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'wardline-erase-'))
  it = await openTestServer([nobody])
  await it.owner.query("insert into org (org, name, zone, preset) values ($1, 'A', 'UTC', 'practice')", [org])
  await it.server.db.write(org, bySystem, async (tx) => {
    for (let i = 0; i < 3; i += 1) tx.announce(happened, { key: 'k', payload: { text: `entry ${i}` } })
  })
  await it.server.clock.read(it.server.db)
  scope = { org, bucket: 'team', month: monthOf(it.server.clock.now()) }
})
afterAll(async () => {
  await it.close()
  await rm(folder, { recursive: true, force: true })
})

const payloads = async (kind: string) => (await factsOf(it, org, kind)).map(({ payload }) => payload)

test('a server does not start with a ledger that has not the keys which the database names', async () => {
  const other: KeyLedger = await openLedger(path.join(folder, 'empty'), kekFrom(Buffer.alloc(32, 1)))
  const start = (keys: KeyLedger) =>
    startServer({
      features: [nobody],
      databaseUrl: it.databaseUrl,
      keys,
      log: openLog({ level: 'silent' }),
      port: 0,
      version: 'test',
      sweepMs: 3_600_000,
    })
  await expect(start(other)).rejects.toMatchObject({ name: 'KeyFailure', code: 'not-in-ledger' })
  const second = await start(it.keys)
  await second.stop()
  await other.close()
})

test('a month that is not over, and the bucket of credentials, are not erased', async () => {
  await expect(eraseMonth(it.server.db, it.keys, bySystem, scope)).rejects.toMatchObject({ code: 'not-erasable' })
  await it.shift(31 * 86_400_000)
  await it.server.clock.read(it.server.db)
  await expect(eraseMonth(it.server.db, it.keys, bySystem, { ...scope, bucket: 'access' })).rejects.toMatchObject({ code: 'not-erasable' })
  expect(await payloads(happened.kind)).toHaveLength(3)
  expect(await payloads(happened.kind)).not.toContain(undefined)
  expect(await payloads(contentErased.kind)).toEqual([])
})

test('what is erased stands in the log before it is gone, also where a crash came between', async () => {
  const [dataKey] = it.keys.keysOf(scope)
  const crashing: KeyLedger = { ...it.keys, destroy: () => Promise.reject(new Error('power loss')) }
  await expect(eraseMonth(it.server.db, crashing, bySystem, scope)).rejects.toThrow('power loss')
  const entry = { bucket: 'team', month: scope.month, dataKey, payloads: 3 }
  expect(await payloads(contentErased.kind)).toEqual([entry])
  expect(await payloads(happened.kind)).not.toContain(undefined)
  expect(await eraseMonth(it.server.db, it.keys, bySystem, scope)).toEqual([dataKey])
  expect(await payloads(contentErased.kind)).toEqual([entry, entry])
  expect(await payloads(happened.kind)).toEqual([undefined, undefined, undefined])
  // Destroyed is not lost: a server starts with what is left.
  const again = await startServer({
    features: [nobody],
    databaseUrl: it.databaseUrl,
    keys: it.keys,
    log: openLog({ level: 'silent' }),
    port: 0,
    version: 'test',
    sweepMs: 3_600_000,
  })
  await again.stop()
})
