import { spawn } from 'node:child_process'
import { readFile, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { embeddedHarness, listener, open, query, states, until } from '../testing/embedded.ts'
import { findEmbedded } from './index.ts'
import { findPostmaster, postmasterLives } from './postmaster.ts'

const root = process.getuid?.() === 0
const linux = process.platform === 'linux'
const { seed, folder, copyOfSeed, start, startChild, ends } = embeddedHarness()

describe('a start', () => {
  test('makes a cluster with checksums, a sort order of its own and real durability, and keeps it over a restart', async () => {
    const dataDir = await folder()
    const first = await start(dataDir)
    expect(first).toMatchObject({ adopted: false, version: expect.stringMatching(/^18\./) as string, state: 'up' })
    const [made] = await query(
      first.url,
      `select current_database() as database, current_user as role, datlocprovider, datlocale, pg_encoding_to_char(encoding) as encoding from pg_database where datname = current_database()`,
    )
    expect(made).toEqual({ database: 'wardline', role: 'wardline', datlocprovider: 'b', datlocale: 'C.UTF-8', encoding: 'UTF8' })
    const names = [
      'data_checksums',
      'fsync',
      'synchronous_commit',
      'full_page_writes',
      'wal_level',
      'listen_addresses',
      'TimeZone',
      'jit',
      'log_statement',
    ]
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
    const server = await start(seed())
    await expect(query(server.url.replace(server.connection.password, 'guess'), 'select 1')).rejects.toMatchObject({ code: '28P01' })
  })

  test('of two that meet on an empty folder one wins, the other is told so', async () => {
    const dataDir = await folder()
    const results = await Promise.allSettled([start(dataDir), start(dataDir)])
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    expect(results.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'in-use', pid: process.pid } })
  })

  test('stop is one stop, however often and at whatever moment it is asked for', async () => {
    const server = await start(seed())
    await Promise.all([server.stop(), server.stop()])
    await server.stop()
    expect(postmasterLives(server.pid, path.join(seed(), 'cluster'))).toBe(false)
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
    await expect(query(server.url, `do $$ begin raise warning '${canary}'; raise exception '${canary}'; end $$`)).rejects.toMatchObject({
      code: 'P0001',
    })
    // The log of a crash names the statement that ran, unless it is told not to.
    const client = await open(server.url)
    const [{ pid } = { pid: 0 }] = (await client.query<{ pid: number }>('select pg_backend_pid() as pid')).rows
    const broken = client.query(`select '${canary}', pg_sleep(60)`).catch(() => undefined)
    await until(
      async () =>
        (await query(server.url, `select 1 from pg_stat_activity where pid = $1 and query like '%pg_sleep%'`, [pid])).length === 1,
    )
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
    await expect(start(dataDir)).rejects.toMatchObject({
      code: 'in-use',
      pid: child.pid,
      message: expect.stringContaining(`process ${child.pid}`) as string,
    })
    expect(await query(child.url, 'select id from kept')).toEqual([{ id: 1 }])
  })

  test('one that runs is found, to be looked at beside its owner; a stopped one and an empty folder are not', async () => {
    const dataDir = await copyOfSeed()
    expect(await findEmbedded(dataDir)).toBeNull()
    expect(await findEmbedded(path.join(dataDir, 'none'))).toBeNull()
    const server = await start(dataDir)
    expect(await findEmbedded(dataDir)).toEqual({ url: server.url, pid: server.pid })
    expect(await query((await findEmbedded(dataDir))!.url, 'select id from kept')).toEqual([{ id: 1 }])
    await server.stop()
    expect(await findEmbedded(dataDir)).toBeNull()
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

  test('is tried again, later each time, until what hinders it is gone', async () => {
    const dataDir = await copyOfSeed()
    const { seen, onState, next } = states()
    const tries: unknown[] = []
    let warn: (event: string, fields?: object) => void = () => undefined
    const enough = new Promise<void>((resolve) => {
      warn = (event, fields) => {
        if (event === 'database.restart.failed' && tries.push(fields) === 3) resolve()
      }
    })
    const server = await start(dataDir, { onState, log: { info: () => undefined, warn: (event, fields) => warn(event, fields) } })
    const config = path.join(dataDir, 'cluster', 'postgresql.conf')
    const good = await readFile(config, 'utf8')
    await writeFile(config, 'nonsense\n')
    process.kill(server.pid, 'SIGKILL')
    await enough
    expect(tries).toEqual([50, 100, 200].map((ms) => ({ code: 'start-failed', ms })))
    const up = next('up')
    await writeFile(config, good)
    await up
    expect(seen).toEqual(['down', 'up'])
    expect(await query(server.url, 'select id from kept')).toEqual([{ id: 1 }])
  })

  test('a stop while it is being mended leaves no server behind', async () => {
    const dataDir = await copyOfSeed()
    const { onState, next } = states()
    const server = await start(dataDir, { onState })
    const down = next('down')
    process.kill(server.pid, 'SIGKILL')
    await down
    await until(async () => (await findPostmaster(path.join(dataDir, 'cluster'))) !== null)
    expect(server.state).toBe('down')
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
    ends(stranger)
    await writeFile(pidFile, [String(stranger.pid), ...lines.slice(1)].join('\n'))
    const socketLock = path.join(new URL(child.url).searchParams.get('host') ?? '', '.s.PGSQL.5432.lock')
    await writeFile(socketLock, [String(stranger.pid), ...lines.slice(1)].join('\n'))
    const server = await start(dataDir)
    expect(server.adopted).toBe(false)
    expect(stranger.exitCode).toBeNull()
  })
})

describe('the one-server lock', () => {
  const endLock = `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'wardline server ' || $1`

  test('lost and taken again is told both ways', async () => {
    const { seen, onState, next } = states()
    const server = await start(seed(), { onState })
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
    const theirs = other.query('select pg_advisory_lock(classid::int, objid::int) from pg_locks where locktype = $1 and granted', [
      'advisory',
    ])
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
