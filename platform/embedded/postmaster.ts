import { execFileSync } from 'node:child_process'
import { closeSync, constants, openSync, readFileSync, readlinkSync, writeSync } from 'node:fs'
import { access, copyFile, mkdir, open, readFile, rename, rmdir, stat, truncate } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { launch } from './account.ts'
import type { Account, Launcher } from './account.ts'
import { processLives } from './cluster.ts'
import type { Layout } from './cluster.ts'
import { codeOf, embeddedError } from './errors.ts'

/** A running postmaster: its process, and the folder of its socket, null until it says that it lets sessions in. */
export interface Postmaster {
  readonly pid: number
  readonly readyOn: string | null
}

const socketName = '.s.PGSQL.5432'
const logLimit = 10 << 20

/** The name of the socket's short folder: stable for a data folder, so that a restarted server finds the same arguments. Throws `socket-path-too-long`. */
export async function socketFolder(layout: Layout, runtimeDir: string | undefined, ourUid = process.getuid?.() ?? -1): Promise<string> {
  const parents =
    runtimeDir !== undefined ? [path.resolve(runtimeDir)] : ourUid === 0 && process.platform === 'linux' ? ['/run', '/tmp'] : ['/tmp']
  // sockaddr_un holds 108 bytes on Linux and 104 on macOS, the closing zero included.
  const limit = process.platform === 'darwin' ? 103 : 107
  for (const parent of parents) {
    const folder = path.join(parent, `wardline-${layout.tag}`)
    if (Buffer.byteLength(path.join(folder, socketName)) > limit) {
      throw embeddedError('socket-path-too-long', {
        what: `The socket's path ${path.join(folder, socketName)} is longer than the ${limit} bytes that the system allows.`,
        kept: 'Nothing was started.',
        next: 'Choose a shorter runtime folder.',
      })
    }
    if (
      parent === parents.at(-1) ||
      (await access(parent, constants.W_OK).then(
        () => true,
        () => false,
      ))
    )
      return folder
  }
  throw new Error('unreachable: the last parent is always taken')
}

/** Makes the socket folder and gives it to PostgreSQL's user, 0700. Throws `socket-folder-unsafe` when somebody else put something there first. */
async function secureSocketFolder(folder: string, account: Account | null, ourUid = process.getuid?.() ?? -1): Promise<void> {
  await mkdir(folder, { mode: 0o700 }).catch((error: unknown) => {
    if (codeOf(error) !== 'EEXIST') throw error
  })
  // By handle, never by name: under root a link that is swapped in between would give somebody a folder of ours.
  const handle = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW).catch(() => null)
  try {
    const owner = (await handle?.stat())?.uid
    if (handle === null || (owner !== ourUid && owner !== account?.uid)) {
      throw embeddedError('socket-folder-unsafe', {
        what: `${folder} belongs to somebody else or is not a folder; a socket there could be somebody else's too.`,
        kept: 'Nothing was started.',
        next: 'Find out who made it, remove it, and start again.',
      })
    }
    if (account !== null) await handle.chown(account.uid, account.gid)
    await handle.chmod(0o700)
  } finally {
    await handle?.close()
  }
}

/** The living postmaster of the cluster, or null. A pid file alone proves nothing: the process must be PostgreSQL on this folder. */
export async function findPostmaster(cluster: string): Promise<Postmaster | null> {
  const lines = (await readFile(path.join(cluster, 'postmaster.pid'), 'utf8').catch(ignoreMissing)).split('\n')
  const pid = Math.abs(Number.parseInt(lines[0] ?? '', 10))
  if (!(pid > 0) || !postmasterLives(pid, cluster)) return null
  // Lines 5 and 8 of the file: socket folder and state. Asking earlier would only fill the log with refusals.
  return { pid, readyOn: lines[7]?.trim() === 'ready' ? lines[4]?.trim() || null : null }
}

function ignoreMissing(error: unknown): string {
  if (codeOf(error) === 'ENOENT') return ''
  throw error
}

/** True while `pid` is a PostgreSQL server on this cluster (a zombie is not, nor is another program that got the same id). */
export function postmasterLives(pid: number, cluster: string): boolean {
  const words = commandOf(pid)
  if (path.basename(words[0] ?? '') !== 'postgres') return false
  if (words.some((word, at) => words[at - 1] === '-D' && word === cluster)) return true
  try {
    return readlinkSync(`/proc/${pid}/cwd`) === cluster
  } catch {
    return false
  }
}

function commandOf(pid: number): string[] {
  try {
    if (process.platform === 'linux') return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
    const listed = execFileSync('/bin/ps', ['-ww', '-o', 'command=', '-p', String(pid)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    return listed.trim().split(/ (?=-)|(?<=-D) /)
  } catch {
    return []
  }
}

/**
 * After a crash the pid in a lock file (of the cluster, of the socket) may have gone to another program, and PostgreSQL would then refuse
 * to start. We put an impossible pid in its place and leave the rest: the shared memory key in the cluster's file still keeps us out while
 * a back-end of the dead server lives. Synchronous, so that next to nothing fits between the look and the change.
 */
export function buryPidFile(file: string, cluster: string): void {
  const [first = '', ...rest] = readIfThere(file).split('\n')
  const pid = Math.abs(Number.parseInt(first, 10))
  if (!(pid > 0) || !processLives(pid) || postmasterLives(pid, cluster)) return
  // The folder is PostgreSQL's user's: as root we must not follow a link out of it.
  const handle = openSync(file, constants.O_WRONLY | constants.O_TRUNC | constants.O_NOFOLLOW)
  try {
    writeSync(handle, ['99999999', ...rest].join('\n'))
  } finally {
    closeSync(handle)
  }
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    return ignoreMissing(error)
  }
}

/** The postmaster's arguments. */
export function postmasterArguments(cluster: string, folder: string, settings: readonly string[]): string[] {
  return ['-D', cluster, '-k', folder, ...settings]
}

/** True when the running postmaster was started with exactly these arguments (it records them itself in postmaster.opts). */
export async function sameArguments(cluster: string, args: readonly string[]): Promise<boolean> {
  const text = await readFile(path.join(cluster, 'postmaster.opts'), 'utf8').catch(ignoreMissing)
  return text.trimEnd().endsWith(`postgres ${args.map((arg) => `"${arg}"`).join(' ')}`)
}

/** A postmaster that we started: `exited` settles when it is gone, `said` reads what it has logged since. */
export interface Started {
  readonly pid: number
  readonly exited: Promise<void>
  readonly hasExited: () => boolean
  readonly said: () => Promise<string>
}

/** Starts the postmaster, detached, its log in a file, on a socket folder made safe first. Throws `socket-folder-unsafe`, `start-failed`. */
export async function spawnPostmaster(
  layout: Layout,
  launcher: Launcher,
  postgres: string,
  folder: string,
  args: readonly string[],
): Promise<Started> {
  await secureSocketFolder(folder, launcher.account)
  for (const file of [path.join(layout.cluster, 'postmaster.pid'), path.join(folder, `${socketName}.lock`)])
    buryPidFile(file, layout.cluster)
  const before = await stat(layout.log).catch(() => null)
  if (before !== null && before.size > logLimit) await rename(layout.log, `${layout.log}.1`)
  const log = await open(layout.log, 'a', 0o600)
  try {
    const from = (await log.stat()).size
    const child = launch(launcher, postgres, args, ['ignore', log.fd, log.fd])
    let over = false
    const exited = new Promise<void>((resolve) => {
      const end = (): void => {
        over = true
        resolve()
      }
      child.once('exit', end)
      child.once('error', end)
    })
    child.unref()
    const { pid } = child
    if (pid === undefined) {
      throw embeddedError('start-failed', {
        what: `${postgres} could not be started.`,
        kept: 'The database was not touched.',
        next: 'Check that the program can be run.',
      })
    }
    return { pid, exited, hasExited: () => over, said: () => readFrom(layout.log, from) }
  } finally {
    await log.close()
  }
}

async function readFrom(file: string, from: number): Promise<string> {
  const handle = await open(file, 'r')
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(64 << 10), 0, 64 << 10, from)
    return buffer.toString('utf8', 0, bytesRead)
  } finally {
    await handle.close()
  }
}

/** Keeps the log of a long-running server small: a copy is put aside and the file emptied (it is open for appending, so that is safe). */
export async function trimLog(layout: Layout, limit = logLimit): Promise<void> {
  const facts = await stat(layout.log).catch(() => null)
  if (facts === null || facts.size <= limit) return
  await copyFile(layout.log, `${layout.log}.1`)
  await truncate(layout.log, 0)
}

/**
 * Fast shutdown (SIGINT: sessions are ended, a checkpoint is written), then after `patience` ms the immediate one (SIGQUIT: the next
 * start recovers, nothing acknowledged is lost). Waits until the process is gone. Throws `stop-failed`.
 */
export async function stopPostmaster(pid: number, cluster: string, patience: number): Promise<void> {
  for (const [signal, ms] of [
    ['SIGINT', patience],
    ['SIGQUIT', 15_000],
  ] as const) {
    if (!postmasterLives(pid, cluster)) return
    try {
      process.kill(pid, signal)
    } catch (error) {
      if (codeOf(error) !== 'ESRCH') throw error
    }
    const until = performance.now() + ms
    while (performance.now() < until) {
      if (!postmasterLives(pid, cluster)) return
      await delay(10)
    }
  }
  throw embeddedError('stop-failed', {
    what: `PostgreSQL (process ${pid}) did not stop.`,
    kept: 'Everything acknowledged is on disk.',
    next: `Look at the disk, then end it with "kill -QUIT ${pid}".`,
    pid,
  })
}

/** Removes the socket folder of a stopped server unless something is in it, such as another server's socket. */
export async function removeSocketFolder(folder: string): Promise<void> {
  await rmdir(folder).catch(() => undefined)
}
