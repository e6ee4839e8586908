import { spawn } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { isOwned, ownFolder } from './owner.ts'

let folder: string
beforeEach(async () => void (folder = await mkdtemp(path.join(tmpdir(), 'wardline-owner-'))))
afterEach(() => rm(folder, { recursive: true, force: true }))

/** Another process that owns the folder until it is killed. */
async function stranger() {
  const code = `const { ownFolder } = await import(${JSON.stringify(path.join(import.meta.dirname, 'owner.ts'))})
    globalThis.held = ownFolder(${JSON.stringify(folder)}); console.log('owns'); setInterval(() => {}, 1e6)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'ignore'] })
  const ended = new Promise((resolve) => child.once('close', resolve))
  const owns = new Promise((resolve) => child.stdout.once('data', () => resolve(true)))
  if (!(await Promise.race([owns, ended.then(() => false)]))) throw new Error('It ended before it owned the folder.')
  return { pid: child.pid!, kill: () => (child.kill('SIGKILL'), ended) }
}

test('a data folder has one owner: another process, or this one, is refused until it lets go', () => {
  expect(isOwned(folder)).toBe(false)
  const first = ownFolder(folder)
  expect(() => ownFolder(folder)).toThrow(
    expect.objectContaining({ code: 'in-use', message: expect.stringContaining(`process ${process.pid}`) as string }),
  )
  expect(isOwned(folder)).toBe(true)
  first.release()
  first.release()
  expect(isOwned(folder)).toBe(false)
  ownFolder(folder).release()
})

test('what a killed owner left holds nobody up, even where its process id lives on', async () => {
  const other = await stranger()
  expect(isOwned(folder)).toBe(true)
  expect(() => ownFolder(folder)).toThrow(
    expect.objectContaining({ code: 'in-use', message: expect.stringContaining(`${other.pid}`) as string }),
  )
  await other.kill()
  await writeFile(path.join(folder, 'owner.pid'), `${process.ppid}\n`)
  expect(isOwned(folder)).toBe(false)
  const ours = ownFolder(folder)
  expect(isOwned(folder)).toBe(true)
  ours.release()
})

test('nobody else may read the lock, and hold it; whoever it is need not be said for it to be owned', async () => {
  await mkdir(path.join(folder, 'owner.pid'))
  for (const mode of [0o644, 0o600]) {
    await writeFile(path.join(folder, 'owner.lock'), '', { mode })
    await chmod(path.join(folder, 'owner.lock'), mode)
    const ours = ownFolder(folder)
    expect((await stat(path.join(folder, 'owner.lock'))).mode & 0o777).toBe(0o600)
    expect(() => ownFolder(folder)).toThrow(expect.objectContaining({ code: 'in-use' }))
    expect(await stranger().then(() => 'owns', String)).toContain('ended')
    ours.release()
    await rm(path.join(folder, 'owner.lock'))
  }
  ownFolder(folder).release()
  expect((await stat(path.join(folder, 'owner.lock'))).mode & 0o777).toBe(0o600)
})

test('asking makes nothing, and a lock that cannot be read or made refuses', async () => {
  expect(isOwned(path.join(folder, 'none'))).toBe(false)
  expect(await readdir(folder)).toEqual([])
  expect(() => ownFolder(path.join(folder, 'none'))).toThrow(expect.objectContaining({ code: 'not-lockable' }))
  await writeFile(path.join(folder, 'owner.lock'), 'no database, and longer than the hundred bytes of a header'.repeat(20))
  expect(() => isOwned(folder)).toThrow(expect.objectContaining({ code: 'not-lockable' }))
  expect(() => ownFolder(folder)).toThrow(expect.objectContaining({ code: 'not-lockable' }))
})
