import { access } from 'node:fs/promises'
import path from 'node:path'
import { foldersOf, wardlineFeatures } from '@wardline/app-server'
import type { Settings } from '@wardline/app-server'
import { isOwned, openDatabase, openLog, readKek, readLedger, readMigrations, readSchema } from '@wardline/platform/server'
import type { Database, LedgerReader, Migration, SchemaState } from '@wardline/platform/server'
import { EmbeddedError, findEmbedded, startEmbedded } from '@wardline/platform/embedded'
import { CliFailure } from './outcome.ts'

/** Whether the data folder has a database of its own. With DATABASE_URL the database lies elsewhere. */
export const hasDatabase = (settings: Settings): Promise<boolean> =>
  access(path.join(settings.dataFolder, 'postgres/cluster')).then(
    () => true,
    () => false,
  )

/** Refuses to go on where nothing was set up. */
export async function requireInstallation(settings: Settings): Promise<void> {
  if (settings.databaseUrl !== undefined || (await hasDatabase(settings))) return
  throw new CliFailure(
    'not-initialised',
    `There is no installation in ${settings.dataFolder}. Nothing was made. Set WARDLINE_DATA to its folder, or begin one with "wardline init".`,
  )
}

/** The key-encryption key's file, unless the key itself stands in the environment. */
export const kekFileOf = (settings: Settings): string | undefined =>
  settings.kek === undefined ? (settings.kekFile ?? `${settings.dataFolder}.kek`) : undefined

/** A database that is looked at and not changed. */
export interface Look {
  readonly url: string
  /** `beside`: of a running server; `started`: for this command alone; `external`: DATABASE_URL, and nobody owns the data folder. */
  readonly how: 'beside' | 'started' | 'external'
  close(): Promise<void>
}

const readOnly = (url: string): string => {
  const made = new URL(url)
  made.searchParams.set('options', `${made.searchParams.get('options') ?? ''} -c default_transaction_read_only=on`.trim())
  return made.href
}

/**
 * Reaches the installation's database for reading: the one of DATABASE_URL, the embedded one beside its running server, or, where none
 * runs, the embedded one started for as long as this command takes. Throws CliFailure, EmbeddedError.
 */
export async function lookAt(settings: Settings): Promise<Look> {
  await requireInstallation(settings)
  if (settings.databaseUrl !== undefined)
    return { url: readOnly(settings.databaseUrl), how: isOwned(settings.dataFolder) ? 'beside' : 'external', close: async () => {} }
  const dataDir = path.join(settings.dataFolder, 'postgres')
  try {
    const embedded = await startEmbedded({ dataDir, binDir: settings.postgresBinaries, ballastBytes: 0 })
    return { url: readOnly(embedded.url), how: 'started', close: () => embedded.stop() }
  } catch (thrown) {
    if (!(thrown instanceof EmbeddedError) || thrown.code !== 'in-use') throw thrown
    const found = await findEmbedded(dataDir)
    if (found === null) throw thrown
    return { url: readOnly(found.url), how: 'beside', close: async () => {} }
  }
}

/** The migrations of this version, in order. */
export const migrations = async (): Promise<Migration[]> => readMigrations(foldersOf(wardlineFeatures()))

/** The schema, which must be exactly this version's before anything is read from it. */
export async function requireSchema(url: string): Promise<SchemaState> {
  const schema = await readSchema(url, await migrations())
  if (schema.kind === null)
    throw new CliFailure(
      'not-initialised',
      'The database is there, but nothing was ever set up in it. Nothing was made. Run "wardline init".',
    )
  if (schema.unknown.length > 0)
    throw new CliFailure(
      'schema-differs',
      `The database was used by a newer version of Wardline (it has ${schema.unknown[0]!}). Nothing was changed. Use that version.`,
    )
  if (schema.changed.length > 0)
    throw new CliFailure(
      'schema-differs',
      `Migration ${schema.changed[0]!} was changed after it ran. Nothing was changed. Install an unmodified version of Wardline.`,
    )
  if (schema.pending.length > 0)
    throw new CliFailure(
      'schema-differs',
      `The database is of an older version: ${schema.pending.length} migrations are to be run. Nothing was changed. Run "wardline migrate".`,
    )
  return schema
}

/** Refuses to write beside a running server, and to anything but this version's schema: a way back in is no moment for a new one. */
export async function requireStopped(settings: Settings): Promise<void> {
  await requireInstallation(settings)
  const look = await lookAt(settings)
  try {
    if (look.how === 'beside')
      throw new CliFailure(
        'server-running',
        'The server is running, and only one program at a time may write keys. Nothing was made. Stop the server, run this again, and start it.',
      )
    await requireSchema(look.url)
  } finally {
    await look.close()
  }
}

/** An installation that is looked at: its database, read-only, and its data keys. */
export interface Reading {
  readonly db: Database
  readonly keys: LedgerReader
  readonly how: Look['how']
  close(): Promise<void>
}

/** Opens database and key ledger for reading. Throws CliFailure, EmbeddedError, KeyFailure. */
export async function openReading(settings: Settings): Promise<Reading> {
  await requireInstallation(settings)
  const kek = await readKek({ base64: settings.kek, file: kekFileOf(settings), dataFolder: settings.dataFolder })
  const look = await lookAt(settings)
  try {
    await requireSchema(look.url)
    const keys = await readLedger(path.join(settings.dataFolder, 'keys'), kek)
    const db = openDatabase({ url: look.url, keys: readerOnly(keys), log: openLog({ level: 'silent' }), connections: 2, timeout: 120_000 })
    return {
      db,
      keys,
      how: look.how,
      close: async () => {
        await db.close()
        keys.close()
        await look.close()
      },
    }
  } catch (thrown) {
    await look.close()
    throw thrown
  }
}

/** A ledger for a database that is never written to. */
const readerOnly = (keys: LedgerReader) => {
  const never = (): never => {
    throw new CliFailure('stopped', 'This command does not write.')
  }
  const { open, stateOf } = keys
  return { open, stateOf, keysOf: () => [], seal: never, sealNow: never, ready: never, destroy: never, close: async () => {} }
}
