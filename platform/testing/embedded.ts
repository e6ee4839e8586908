import { execFileSync, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import path from 'node:path'
import { Client } from 'pg'
import { afterAll, afterEach, beforeAll } from 'vitest'
import { layOut } from '../embedded/cluster.ts'
import { startEmbedded } from '../embedded/index.ts'
import type { EmbeddedOptions, EmbeddedPostgres, EmbeddedState } from '../embedded/index.ts'
import { findPostmaster, stopPostmaster } from '../embedded/postmaster.ts'

const door = JSON.stringify(import.meta.resolve('../embedded/index.ts'))

/**
 * What the tests of one file share: one data folder made by a real start (`seed`, table `kept` with one row), copies of it for tests
 * that change or break something, and hooks that end every server and process and remove every folder after each test.
 */
export function embeddedHarness() {
  let seed = ''
  const folders: string[] = []
  const children: ChildProcess[] = []
  const servers: EmbeddedPostgres[] = []

  async function folder(mode = 0o711): Promise<string> {
    const made = await mkdtemp('/tmp/wl-embedded-')
    await chmod(made, mode)
    folders.push(made)
    return made
  }

  async function copyOfSeed(): Promise<string> {
    const made = await folder()
    system('cp', ['-a', `${seed}/.`, made])
    return made
  }

  async function start(dataDir: string, options: Partial<EmbeddedOptions> = {}): Promise<EmbeddedPostgres> {
    const server = await startEmbedded({ dataDir, ballastBytes: 0, ...options })
    servers.push(server)
    return server
  }

  /** Another Wardline process on the folder; it runs until it is killed. */
  async function startChild(dataDir: string, options = '', as: { uid?: number; gid?: number } = {}, env: NodeJS.ProcessEnv = {}) {
    const script = `import { startEmbedded } from ${door}
      startEmbedded({ dataDir: ${JSON.stringify(dataDir)}, ballastBytes: 0, ${options} }).then(
        (server) => console.log(JSON.stringify({ postmaster: server.pid, url: server.url })),
        (error) => { console.log(JSON.stringify({ code: error.code, message: error.message })); process.exit(1) })`
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
      cwd: '/',
      env: { ...process.env, ...env },
      ...as,
    })
    children.push(child)
    const [line] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer]
    const said = JSON.parse(line.toString()) as { postmaster: number; url: string; code?: string; message?: string }
    const kill = async (): Promise<void> => {
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
    return { ...said, pid: child.pid ?? 0, kill }
  }

  async function clear(): Promise<void> {
    for (const child of children.splice(0)) if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
    for (const server of servers.splice(0)) await server.stop()
    for (const one of [seed, ...folders.splice(0)]) {
      const left = await findPostmaster(path.join(one, 'cluster'))
      if (left !== null) await stopPostmaster(left.pid, path.join(one, 'cluster'), 5_000)
      // A killed postmaster leaves its socket.
      const layout = await layOut(one)
      for (const parent of ['/run', '/tmp']) await rm(path.join(parent, `wardline-${layout.tag}`), { recursive: true, force: true })
      if (one !== seed) await rm(one, { recursive: true, force: true })
    }
  }

  beforeAll(async () => {
    seed = await mkdtemp('/tmp/wl-embedded-seed-')
    await chmod(seed, 0o711)
    const server = await startEmbedded({ dataDir: seed, ballastBytes: 0 })
    await query(server.url, `create table kept (id int primary key, name text unique); insert into kept values (1, 'one')`)
    await server.stop()
  })
  afterEach(clear)
  afterAll(() => rm(seed, { recursive: true, force: true }))

  return { seed: () => seed, folder, copyOfSeed, start, startChild, ends: (child: ChildProcess) => void children.push(child) }
}

/** A program of the system, to its end; returns what it printed. */
export function system(program: string, args: readonly string[]): string {
  return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
}

/** A connection; the caller ends it. */
export async function open(url: string): Promise<Client> {
  const client = new Client({ connectionString: url })
  client.on('error', () => undefined)
  await client.connect()
  return client
}

/** One statement on a connection of its own. */
export async function query(url: string, text: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
  const client = await open(url)
  try {
    return (await client.query<Record<string, unknown>>(text, values)).rows
  } finally {
    await client.end()
  }
}

/** States as they come, and a wait for one of them. */
export function states() {
  const seen: EmbeddedState[] = []
  const waiting: { state: EmbeddedState; resolve: () => void }[] = []
  return {
    seen,
    onState: (state: EmbeddedState): void => {
      seen.push(state)
      for (const one of waiting) if (one.state === state) one.resolve()
    },
    next: (state: EmbeddedState) => new Promise<void>((resolve) => void waiting.push({ state, resolve })),
  }
}

/** A log that answers when an event comes. */
export function listener() {
  const waiting = new Map<string, () => void>()
  const note = (event: string): void => waiting.get(event)?.()
  return { log: { info: note, warn: note }, heard: (event: string) => new Promise<void>((resolve) => void waiting.set(event, resolve)) }
}

/** Waits for a condition; the test's own time limit ends it. */
export async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => void setImmediate(resolve))
}
