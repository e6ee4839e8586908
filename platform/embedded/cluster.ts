import { createHash, randomBytes } from 'node:crypto'
import { chmod, chown, lchown, link, mkdir, open, readdir, readFile, realpath, rename, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { run } from './account.ts'
import type { Account, Launcher } from './account.ts'
import { formatVersion, oldestMajor, parseVersion } from './binary.ts'
import type { Binary, Version } from './binary.ts'
import { codeOf, embeddedError } from './errors.ts'
import type { Durability } from './settings.ts'

/** The superuser role, and the name of the application's database. */
export const adminRole = 'wardline'

// Two servers may meet on one folder, even in one process.
const unique = (): string => `${process.pid}-${randomBytes(4).toString('hex')}`

/** Where everything lives below the data folder. */
export interface Layout {
  readonly data: string
  readonly cluster: string
  readonly password: string
  readonly record: string
  readonly log: string
  /** The data folder's stable short name, for the socket folder. */
  readonly tag: string
}

/** What stands beside the cluster about the programs that last ran it. */
interface ClusterRecord {
  readonly version: string
  readonly source: Binary['source']
  readonly binary: string
  readonly durability: Durability
}

/** Makes the data folder if need be (0700, or 0711 under root so that PostgreSQL's user gets through) and names its parts. */
export async function layOut(dataDir: string, ourUid = process.getuid?.() ?? -1): Promise<Layout> {
  const wanted = path.resolve(dataDir)
  const made = await mkdir(wanted, { recursive: true })
  if (made !== undefined) await chmod(wanted, ourUid === 0 ? 0o711 : 0o700)
  const layout = partsOf(await realpath(wanted))
  await mkdir(path.dirname(layout.log), { recursive: true, mode: 0o700 })
  return layout
}

/** The parts of a data folder, there or not, by its real path. */
export const partsOf = (data: string): Layout => ({
  data,
  cluster: path.join(data, 'cluster'),
  password: path.join(data, 'postgres.password'),
  record: path.join(data, 'cluster.json'),
  log: path.join(data, 'log', 'postgres.log'),
  tag: createHash('sha256').update(data).digest('hex').slice(0, 12),
})

/** The uid that owns the cluster, or null while there is none. */
export async function clusterOwner(layout: Layout): Promise<number | null> {
  const facts = await stat(layout.cluster).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return null
    throw error
  })
  return facts?.uid ?? null
}

/** Refuses a cluster of another user; as root gives one that root or a nameless user owns (a restored copy) to `account`. */
export async function settleOwner(
  layout: Layout,
  owner: number | null,
  account: Account | null,
  ourUid = process.getuid?.() ?? -1,
): Promise<void> {
  if (owner === null || owner === (account?.uid ?? ourUid)) return
  if (account === null) {
    throw embeddedError('wrong-owner', {
      what: `The database in ${layout.cluster} belongs to the user with id ${owner}, and Wardline runs as ${ourUid}.`,
      kept: 'The database was not touched.',
      next: `Start Wardline as that user or as root, or give it the folder ("chown -R ${ourUid} ${layout.data}").`,
    })
  }
  await chownTree(layout.cluster, account)
}

async function chownTree(folder: string, account: Account): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const full = path.join(folder, entry.name)
    if (entry.isDirectory()) await chownTree(full, account)
    else await lchown(full, account.uid, account.gid)
  }
  await chown(folder, account.uid, account.gid)
}

/** Decides whether these programs may open this folder; says which release made it where they may not. */
export async function checkCluster(
  layout: Layout,
  binary: Binary,
  version: Version,
  durability: Durability,
  chosen: boolean,
): Promise<void> {
  const kept = 'The database was not touched.'
  if (version.major < oldestMajor) {
    throw embeddedError('binary-older', {
      what: `${binary.folder} is PostgreSQL ${formatVersion(version)}; Wardline needs ${oldestMajor} or later.`,
      kept,
      next: 'Leave WARDLINE_PG_BIN unset to use the packaged PostgreSQL 18.',
    })
  }
  const made = parseVersion(await readFile(path.join(layout.cluster, 'PG_VERSION'), 'utf8').catch(() => ''))
  if (made === null) {
    throw embeddedError('cluster-broken', {
      what: `${layout.cluster} is there but has no readable PG_VERSION: it is not a whole PostgreSQL database.`,
      kept: 'It was left as it is.',
      next: 'Restore the folder from a backup, or move it away to start with an empty one.',
    })
  }
  if (made.major !== version.major) {
    const newer = made.major > version.major
    throw embeddedError(newer ? 'cluster-newer' : 'cluster-older', {
      what: `The database in ${layout.cluster} was made by PostgreSQL ${made.major}, and ${binary.label} is PostgreSQL ${formatVersion(version)}.`,
      kept,
      next: newer
        ? `Go back to the release of Wardline that made it, or set WARDLINE_PG_BIN to a PostgreSQL ${made.major}.`
        : `Set WARDLINE_PG_BIN to a PostgreSQL ${made.major}, export ("wardline export"), and import into a new folder.`,
    })
  }
  const record = await readRecord(layout)
  if (record === null) return
  const last = parseVersion(record.version)
  if (last !== null && last.minor > version.minor) {
    throw embeddedError('binary-older', {
      what: `The database in ${layout.cluster} was last run by PostgreSQL ${record.version}, and ${binary.label} is the older ${formatVersion(version)}.`,
      kept,
      next: `Set WARDLINE_PG_BIN to a PostgreSQL of at least ${record.version}, or update Wardline.`,
    })
  }
  if (record.source === 'folder' && binary.source === 'package' && !chosen) {
    throw embeddedError('binary-mismatch', {
      what: `The database in ${layout.cluster} is run by the PostgreSQL in ${record.binary}, and WARDLINE_PG_BIN is not set.`,
      kept,
      next: `Set it again; to change to the packaged PostgreSQL for good, set WARDLINE_PG_BIN=${binary.folder} once.`,
    })
  }
  if (record.durability !== durability) {
    throw embeddedError('durability-mismatch', {
      what: `The database in ${layout.cluster} was made with durability "${record.durability}" and asked for with "${durability}".`,
      kept,
      next: 'Tests get folders of their own; a database that ran without fsync is not fit for real use.',
    })
  }
}

async function readRecord(layout: Layout): Promise<ClusterRecord | null> {
  const text = await readFile(layout.record, 'utf8').catch(() => null)
  if (text === null) return null
  try {
    return JSON.parse(text) as ClusterRecord
  } catch {
    throw embeddedError('cluster-broken', {
      what: `${layout.record} cannot be read as JSON.`,
      kept: 'The database was not touched.',
      next: 'Restore that file from a backup. Without it PG_VERSION alone decides: remove it if you know which programs ran this database.',
    })
  }
}

/** Notes which programs run the cluster from now on. */
export async function writeRecord(layout: Layout, binary: Binary, version: Version, durability: Durability): Promise<void> {
  const record: ClusterRecord = { version: formatVersion(version), source: binary.source, binary: binary.label, durability }
  const text = `${JSON.stringify(record, null, 2)}\n`
  if ((await readFile(layout.record, 'utf8').catch(() => '')) === text) return
  const temporary = `${layout.record}.${unique()}`
  const file = await open(temporary, 'w', 0o600)
  await file.writeFile(text)
  await file.sync()
  await file.close()
  await rename(temporary, layout.record)
  await syncFolder(layout.data)
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  await handle.sync().finally(() => handle.close())
}

/** The admin role's password: read, or made once (256 random bits, 0600) for a cluster that does not exist yet. */
export async function adminPassword(layout: Layout, exists: boolean): Promise<string> {
  const found = await readFile(layout.password, 'utf8').catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return ''
    throw error
  })
  if (found.trim() !== '') return found.trim()
  if (exists) {
    throw embeddedError('cluster-broken', {
      what: `The password file ${layout.password} of the database is missing or empty.`,
      kept: 'The database was not touched.',
      next: 'Restore that file from a backup of the data folder.',
    })
  }
  // A link never replaces: of two servers that meet on an empty folder one makes the password and both use it.
  const password = randomBytes(32).toString('hex')
  const temporary = `${layout.password}.${unique()}`
  const file = await open(temporary, 'w', 0o600)
  await file.writeFile(password)
  await file.sync()
  await file.close()
  const first = await link(temporary, layout.password).then(
    () => true,
    (error: unknown) => {
      if (codeOf(error) === 'EEXIST') return false
      throw error
    },
  )
  await rm(temporary)
  await syncFolder(layout.data)
  return first ? password : adminPassword(layout, true)
}

/**
 * Makes an empty cluster with page checksums and the builtin C.UTF-8 provider (sorting that no system library can change).
 * It appears whole or not at all: initdb works in a folder of its own that is renamed at the end. Throws `initdb-failed`, `disk-full`.
 */
export async function createCluster(
  layout: Layout,
  binary: Binary,
  launcher: Launcher,
  password: string,
  durability: Durability,
): Promise<void> {
  for (const name of await readdir(layout.data)) {
    const owner = /^cluster\.init-(\d+)-/.exec(name)?.[1]
    if (owner !== undefined && !processLives(Number(owner))) await rm(path.join(layout.data, name), { recursive: true, force: true })
  }
  const folder = path.join(layout.data, `cluster.init-${unique()}`)
  const passwordFile = `${folder}.password`
  try {
    await mkdir(folder, { mode: 0o700 })
    const file = await open(passwordFile, 'wx', 0o600)
    await file.writeFile(`${password}\n`)
    await file.close()
    if (launcher.account !== null) for (const one of [folder, passwordFile]) await chown(one, launcher.account.uid, launcher.account.gid)
    const { status, stderr } = await run(launcher, path.join(binary.folder, 'initdb'), [
      ...['-D', folder, '-U', adminRole, '--auth=scram-sha-256', `--pwfile=${passwordFile}`, '--encoding=UTF8', '--data-checksums'],
      ...[
        '--locale=C',
        `--lc-ctype=${process.platform === 'darwin' ? 'UTF-8' : 'C.UTF-8'}`,
        '--locale-provider=builtin',
        '--builtin-locale=C.UTF-8',
      ],
      ...['--no-instructions', ...(durability === 'real' ? [] : ['--no-sync'])],
    ])
    if (status !== 0) throw initdbError(layout, stderr)
    await rename(folder, layout.cluster).catch((error: unknown) => {
      // Another server on the same empty folder was faster; who may use it is settled by the lock.
      if (!['ENOTEMPTY', 'EEXIST'].includes(codeOf(error))) throw error
    })
    await syncFolder(layout.data)
  } catch (error) {
    throw codeOf(error) === 'ENOSPC' ? initdbError(layout, 'No space left on device') : error
  } finally {
    await rm(passwordFile, { force: true })
    await rm(folder, { recursive: true, force: true })
  }
}

function initdbError(layout: Layout, stderr: string) {
  const full = /No space left on device|Disk quota exceeded/.test(stderr)
  return embeddedError(full ? 'disk-full' : 'initdb-failed', {
    what: full
      ? `There is no room for a new database in ${layout.data}.`
      : `PostgreSQL could not make a database in ${layout.data}: ${stderr.trim().split('\n').slice(-3).join(' / ')}.`,
    kept: 'The half-made database was removed; nothing else was changed.',
    next: full ? 'Free at least 1 GB and start again.' : 'Correct the cause and start again.',
  })
}

/** True when a process of that id exists, ours or not. */
export function processLives(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return codeOf(error) === 'EPERM'
  }
}
