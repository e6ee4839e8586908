import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { setInterval } from 'node:timers'
import {
  migrate,
  openConnection,
  openLedger,
  ownFolder,
  platformMigrations,
  readKek,
  readMigrations,
  startServer,
} from '@wardline/platform/server'
import type { Feature, InstallationKind, KeyLedger, Log, RunningServer, ServerOptions } from '@wardline/platform/server'
import { startEmbedded } from '@wardline/platform/embedded'
import type { EmbeddedPostgres } from '@wardline/platform/embedded'
import type { Settings } from './config.ts'

/** What to open, and as what. */
export interface OpenOptions {
  readonly settings: Settings
  /** A real installation never opens a demonstration's database, and the other way round. */
  readonly kind: InstallationKind
  readonly log: Log
  readonly version: string
  /** Makes the key-encryption key where there is none: `wardline init` and the demonstration. */
  readonly makeKek?: boolean
  /** Told to people while starting. */
  readonly report?: (line: string) => void
}

/** An installation that is open: its database migrated, its keys loaded; not listening yet. */
export interface Installation {
  /** The database's owner: migrations, the demonstration's clock, backups. */
  readonly databaseUrl: string
  readonly keys: KeyLedger
  readonly embedded: EmbeddedPostgres | undefined
  readonly kekFile: string | undefined
  readonly migrated: readonly string[]
  close(): Promise<void>
}

/**
 * Opens data folder, keys and database; brings the schema up to date with the migrations of these features. The data folder is this process's
 * alone from before anything in it is read until `close`: KeyFailure `in-use` where another has it, wherever its database lies.
 */
export async function openInstallation(
  options: OpenOptions,
  features: readonly Feature[],
  onState?: (state: 'up' | 'down' | 'lock-lost') => void,
): Promise<Installation> {
  await mkdir(options.settings.dataFolder, { recursive: true, mode: 0o700 })
  const ownership = ownFolder(options.settings.dataFolder)
  try {
    const opened = await openOwned(options, features, onState)
    return { ...opened, close: () => opened.close().finally(ownership.release) }
  } catch (thrown) {
    ownership.release()
    throw thrown
  }
}

async function openOwned(
  options: OpenOptions,
  features: readonly Feature[],
  onState?: (state: 'up' | 'down' | 'lock-lost') => void,
): Promise<Installation> {
  const { settings, log, report = () => {} } = options
  const kekFile = settings.kek === undefined ? (settings.kekFile ?? `${settings.dataFolder}.kek`) : undefined
  const kek = await readKek({ base64: settings.kek, file: kekFile, dataFolder: settings.dataFolder, create: options.makeKek ?? false })
  const embedded =
    settings.databaseUrl === undefined
      ? await startEmbedded({
          dataDir: path.join(settings.dataFolder, 'postgres'),
          binDir: settings.postgresBinaries,
          log,
          ...(onState ? { onState } : {}),
        })
      : undefined
  try {
    if (embedded) report(`PostgreSQL ${embedded.version} ${embedded.adopted ? 'was still running and is ours again' : 'is running'}.`)
    const databaseUrl = settings.databaseUrl ?? embedded!.url
    const migrated = await migrate(databaseUrl, await readMigrations(foldersOf(features)), options.kind)
    if (options.kind === 'demo') await makeClockMovable(databaseUrl)
    const keys = await openLedger(path.join(settings.dataFolder, 'keys'), kek)
    return {
      databaseUrl,
      keys,
      embedded,
      kekFile,
      migrated,
      close: async () => {
        await keys.close()
        await embedded?.stop()
      },
    }
  } catch (thrown) {
    await embedded?.stop()
    throw thrown
  }
}

/** The migrations of platform and of every feature, by name. */
export const foldersOf = (features: readonly Feature[]): Record<string, string> => ({
  platform: platformMigrations,
  ...Object.fromEntries(features.flatMap((it) => (it.migrations ? [[it.name, it.migrations]] : []))),
})

/** Starts serving an open installation; writes stop while the disk is nearly full or another server took the database. */
export async function serveInstallation(
  options: OpenOptions,
  installation: Installation,
  features: readonly Feature[],
  more: Pick<ServerOptions, 'pages' | 'sweepMs' | 'beatMs'> = {},
): Promise<RunningServer> {
  const { settings } = options
  const server = await startServer({
    features,
    databaseUrl: installation.databaseUrl,
    keys: installation.keys,
    log: options.log,
    port: settings.port,
    host: settings.host,
    ...(settings.publicUrl === undefined ? {} : { publicUrl: settings.publicUrl.replace(/\/$/, '') }),
    behindProxy: settings.behindProxy,
    proxies: settings.proxies,
    version: options.version,
    ...more,
  })
  const { embedded } = installation
  if (!embedded) return server
  const watch = setInterval(() => {
    embedded.diskState().then(
      (disk) => {
        const lost = embedded.state === 'lock-lost'
        server.db.setWritable(!lost && !disk.writesMustStop, lost ? 'lock-lost' : 'disk-full')
      },
      () => {},
    )
  }, 5_000)
  watch.unref()
  return {
    ...server,
    stop: async () => {
      clearInterval(watch)
      await server.stop()
    },
  }
}

/** Lets the demonstration's buttons move the database's clock: wl_shift() reads a row instead of being zero. */
async function makeClockMovable(url: string): Promise<void> {
  const owner = await openConnection(url, 'demo clock')
  try {
    await owner.query(`
      create table if not exists demo_clock (one boolean primary key default true check (one), shift interval not null);
      grant select on demo_clock to wardline_app, wardline_sweeper;
      create or replace function wl_shift() returns interval language sql stable as $$ select coalesce((select shift from demo_clock), interval '0') $$;`)
  } finally {
    await owner.end()
  }
}
