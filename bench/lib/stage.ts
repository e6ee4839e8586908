import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { foldersOf, wardlineFeatures } from '@wardline/app-server'
import { startEmbedded } from '@wardline/platform/embedded'
import type { EmbeddedPostgres } from '@wardline/platform/embedded'
import { kekFrom, migrate, openLedger, openLog, readMigrations, startServer } from '@wardline/platform/server'
import { makeFleet } from './fleet.ts'
import type { Fleet, FleetRoom } from './fleet.ts'
import type { ServerProcessOptions } from './server-process.ts'

/** A child process that told its port. */
export interface Running {
  readonly pid: number
  readonly port: number
  readonly child: ChildProcess
  /** SIGTERM, and wait for the end. */
  stop(): Promise<void>
  /** SIGKILL, and wait for the end. */
  kill(): Promise<void>
}

/** Everything that a measurement stands on: a durable PostgreSQL of its own, a folder, and a server process on request. */
export interface Stage {
  readonly folder: string
  readonly postgres: EmbeddedPostgres
  readonly serverOptions: ServerProcessOptions
  /** Makes people and rooms over the real front door, with a server in this process that is stopped again. */
  prepare<T>(size: number, run: (fleet: Fleet) => Promise<T>): Promise<T>
  startServer(port?: number): Promise<Running>
  startCeiling(): Promise<Running>
  close(): Promise<void>
}

const here = import.meta.dirname

/** Starts a script of ours as a process; resolves when it has printed its port. */
async function start(script: string, args: readonly string[]): Promise<Running> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', path.join(here, script), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const port = await new Promise<number>((resolve, reject) => {
    createInterface({ input: child.stdout! }).on('line', (line) => {
      const found = /^(?:open )?(\d+)$/.exec(line)
      if (found) resolve(Number(found[1]))
    })
    child.once('exit', (code) => reject(new Error(`${script} ended with ${String(code)} before it was open`)))
  })
  const end = (signal: NodeJS.Signals) => async () => {
    child.kill(signal)
    await ended
  }
  return { pid: child.pid!, port, child, stop: end('SIGTERM'), kill: end('SIGKILL') }
}

/** Opens a stage in a temporary folder. PostgreSQL is as durable as in a real installation. */
export async function openStage(onDatabase?: (state: string) => void): Promise<Stage> {
  const folder = await mkdtemp(path.join(tmpdir(), 'wardline-bench-'))
  await chmod(folder, 0o711)
  const postgres = await startEmbedded({
    dataDir: path.join(folder, 'postgres'),
    ballastBytes: 0,
    ...(onDatabase ? { onState: onDatabase } : {}),
  })
  const kek = randomBytes(32)
  const keysFolder = path.join(folder, 'keys')
  await migrate(postgres.url, await readMigrations(foldersOf(wardlineFeatures())), 'real')
  const serverOptions: ServerProcessOptions = { databaseUrl: postgres.url, keysFolder, kek: kek.toString('base64'), port: 0 }
  const log = openLog({ level: 'error' })
  return {
    folder,
    postgres,
    serverOptions,
    async prepare(size, run) {
      const keys = await openLedger(keysFolder, kekFrom(kek))
      const server = await startServer({ features: wardlineFeatures(), databaseUrl: postgres.url, keys, log, port: 0, version: 'bench' })
      try {
        return await run(await makeFleet(server, keys, size, (ready) => progress('people', ready, size)))
      } finally {
        await server.stop()
        await keys.close()
      }
    },
    startServer: (port = 0) => start('server-process.ts', [JSON.stringify({ ...serverOptions, port })]),
    startCeiling: () => start('../floors/ceiling.ts', [postgres.url]),
    async close() {
      await postgres.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** One line of progress on a terminal, nothing elsewhere. */
export function progress(what: string, done: number, of: number): void {
  if (!process.stderr.isTTY) return
  process.stderr.write(`\r${what} ${done} of ${of}${done === of ? '\n' : ''}`)
}

export type { Fleet, FleetRoom }
