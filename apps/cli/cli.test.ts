import { chmod, mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { foldersOf, wardlineFeatures } from '@wardline/app-server'
import { findEmbedded, startEmbedded } from '@wardline/platform/embedded'
import { migrate, openConnection, readMigrations } from '@wardline/platform/server'
import { cloneDatabase, createTemplate } from '@wardline/platform/testing'
import { freePort, serving, wardline } from '../../testing/command-line.ts'
import type { Said, Serving } from '../../testing/command-line.ts'

let folder: string
let data: string
let env: Readonly<Record<string, string>>

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'wardline-cli-'))
  data = path.join(folder, 'oak')
  env = { WARDLINE_DATA: data, PORT: String(await freePort()) }
})
const servers: Serving[] = []
const serve = async () => {
  const server = await serving([], { env })
  servers.push(server)
  return server
}
afterEach(async () => void (await Promise.all(servers.splice(0).map((it) => it.stop()))))
afterAll(() => rm(folder, { recursive: true, force: true }))

const run = (args: readonly string[], more: Readonly<Record<string, string>> = {}) => wardline(args, { env: { ...env, ...more } })
const lines = (it: Said) => it.err.trim().split('\n')
/** One sentence with its code, and no stack. */
const refusal = (it: Said) => {
  // A server's own log, JSON lines, may stand before it.
  const told = lines(it).filter((line) => !line.startsWith('{"level"'))
  expect(told.join('\n')).not.toMatch(/\n\s+at |node:internal|\.ts:\d/)
  return /^wardline: [^]* \[([\w-]+)\]$/.exec(told.join('\n'))?.[1]
}

const people = ['--administrator', 'Hana Sato', '--sign-in', 'hana', '--officer', 'Paul Stein', '--officer-sign-in', 'paul']
const custodians = ['--custodian', 'Hana Sato', '--custodian', 'Paul Stein', '--custodian', 'Ellis Notary']
const initWith = (ceremony: string, ...more: string[]) => [
  ...['init', '--organisation', 'Oak Clinic', '--zone', 'America/Chicago', ...people, ...custodians],
  ...['--ceremony', path.join(folder, ceremony), ...more],
]

describe('the command line', { timeout: 60_000 }, () => {
  test.each(['init', 'serve', 'enrol', 'networks', 'migrate', 'verify-audit', 'archive open', 'doctor'])('explains %s', async (name) => {
    const it = await wardline([...name.split(' '), '--help'])
    expect(it.code).toBe(0)
    expect(it.out).toContain('--json')
    expect(it.out).toContain('Exit codes: 0 done, 1 a problem was found, 2 the command line or a setting is wrong, 3 it could not run.')
  })

  test.each([
    [[]],
    [['archive']],
    [['nothing']],
    [['doctor', '--nothing']],
    [['init']],
    [['enrol']],
    [['networks']],
    [['archive', 'open']],
  ])('is used wrongly with %j', async (args) => {
    const it = await run(args)
    expect(it.code).toBe(2)
    expect(it.err).not.toMatch(/\n\s+at /)
  })

  test('says where the options of a command are explained', async () => {
    expect((await run(['enrol'])).err).toContain('wardline enrol --help lists its options')
    expect((await run(['archive', 'open'])).err).toContain('wardline archive open --help lists its options')
  })

  test('names each wrong setting, and quotes none', async () => {
    const it = await run(['doctor'], { PORT: 'eighty', WARDLINE_ALLOW_NETWORKS: '10.20.0.0', WARDLINE_KEKK: 'secret' })
    expect(it.code).toBe(1)
    expect(it.out).toMatch(
      /FAIL settings: [^]*PORT: must be a port number[^]*WARDLINE_ALLOW_NETWORKS: must be networks[^]*WARDLINE_KEKK: is not a setting/,
    )
    expect(it.out).not.toMatch(/eighty|secret/)
    const served = await run(['serve'], { PORT: 'eighty' })
    expect(served.code).toBe(2)
    expect(served.err).toContain('PORT: must be a port number')
  })
})

describe('before there is an installation', { timeout: 60_000 }, () => {
  test.each([['serve'], ['migrate'], ['verify-audit'], ['enrol', '--sign-in', 'hana'], ['networks', '--open']])(
    '%s refuses and makes nothing',
    async (...args) => {
      const it = await run(args)
      expect(it.code).toBe(3)
      expect(refusal(it)).toBe('not-initialised')
      await expect(stat(data)).rejects.toMatchObject({ code: 'ENOENT' })
    },
  )

  test.each([
    ['a zone that is none', 'bad-zone', ['--zone', 'Chicago time']],
    ['more shares than custodians', 'wrong-flags', ['--threshold', '4']],
    ['no share', 'wrong-flags', ['--threshold', '0']],
    ['a sign-in name that cannot be typed', 'bad-sign-in-name', ['--sign-in', 'H']],
    ['the same sign-in name twice', 'name-taken', ['--officer-sign-in', 'hana']],
    ['an exception beside an officer', 'wrong-flags', ['--exception', 'we are three people']],
  ])('init refuses %s, and no key is left anywhere', async (_what, code, flags) => {
    const ceremony = `refused ${code} ${flags.join(' ')}`
    const it = await run(initWith(ceremony, ...flags))
    expect(it.code).toBe(2)
    expect(refusal(it)).toBe(code)
    expect(await readdir(path.join(folder, ceremony)).catch(() => [])).toEqual([])
  })

  test('init without a ceremony holds none: the root is made in the administrator’s browser', async () => {
    const elsewhere = { WARDLINE_DATA: path.join(folder, 'elm') }
    const flags = ['init', '--organisation', 'Elm Clinic', '--zone', 'America/Chicago', '--administrator', 'Hana Sato', '--sign-in', 'hana']
    const half = await run([...flags, '--custodian', 'Hana Sato', '--custodian', 'Paul Stein'], elsewhere)
    expect([half.code, refusal(half)]).toEqual([2, 'wrong-flags'])
    const it = await run([...flags, '--json'], elsewhere)
    expect(it.code).toBe(0)
    expect(it.json()).toMatchObject({ ceremony: null, rootFingerprint: null, threshold: null, custodians: [] })
    expect(it.json<{ enrolments: { signIn: string }[] }>().enrolments.map((one) => one.signIn)).toEqual(['hana'])
  })

  test('init refuses a ceremony folder in which something lies, and one near the server', async () => {
    await mkdir(path.join(folder, 'used'))
    await writeFile(path.join(folder, 'used/root-key.txt'), 'of another organisation')
    const used = await run(initWith('used'))
    expect([used.code, refusal(used)]).toEqual([3, 'folder-not-empty'])
    expect(await readdir(path.join(folder, 'used'))).toEqual(['root-key.txt'])
    const near = await run(initWith('oak/ceremony'))
    expect([near.code, refusal(near)]).toEqual([2, 'wrong-flags'])
  })
})

describe('a real installation', { timeout: 120_000 }, () => {
  let made: { enrolments: { signIn: string; secret: string }[]; rootFingerprint: string; kekFile: string; logKey: { fingerprint: string } }

  test('is begun by init: organisation, two people, keys, a ceremony of one file a secret', async () => {
    const it = await run(initWith('ceremony', '--json'))
    expect([it.code, it.err]).toEqual([0, ''])
    made = it.json()
    expect(made.enrolments.map((one) => one.signIn)).toEqual(['hana', 'paul'])
    expect((await stat(made.kekFile)).mode & 0o777).toBe(0o600)
    expect(made.kekFile.startsWith(`${data}/`)).toBe(false)
    const files = (await readdir(path.join(folder, 'ceremony'))).toSorted()
    expect(files).toEqual(['README.txt', 'root-key.txt', 'share-1-hana-sato.txt', 'share-2-paul-stein.txt', 'share-3-ellis-notary.txt'])
    for (const file of files) {
      expect((await stat(path.join(folder, 'ceremony', file))).mode & 0o777).toBe(0o600)
      expect(await readFile(path.join(folder, 'ceremony', file), 'utf8')).toContain(made.rootFingerprint)
    }
    const root = /Root key: +(.+)/.exec(await readFile(path.join(folder, 'ceremony/root-key.txt'), 'utf8'))![1]!
    expect(it.out).not.toContain(root)
  })

  test('is begun once', async () => {
    const it = await run(initWith('another'))
    expect([it.code, refusal(it)]).toEqual([3, 'already-initialised'])
    expect(await readdir(path.join(folder, 'another')).catch(() => [])).toEqual([])
  })

  test('serves, lets nobody else serve, is looked at meanwhile, and stops when told twice', async () => {
    const server = await serve()
    expect(server.url).toBe(`http://127.0.0.1:${env['PORT']}`)
    expect((await fetch(`${server.url}/health/ready`)).status).toBe(200)
    const [hana] = made.enrolments
    const enrolment = await fetch(`${server.url}/api/v1/enrolment`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-wardline': '1' },
      body: JSON.stringify({ name: hana!.signIn, secret: hana!.secret }),
    })
    expect(await enrolment.json()).toMatchObject({ key: expect.any(String) as string })

    const second = await run(['serve', '--port', '0'])
    expect([second.code, refusal(second)]).toEqual([3, 'in-use'])
    expect(second.err).toContain(`process ${server.pid}`)
    const init = await run(initWith('third'))
    expect([init.code, refusal(init)]).toEqual([3, 'in-use'])
    const enrol = await run(['enrol', '--sign-in', 'hana'])
    expect([enrol.code, refusal(enrol)]).toEqual([3, 'server-running'])
    const open = await run(['networks', '--open'])
    expect([open.code, refusal(open)]).toEqual([3, 'server-running'])
    expect((await run(['migrate', '--dry-run', '--json'])).json()).toMatchObject({ pending: [], unknown: [], changed: [] })
    const audit = (await run(['verify-audit', '--json'])).json<{ entries: number; intact: boolean; firstBad: null }>()
    expect(audit).toMatchObject({ intact: true, firstBad: null })
    expect(audit.entries).toBeGreaterThan(8)
    const doctor = await run(['doctor', '--json'])
    const found = doctor.json<{ checks: { check: string; state: string; says: string }[] }>().checks
    expect(found.filter((it) => it.state === 'fail' && it.check !== 'web app')).toEqual([])
    expect(found.find((it) => it.check === 'database')!.says).toContain('beside its running server')
    // What init printed for paper is what doctor derives from the sealed key.
    expect(made.logKey.fingerprint).toMatch(/^([0-9a-f]{4} ){15}[0-9a-f]{4}$/)
    expect(found.filter((it) => it.check === 'key of the log').map((it) => it.says)).toContain(`Oak Clinic: ${made.logKey.fingerprint}`)

    expect((await fetch(`${server.url}/health/ready`)).status).toBe(200)
    expect(await server.stop(2)).toBe(0)
    expect(await findEmbedded(path.join(data, 'postgres'))).toBeNull()
  })

  test('says that the port is taken, and leaves no database running', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => other.once('listening', resolve))
    const it = await run(['serve', '--port', String((other.address() as AddressInfo).port)])
    other.close()
    expect([it.code, refusal(it)]).toEqual([3, 'port-taken'])
    expect(await findEmbedded(path.join(data, 'postgres'))).toBeNull()
  })

  test('goes on after kill -9, with everything that was there', async () => {
    const server = await serve()
    process.kill(server.pid, 'SIGKILL')
    await server.ended
    expect(await findEmbedded(path.join(data, 'postgres'))).not.toBeNull()
    const again = await serve()
    expect((await fetch(`${again.url}/health/ready`)).status).toBe(200)
    expect((await run(['verify-audit', '--json'])).json()).toMatchObject({ intact: true })
    expect(await again.stop()).toBe(0)
  })

  test('gives an administrator a code at the machine, with the server stopped, and to nobody else', async () => {
    for (const signIn of ['paul', 'nobody']) {
      const it = await run(['enrol', '--sign-in', signIn])
      expect([it.code, refusal(it)]).toEqual([1, 'not-an-administrator'])
    }
    const never = (await run(['enrol', '--sign-in', 'HANA', '--json'])).json<{ code: string; effectiveAt: null }>()
    expect(never).toMatchObject({ name: 'Hana Sato', signIn: 'hana', effectiveAt: null })
    const embedded = await startEmbedded({ dataDir: path.join(data, 'postgres') })
    const owner = await openConnection(embedded.url, 'test')
    await owner.query("insert into first_sign_in (org, person) select org, person from person where sign_in_name = 'hana'")
    await owner.end()
    await embedded.stop()
    const told = await run(['enrol', '--sign-in', 'hana'])
    expect([told.code, told.err]).toEqual([0, ''])
    expect(told.out).toContain('(24 hours)')
    expect(told.out).toContain('everybody of the organisation is told of it')
    const secret = /^ {2}(\S+)$/m.exec(told.out)![1]!
    const server = await serve()
    const tryCode = async (code: string) => {
      const answer = await fetch(`${server.url}/api/v1/enrolment`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-wardline': '1' },
        body: JSON.stringify({ name: 'hana', secret: code }),
      })
      return ((await answer.json()) as { error?: { code: string } }).error?.code
    }
    expect(await tryCode(secret)).toBe('enrolment-waits')
    // The newer one has ended the one before.
    expect(await tryCode(never.code)).toBe('wrong-secret')
    expect((await run(['verify-audit', '--json'])).json()).toMatchObject({ intact: true })
    expect(await server.stop()).toBe(0)
  })

  test('opens administration from everywhere again at the machine, with the server stopped, and says so in the log', async () => {
    const none = await run(['networks', '--open', '--json'])
    expect([none.code, none.json()]).toEqual([0, { opened: [] }])
    const onDatabase = async (query: string) => {
      const embedded = await startEmbedded({ dataDir: path.join(data, 'postgres') })
      const owner = await openConnection(embedded.url, 'test')
      const { rows } = await owner.query<Record<string, unknown>>(query)
      await owner.end()
      await embedded.stop()
      return rows
    }
    await onDatabase(
      "insert into admin_networks (org, version, cidrs, names, outside) select org, 1, '{203.0.113.77/32}', '{Lair}', 'absent' from org where preset <> 'installation'",
    )
    const told = await run(['networks', '--open'])
    expect([told.code, told.err]).toEqual([0, ''])
    expect(told.out).toContain('Oak Clinic: administration is done from everywhere again. Until now: 203.0.113.77/32.')
    expect(
      await onDatabase(
        "select n.version, n.cidrs, f.actor from admin_networks n join fact f on f.kind = 'access.networks.opened-at-server' order by n.version desc limit 1",
      ),
    ).toEqual([{ version: 2, cidrs: [], actor: null }])
    expect((await run(['networks', '--open'])).out).toContain('from everywhere already. Nothing was changed.')
  })

  test('is not opened without its key, or with one that others can read', async () => {
    await chmod(made.kekFile, 0o644)
    const readable = await run(['serve'])
    expect([readable.code, refusal(readable)]).toEqual([3, 'kek-readable-by-others'])
    expect((await run(['doctor'])).out).toContain(
      `FAIL key-encryption key: ${made.kekFile} can be read by other users of this machine. Run: chmod 600`,
    )
    await chmod(made.kekFile, 0o600)
    const lost = await run(['verify-audit', '--kek-file', path.join(folder, 'lost.kek')])
    expect([lost.code, refusal(lost)]).toEqual([3, 'no-kek'])
    const other = await run(['verify-audit'], { WARDLINE_KEK: Buffer.alloc(32, 7).toString('base64') })
    expect([other.code, refusal(other)]).toEqual([3, 'wrong-kek'])
  })

  test('is refused by a version that is older than it, and left as it is', async () => {
    const embedded = await startEmbedded({ dataDir: path.join(data, 'postgres') })
    const owner = await openConnection(embedded.url, 'test')
    await owner.query("insert into migration (name, checksum) values ('team/future/20300101-future.sql', 'x')")
    await owner.end()
    await embedded.stop()
    const served = await run(['serve'])
    expect([served.code, refusal(served)]).toEqual([3, 'newer-schema'])
    const verified = await run(['verify-audit'])
    expect([verified.code, refusal(verified)]).toEqual([3, 'schema-differs'])
    const listed = await run(['migrate', '--dry-run'])
    expect(listed.code).toBe(1)
    expect(listed.out).toContain('team/future/20300101-future.sql')
    expect((await run(['migrate'])).code).toBe(3)
    expect((await run(['doctor'])).out).toContain('FAIL schema: It was used by a newer version')
    const once = await startEmbedded({ dataDir: path.join(data, 'postgres') })
    const again = await openConnection(once.url, 'test')
    await again.query("delete from migration where name like 'team/future/%'")
    await again.end()
    await once.stop()
    expect((await run(['migrate'])).out).toContain('of this version already')
  })

  test('gives its reserve back on a full disk', async () => {
    const ballast = path.join(data, 'postgres/ballast')
    const { size } = await stat(ballast)
    expect((await run(['doctor', '--free-ballast', '--json'])).json()).toMatchObject({ freed: size })
    await expect(stat(ballast)).rejects.toMatchObject({ code: 'ENOENT' })
  })
})

describe('with DATABASE_URL', { timeout: 60_000 }, () => {
  test('a demonstration’s database is served by no real server, and looked at like any other', async () => {
    const migrations = await readMigrations(foldersOf(wardlineFeatures()))
    const database = await cloneDatabase(await createTemplate('cli_empty', async () => {}))
    const external = { WARDLINE_DATA: path.join(folder, 'external'), DATABASE_URL: database.url }
    try {
      const empty = await run(['verify-audit'], { ...external, WARDLINE_KEK: Buffer.alloc(32, 1).toString('base64') })
      expect([empty.code, refusal(empty)]).toEqual([3, 'not-initialised'])
      await migrate(database.url, migrations, 'demo')
      for (const name of ['serve', 'migrate']) {
        const it = await run([name], { ...external, WARDLINE_KEK: Buffer.alloc(32, 1).toString('base64') })
        expect([it.code, refusal(it)]).toEqual([3, 'wrong-kind'])
      }
      const look = await run(['doctor'], { ...external, WARDLINE_KEK: Buffer.alloc(32, 1).toString('base64') })
      expect(look.out).toContain('ok   database: reached; no server of this data folder runs; of the demonstration')
    } finally {
      await database.drop()
    }
  })

  test('a second server on one data folder is refused before it changes anything, and so is what needs the server stopped', async () => {
    const database = await cloneDatabase(await createTemplate('cli_empty', async () => {}))
    const external = { ...env, WARDLINE_DATA: path.join(folder, 'owned'), DATABASE_URL: database.url }
    const owner = await openConnection(database.url, 'test')
    try {
      expect((await run(initWith('owned ceremony'), external)).code).toBe(0)
      const server = await serving([], { env: external })
      servers.push(server)
      // As a newer version would find it: a second server that got as far as the schema would run this migration again.
      await owner.query('delete from migration where name = (select max(name) from migration)')
      const { rows } = await owner.query<{ n: string }>('select count(*) as n from migration')
      for (const args of [['serve', '--port', '0'], ['migrate'], initWith('owned again')]) {
        const it = await run(args, external)
        expect([args[0], it.code, refusal(it)]).toEqual([args[0], 3, 'in-use'])
        expect(it.err).toContain(`process ${server.pid}`)
      }
      expect((await owner.query('select count(*) as n from migration')).rows).toEqual(rows)
      for (const args of [
        ['enrol', '--sign-in', 'hana'],
        ['networks', '--open'],
      ]) {
        const it = await run(args, external)
        expect([args[0], it.code, refusal(it)]).toEqual([args[0], 3, 'server-running'])
      }
      expect((await run(['doctor'], external)).out).toContain('ok   database: reached, beside its running server')
      process.kill(server.pid, 'SIGKILL')
      await server.ended
      expect((await run(['doctor'], external)).out).toContain('ok   database: reached; no server of this data folder runs')
    } finally {
      await owner.end()
      await database.drop()
    }
  })

  test('an unreachable database is told as such', async () => {
    const it = await run(['verify-audit'], {
      DATABASE_URL: `postgres://wardline:secret@127.0.0.1:${await freePort()}/wardline`,
      WARDLINE_KEK: Buffer.alloc(32, 1).toString('base64'),
    })
    expect([it.code, refusal(it)]).toEqual([3, 'ECONNREFUSED'])
    expect(lines(it).join()).not.toContain('secret')
  })
})
