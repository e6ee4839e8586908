// A server in a process of its own that measures its event loop: signin-process.ts <json task>. Sends its port, then a report for each "report".
import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import pg from 'pg'
import { wardlineFeatures } from '@wardline/app-server'
import { kekFrom, openLedger, openLog, startServer } from '@wardline/platform/server'
import type { ServerProcessOptions } from './server-process.ts'

/** What to serve: all of Wardline, or the least that looks a token up. */
export interface SignInTask extends ServerProcessOptions {
  readonly kind: 'wardline' | 'floor'
}

/** The event loop's delay since the last report, ms. */
export interface SignInReport {
  readonly p99: number
}

const task = JSON.parse(process.argv[2] ?? '{}') as SignInTask
const resolution = 5
const delay = monitorEventLoopDelay({ resolution })
const { port, stop } = task.kind === 'wardline' ? await wardline() : await floor()
process.on('message', () => {
  // The monitor counts its own timer's pace as delay.
  const report: SignInReport = { p99: Math.max(0, delay.percentile(99) / 1e6 - resolution) }
  delay.reset()
  process.send?.(report)
})
process.once('SIGTERM', () => void stop().then(() => process.exit(0)))
delay.enable()
process.send?.({ port })

async function wardline(): Promise<{ port: number; stop: () => Promise<void> }> {
  const keys = await openLedger(task.keysFolder, kekFrom(Buffer.from(task.kek, 'base64')))
  const server = await startServer({
    features: wardlineFeatures(),
    databaseUrl: task.databaseUrl,
    keys,
    log: openLog({ level: 'error' }),
    port: 0,
    version: 'bench',
  })
  // As a real server does.
  return { port: server.port, stop: () => server.stop() }
}

/** The least: the cookie's hash, one prepared look-up, the rows as JSON. No roles, no row-level security, no memory of the last look. */
async function floor(): Promise<{ port: number; stop: () => Promise<void> }> {
  const pool = new pg.Pool({ connectionString: task.databaseUrl, max: 8 })
  const server = createServer((request, response) => {
    const token = /wl=([A-Za-z0-9_-]{64})/.exec(request.headers.cookie ?? '')?.[1] ?? ''
    const hash = createHash('sha256').update(Buffer.from(token, 'base64url')).digest()
    pool
      .query({
        name: 'token',
        text: 'select session, person, place, started_at from session where token_hash = $1 and ended_at is null',
        values: [hash],
      })
      .then(({ rows }) =>
        response.writeHead(rows.length === 1 ? 200 : 401, { 'content-type': 'application/json' }).end(JSON.stringify(rows)),
      )
      .catch(() => response.writeHead(503).end())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    stop: async () => {
      server.closeAllConnections()
      server.close()
      await pool.end()
    },
  }
}
