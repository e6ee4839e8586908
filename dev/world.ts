import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { foldersOf } from '@wardline/app-server'
import { kekFrom, migrate, openConnection, openLedger, openLog, readMigrations, startServer } from '@wardline/platform/server'
import type { Feature, KeyLedger, RunningServer, ServerOptions } from '@wardline/platform/server'
import { cloneDatabase, createTemplate } from '@wardline/platform/testing'
import type pg from 'pg'

/** A whole server in this process, on a database of its own, with a clock that the test moves. */
export interface World {
  readonly server: RunningServer
  readonly url: string
  /** The owner's connection: for looking at tables and for faults, never for what a feature should do. */
  readonly owner: pg.Client
  readonly databaseUrl: string
  readonly keys: KeyLedger
  /** Everything that was logged, as text. */
  readonly logged: readonly string[]
  /** Where blobs, ledgers and other files of this world lie. */
  readonly folder: string
  /** Moves the database's clock and lets everything that became due happen. */
  advance(ms: number): Promise<void>
  /** Lets due work, the log and listeners run until nothing is left. */
  settle(): Promise<void>
  /** Stops the server and starts another one on the same database, as after a restart. */
  restart(): Promise<void>
  close(): Promise<void>
}

export interface WorldOptions {
  readonly features: readonly Feature[]
  readonly server?: Partial<
    Pick<ServerOptions, 'pages' | 'beatMs' | 'databaseTimeout' | 'connections' | 'port' | 'publicUrl' | 'behindProxy'>
  >
}

/** The demonstration's date: Tuesday 10 March 2026, 09:40 in Chicago. */
export const worldBegins = Date.UTC(2026, 2, 10, 14, 40)

/** Opens a world. The first one of a set of migrations builds a template; the others are copied from it in about 50 ms. */
export async function openWorld(options: WorldOptions): Promise<World> {
  const migrations = await readMigrations(foldersOf(options.features))
  const digest = createHash('sha256')
    .update(migrations.map((it) => it.name + it.checksum).join())
    .digest('hex')
    .slice(0, 12)
  const template = await createTemplate(`world_${digest}`, async (url) => {
    await migrate(url, migrations, 'demo')
    const owner = await openConnection(url, 'world')
    await owner.query(`
      create table demo_clock (one boolean primary key default true check (one), shift interval not null);
      grant select on demo_clock to wardline_app, wardline_sweeper;
      create or replace function wl_shift() returns interval language sql stable as $$ select coalesce((select shift from demo_clock), interval '0') $$;`)
    await owner.end()
  })
  const database = await cloneDatabase(template)
  const owner = await openConnection(database.url, 'world owner')
  await owner.query('insert into demo_clock (shift) values (to_timestamp($1 / 1000.0) - clock_timestamp())', [worldBegins])
  const folder = await mkdtemp(path.join(tmpdir(), 'wardline-world-'))
  const keys = await openLedger(path.join(folder, 'keys'), kekFrom(randomBytes(32)))
  const logged: string[] = []
  const log = openLog({ level: 'info', write: (line) => void logged.push(line) })
  // The sweep runs only when the test says so; a test that waits for time would be a test that sleeps.
  const start = (port: number) =>
    startServer({
      features: options.features,
      databaseUrl: database.url,
      keys,
      log,
      version: 'test',
      sweepMs: 3_600_000,
      beatMs: 3_600_000,
      ...options.server,
      port,
    })
  let server = await start(options.server?.port ?? 0)
  return {
    get server() {
      return server
    },
    get url() {
      return server.url
    },
    owner,
    databaseUrl: database.url,
    keys,
    logged,
    folder,
    settle: () => server.settle(),
    async advance(ms) {
      await owner.query("update demo_clock set shift = shift + $1 * interval '1 millisecond'", [ms])
      await server.clock.read(server.db)
      await server.settle()
    },
    async restart() {
      const { port } = server
      await server.stop()
      server = await start(port)
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
