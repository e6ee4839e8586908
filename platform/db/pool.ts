import pg from 'pg'
import type { Log } from '../log/log.ts'

/** The parser of moments. What one transaction wrote stands at one moment, and rows come together: the last one is not parsed again. */
function momentParser(): (text: string) => Date {
  const parse = pg.types.getTypeParser(1184, 'text') as (text: string) => Date
  let [last, at] = ['', Number.NaN]
  return (text) => {
    if (text !== last) {
      const moment = parse(text)
      if (!(moment instanceof Date)) return moment
      ;[last, at] = [text, moment.getTime()]
    }
    return new Date(at)
  }
}
const moment = momentParser()

/** Moments come as Date, counts as number: every bigint we store stays below 2^53. */
const types = {
  getTypeParser(oid: number, format?: string) {
    if (oid === 20) return (text: string) => Number(text)
    if (oid === 1016) return (text: string) => (text === '{}' ? [] : text.slice(1, -1).split(',').map(Number))
    if (oid === 1184) return moment
    // A calendar day stays text: as a Date it would carry a zone that nobody chose.
    if (oid === 1082) return (text: string) => text
    return pg.types.getTypeParser(oid, format as 'text')
  },
}

/** Which role of the database a connection works as. */
export type DatabaseRole = 'owner' | 'app' | 'sweeper'

export interface PoolOptions {
  readonly url: string
  readonly role: DatabaseRole
  readonly max: number
  /** Milliseconds after which a call is given up; every database call has one. */
  readonly timeout: number
  readonly log: Log
}

/** A pool whose connections pipeline their queries and work as one role. An idle connection that dies is logged, never thrown. */
export function openPool(options: PoolOptions): pg.Pool {
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.max,
    types: types as pg.CustomTypesConfig,
    connectionTimeoutMillis: Math.min(options.timeout, 5_000),
    query_timeout: options.timeout,
    statement_timeout: options.timeout,
    idle_in_transaction_session_timeout: 30_000,
    idleTimeoutMillis: 60_000,
    keepAlive: true,
    application_name: `wardline ${options.role}`,
    pipeline: true,
  } as pg.PoolConfig)
  pool.on('error', () => options.log.warn('database.connection-lost', { role: options.role }))
  pool.on('connect', (client) => {
    client.on('error', () => {})
    // Belt and braces: each transaction names its role again; without this a statement outside one would run as the owner.
    if (options.role !== 'owner') void client.query(`set role wardline_${options.role}`).catch(() => {})
  })
  return pool
}

/** A single connection outside any pool, for LISTEN and advisory locks (DATABASE_DIRECT_URL). */
export async function openConnection(url: string, name: string): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: url,
    types: types as pg.CustomTypesConfig,
    application_name: `wardline ${name}`,
    keepAlive: true,
    connectionTimeoutMillis: 5_000,
  })
  client.on('error', () => {})
  await client.connect()
  return client
}
