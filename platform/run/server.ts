import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { openClock } from '../clock/clock.ts'
import type { Clock } from '../clock/clock.ts'
import { openDatabase } from '../db/database.ts'
import type { Database } from '../db/types.ts'
import { afterWork } from '../facts/after.ts'
import type { Feature } from '../http/feature.ts'
import { openHttp } from '../http/server.ts'
import type { Services } from '../http/route.ts'
import { installationOrg } from '../ids/ids.ts'
import { sql } from '../db/sql.ts'
import type { KeyLedger } from '../keys/ledger.ts'
import { requireDataKeys } from '../keys/required.ts'
import { openHub } from '../live/hub.ts'
import { openSignals } from '../live/signals.ts'
import type { Signals } from '../live/signals.ts'
import type { Log } from '../log/log.ts'
import { startSweep } from '../sweep/sweep.ts'

/** What a server is made of. */
export interface ServerOptions {
  readonly features: readonly Feature[]
  /** PostgreSQL, migrated already. */
  readonly databaseUrl: string
  readonly keys: KeyLedger
  readonly log: Log
  readonly port: number
  /** Default 127.0.0.1. */
  readonly host?: string
  /** Default: http://host:port as bound. */
  readonly publicUrl?: string
  readonly behindProxy?: boolean
  /** Addresses or networks from which the proxy reaches us; without any this machine. */
  readonly proxies?: readonly string[]
  readonly version: string
  /** Milliseconds between sweeps and live heartbeats; tests make them rare and settle by hand. */
  readonly sweepMs?: number
  readonly beatMs?: number
  readonly databaseTimeout?: number
  readonly connections?: number
  /** Adds pages and files that are not the API: the web app. */
  readonly pages?: (app: FastifyInstance) => Promise<void>
}

/** A running server. */
export interface RunningServer {
  readonly url: string
  readonly port: number
  readonly services: Services
  readonly db: Database
  readonly clock: Clock
  /** Runs due work, the sequencer and listeners until nothing is left to do. */
  settle(): Promise<void>
  /** Lets requests in flight finish, closes sockets, stops. Safe to call twice. */
  stop(): Promise<void>
}

/** Composes features into a server and listens. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { features, log, keys } = options
  const ear: { signals?: Signals } = {}
  const db = openDatabase({
    url: options.databaseUrl,
    keys,
    log,
    within: features.flatMap((it) => it.within ?? []),
    heard: (told, isDone) => ear.signals?.here(told, isDone),
    ...(options.databaseTimeout === undefined ? {} : { timeout: options.databaseTimeout }),
    ...(options.connections === undefined ? {} : { connections: options.connections }),
  })
  const clock = openClock(log)
  try {
    await requireDataKeys(db, keys)
    await clock.read(db)
  } catch (thrown) {
    await db.close()
    throw thrown
  }
  const hub = openHub(
    features.flatMap((it) => it.live ?? []),
    features.flatMap((it) => (it.digest ? [it.digest] : [])),
    options.beatMs,
  )
  let hint: () => void = () => {}
  const services: Services = { db, clock, keys, live: hub, log, hint: () => hint() }
  // Before anybody is let in: what changes from here on is heard.
  const opened = await openSignals(
    features.flatMap((it) => it.signals ?? []),
    services,
    options.sweepMs,
  ).catch(async (thrown: unknown) => {
    await db.close()
    throw thrown
  })
  ear.signals = opened
  const authenticators = features.flatMap((it) => (it.authenticate ? [it.authenticate(services)] : []))
  if (authenticators.length !== 1) throw new Error(`Exactly one feature says who is calling; there are ${authenticators.length}.`)
  const [grantsFor, ...moreGrants] = features.flatMap((it) => it.grantsFor ?? [])
  const [admit, ...moreAdmits] = features.flatMap((it) => it.admit ?? [])
  const [holdsBack, ...moreHolds] = features.flatMap((it) => it.holdsBack ?? [])
  const [whereabouts, ...moreWheres] = features.flatMap((it) => it.whereabouts ?? [])
  if (moreGrants.length + moreAdmits.length + moreHolds.length + moreWheres.length > 0)
    throw new Error('One feature knows grants of access, one where callers may be, one who is held back; there are more.')
  const host = options.host ?? '127.0.0.1'
  const port = options.port === 0 ? await freePort(host) : options.port
  const url = options.publicUrl ?? `http://${host}:${port}`
  const { app, accept } = await openHttp(
    features.flatMap((it) => it.routes ?? []),
    services,
    authenticators[0]!,
    {
      publicUrl: url,
      behindProxy: options.behindProxy ?? false,
      proxies: options.proxies,
      version: options.version,
      ready: async () => (await db.read(installationOrg, (read) => read.one<{ yes: number }>(sql`select 1 as yes`))).yes === 1,
      metrics: () => metricsOf(hub.size),
      grantsFor,
      admit: admit?.(services),
      holdsBack: holdsBack?.(services),
      whereabouts: whereabouts?.(services),
    },
  )
  if (options.pages) await options.pages(app)
  hub.attach(app.server, services, accept)
  const sweep = startSweep(
    [
      ...features.flatMap((it) => it.due ?? []),
      afterWork(
        features.flatMap((it) => it.after ?? []),
        keys,
      ),
    ],
    { db, clock, log },
    options.sweepMs === undefined ? {} : { everyMs: options.sweepMs },
  )
  hint = sweep.hint
  const ends: (() => Promise<void>)[] = []
  for (const feature of features) {
    const end = await feature.start?.(services)
    if (end) ends.push(end)
  }
  const stopAll = async () => {
    await hub.stop()
    await app.close()
    await sweep.stop()
    await opened.stop()
    for (const end of ends.toReversed()) await end().catch((thrown: unknown) => log.error('server.end-failed', {}, thrown))
    await db.close()
  }
  try {
    await app.listen({ host, port })
  } catch (thrown) {
    // A port that is taken must not leave a sweep behind that works without anybody knowing.
    await stopAll()
    throw thrown
  }
  let stopping: Promise<void> | undefined
  return {
    url,
    port: (app.server.address() as AddressInfo).port,
    services,
    db,
    clock,
    settle: async () => {
      await opened.look()
      await sweep.settle()
    },
    stop: () => (stopping ??= stopAll()),
  }
}

async function freePort(host: string): Promise<number> {
  const { createServer } = await import('node:net')
  const probe = createServer()
  return new Promise((resolve, reject) => {
    probe.once('error', reject)
    probe.listen(0, host, () => {
      const { port } = probe.address() as AddressInfo
      probe.close(() => resolve(port))
    })
  })
}

const metricsOf = (sockets: number): string => {
  const memory = process.memoryUsage()
  const lines: [string, string, number][] = [
    ['wardline_live_connections', 'Open live connections on this node.', sockets],
    ['process_resident_memory_bytes', 'Resident memory.', memory.rss],
    ['process_cpu_seconds_total', 'CPU time of this process.', process.cpuUsage().user / 1e6 + process.cpuUsage().system / 1e6],
  ]
  return lines.map(([name, help, value]) => `# HELP ${name} ${help}\n# TYPE ${name} gauge\n${name} ${value}\n`).join('')
}
