import { execFile, spawn } from 'node:child_process'
import type { ChildProcess, SpawnOptions } from 'node:child_process'
import { readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { embeddedError } from './errors.ts'
import { parseVersion } from './binary.ts'
import type { Version } from './binary.ts'

/** A user of this machine that owns the cluster and runs PostgreSQL. */
export interface Account {
  readonly name: string
  readonly uid: number
  readonly gid: number
}

/** How PostgreSQL's programs are run: as ourselves (`account` null) or as another user, if need be through `prefix` (setpriv). */
export interface Launcher {
  readonly account: Account | null
  readonly prefix: readonly string[]
}

/** The result of a program that was run to its end. */
export interface Finished {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

// PostgreSQL needs nothing of our environment, and keys that stand there must not end up in /proc/<pid>/environ of another user.
const environment = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C', TZ: 'UTC' }

/**
 * Chooses whom PostgreSQL runs as when we are root, which it refuses to be: the cluster's owner if it still has a name,
 * else `wardline`, `postgres`, `nobody`. It must stand in /etc/passwd ("could not look up effective user ID" otherwise).
 */
export function pickAccount(passwd: string, owner: number | null): Account | null {
  const accounts = passwd.split('\n').flatMap((line): Account[] => {
    const [name, , uid, gid] = line.split(':')
    return name && /^\d+$/.test(uid ?? '') && /^\d+$/.test(gid ?? '') ? [{ name, uid: Number(uid), gid: Number(gid) }] : []
  })
  const usable = accounts.filter(({ uid }) => uid !== 0)
  return (
    usable.find(({ uid }) => uid === owner) ??
    ['wardline', 'postgres', 'nobody'].flatMap((name) => usable.filter((one) => one.name === name))[0] ??
    null
  )
}

/** The account to run as, or null when we are not root and PostgreSQL runs as ourselves. Throws `no-user`. */
export async function chooseAccount(
  owner: number | null,
  ourUid = process.getuid?.() ?? -1,
  passwdFile = '/etc/passwd',
): Promise<Account | null> {
  if (ourUid !== 0) return null
  const account = pickAccount(await readFile(passwdFile, 'utf8').catch(() => ''), owner)
  if (account !== null) return account
  throw embeddedError('no-user', {
    what: 'PostgreSQL does not run as root, and none of the users wardline, postgres, nobody stands in /etc/passwd.',
    kept: 'Nothing was started or changed.',
    next: 'Create one ("useradd --system wardline"), or start Wardline as a user that is not root.',
  })
}

/** Runs a program to its end and never throws for its exit code; 127 when it could not be started at all. */
export function run(launcher: Launcher, program: string, args: readonly string[]): Promise<Finished> {
  const [file = program, ...rest] = [...launcher.prefix, program, ...args]
  return new Promise((resolve) => {
    const options = { cwd: '/', env: environment, encoding: 'utf8' as const, maxBuffer: 4 << 20, ...identity(launcher) }
    execFile(file, rest, options, (error, stdout, stderr) => {
      const status = error === null ? 0 : typeof error.code === 'number' ? error.code : 127
      resolve({ status, stdout, stderr: stderr || (error?.message ?? '') })
    })
  })
}

/** Starts a program that outlives us: its own process group, so that Ctrl-C in our terminal does not reach it. */
export function launch(launcher: Launcher, program: string, args: readonly string[], stdio: SpawnOptions['stdio']): ChildProcess {
  const [file = program, ...rest] = [...launcher.prefix, program, ...args]
  return spawn(file, rest, { cwd: '/', env: environment, detached: true, stdio: stdio ?? 'ignore', ...identity(launcher) })
}

// setpriv changes the user itself, after it has kept the one capability.
function identity({ account, prefix }: Launcher): { uid?: number; gid?: number } {
  return account === null || prefix.length > 0 ? {} : { uid: account.uid, gid: account.gid }
}

/** The command in front of PostgreSQL that lets `account` walk through folders that are closed to it, and nothing else. */
export function searchPrivilege(account: Account): string[] {
  const only = '-all,+dac_read_search'
  const caps = [`--inh-caps=${only}`, `--ambient-caps=${only}`, `--bounding-set=${only}`]
  return ['setpriv', `--reuid=${account.uid}`, `--regid=${account.gid}`, '--clear-groups', ...caps, '--no-new-privs']
}

// The real operations, done as the real user, decide: mode bits alone know nothing of ACLs and security modules.
const probe = 'cd "$1" || exit 91; "$2" --version || exit 92'

/**
 * Finds a way in which `account` can reach the data folder and run the program: plainly, else with the search capability
 * (setpriv of util-linux), and reads the program's version on the way. Throws `not-traversable`, `no-binary`, `no-user`.
 */
export async function findLauncher(
  account: Account | null,
  folder: string,
  postgres: string,
): Promise<{ launcher: Launcher; version: Version }> {
  const plain: Launcher = { account, prefix: [] }
  const first = await run(plain, '/bin/sh', ['-c', probe, 'sh', folder, postgres])
  const answer = first.status === 0 ? { launcher: plain, result: first } : await searching(account, folder, postgres)
  if (answer !== null) {
    const version = parseVersion(answer.result.stdout)
    if (version !== null) return { launcher: answer.launcher, version }
  }
  if (account !== null && /EPERM/.test(first.stderr)) {
    throw embeddedError('no-user', {
      what: `Wardline runs as root but may not become the user ${account.name} (the container lacks the capability setuid).`,
      kept: 'Nothing was started or changed.',
      next: 'Start it as a user that is not root, or grant the capabilities setuid and setgid.',
    })
  }
  const closed = account === null ? null : ((await firstClosed(folder, account)) ?? (await firstClosed(path.dirname(postgres), account)))
  if (account !== null && (first.status === 91 || closed !== null)) {
    throw embeddedError('not-traversable', {
      what: `PostgreSQL runs as the user ${account.name}, which may not enter ${closed ?? folder}.`,
      kept: 'Nothing was started or changed.',
      next: `Allow it ("chmod o+x ${closed ?? folder}"), put WARDLINE_DATA elsewhere, or install setpriv (util-linux) and grant the capability dac_read_search.`,
    })
  }
  throw embeddedError('no-binary', {
    what: `${postgres} cannot be run here: ${first.stderr.trim().split('\n').at(-1) ?? `exit code ${first.status}`}.`,
    kept: 'Nothing was started or changed.',
    next: 'Set WARDLINE_PG_BIN to the bin folder of an installed PostgreSQL 18, or DATABASE_URL to a running one.',
  })
}

async function searching(account: Account | null, folder: string, postgres: string) {
  if (account === null) return null
  const launcher: Launcher = { account, prefix: searchPrivilege(account) }
  const result = await run(launcher, '/bin/sh', ['-c', probe, 'sh', folder, postgres])
  return result.status === 0 ? { launcher, result } : null
}

/** The first folder on the way to `target`, from the root down, whose mode bits keep `account` out; null when none does. */
export async function firstClosed(target: string, account: Account): Promise<string | null> {
  const { root } = path.parse(target)
  let folder = root
  for (const step of ['', ...path.relative(root, target).split(path.sep)]) {
    folder = path.join(folder, step)
    const facts = await stat(folder).catch(() => null)
    if (facts === null) return null
    const bit = facts.uid === account.uid ? 0o100 : facts.gid === account.gid ? 0o010 : 0o001
    if ((facts.mode & bit) === 0) return folder
  }
  return null
}
