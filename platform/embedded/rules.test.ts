import { mkdir, mkdtemp, readFile, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { chooseAccount, findLauncher, firstClosed, pickAccount } from './account.ts'
import { findBinary, formatVersion, linkLibraries, parseVersion } from './binary.ts'
import { layOut } from './cluster.ts'
import { readDiskState } from './disk.ts'
import { EmbeddedError } from './errors.ts'
import { buryPidFile, postmasterLives, socketFolder, trimLog } from './postmaster.ts'
import { settingArguments } from './settings.ts'

let scratch = ''
beforeEach(async () => void (scratch = await mkdtemp(path.join(tmpdir(), 'wl-rules-'))))
afterEach(() => rm(scratch, { recursive: true, force: true }))

describe('versions', () => {
  test.each([
    ['postgres (PostgreSQL) 18.4', '18.4'],
    ['18.4 (Debian 18.4-1.pgdg13+1)', '18.4'],
    ['postgres (PostgreSQL) 19beta1', null],
    ['18\n', '18.0'],
    ['', null],
  ])('%j is %s', (text, expected) => {
    const version = parseVersion(text)
    expect(version && formatVersion(version)).toBe(expected)
  })

  test('what is written is read back', () => {
    fc.assert(
      fc.property(fc.nat(99), fc.nat(99), (major, minor) => {
        expect(parseVersion(formatVersion({ major, minor }))).toEqual({ major, minor })
      }),
    )
  })
})

describe('settings', () => {
  test.each([
    'fsync',
    'FSYNC',
    'listen_addresses',
    'log_min_messages',
    'log_statement',
    'log_error_verbosity',
    'full_page_writes',
    'unix_socket_directories',
  ])('%s cannot be chosen', (name) => {
    expect(() => settingArguments('real', { [name]: 'x' })).toThrow(EmbeddedError)
  })

  test('whatever is chosen, the ones that hold durability, privacy and the way in stay', () => {
    const held = [
      'fsync=on',
      'synchronous_commit=on',
      'full_page_writes=on',
      'listen_addresses=',
      'log_min_messages=log',
      'log_error_verbosity=terse',
    ]
    fc.assert(
      fc.property(fc.dictionary(fc.stringMatching(/^[a-zA-Z_ =]{1,20}$/), fc.string()), (chosen) => {
        try {
          const args = settingArguments('real', chosen)
          for (const one of held) expect(args.filter((arg) => arg.toLowerCase().startsWith(`${one.split('=')[0]}=`))).toEqual([one])
        } catch (error) {
          expect(error).toMatchObject({ code: 'setting-refused' })
        }
      }),
    )
  })

  test('a chosen one replaces the default, in an order that does not depend on how it was written', () => {
    expect(settingArguments('real', { archive_mode: 'on', work_mem: '4MB' })).toEqual(
      settingArguments('real', { work_mem: '4MB', archive_mode: 'on' }),
    )
    expect(settingArguments('real', { work_mem: '4MB' })).toContain('work_mem=4MB')
    expect(settingArguments('real')).toContain('work_mem=8MB')
  })
})

describe('whom PostgreSQL runs as', () => {
  const passwd =
    'root:x:0:0::/root:/bin/sh\nnobody:x:65534:65534::/:/bin/false\npostgres:x:101:104::/:/bin/sh\nmia:x:1000:1000::/:/bin/sh\n'
  test.each([
    ['the owner of the cluster, if it has a name', passwd, 1000, 'mia'],
    ['never root', passwd, 0, 'postgres'],
    ['postgres before nobody', passwd, null, 'postgres'],
    ['wardline before postgres', `${passwd}wardline:x:990:990::/:/bin/false\n`, null, 'wardline'],
    ['nobody at last', 'root:x:0:0::/:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n', 4242, 'nobody'],
    ['nobody of the machine', 'root:x:0:0::/:/bin/sh\nwardline:x:0:0::/:/bin/sh\nbroken line\n', null, undefined],
  ])('%s', (_, text, owner, name) => expect(pickAccount(text, owner)?.name).toBe(name))

  test('ourselves when we are not root; a clear refusal where root finds nobody', async () => {
    expect(await chooseAccount(null, 1000)).toBeNull()
    await expect(chooseAccount(null, 0, path.join(scratch, 'none'))).rejects.toMatchObject({ code: 'no-user' })
  })

  test('the first closed folder from the root down is the one to open', async () => {
    const inner = path.join(scratch, 'a', 'b', 'c')
    await mkdir(inner, { recursive: true, mode: 0o755 })
    const stranger = { name: 'stranger', uid: 54321, gid: 54321 }
    expect(await firstClosed(inner, stranger)).toBe(scratch)
  })
})

describe('programs', () => {
  test('a platform without a package and a folder without programs are told, with a way out', async () => {
    await expect(findBinary(undefined, 'win32-x64')).rejects.toMatchObject({
      code: 'no-binary',
      message: expect.stringContaining('DATABASE_URL') as string,
    })
    await expect(findBinary(scratch)).rejects.toMatchObject({ code: 'no-binary' })
  })

  test('one that cannot run is told, with what it said', async () => {
    const broken = path.join(scratch, 'postgres')
    await writeFile(broken, '#!/bin/sh\necho "error while loading shared libraries: libicu" >&2\nexit 127\n', { mode: 0o755 })
    await expect(findLauncher(null, scratch, broken)).rejects.toMatchObject({
      code: 'no-binary',
      message: expect.stringContaining('libicu') as string,
    })
  })

  test('library links that no install script made are made, once', async () => {
    await mkdir(path.join(scratch, 'native', 'lib'), { recursive: true })
    await writeFile(
      path.join(scratch, 'native', 'pg-symlinks.json'),
      JSON.stringify([{ source: 'native/lib/libpq.so.5.18', target: 'native/lib/libpq.so.5' }]),
    )
    await linkLibraries(scratch)
    await linkLibraries(scratch)
    expect(await readlink(path.join(scratch, 'native', 'lib', 'libpq.so.5'))).toBe('libpq.so.5.18')
  })
})

describe('files', () => {
  test('the socket folder has one short name per data folder, however that is spelt', async () => {
    const one = await layOut(path.join(scratch, 'data'))
    const same = await layOut(path.join(scratch, 'x', '..', 'data'))
    const other = await layOut(path.join(scratch, 'other'))
    expect(await socketFolder(one, '/tmp')).toBe(await socketFolder(same, '/tmp'))
    expect(await socketFolder(one, '/tmp')).not.toBe(await socketFolder(other, '/tmp'))
    expect((await socketFolder(one, '/tmp')).length).toBeLessThan(40)
  })

  test('a pid file is made harmless without losing the shared memory key, and no link is followed out of the folder', async () => {
    const file = path.join(scratch, 'postmaster.pid')
    await writeFile(file, `${process.pid}\n/data\n1\n5432\n/run\n\n 123 456\nready   \n`)
    buryPidFile(file, scratch)
    expect(await readFile(file, 'utf8')).toBe('99999999\n/data\n1\n5432\n/run\n\n 123 456\nready   \n')
    expect(postmasterLives(process.pid, scratch)).toBe(false)
    await rm(file)
    const precious = path.join(scratch, 'precious')
    await writeFile(precious, `${process.pid} precious`)
    await symlink(precious, file)
    expect(() => buryPidFile(file, scratch)).toThrow(/ELOOP/)
    expect(await readFile(precious, 'utf8')).toBe(`${process.pid} precious`)
  })

  test('the log is put aside and emptied when it has grown', async () => {
    const layout = await layOut(path.join(scratch, 'data'))
    await writeFile(layout.log, 'x'.repeat(1000))
    await trimLog(layout, 1000)
    expect((await stat(layout.log)).size).toBe(1000)
    await trimLog(layout, 999)
    expect((await stat(layout.log)).size).toBe(0)
    expect((await stat(`${layout.log}.1`)).size).toBe(1000)
  })

  test('writes stop at whichever limit comes first', async () => {
    const { freeBytes, totalBytes } = await readDiskState(scratch, { freeShare: 0, freeBytes: 0 })
    const stops = async (freeShare: number, bytes: number): Promise<boolean> =>
      (await readDiskState(scratch, { freeShare, freeBytes: bytes })).writesMustStop
    const share = freeBytes / totalBytes
    expect(await stops(share / 2, Math.floor(freeBytes / 2))).toBe(false)
    expect(await stops((share + 1) / 2, 0)).toBe(true)
    expect(await stops(0, freeBytes * 2)).toBe(true)
  })
})
