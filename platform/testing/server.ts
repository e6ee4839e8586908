import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type pg from 'pg'
import { migrate, readMigrations } from '../db/migrate.ts'
import { openConnection } from '../db/pool.ts'
import type { Feature } from '../http/feature.ts'
import { kekFrom } from '../keys/kek.ts'
import { openLedger } from '../keys/ledger.ts'
import type { KeyLedger } from '../keys/ledger.ts'
import { openLog } from '../log/log.ts'
import { startServer } from '../run/server.ts'
import type { RunningServer, ServerOptions } from '../run/server.ts'
import { cloneDatabase, createTemplate } from './postgres.ts'

/** A real server of some features on a database of its own, for tests of platform itself. */
export interface TestServer {
  readonly server: RunningServer
  readonly owner: pg.Client
  readonly databaseUrl: string
  readonly keys: KeyLedger
  readonly logged: string[]
  /** Moves the database's shift (the demo's button) by these ms. */
  shift(ms: number): Promise<void>
  close(): Promise<void>
}

/** Starts one; `folders` are migrations beyond platform's own. */
export async function openTestServer(features: readonly Feature[], options: Partial<ServerOptions> = {}): Promise<TestServer> {
  const folders = {
    platform: path.join(import.meta.dirname, '../db/migrations'),
    ...Object.fromEntries(features.flatMap((it) => (it.migrations ? [[it.name, it.migrations]] : []))),
  }
  const migrations = await readMigrations(folders)
  const digest = createHash('sha256')
    .update(migrations.map((it) => it.checksum).join())
    .digest('hex')
    .slice(0, 12)
  const template = await createTemplate(`platform_${digest}`, async (url) => void (await migrate(url, migrations, 'demo')))
  const database = await cloneDatabase(template)
  const owner = await openConnection(database.url, 'test owner')
  const folder = await mkdtemp(path.join(tmpdir(), 'wardline-platform-'))
  const keys = await openLedger(path.join(folder, 'keys'), kekFrom(randomBytes(32)))
  const logged: string[] = []
  const log = openLog({ write: (line) => void logged.push(line) })
  const server = await startServer({
    features,
    databaseUrl: database.url,
    keys,
    log,
    port: 0,
    version: 'test',
    sweepMs: 3_600_000,
    beatMs: 3_600_000,
    ...options,
  })
  let shifted = 0
  return {
    server,
    owner,
    databaseUrl: database.url,
    keys,
    logged,
    async shift(ms) {
      shifted += ms
      await owner.query(
        `create or replace function wl_shift() returns interval language sql stable as 'select interval ''${shifted} milliseconds'''`,
      )
    },
    async close() {
      await server.stop()
      await keys.close()
      await owner.end()
      await database.drop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
