import { chmod, mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Client } from 'pg'
import { describe, expect, test } from 'vitest'
import { postmasterLives } from '../embedded/postmaster.ts'
import {
  cloneDatabase,
  createTemplate,
  databaseUrl,
  startTestCluster,
  sweepClusters,
  temporaryPrefix,
  testPostgresUrl,
} from './postgres.ts'

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url })
  client.on('error', () => undefined)
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(text)).rows
  } finally {
    await client.end()
  }
}

describe('one cluster for the run', () => {
  test('is durable for nobody: fsync is off, and the superuser is let in', async () => {
    const url = await testPostgresUrl()
    expect(await query(url, `select current_setting('fsync') as fsync, usesuper from pg_user where usename = current_user`)).toEqual([
      { fsync: 'off', usesuper: true },
    ])
  })

  test('a template is built once though eight ask at once, and its copies share nothing', async () => {
    let built = 0
    const prepare = async (url: string): Promise<void> => {
      built += 1
      await query(url, 'create table note (id int primary key); insert into note values (1)')
    }
    const name = `once_${process.pid}_${built}`
    const templates = await Promise.all(Array.from({ length: 8 }, () => createTemplate(name, prepare)))
    expect(built).toBe(1)
    const copies = await Promise.all(templates.map(cloneDatabase))
    expect(new Set(copies.map((copy) => copy.name)).size).toBe(8)
    const [first, second] = copies
    if (!first || !second) throw new Error('eight copies were made')
    await query(first.url, 'insert into note values (2)')
    expect(await query(first.url, 'select id from note order by id')).toEqual([{ id: 1 }, { id: 2 }])
    expect(await query(second.url, 'select id from note')).toEqual([{ id: 1 }])
    await Promise.all(copies.map((copy) => copy.drop()))
    expect(
      await query(
        await testPostgresUrl(),
        `select 1 from pg_database where datname like 'test\\_${process.pid}\\_%' and datname = '${first.name}'`,
      ),
    ).toEqual([])
  })

  test('a preparation that fails leaves nothing, and the next one may succeed', async () => {
    const name = `retry_${process.pid}`
    await expect(createTemplate(name, () => Promise.reject(new Error('no table')))).rejects.toThrow('no table')
    const template = await createTemplate(name, async (url) => void (await query(url, 'create table note (id int)')))
    const copy = await cloneDatabase(template)
    expect(await query(copy.url, 'select count(*)::int as n from note')).toEqual([{ n: 0 }])
    await copy.drop()
  })

  test('a template takes no sessions, and one that its preparation left open does not hinder copies', async () => {
    const left: Client[] = []
    const template = await createTemplate(`left_${process.pid}`, async (url) => {
      const client = new Client({ connectionString: url })
      client.on('error', () => undefined)
      await client.connect()
      left.push(client)
    })
    await expect(query(databaseUrl(template.cluster, template.name), 'select 1')).rejects.toThrow(/not currently accepting connections/)
    await (await cloneDatabase(template)).drop()
    await Promise.all(left.map((client) => client.end().catch(() => undefined)))
  })

  test('drop ends a session that is left', async () => {
    const copy = await cloneDatabase(await createTemplate(`drop_${process.pid}`, () => Promise.resolve()))
    const client = new Client({ connectionString: copy.url })
    const ended = new Promise<void>((resolve) => void client.on('error', () => resolve()))
    await client.connect()
    await copy.drop()
    await ended
  })

  test('names are checked, because they stand in SQL', async () => {
    await expect(createTemplate('a"; drop', () => Promise.resolve())).rejects.toThrow(/named with/)
  })
})

test('a killed run is swept by the next: its server ended, its folder removed; a living one stays', async () => {
  const script = `import { startTestCluster } from ${JSON.stringify(import.meta.resolve('./postgres.ts'))}; console.log((await startTestCluster()).pid)`
  const parent = await mkdtemp(path.join(tmpdir(), 'wl-sweep-'))
  try {
    await chmod(parent, 0o755)
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      env: { ...process.env, TMPDIR: parent },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [line] = (await once(child.stdout, 'data')) as [Buffer]
    const postmaster = Number(line.toString())
    const [folder = ''] = await readdir(parent)
    await mkdir(path.join(parent, `${temporaryPrefix}${process.pid}-living`))
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect(postmasterLives(postmaster, path.join(parent, folder, 'cluster'))).toBe(true)
    await sweepClusters(parent)
    expect(postmasterLives(postmaster, path.join(parent, folder, 'cluster'))).toBe(false)
    expect(await readdir(parent)).toEqual([`${temporaryPrefix}${process.pid}-living`])
  } finally {
    await rm(parent, { recursive: true, force: true })
  }
})

test('a cluster of its own disappears with stop', async () => {
  const cluster = await startTestCluster()
  const [row] = (await query(cluster.url, `select current_setting('data_directory') as folder`)) as { folder: string }[]
  if (!row) throw new Error('one row')
  await cluster.stop()
  await expect(stat(path.dirname(row.folder))).rejects.toThrow(/ENOENT/)
})
