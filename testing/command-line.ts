import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import path from 'node:path'

/** How a `wardline` command ended, and what it said. */
export interface Said {
  readonly code: number
  readonly out: string
  readonly err: string
  /** The one JSON value of --json; an error where there is not exactly one. */
  json<T = Record<string, unknown>>(): T
}

const bin = path.resolve(import.meta.dirname, '../apps/cli/bin.mjs')

/** The environment of a command: what a shell needs, and what the test says; nothing of this process's own settings. */
const environment = (env: Readonly<Record<string, string>>): NodeJS.ProcessEnv => ({
  PATH: process.env['PATH'],
  HOME: process.env['HOME'],
  TMPDIR: process.env['TMPDIR'],
  ...env,
})

export interface Spawned {
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  /** A program that starts the command, e.g. `['unshare', '-n']`. */
  readonly under?: readonly string[]
}

function start(args: readonly string[], { env = {}, cwd, under = [] }: Spawned): ChildProcess {
  const [program = '', ...rest] = [...under, process.execPath, bin, ...args]
  return spawn(program, rest, { env: environment(env), ...(cwd === undefined ? {} : { cwd }), stdio: ['ignore', 'pipe', 'pipe'] })
}

/** Runs `wardline` as a process of its own and waits for its end. */
export async function wardline(args: readonly string[], how: Spawned = {}): Promise<Said> {
  const child = start(args, how)
  const [out, err] = [collect(child.stdout!), collect(child.stderr!)]
  const code = await new Promise<number>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (it, signal) => resolve(it ?? (signal ? 128 : 0)))
  })
  return {
    code,
    out: out(),
    err: err(),
    json: () => JSON.parse(out()) as never,
  }
}

/** A `wardline serve` that runs. */
export interface Serving {
  readonly url: string
  /** The process that serves. */
  readonly pid: number
  readonly child: ChildProcess
  /** Exit code; sends SIGTERM `times` times first. */
  stop(times?: number): Promise<number>
  /** Exit code of a process that ends by itself or was killed. */
  readonly ended: Promise<number>
  readonly err: () => string
}

/** Starts `wardline serve --json` and waits until it is open; an error with what it said where it ends before. */
export async function serving(args: readonly string[], how: Spawned = {}): Promise<Serving> {
  const child = start(['serve', '--json', ...args], how)
  const [out, err] = [collect(child.stdout!), collect(child.stderr!)]
  const ended = new Promise<number>((resolve) => child.on('close', (it, signal) => resolve(it ?? (signal ? 128 : 0))))
  const opened = new Promise<{ url: string; pid: number }>((resolve, reject) => {
    child.stdout!.on('data', () => {
      const [first = ''] = out().split('\n')
      if (out().includes('\n') && first.includes('"url"')) resolve(JSON.parse(first) as { url: string; pid: number })
    })
    void ended.then((code) => reject(new Error(`serve ended with ${code}: ${out()} ${err()}`)))
  })
  const { url, pid } = await opened
  return {
    ...{ url, pid, child, ended, err },
    stop: (times = 1) => {
      for (let i = 0; i < times; i += 1) child.kill('SIGTERM')
      return ended
    },
  }
}

function collect(stream: NodeJS.ReadableStream): () => string {
  let text = ''
  stream.setEncoding('utf8')
  stream.on('data', (chunk: string) => (text += chunk))
  return () => text
}

/** A port of this machine that is free now. */
export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const probe = createServer().on('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo
      probe.close(() => resolve(port))
    })
  })
