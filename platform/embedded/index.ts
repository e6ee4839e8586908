import { realpath } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { chooseAccount, findLauncher } from './account.ts'
import { findBinary } from './binary.ts'
import {
  adminPassword,
  adminRole,
  checkCluster,
  clusterOwner,
  createCluster,
  layOut,
  partsOf,
  settleOwner,
  writeRecord,
} from './cluster.ts'
import { defaultBallastBytes, defaultDiskLimits, keepBallast, readDiskState, releaseBallast } from './disk.ts'
import type { DiskLimits, DiskState } from './disk.ts'
import { EmbeddedError } from './errors.ts'
import { findPostmaster, postmasterLives, removeSocketFolder, socketFolder, stopPostmaster, trimLog } from './postmaster.ts'
import { settingArguments } from './settings.ts'
import type { Durability, Settings } from './settings.ts'
import { bringUp, stopPatience } from './start.ts'
import type { EmbeddedLog, Plan, Running } from './start.ts'

export { readDiskState, releaseBallast } from './disk.ts'
export { EmbeddedError } from './errors.ts'
export type { DiskLimits, DiskState } from './disk.ts'
export type { EmbeddedErrorCode } from './errors.ts'
export type { Durability, Settings } from './settings.ts'
export type { EmbeddedLog } from './start.ts'

/**
 * `up`: answers, and we hold the one-server lock. `down`: does not answer, is being restarted. `lock-lost`: our lock is gone; until `up`
 * follows another server may own the data, so nothing may be written. After a `lock-lost` that another server caused nothing follows.
 */
export type EmbeddedState = 'up' | 'down' | 'lock-lost'

/** What to run, and how. */
export interface EmbeddedOptions {
  readonly dataDir: string
  /** Folder with `postgres` and `initdb` (WARDLINE_PG_BIN); else the pinned package. */
  readonly binDir?: string | undefined
  readonly log?: EmbeddedLog | undefined
  /** Default `real`. */
  readonly durability?: Durability | undefined
  /** Called at each change after the start, never at the start itself. */
  readonly onState?: ((state: EmbeddedState) => void) | undefined
  /** More settings (`archive_mode` and the like); those that durability and privacy hang on are refused. */
  readonly settings?: Settings | undefined
  /** Bytes of the emergency reserve; default 256 MB, 0 for none. */
  readonly ballastBytes?: number | undefined
  readonly diskLimits?: DiskLimits | undefined
  /** Parent of the socket's folder; default /run under root on Linux, else /tmp. */
  readonly runtimeDir?: string | undefined
}

/** How to connect, as node-postgres takes it. */
export interface EmbeddedConnection {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  readonly database: string
}

/** A running embedded PostgreSQL that this process owns until `stop()`. */
export interface EmbeddedPostgres {
  /** Connection string of the superuser over the Unix socket; holds the password. */
  readonly url: string
  readonly connection: EmbeddedConnection
  /** True when a server of an earlier, killed process was taken over. */
  readonly adopted: boolean
  /** The postmaster's process; another one after a restart. */
  readonly pid: number
  /** For example `18.4`. */
  readonly version: string
  readonly state: EmbeddedState
  /** Settles when the ballast is written (true), or was not because there is no room or it is turned off (false). */
  readonly ballast: Promise<boolean>
  /** Fast shutdown; safe to call again and at the same time. Throws `stop-failed`. */
  stop(): Promise<void>
  /** Deletes the ballast and returns its bytes; the next start with room writes it again. */
  freeBallast(): Promise<number>
  diskState(): Promise<DiskState>
}

const quiet: EmbeddedLog = { info: () => undefined, warn: () => undefined }
const logCheckMs = 60_000
const backOffMs = { first: 50, most: 10_000 }

/**
 * Starts PostgreSQL on a data folder (made at need), or adopts the one that a killed process of ours left running, and keeps it running.
 * It never listens on TCP. Only one server at a time may hold a data folder. Throws EmbeddedError.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const limits = options.diskLimits ?? defaultDiskLimits
  const log = options.log ?? quiet
  const durability = options.durability ?? 'real'
  const plan = await prepare(options, durability, log)
  const ending = new AbortController()
  const first = await bringUp(plan, ending.signal).catch(async (error: unknown) => {
    await removeSocketFolder(plan.folder)
    throw error
  })
  if (first === null) throw new Error('unreachable: nothing can abort the first start')
  await writeRecord(plan.layout, plan.binary, plan.version, durability)
  let running: Running = first
  let state: EmbeddedState = 'up'
  let recovering: Promise<void> | null = null
  let stopped: Promise<void> | null = null
  // Set for good once another server holds the lock: the database is theirs.
  let theirs = false

  const enter = (next: EmbeddedState): void => {
    if (state === next || ending.signal.aborted) return
    state = next
    log.warn('database.state', { state: next })
    try {
      options.onState?.(next)
    } catch {
      log.warn('database.listener.failed', { state: next })
    }
  }
  const watch = async ({ session }: Running): Promise<void> => {
    await session.broken
    if (ending.signal.aborted) return
    recovering = recover()
    await recovering
    recovering = null
    if (!theirs && !ending.signal.aborted) void watch(running)
  }
  const recover = async (): Promise<void> => {
    let wait = backOffMs.first
    enter(postmasterLives(running.pid, plan.layout.cluster) ? 'lock-lost' : 'down')
    while (!ending.signal.aborted) {
      try {
        await running.session.client.end().catch(() => undefined)
        const next = await bringUp(plan, ending.signal)
        if (next === null) return
        running = next
        return enter('up')
      } catch (error) {
        const code = error instanceof EmbeddedError ? error.code : 'unknown'
        if (code === 'in-use') {
          theirs = true
          enter('lock-lost')
          return log.warn('database.left.to.another.server')
        }
        enter('down')
        log.warn('database.restart.failed', { code, ms: wait })
        await delay(wait, undefined, { signal: ending.signal }).catch(() => undefined)
        wait = Math.min(wait * 2, backOffMs.most)
      }
    }
  }
  const stopOnce = async (): Promise<void> => {
    ending.abort()
    clearInterval(trimming)
    await recovering
    await ballast
    // The lock's connection stays until the shutdown ends it: nobody may adopt a server that is going down.
    if (!theirs) await stopPostmaster(running.pid, plan.layout.cluster, stopPatience)
    await running.session.client.end().catch(() => undefined)
    if (!theirs) await removeSocketFolder(plan.folder)
    log.info('database.stopped', { pid: running.pid })
  }

  const trimming = setInterval(() => void trimLog(plan.layout).catch(() => undefined), logCheckMs).unref()
  const ballast = keepBallast(plan.layout.data, options.ballastBytes ?? defaultBallastBytes, limits, ending.signal).catch(() => false)
  void watch(running)
  const connection = { host: plan.folder, port: 5432, user: adminRole, password: plan.password, database: adminRole }
  return {
    url: urlOf(connection),
    connection,
    adopted: first.adopted,
    get pid() {
      return running.pid
    },
    get version() {
      return running.session.version
    },
    get state() {
      return state
    },
    ballast,
    stop: () => (stopped ??= stopOnce()),
    freeBallast: async () => {
      await ballast
      return releaseBallast(plan.layout.data)
    },
    diskState: () => readDiskState(plan.layout.data, limits),
  }
}

const urlOf = ({ host, port, user, password, database }: EmbeddedConnection): string =>
  `postgres://${user}:${password}@localhost:${port}/${database}?host=${encodeURIComponent(host)}`

/**
 * The server that runs on a data folder now, whoever started it, or null: for looking at it beside its owner. Starts, makes and changes
 * nothing. Throws `cluster-broken` where its password is missing.
 */
export async function findEmbedded(dataDir: string): Promise<{ readonly url: string; readonly pid: number } | null> {
  const data = await realpath(dataDir).catch(() => null)
  if (data === null) return null
  const layout = partsOf(data)
  const running = await findPostmaster(layout.cluster)
  if (running === null || running.readyOn === null) return null
  const password = await adminPassword(layout, true)
  return { pid: running.pid, url: urlOf({ host: running.readyOn, port: 5432, user: adminRole, password, database: adminRole }) }
}

/** Everything that is settled once, before the first start: programs, folder, user, password, and a cluster where there is none. */
async function prepare(options: EmbeddedOptions, durability: Durability, log: EmbeddedLog): Promise<Plan> {
  const settings = settingArguments(durability, options.settings)
  const binary = await findBinary(options.binDir)
  const layout = await layOut(options.dataDir)
  const owner = await clusterOwner(layout)
  const account = await chooseAccount(owner)
  const { launcher, version } = await findLauncher(account, layout.data, path.join(binary.folder, 'postgres'))
  const folder = await socketFolder(layout, options.runtimeDir)
  await settleOwner(layout, owner, account)
  if (owner !== null) await checkCluster(layout, binary, version, durability, options.binDir !== undefined)
  const password = await adminPassword(layout, owner !== null)
  if (owner === null) await createCluster(layout, binary, launcher, password, durability)
  return { layout, binary, version, launcher, password, folder, settings, log }
}
