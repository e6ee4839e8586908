import { spawn, type ChildProcess } from 'node:child_process'
import { node, root } from './root.ts'

/** How a child process ended: its exit code (143 and the like for a signal) and all that it printed. */
export interface Ended {
  readonly code: number
  readonly output: string
}

const running = new Set<ChildProcess>()
let stopping = false

/** Runs a script of node_modules (or ours) on the project's Node, from the project's folder, and collects what it prints. Never rejects. */
export function runNode(script: string, args: readonly string[] = [], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  return new Promise((resolve) => {
    const output: Buffer[] = []
    // A group of its own, so that stopping it also stops what it started.
    const child = spawn(node, ['--disable-warning=ExperimentalWarning', script, ...args], {
      cwd: root,
      env: { ...process.env, NO_COLOR: '1', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    })
    running.add(child)
    child.stdout.on('data', (chunk: Buffer) => output.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => output.push(chunk))
    child.on('error', (error) => output.push(Buffer.from(`${error.message}\n`)))
    child.on('close', (code, signal) => {
      running.delete(child)
      resolve({ code: code ?? (signal ? 143 : 1), output: Buffer.concat(output).toString('utf8') })
    })
  })
}

/** Ends every child that still runs, with what it started: asked first, killed two seconds later. */
export function stopAll(): void {
  for (const child of running) signalGroup(child, 'SIGTERM')
  setTimeout(() => {
    for (const child of running) signalGroup(child, 'SIGKILL')
  }, 2_000).unref()
}

/** Sends a signal to a child and all that it started. */
export function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, signal)
  } catch {
    // It is gone already.
  }
}

const stops: (() => void)[] = []

/** Calls `stop` once when this process is told to end, however often it is told, and ends the process within four seconds (128 + the signal's number). */
export function onStop(stop: () => void): void {
  stops.push(stop)
  if (stops.length > 1) return
  const codes = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const
  for (const [signal, code] of Object.entries(codes)) {
    process.on(signal, () => {
      if (stopping) return
      stopping = true
      process.exitCode = code
      for (const each of stops) each()
      setTimeout(() => process.exit(code), 4_000).unref()
    })
  }
}

/** Whether this process has been told to end. */
export function isStopping(): boolean {
  return stopping
}
