import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { openConnection } from './pool.ts'

/** One plain SQL file, up only. Its name `YYYYMMDD-what.sql` orders it; a feature's files are prefixed by the feature. */
export interface Migration {
  readonly name: string
  readonly text: string
  readonly checksum: string
}

/** Why a database was not migrated. */
export class MigrationFailure extends Error {
  readonly code: 'newer-schema' | 'changed-migration' | 'failed' | 'wrong-kind' | 'no-rights'
  constructor(code: MigrationFailure['code'], message: string) {
    super(message)
    this.name = 'MigrationFailure'
    this.code = code
  }
}

/** Reads the migrations of the named folders (feature name → folder), in the order in which they run. */
export async function readMigrations(folders: Readonly<Record<string, string>>): Promise<Migration[]> {
  const found: (Migration & { order: string })[] = []
  for (const [feature, folder] of Object.entries(folders)) {
    for (const file of (await readdir(folder)).filter((name) => name.endsWith('.sql'))) {
      if (!/^\d{8}-[a-z0-9-]+\.sql$/.test(file))
        throw new MigrationFailure('failed', `A migration is named YYYYMMDD-what.sql: ${feature}/${file}`)
      const text = await readFile(path.join(folder, file), 'utf8')
      found.push({ name: `${feature}/${file}`, text, checksum: createHash('sha256').update(text).digest('hex'), order: file.slice(0, 8) })
    }
  }
  // Same day: platform first, then in the order in which the features are listed.
  const rank = new Map(Object.keys(folders).map((feature, i) => [feature, i]))
  const featureOf = (name: string) => rank.get(name.slice(0, name.lastIndexOf('/'))) ?? 0
  return found.toSorted((a, b) => a.order.localeCompare(b.order) || featureOf(a.name) - featureOf(b.name) || a.name.localeCompare(b.name))
}

/** A database is for real work or for the demonstration, for good. */
export type InstallationKind = 'real' | 'demo'

/** A database's schema beside the migrations that this code knows. */
export interface SchemaState {
  /** Null: nothing was ever migrated here. */
  readonly kind: InstallationKind | null
  readonly done: readonly string[]
  /** To be run, in order. */
  readonly pending: readonly string[]
  /** Run by a newer version; this code does not know them. */
  readonly unknown: readonly string[]
  /** Run, and changed since. */
  readonly changed: readonly string[]
}

/** Compares without changing anything; works on a read-only connection. */
export async function readSchema(url: string, migrations: readonly Migration[]): Promise<SchemaState> {
  const client = await openConnection(url, 'schema')
  try {
    const there = await client.query<{ yes: boolean }>(
      "select to_regclass('migration') is not null and to_regclass('installation') is not null as yes",
    )
    if (!there.rows[0]?.yes) return { kind: null, done: [], pending: migrations.map((it) => it.name), unknown: [], changed: [] }
    const kind = (await client.query<{ kind: InstallationKind }>('select kind from installation')).rows[0]?.kind ?? null
    const { rows } = await client.query<{ name: string; checksum: string }>('select name, checksum from migration order by at, name')
    const done = new Map(rows.map((row) => [row.name, row.checksum]))
    return {
      kind,
      done: rows.map((row) => row.name),
      pending: migrations.filter((it) => !done.has(it.name)).map((it) => it.name),
      unknown: rows.filter((row) => !migrations.some((it) => it.name === row.name)).map((row) => row.name),
      changed: migrations.filter((it) => done.has(it.name) && done.get(it.name) !== it.checksum).map((it) => it.name),
    }
  } finally {
    await client.end().catch(() => {})
  }
}

// One number for every Wardline, so that two nodes of one installation never migrate at once.
const lockKey = 7_263_548_190_211

/**
 * Brings the database at `url` (its owner) to the newest schema; each migration is one transaction.
 * Refuses a schema that is newer than this code, a migration whose text changed after it ran, and a database of the other kind.
 */
export async function migrate(
  url: string,
  migrations: readonly Migration[],
  kind: InstallationKind,
  report: (name: string) => void = () => {},
): Promise<string[]> {
  const client = await openConnection(url, 'migrate')
  const ran: string[] = []
  try {
    await client.query('select pg_advisory_lock($1)', [lockKey])
    await client.query(
      'create table if not exists migration (name text primary key, checksum text not null, at timestamptz not null default clock_timestamp())',
    )
    await client.query(
      "create table if not exists installation (one boolean primary key default true check (one), kind text not null check (kind in ('real', 'demo')), id uuid not null default gen_random_uuid())",
    )
    const found = (await client.query<{ kind: InstallationKind }>('select kind from installation')).rows[0]
    if (found && found.kind !== kind) {
      const words = found.kind === 'demo' ? 'belongs to the demonstration (invented people, movable clock)' : 'holds a real installation'
      throw new MigrationFailure(
        'wrong-kind',
        `This database ${words}; a ${kind} server will not open it. Nothing was changed. Give the server another WARDLINE_DATA or DATABASE_URL.`,
      )
    }
    if (!found) await client.query('insert into installation (kind) values ($1)', [kind])
    const done = new Map(
      (await client.query<{ name: string; checksum: string }>('select name, checksum from migration')).rows.map((row) => [
        row.name,
        row.checksum,
      ]),
    )
    const known = new Map(migrations.map((migration) => [migration.name, migration]))
    for (const [name, checksum] of done) {
      const mine = known.get(name)
      if (!mine)
        throw new MigrationFailure(
          'newer-schema',
          `The database has migration ${name}, which this version of Wardline does not know: it was used by a newer version. Nothing was changed. Start the newer version, or restore a backup made before the upgrade.`,
        )
      if (mine.checksum !== checksum)
        throw new MigrationFailure(
          'changed-migration',
          `Migration ${name} was changed after it ran. Nothing was changed. Install an unmodified version of Wardline.`,
        )
    }
    for (const migration of migrations) {
      if (done.has(migration.name)) continue
      report(migration.name)
      await client.query('begin')
      try {
        await client.query(migration.text)
        await client.query('insert into migration (name, checksum) values ($1, $2)', [migration.name, migration.checksum])
        await client.query('commit')
      } catch (thrown) {
        await client.query('rollback').catch(() => {})
        const { code, message } = thrown as { code?: string; message?: string }
        if (code === '42501')
          throw new MigrationFailure(
            'no-rights',
            `Migration ${migration.name} needs a database user that owns the schema and may create roles. Nothing of it was kept.`,
          )
        throw new MigrationFailure('failed', `Migration ${migration.name} failed and was rolled back: ${message ?? 'no reason given'}`)
      }
      ran.push(migration.name)
    }
    return ran
  } finally {
    await client.end().catch(() => {})
  }
}
