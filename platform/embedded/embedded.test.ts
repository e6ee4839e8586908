import { execFileSync, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmod, chown, copyFile, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { Client } from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { startEmbedded } from './index.ts'
import type { EmbeddedOptions, EmbeddedPostgres, EmbeddedState } from './index.ts'
import { findPostmaster, postmasterLives, removeSocketFolder, stopPostmaster } from './postmaster.ts'

const root = process.getuid?.() === 0
const linux = process.platform === 'linux'
const door = JSON.stringify(import.meta.resolve('./index.ts'))

// One initdb for the file; every test works on a copy.
let seed = ''
let seedUrlPassword = ''
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
  execFileSync('cp', ['-a', `${seed}/.`, made])
  return made
}

async function start(dataDir: string, options: Partial<EmbeddedOptions> = {}): Promise<EmbeddedPostgres> {
  const server = await startEmbedded({ dataDir, ballastBytes: 0, ...options })
  servers.push(server)
  return server
}

/** Another Wardline process on the folder; it runs until it is killed. */
async function startChild(dataDir: string, options = '', as: { uid?: number; gid?: number } = {}) {
  const script = `import { startEmbedded } from ${door}
    startEmbedded({ dataDir: ${JSON.stringify(dataDir)}, ballastBytes: 0, ${options} }).then(
      (server) => console.log(JSON.stringify({ postmaster: server.pid, url: server.url })),
      (error) => { console.log(JSON.stringify({ code: error.code, message: error.message })); process.exit(1) })`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'], cwd: '/', ...as })
  children.push(child)
  const [line] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer]
  const said = JSON.parse(line.toString()) as { postmaster: number; url: string; code?: string; message?: string }
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  return { ...said, pid: child.pid ?? 0, kill }
}

async function open(url: string): Promise<Client> {
  const client = new Client({ connectionString: url })
  client.on('error', () => undefined)
  await client.connect()
  return client
}

async function query(url: string, text: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
  const client = await open(url)
  try {
    return (await client.query<Record<string, unknown>>(text, values)).rows
  } finally {
    await client.end()
  }
}

/** States as they come, and a wait for one of them. */
function states() {
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
function listener() {
  const waiting = new Map<string, () => void>()
  const note = (event: string): void => waiting.get(event)?.()
  return { log: { info: note, warn: note }, heard: (event: string) => new Promise<void>((resolve) => void waiting.set(event, resolve)) }
}

async function clear(): Promise<void> {
  for (const child of children.splice(0)) if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
  for (const server of servers.splice(0)) await server.stop()
  for (const one of folders.splice(0)) {
    const left = await findPostmaster(path.join(one, 'cluster'))
    if (left !== null) await stopPostmaster(left.pid, path.join(one, 'cluster'), 5_000)
    if (left?.readyOn) await removeSocketFolder(left.readyOn)
    await rm(one, { recursive: true, force: true })
  }
}

beforeAll(async () => {
  seed = await mkdtemp('/tmp/wl-embedded-seed-')
  await chmod(seed, 0o711)
  const server = await startEmbedded({ dataDir: seed, ballastBytes: 0 })
  seedUrlPassword = server.connection.password
  await query(server.url, `create table kept (id int primary key, name text unique); insert into kept values (1, 'one')`)
  await server.stop()
})
afterEach(clear)
afterAll(() => rm(seed, { recursive: true, force: true }))

describe('a start', () => {
  test('makes a cluster with checksums, a sort order of its own and real durability, and keeps it over a restart', async () => {
    const dataDir = await folder()
    const first = await start(dataDir)
    expect(first).toMatchObject({ adopted: false, version: expect.stringMatching(/^18\./) as string, state: 'up' })
    const [made] = await query(first.url, `select current_database() as database, current_user as role, datlocprovider, datlocale, pg_encoding_to_char(encoding) as encoding from pg_database where datname = current_database()`)
    expect(made).toEqual({ database: 'wardline', role: 'wardline', datlocprovider: 'b', datlocale: 'C.UTF-8', encoding: 'UTF8' })
    const names = ['data_checksums', 'fsync', 'synchronous_commit', 'full_page_writes', 'wal_level', 'listen_addresses', 'TimeZone', 'jit', 'log_statement']
    const rows = await query(first.url, 'select name, setting from pg_settings where name = any ($1) order by name collate "C"', [names])
    expect(Object.fromEntries(rows.map(({ name, setting }) => [name, setting]))).toEqual({
      ...{ data_checksums: 'on', fsync: 'on', synchronous_commit: 'on', full_page_writes: 'on', wal_level: 'replica' },
      ...{ listen_addresses: '', TimeZone: 'UTC', jit: 'off', log_statement: 'none' },
    })
    expect((await stat(path.join(dataDir, 'postgres.password'))).mode & 0o777).toBe(0o600)
    await query(first.url, 'create table note (text text)')
    await query(first.url, `insert into note values ('kept')`)
    await first.stop()
    const second = await start(dataDir)
    expect(second.adopted).toBe(false)
    expect(await query(second.url, 'select text from note')).toEqual([{ text: 'kept' }])
  })

  test('lets nobody in without the password', async () => {
    const server = await start(await copyOfSeed())
    await expect(query(server.url.replace(seedUrlPassword, 'guess'), 'select 1')).rejects.toMatchObject({ code: '28P01' })
  })

  test('of two that meet on an empty folder one wins, the other is told so', async () => {
    const dataDir = await folder()
    const results = await Promise.allSettled([start(dataDir), start(dataDir)])
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    expect(results.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'in-use', pid: process.pid } })
  })

  test('stop is one stop, however often and at whatever moment it is asked for', async () => {
    const dataDir = await copyOfSeed()
    const server = await start(dataDir)
    await Promise.all([server.stop(), server.stop()])
    await server.stop()
    expect(postmasterLives(server.pid, path.join(dataDir, 'cluster'))).toBe(false)
    await expect(stat(server.connection.host)).rejects.toThrow(/ENOENT/)
  })

  test('no value of a statement reaches the log, whether it breaks a rule, a cast or the server', async () => {
    const dataDir = await copyOfSeed()
    const { onState, next } = states()
    const server = await start(dataDir, { onState })
    const canary = 'Zzyzx-Okonkwo'
    await query(server.url, 'insert into kept values (2, $1)', [canary])
    await expect(query(server.url, 'insert into kept values (3, $1)', [canary])).rejects.toMatchObject({ code: '23505' })
    await expect(query(server.url, `select '${canary}'::date`)).rejects.toMatchObject({ code: '22007' })
    await expect(query(server.url, 'select $1::text::int', [canary])).rejects.toMatchObject({ code: '22P02' })
    await expect(query(server.url, `do $$ begin raise warning '${canary}'; raise exception '${canary}'; end $$`)).rejects.toMatchObject({ code: 'P0001' })
    // The log of a crash names the statement that ran, unless it is told not to.
    const client = await open(server.url)
    const [{ pid } = { pid: 0 }] = (await client.query<{ pid: number }>('select pg_backend_pid() as pid')).rows
    const broken = client.query(`select '${canary}', pg_sleep(60)`).catch(() => undefined)
    const up = next('up')
    process.kill(pid, 'SIGKILL')
    await Promise.all([broken, up])
    const said = await readFile(path.join(dataDir, 'log', 'postgres.log'), 'utf8')
    expect(said).toMatch(/was terminated by signal 9/)
    expect(said).not.toMatch(/Zzyzx|Okonkwo/)
  })
})

describe('kill -9 of our process', () => {
  test('the database lives on and the next start takes it over', async () => {
    const dataDir = await copyOfSeed()
    const child = await startChild(dataDir)
    await query(child.url, `insert into kept values (2, 'two')`)
    await child.kill()
    const server = await start(dataDir)
    expect(server).toMatchObject({ adopted: true, pid: child.postmaster, url: child.url })
    expect(await query(server.url, 'select id from kept order by id')).toEqual([{ id: 1 }, { id: 2 }])
    await server.stop()
    expect(postmasterLives(child.postmaster, path.join(dataDir, 'cluster'))).toBe(false)
  })

  test('one that runs with other settings is replaced, not adopted', async () => {
    const dataDir = await copyOfSeed()
    const child = await startChild(dataDir, `settings: { work_mem: '5MB' }`)
    await child.kill()
    const server = await start(dataDir)
    expect(server.adopted).toBe(false)
    expect(server.pid).not.toBe(child.postmaster)
    expect(await query(server.url, 'show work_mem')).toEqual([{ work_mem: '8MB' }])
  })

  test('a server that lives is refused by name and not disturbed', async () => {
    const dataDir = await copyOfSeed()
    const child = await startChild(dataDir)
    await expect(start(dataDir)).rejects.toMatchObject({ code: 'in-use', pid: child.pid, message: expect.stringContaining(`process ${child.pid}`) as string })
    expect(await query(child.url, 'select id from kept')).toEqual([{ id: 1 }])
  })

  test('of the postmaster too: the next start recovers what was committed', async () => {
    const dataDir = await copyOfSeed()
    const child = await startChild(dataDir)
    await query(child.url, `insert into kept values (2, 'two')`)
    await child.kill()
    process.kill(child.postmaster, 'SIGKILL')
    const server = await start(dataDir)
    expect(server.adopted).toBe(false)
    expect(await query(server.url, 'select id from kept order by id')).toEqual([{ id: 1 }, { id: 2 }])
  })
})

describe('kill -9 of the postmaster', () => {
  test('is noticed and mended: down, up, nothing committed lost', async () => {
    const dataDir = await copyOfSeed()
    const { seen, onState, next } = states()
    const server = await start(dataDir, { onState })
    const before = server.pid
    await query(server.url, `insert into kept values (2, 'two')`)
    const up = next('up')
    process.kill(before, 'SIGKILL')
    await up
    expect(seen).toEqual(['down', 'up'])
    expect(server.pid).not.toBe(before)
    expect(await query(server.url, 'select id from kept order by id')).toEqual([{ id: 1 }, { id: 2 }])
    await expect(start(dataDir)).rejects.toMatchObject({ code: 'in-use' })
  })

  test('a stop while it is being mended leaves no server behind', async () => {
    const dataDir = await copyOfSeed()
    const { onState, next } = states()
    const server = await start(dataDir, { onState })
    const down = next('down')
    process.kill(server.pid, 'SIGKILL')
    await down
    await server.stop()
    expect(await findPostmaster(path.join(dataDir, 'cluster'))).toBeNull()
  })

  test.runIf(linux)('waits for a session of the dead server that still holds the shared memory', async () => {
    const dataDir = await copyOfSeed()
    const child = await startChild(dataDir)
    const client = await open(child.url)
    const [{ pid } = { pid: 0 }] = (await client.query<{ pid: number }>('select pg_backend_pid() as pid')).rows
    await child.kill()
    process.kill(pid, 'SIGSTOP')
    process.kill(child.postmaster, 'SIGKILL')
    const { log, heard } = listener()
    const waiting = heard('database.waiting.for.killed.sessions').then(() => process.kill(pid, 'SIGCONT'))
    const server = await start(dataDir, { log })
    await waiting
    expect(server.adopted).toBe(false)
    await client.end().catch(() => undefined)
  })

  test('a pid file whose number went to another program does not keep us out', async () => {
    const dataDir = await copyOfSeed()
    const child = await startChild(dataDir)
    await child.kill()
    const pidFile = path.join(dataDir, 'cluster', 'postmaster.pid')
    process.kill(child.postmaster, 'SIGKILL')
    const lines = (await readFile(pidFile, 'utf8')).split('\n')
    // Of PostgreSQL's own user: any other would not impress it.
    const { uid, gid } = await stat(pidFile)
    const stranger = spawn('sleep', ['60'], { stdio: 'ignore', cwd: '/', ...(root ? { uid, gid } : {}) })
    children.push(stranger)
    await writeFile(pidFile, [String(stranger.pid), ...lines.slice(1)].join('\n'))
    const server = await start(dataDir)
    expect(server.adopted).toBe(false)
    expect(stranger.exitCode).toBeNull()
  })
})

describe('the one-server lock', () => {
  const endLock = `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'wardline server ' || $1`

  test('lost and taken again is told both ways', async () => {
    const { seen, onState, next } = states()
    const server = await start(await copyOfSeed(), { onState })
    const up = next('up')
    await query(server.url, endLock, [String(process.pid)])
    await up
    expect(seen).toEqual(['lock-lost', 'up'])
  })

  test('lost to another server is final: that server keeps its database, stop included', async () => {
    const dataDir = await copyOfSeed()
    const { seen, onState, next } = states()
    const { log, heard } = listener()
    const server = await start(dataDir, { onState, log })
    const other = await open(server.url.replace('/wardline?', '/postgres?'))
    const theirs = other.query('select pg_advisory_lock(classid::int, objid::int) from pg_locks where locktype = $1 and granted', ['advisory'])
    const lost = next('lock-lost')
    const settled = heard('database.left.to.another.server')
    await query(server.url, endLock, [String(process.pid)])
    await Promise.all([theirs, lost, settled])
    await server.stop()
    expect(seen).toEqual(['lock-lost'])
    expect(postmasterLives(server.pid, path.join(dataDir, 'cluster'))).toBe(true)
    await other.end()
  })
})

describe('folders of others', () => {
  test.each([
    ['17', 'cluster-older'],
    ['19', 'cluster-newer'],
    ['', 'cluster-broken'],
  ])('PG_VERSION "%s" is refused as %s', async (text, code) => {
    const dataDir = await copyOfSeed()
    await writeFile(path.join(dataDir, 'cluster', 'PG_VERSION'), `${text}\n`)
    await expect(start(dataDir)).rejects.toMatchObject({ code })
  })

  test.each([
    [{ version: '18.99' }, 'binary-older'],
    [{ source: 'folder', binary: '/opt/pg/bin' }, 'binary-mismatch'],
    [{ durability: 'unsafe-for-tests' }, 'durability-mismatch'],
  ])('a record of %o is refused as %s', async (change, code) => {
    const dataDir = await copyOfSeed()
    const file = path.join(dataDir, 'cluster.json')
    await writeFile(file, JSON.stringify({ ...(JSON.parse(await readFile(file, 'utf8')) as object), ...change }))
    await expect(start(dataDir)).rejects.toMatchObject({ code })
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
    await expect(start(await copyOfSeed(), { runtimeDir: `/tmp/${'long/'.repeat(20)}` })).rejects.toMatchObject({ code: 'socket-path-too-long' })
  })

  test.runIf(root)('a socket folder that somebody else made first is not used', async () => {
    const dataDir = await copyOfSeed()
    const runtimeDir = await folder()
    const first = await start(dataDir, { runtimeDir })
    await first.stop()
    execFileSync('mkdir', [first.connection.host])
    await chown(first.connection.host, 12345, 12345)
    await expect(start(dataDir, { runtimeDir })).rejects.toMatchObject({ code: 'socket-folder-unsafe' })
  })
})

describe.runIf(root && linux)('as root', () => {
  const status = async (pid: number): Promise<{ uid: number; caps: number }> => {
    const text = await readFile(`/proc/${pid}/status`, 'utf8')
    return { uid: Number(/^Uid:\s+(\d+)/m.exec(text)?.[1]), caps: Number.parseInt(/^CapEff:\s+([0-9a-f]+)/m.exec(text)?.[1] ?? 'x', 16) }
  }

  test('PostgreSQL runs as another user, without any capability', async () => {
    const server = await start(await copyOfSeed())
    const { uid, caps } = await status(server.pid)
    expect(uid).not.toBe(0)
    expect(caps).toBe(0)
  })

  test('below a folder that is closed to that user it gets the one capability to walk through', async () => {
    const dataDir = path.join(await folder(0o700), 'data')
    const server = await start(dataDir)
    expect(await status(server.pid)).toMatchObject({ caps: 1 << 2 })
    expect(await query(server.url, 'select 1 as one')).toEqual([{ one: 1 }])
    await server.stop()
    const again = await start(dataDir)
    expect(again.adopted).toBe(false)
  })

  test('where even that may not be given the closed folder is named', async () => {
    const closed = await folder(0o700)
    const script = `import(${door}).then(({ startEmbedded }) => startEmbedded({ dataDir: ${JSON.stringify(path.join(closed, 'data'))} })).catch((error) => console.log(error.code + ' ' + error.message))`
    const said = execFileSync('setpriv', ['--bounding-set=-dac_read_search', '--inh-caps=-dac_read_search', process.execPath, '-e', script], { encoding: 'utf8' })
    expect(said).toMatch(/^not-traversable /)
    expect(said).toContain(`may not enter ${closed}.`)
  })

  test('a cluster that came back from a backup as root is given to PostgreSQL', async () => {
    const dataDir = await copyOfSeed()
    execFileSync('chown', ['-R', '0:0', dataDir])
    expect(await query((await start(dataDir)).url, 'select id from kept')).toEqual([{ id: 1 }])
  })

  test('a server that is not root works by itself, and not on the folder of another user', async () => {
    const dataDir = await folder()
    await chown(dataDir, 65534, 65534)
    const nobody = { uid: 65534, gid: 65534 }
    const child = await startChild(dataDir, '', nobody)
    expect((await status(child.postmaster)).uid).toBe(65534)
    const foreign = await copyOfSeed()
    execFileSync('chown', ['-R', '12345:12345', path.join(foreign, 'cluster')])
    await chown(foreign, 65534, 65534)
    await chown(path.join(foreign, 'log'), 65534, 65534)
    expect(await startChild(foreign, '', nobody)).toMatchObject({ code: 'wrong-owner' })
  })

  test('a disk without room for a database says so and is left empty', async ({ skip }) => {
    const dataDir = await folder()
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16m,mode=711', 'none', dataDir], { stdio: 'ignore' })
    } catch {
      skip('mounting is not allowed here')
    }
    try {
      await expect(start(dataDir)).rejects.toMatchObject({ code: 'disk-full' })
      expect(execFileSync('ls', [dataDir], { encoding: 'utf8' }).trim().split('\n')).toEqual(['log', 'postgres.password'])
    } finally {
      execFileSync('umount', [dataDir])
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
    const server = await start(await copyOfSeed(), { ballastBytes: 1 << 20, diskLimits: { freeShare: 0, freeBytes: Number.MAX_SAFE_INTEGER } })
    expect(await server.ballast).toBe(false)
    expect((await server.diskState()).writesMustStop).toBe(true)
  })
})
