import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Launcher } from './account.ts'
import { formatVersion, parseVersion } from './binary.ts'
import type { Binary, Version } from './binary.ts'
import type { Layout } from './cluster.ts'
import { embeddedError } from './errors.ts'
import { ensureDatabase, takeLock } from './lock.ts'
import type { Session } from './lock.ts'
import { findPostmaster, postmasterArguments, postmasterLives, sameArguments, spawnPostmaster, stopPostmaster } from './postmaster.ts'
import type { Started } from './postmaster.ts'

/** Where the supervisor reports what it does; the platform's log fits. Fields hold numbers and codes only. */
export interface EmbeddedLog {
  info(event: string, fields?: Readonly<Record<string, string | number | boolean>>): void
  warn(event: string, fields?: Readonly<Record<string, string | number | boolean>>): void
}

/** What stays the same over all starts of one cluster. */
export interface Plan {
  readonly layout: Layout
  readonly binary: Binary
  readonly version: Version
  readonly launcher: Launcher
  readonly password: string
  readonly folder: string
  readonly settings: readonly string[]
  readonly log: EmbeddedLog
}

/** A postmaster that answers, with the one-server lock held on `client`. */
export interface Running {
  readonly pid: number
  readonly adopted: boolean
  readonly session: Session
}

/** Fast shutdown may write a checkpoint of all shared buffers to a slow disk. In ms. */
export const stopPatience = 30_000

// A back-end of a killed postmaster notices within milliseconds, under load within seconds.
const sharedMemoryPatience = 30_000

/**
 * Adopts the postmaster that runs on the cluster, or starts one, and takes the one-server lock. A postmaster of other arguments or of
 * an older program is stopped and started anew. Returns null when `signal` ended it. Throws `in-use`, `start-failed`, `disk-full`.
 */
export async function bringUp(plan: Plan, signal: AbortSignal): Promise<Running | null> {
  const { layout, log } = plan
  const started = performance.now()
  const patient = setInterval(() => log.info('database.still.starting', { ms: Math.round(performance.now() - started) }), 5_000)
  try {
    for (;;) {
      if (signal.aborted) return null
      const found = await findPostmaster(layout.cluster)
      const running = found === null ? await startOne(plan, started, signal) : await adopt(plan, found.pid, signal)
      if (running !== null) return running
    }
  } finally {
    clearInterval(patient)
  }
}

async function adopt(plan: Plan, pid: number, signal: AbortSignal): Promise<Running | null> {
  const { layout } = plan
  const lives = (): boolean => postmasterLives(pid, layout.cluster)
  const outcome = await takeLock(async () => (await findPostmaster(layout.cluster))?.readyOn ?? null, plan.password, lives, signal)
  if (outcome.kind === 'gone') return null
  if (outcome.kind === 'other') throw inUse(layout, outcome.pid)
  const args = postmasterArguments(layout.cluster, plan.folder, plan.settings)
  if ((await sameArguments(layout.cluster, args)) && sameVersion(outcome.version, plan.version)) {
    plan.log.info('database.adopted', { pid, version: outcome.version })
    await ensureDatabase(outcome.client)
    return { pid, adopted: true, session: outcome }
  }
  // Ours by the lock, but it runs with other settings (perhaps without fsync) or from before an update.
  plan.log.info('database.replaced', { pid, version: outcome.version })
  await stopPostmaster(pid, layout.cluster, stopPatience)
  await outcome.client.end().catch(() => undefined)
  return null
}

function sameVersion(reported: string, wanted: Version): boolean {
  const version = parseVersion(reported)
  return version !== null && formatVersion(version) === formatVersion(wanted)
}

async function startOne(plan: Plan, since: number, signal: AbortSignal): Promise<Running | null> {
  const { layout, launcher, binary, folder } = plan
  const args = postmasterArguments(layout.cluster, folder, plan.settings)
  const child = await spawnPostmaster(layout, launcher, path.join(binary.folder, 'postgres'), folder, args)
  try {
    const announced = async (): Promise<string | null> => {
      const found = await findPostmaster(layout.cluster)
      return found?.pid === child.pid ? found.readyOn : null
    }
    const outcome = await takeLock(announced, plan.password, () => !child.hasExited(), signal)
    if (outcome.kind === 'ours') {
      await ensureDatabase(outcome.client)
      plan.log.info('database.started', { pid: child.pid, version: outcome.version, ms: Math.round(performance.now() - since) })
      return { pid: child.pid, adopted: false, session: outcome }
    }
    // A server that came in between owns the lock, and with it this postmaster.
    if (outcome.kind === 'other') throw inUse(layout, outcome.pid)
    if (signal.aborted) {
      await stopPostmaster(child.pid, layout.cluster, stopPatience)
      return null
    }
    await explainExit(plan, child, since)
    return null
  } catch (error) {
    const code = (error as { code?: unknown }).code
    if (code !== 'in-use') await stopPostmaster(child.pid, layout.cluster, stopPatience).catch(() => undefined)
    throw error
  }
}

/** Returns when another try makes sense, throws the reason when it does not. */
async function explainExit(plan: Plan, child: Started, since: number): Promise<void> {
  await child.exited
  const said = await child.said()
  const late = performance.now() - since > sharedMemoryPatience
  if (/pre-existing shared memory block/.test(said) && !late) {
    plan.log.info('database.waiting.for.killed.sessions')
    await delay(100)
    return
  }
  // Another server on the same folder was faster: look again, and meet it at the lock.
  if (/lock file ".*" already exists/.test(said) && !late) {
    await delay(20)
    return
  }
  if (/No space left on device|Disk quota exceeded/.test(said)) {
    throw embeddedError('disk-full', {
      what: `The disk of ${plan.layout.data} is full, and PostgreSQL cannot start.`,
      kept: 'Everything acknowledged is on disk.',
      next: 'Free space; "wardline doctor" frees the ballast that is kept for this.',
    })
  }
  // Our settings keep values and statements out of this log, so its end may be shown.
  const fatal =
    said
      .split('\n')
      .filter((line) => /FATAL|PANIC|error while loading/.test(line))
      .at(-1) ??
    said.trim().split('\n').at(-1) ??
    ''
  throw embeddedError('start-failed', {
    what: `PostgreSQL did not start: ${fatal.replace(/^.*?(?:FATAL|PANIC):\s*/, '') || 'it said nothing'}.`,
    kept: 'The database was not changed.',
    next: `Its log is ${plan.layout.log}.`,
  })
}

function inUse(layout: Layout, pid: number | null) {
  return embeddedError('in-use', {
    what: `The database in ${layout.data} is in use by a running Wardline server${pid === null ? '' : ` (process ${pid})`}.`,
    kept: 'That server was left alone.',
    next: 'Stop it first, or start this one on another folder (WARDLINE_DATA).',
    pid: pid ?? undefined,
  })
}
