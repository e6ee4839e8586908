import { chmodSync, closeSync, existsSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { KeyFailure } from './kek.ts'

// The operating system's own lock on a file (POSIX fcntl, LockFileEx), which Node reaches through SQLite alone: the kernel gives it back when
// the process dies, however it dies, so there is no stale lock to judge, and no process id that somebody else may have got meanwhile. Two
// containers on one volume see each other, too. Nothing else in this process may open that file.
const lockFile = (folder: string) => path.join(folder, 'owner.lock')
/** For the words of a refusal only; nothing is decided by it. */
const pidFile = (folder: string) => path.join(folder, 'owner.pid')

/**
 * Another user who may read the file could lock it, and keep the server from starting. One that is there is not opened: with the first close of a
 * file by a process, whoever closes it, the kernel takes back every lock that the process has on it.
 */
function keepToOwnUser(file: string): void {
  if (existsSync(file)) chmodSync(file, 0o600)
  else closeSync(openSync(file, 'ax', 0o600))
}

/** On a full disk too the folder has an owner. */
function sayWho(folder: string): void {
  try {
    writeFileSync(pidFile(folder), `${process.pid}\n`, { mode: 0o600 })
  } catch {
    rmSync(pidFile(folder), { force: true, recursive: true })
  }
}

const busy = 5
const isBusy = (thrown: unknown): boolean => (thrown as { errcode?: unknown }).errcode === busy

function ownerIn(folder: string): string {
  try {
    const pid = readFileSync(pidFile(folder), 'utf8').trim()
    return /^\d{1,10}$/.test(pid) ? ` (process ${pid})` : ''
  } catch {
    return ''
  }
}

/** A data folder that is this process's alone until `release`. */
export interface Ownership {
  release(): void
}

/**
 * Makes this process the only owner of a data folder, which must be there: the key ledger in it is read once, and written by one process.
 * KeyFailure `in-use` while another program, or this one, owns it; `not-lockable` where the file system keeps no locks.
 */
export function ownFolder(folder: string): Ownership {
  let file: DatabaseSync | undefined
  try {
    keepToOwnUser(lockFile(folder))
    // Whoever only asks holds it for a moment (ms).
    file = new DatabaseSync(lockFile(folder), { timeout: 500 })
    file.exec('begin exclusive')
    sayWho(folder)
  } catch (thrown) {
    file?.close()
    if (isBusy(thrown))
      throw new KeyFailure(
        'in-use',
        `Another Wardline program${ownerIn(folder)} uses ${folder}, and only one at a time may write keys. Nothing was changed. Stop that program, or choose another data folder.`,
      )
    throw new KeyFailure(
      'not-lockable',
      `${lockFile(folder)} cannot be locked, so another server could write beside this one. Nothing was changed. Put the data folder on a local disk that this user may write to.`,
    )
  }
  const held = file
  let released = false
  return {
    release: () => {
      if (released) return
      released = true
      held.close()
    },
  }
}

/** Whether a program owns this data folder now. Makes nothing. KeyFailure `not-lockable` where that cannot be said. */
export function isOwned(folder: string): boolean {
  const name = lockFile(folder)
  if (!existsSync(name)) return false
  let file: DatabaseSync | undefined
  try {
    file = new DatabaseSync(name, { readOnly: true, timeout: 0 })
    file.prepare('select count(*) from sqlite_schema').get()
    return false
  } catch (thrown) {
    if (isBusy(thrown)) return true
    throw new KeyFailure(
      'not-lockable',
      `Whether a server uses ${folder} cannot be said: ${name} cannot be read. Nothing was changed. Run this as the server’s own user.`,
    )
  } finally {
    file?.close()
  }
}
