import { randomBytes } from 'node:crypto'
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Client } from 'pg'
import { startEmbedded } from '../embedded/index.ts'
import { findPostmaster, removeSocketFolder, stopPostmaster } from '../embedded/postmaster.ts'

/** The environment variable that leads workers to the run's cluster: a `postgres://` URL of a superuser, or `unix:<path>` of the set-up's door. */
export const clusterVariable = 'WARDLINE_TEST_PG'

/** A throw-away cluster: superuser's connection string, and its end, which removes the folder too. */
export interface TestCluster {
  readonly url: string
  readonly pid: number
  stop(): Promise<void>
}

/** A database that is only copied from. `cluster` is the superuser's connection string. */
export interface Template {
  readonly name: string
  readonly cluster: string
}

/** A copy of a template, for one test file. */
export interface ClonedDatabase {
  readonly url: string
  readonly name: string
  /** Ends the sessions that are left and removes the database; pools need an error listener. */
  drop(): Promise<void>
}

// "template" as a number: roles belong to the whole cluster, so only one template at a time is prepared.
const templateLock = 0x74656d70
/** Temporary folders of a test run begin with this and the process id, so that a later run can sweep those of a killed one. */
export const temporaryPrefix = 'wardline-test-'

/** Starts a cluster of its own in a temporary folder, without fsync. For programs that run outside vitest, and for the global set-up. */
export async function startTestCluster(): Promise<TestCluster> {
  await sweepClusters()
  const folder = await mkdtemp(path.join(tmpdir(), `${temporaryPrefix}${process.pid}-`))
  // Under root PostgreSQL runs as another user, who must get through.
  await chmod(folder, 0o711)
  try {
    const settings = { max_connections: '300', shared_buffers: '64MB', max_wal_size: '2GB', autovacuum_naptime: '10min' }
    const server = await startEmbedded({ dataDir: folder, durability: 'unsafe-for-tests', ballastBytes: 0, settings })
    const stop = async (): Promise<void> => {
      await server.stop()
      await rm(folder, { recursive: true, force: true })
    }
    return { url: server.url, pid: server.pid, stop }
  } catch (error) {
    await rm(folder, { recursive: true, force: true })
    throw error
  }
}

/** Ends and removes the clusters of test runs that were killed. */
export async function sweepClusters(parent = tmpdir()): Promise<void> {
  for (const name of await readdir(parent)) {
    const owner = new RegExp(`^${temporaryPrefix}(\\d+)-`).exec(name)?.[1]
    if (owner === undefined || lives(Number(owner))) continue
    const folder = path.join(parent, name)
    // Of another user: not ours to remove.
    await sweepOne(folder).catch(() => undefined)
  }
}

async function sweepOne(folder: string): Promise<void> {
  const cluster = path.join(folder, 'cluster')
  const left = await findPostmaster(cluster)
  if (left !== null) await stopPostmaster(left.pid, cluster, 5_000)
  if (left?.readyOn) await removeSocketFolder(left.readyOn)
  await rm(folder, { recursive: true, force: true })
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as { code?: unknown }).code === 'EPERM'
  }
}

let asked: Promise<string> | null = null

/** The superuser's connection string of this run's cluster, which the first to ask gets started. Throws when no set-up provides one. */
export function testPostgresUrl(): Promise<string> {
  return (asked ??= ask(process.env[clusterVariable] ?? ''))
}

async function ask(where: string): Promise<string> {
  if (!where.startsWith('unix:')) {
    if (where !== '') return where
    throw new Error(`${clusterVariable} is not set: add platform/testing/global-setup.ts to globalSetup in the vitest configuration`)
  }
  const answer = await new Promise<string>((resolve, reject) => {
    const chunks: Buffer[] = []
    connect(where.slice('unix:'.length))
      .on('data', (chunk: Buffer) => chunks.push(chunk))
      .on('end', () => resolve(Buffer.concat(chunks).toString('utf8')))
      .on('error', reject)
  })
  const { url, error } = JSON.parse(answer) as { url?: string; error?: string }
  if (url === undefined) throw new Error(`the test cluster did not start: ${error ?? 'no answer'}`)
  return url
}

/**
 * Builds the template `name` with `prepare` unless this run has it already, and returns it. Whoever asks meanwhile waits. A name stands
 * for one content over the whole run, watch mode included: put a digest of what `prepare` applies into it. `prepare` must close its connections.
 */
export async function createTemplate(name: string, prepare: (url: string) => Promise<void>, cluster?: string): Promise<Template> {
  const admin = cluster ?? (await testPostgresUrl())
  const ready = `template_${databaseName(name)}`
  const raw = `${ready}_raw`
  return asAdmin(admin, async (client) => {
    // Held by this connection, so a killed worker gives it back.
    await client.query('select pg_advisory_lock($1)', [templateLock])
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [ready])
    if (rowCount === 0) {
      await client.query(`drop database if exists ${raw} with (force)`)
      await client.query(`create database ${raw} template template0 strategy file_copy`)
      try {
        await prepare(databaseUrl(admin, raw))
        await client.query(`alter database ${raw} with allow_connections false`)
        // What prepare left open would make every copy fail.
        await client.query('select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = $1', [raw])
        await client.query(`alter database ${raw} rename to ${ready}`)
      } catch (error) {
        await client.query(`drop database if exists ${raw} with (force)`)
        throw error
      }
    }
    return { name: ready, cluster: admin }
  })
}

/** Copies a template into a new database; many workers may do so at once. */
export async function cloneDatabase(template: Template): Promise<ClonedDatabase> {
  const name = `test_${process.pid}_${randomBytes(6).toString('hex')}`
  await asAdmin(template.cluster, (client) => client.query(`create database ${name} template ${template.name} strategy file_copy`))
  return {
    url: databaseUrl(template.cluster, name),
    name,
    drop: async () => {
      await asAdmin(template.cluster, (client) => client.query(`drop database if exists ${name} with (force)`))
    },
  }
}

/** The same connection string for another database. */
export function databaseUrl(cluster: string, database: string): string {
  const url = new URL(cluster)
  url.pathname = `/${database}`
  return url.href
}

function databaseName(name: string): string {
  if (!/^[a-z][a-z0-9_]{0,44}$/.test(name)) throw new Error('a template is named with a-z, 0-9 and _, at most 45 characters')
  return name
}

async function asAdmin<T>(cluster: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: databaseUrl(cluster, 'postgres'), application_name: 'wardline test set-up' })
  client.on('error', () => undefined)
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}
