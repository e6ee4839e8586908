import { setTimeout as delay } from 'node:timers/promises'
import { Client } from 'pg'
import { adminRole, processLives } from './cluster.ts'
import { codeOf, embeddedError } from './errors.ts'

/** The connection that holds the lock; `broken` settles when it ends, which gives the lock back. */
export interface Session {
  readonly client: Client
  readonly broken: Promise<void>
  readonly version: string
}

/** What the one-server lock's connection brought. `other`: a living server holds it. `gone`: the postmaster ended while we waited. */
export type LockOutcome =
  ({ readonly kind: 'ours' } & Session) | { readonly kind: 'other'; readonly pid: number | null } | { readonly kind: 'gone' }

// One key for the lock, in the database `postgres`, which no restore replaces: "wardline" as two 32-bit numbers.
const lockKey = [0x77617264, 0x6c696e65]
const nameOf = (pid: number): string => `wardline server ${pid}`

// Still starting, recovering or stopping; a back-end of ours that has not noticed the end yet; too many connections for the moment.
const passing = new Set(['ENOENT', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'EAGAIN', '57P01', '57P02', '57P03', '53300', '08006', '08003'])

/**
 * Connects to the postmaster on `folder()` as soon as it lets us in, and takes the one-server lock: a session-level advisory lock, which
 * PostgreSQL gives back at once when our process dies. `lives` says whether the postmaster still runs; `signal` ends the waiting.
 * Throws `cluster-broken` (the password file does not fit), `start-failed`.
 */
export async function takeLock(
  folder: () => Promise<string | null>,
  password: string,
  lives: () => boolean,
  signal?: AbortSignal,
): Promise<LockOutcome> {
  while (lives() && signal?.aborted !== true) {
    const host = await folder()
    if (host !== null) {
      const client = new Client({
        ...{ host, port: 5432, user: adminRole, password, database: 'postgres', application_name: nameOf(process.pid) },
        ...{ connectionTimeoutMillis: 5_000, query_timeout: 15_000 },
      })
      // Without a listener an error outside a query would end the process.
      const broken = new Promise<void>((resolve) => void client.on('error', () => resolve()).on('end', () => resolve()))
      try {
        await client.connect()
        const answer = await lock(client)
        if (answer.kind === 'ours') return { kind: 'ours', client, broken, version: answer.version }
        await client.end()
        return answer
      } catch (error) {
        await client.end().catch(() => undefined)
        refuseFinal(error)
      }
    }
    await delay(10)
  }
  return { kind: 'gone' }
}

async function lock(client: Client): Promise<{ kind: 'ours'; version: string } | { kind: 'other'; pid: number | null }> {
  await client.query('set idle_session_timeout = 0')
  const started = performance.now()
  for (;;) {
    const { rows } = await client.query<{ got: boolean; version: string }>(
      `select pg_try_advisory_lock($1, $2) as got, current_setting('server_version') as version`,
      lockKey,
    )
    if (rows[0]?.got === true) return { kind: 'ours', version: rows[0].version }
    const holder = await client.query<{ application_name: string }>(
      `select application_name from pg_locks join pg_stat_activity using (pid)
       where locktype = 'advisory' and granted and classid = $1 and objid = $2 and objsubid = 2`,
      lockKey,
    )
    const pid = Number(/^wardline server (\d+)$/.exec(holder.rows[0]?.application_name ?? '')?.[1] ?? Number.NaN)
    // A killed server's session ends within milliseconds; one that lives may be just about to stop.
    const patience = Number.isNaN(pid) || processLives(pid) ? 500 : 10_000
    if (performance.now() - started > patience) return { kind: 'other', pid: Number.isNaN(pid) ? null : pid }
    await delay(20)
  }
}

function refuseFinal(error: unknown): void {
  const code = codeOf(error)
  if (code === '28P01' || code === '28000') {
    throw embeddedError('cluster-broken', {
      what: 'PostgreSQL refuses the password in the data folder.',
      kept: 'The database was not changed.',
      next: 'Restore postgres.password from the backup that the database comes from.',
    })
  }
  // node-postgres gives its own errors ("Connection terminated unexpectedly", "timeout expired") no code.
  const broken = code === '' && error instanceof Error && /terminated|timeout|timed out/i.test(error.message)
  if (!broken && !passing.has(code)) {
    throw embeddedError('start-failed', {
      what: `PostgreSQL runs but the connection failed (${code || 'no code'}).`,
      kept: 'The database was not changed.',
      next: 'Look into log/postgres.log in the data folder.',
    })
  }
}

/** Makes the application's database where it is missing. */
export async function ensureDatabase(client: Client): Promise<void> {
  const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [adminRole])
  if (rowCount === 0) await client.query(`create database ${adminRole} strategy file_copy`)
}
