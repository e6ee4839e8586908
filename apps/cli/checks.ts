import { access, stat } from 'node:fs/promises'
import path from 'node:path'
import type { Settings } from '@wardline/app-server'
import { openDatabase, openLog, readKek, readLedger, readSchema } from '@wardline/platform/server'
import type { Database, Kek, LedgerReader } from '@wardline/platform/server'
import { readDiskState } from '@wardline/platform/embedded'
import { logKeysOf } from '@wardline/product/compliance/audit/server'
import { currentArchivePolicy } from '@wardline/product/access/policies/server'
import { webBuild } from './paths.ts'
import { hasDatabase, kekFileOf, lookAt, migrations } from './installation.ts'
import type { Look } from './installation.ts'
import { tell } from './outcome.ts'
import { databaseFacts, logStates, organisations, parkedFacts } from './queries.ts'

/** What one check found, and what to do about it. */
export interface Finding {
  readonly check: string
  readonly state: 'ok' | 'warn' | 'fail'
  readonly says: string
  readonly next?: string
}

const ok = (check: string, says: string): Finding => ({ check, state: 'ok', says })
const warn = (check: string, says: string, next: string): Finding => ({ check, state: 'warn', says, next })
const fail = (check: string, says: string, next?: string): Finding => ({
  check,
  state: 'fail',
  says,
  ...(next === undefined ? {} : { next }),
})
/** A failure whose own words say what to do. */
const failed = (check: string, thrown: unknown): Finding => fail(check, tell(thrown).message)

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`
const dayMs = 24 * 3_600_000

/** All checks, in the order in which one hangs on the other; what cannot be looked at because of an earlier failure is left out. */
export async function* checkAll(readSettings: () => Settings): AsyncGenerator<Finding> {
  let settings: Settings
  try {
    settings = readSettings()
  } catch (thrown) {
    return yield failed('settings', thrown)
  }
  yield ok(
    'settings',
    settings.databaseUrl === undefined ? `data in ${settings.dataFolder}, PostgreSQL embedded` : 'PostgreSQL of DATABASE_URL',
  )
  yield await web()
  if (settings.databaseUrl === undefined && !(await hasDatabase(settings)))
    return yield fail(
      'data folder',
      `There is no installation in ${settings.dataFolder}.`,
      'Set WARDLINE_DATA to its folder, or begin one with "wardline init".',
    )
  yield await folder(settings)
  yield* disk(settings)
  const kek = await key(settings)
  yield kek.finding
  const keys = kek.kek === undefined ? undefined : await ledger(settings, kek.kek)
  if (keys) yield keys.finding
  yield* database(settings, keys?.reader)
  keys?.reader?.close()
}

async function web(): Promise<Finding> {
  const built = await access(path.join(webBuild, 'index.html')).then(
    () => true,
    () => false,
  )
  return built
    ? ok('web app', 'built')
    : fail('web app', 'There is no build, so browsers get no pages.', 'Run "npm run build" in the checkout.')
}

async function folder(settings: Settings): Promise<Finding> {
  const facts = await stat(settings.dataFolder).catch(() => null)
  if (facts === null)
    return fail('data folder', `${settings.dataFolder} cannot be looked into.`, 'Give this user the folder, or run as the user who serves.')
  // 0711 lets PostgreSQL's own user through, and nobody else read.
  return (facts.mode & 0o066) === 0
    ? ok('data folder', `${settings.dataFolder}, closed to others`)
    : fail(
        'data folder',
        `${settings.dataFolder} can be read or written by other users of this machine.`,
        `Run: chmod 711 ${settings.dataFolder}`,
      )
}

async function* disk(settings: Settings): AsyncGenerator<Finding> {
  if (settings.databaseUrl !== undefined) return
  const facts = await readDiskState(path.join(settings.dataFolder, 'postgres')).catch(() => null)
  if (facts === null) return yield fail('disk', 'The disk of the data folder cannot be looked at.', 'Look at it with "df".')
  const room = `${gigabytes(facts.freeBytes)} of ${gigabytes(facts.totalBytes)} free`
  if (facts.writesMustStop)
    return yield fail(
      'disk',
      `${room}: too little, so writes are refused.`,
      facts.ballastBytes > 0 ? 'Run "wardline doctor --free-ballast", then make room.' : 'Make room: at least 5 % and 1 GB.',
    )
  if (facts.freeBytes < facts.totalBytes * 0.1 || facts.freeBytes < 3e9)
    yield warn('disk', `${room}: writes stop at 5 % or 1 GB.`, 'Make room soon.')
  else yield ok('disk', room)
  yield facts.ballastBytes > 0
    ? ok('reserve', `${gigabytes(facts.ballastBytes)} kept for a full disk`)
    : warn('reserve', 'No space is kept for a full disk.', 'The next start of the server keeps it, if there is room.')
}

async function key(settings: Settings): Promise<{ finding: Finding; kek?: Kek }> {
  try {
    const file = kekFileOf(settings)
    const kek = await readKek({ base64: settings.kek, file, dataFolder: settings.dataFolder })
    return {
      kek,
      finding: ok(
        'key-encryption key',
        file === undefined ? 'in WARDLINE_KEK' : `${file}, readable by its owner only, outside of the data folder`,
      ),
    }
  } catch (thrown) {
    return { finding: failed('key-encryption key', thrown) }
  }
}

async function ledger(settings: Settings, kek: Kek): Promise<{ finding: Finding; reader?: LedgerReader }> {
  try {
    const reader = await readLedger(path.join(settings.dataFolder, 'keys'), kek)
    const finding = reader.copiesEqual
      ? ok('key ledger', `${reader.size} data keys, both copies equal`)
      : warn(
          'key ledger',
          `The two copies in ${path.join(settings.dataFolder, 'keys')} differ; together they hold ${reader.size} data keys.`,
          'The next start of the server makes them equal. If it lasts, look at the disk.',
        )
    return { reader, finding }
  } catch (thrown) {
    return { finding: failed('key ledger', thrown) }
  }
}

async function* database(settings: Settings, keys: LedgerReader | undefined): AsyncGenerator<Finding> {
  let look: Look
  try {
    look = await lookAt(settings)
  } catch (thrown) {
    return yield failed('database', thrown)
  }
  const db = openDatabase({ url: look.url, keys: noKeys, log: openLog({ level: 'silent' }), connections: 2 })
  try {
    const schema = yield* schemaOf(look)
    if (schema) yield* contents(db, look)
    if (schema && keys) yield* logKeys(db, keys)
  } catch (thrown) {
    yield failed('database', thrown)
  } finally {
    await db.close()
    await look.close()
  }
}

/** Nothing is written or opened while looking. */
const noKeys = new Proxy({} as never, {
  get: () => () => {
    throw new Error('doctor opens nothing')
  },
})

async function* schemaOf(look: Look): AsyncGenerator<Finding, boolean> {
  const { kind, done, pending, unknown, changed } = await readSchema(look.url, await migrations())
  const where = {
    beside: 'reached, beside its running server',
    started: 'started for this look; no server runs',
    external: 'reached; no server of this data folder runs',
  }[look.how]
  if (kind === null) {
    yield fail('database', 'Nothing was ever set up in it.', 'Run "wardline init".')
    return false
  }
  yield ok('database', `${where}; ${kind === 'demo' ? 'of the demonstration' : 'a real installation'}`)
  const [newer] = unknown
  const [other] = changed
  if (newer !== undefined) yield fail('schema', `It was used by a newer version of Wardline (${newer}).`, 'Use that version.')
  else if (other !== undefined)
    yield fail('schema', `Migration ${other} was changed after it ran.`, 'Install an unmodified version of Wardline.')
  else if (pending.length > 0)
    yield warn('schema', `${pending.length} migrations are to be run.`, 'Run "wardline migrate"; "wardline serve" does it too.')
  else yield ok('schema', `${done.length} migrations, all of this version`)
  return newer === undefined && other === undefined && pending.length === 0
}

async function* contents(db: Database, look: Look): AsyncGenerator<Finding> {
  const before = Date.now()
  const facts = await db.sweep(databaseFacts)
  const off = Math.round(facts.now - (before + Date.now()) / 2)
  yield facts.checksums === 'on'
    ? ok('page checksums', 'on')
    : warn('page checksums', 'off: a rotten page would not be noticed.', 'Turn them on with pg_checksums while the database is stopped.')
  const lax = (['fsync', 'full_page_writes', 'synchronous_commit'] as const).filter((name) => facts[name] === 'off')
  yield lax.length === 0
    ? ok('durability', `PostgreSQL ${facts.version} writes through to the disk`)
    : fail(
        'durability',
        `PostgreSQL runs with ${lax.join(', ')} off: what was acknowledged can be lost.`,
        'Turn it on in the settings of the database.',
      )
  if (Math.abs(off) <= 2_000) yield ok('clock', `database and this machine differ by ${Math.abs(off)} ms`)
  else
    yield (Math.abs(off) > 60_000 ? fail : warn)(
      'clock',
      `Database and this machine differ by ${Math.round(off / 1000)} s.`,
      'Set both by NTP (chrony or systemd-timesyncd).',
    )
  yield await auditState(db, look)
  const parked = await db.sweep(parkedFacts)
  yield parked === 0
    ? ok('listeners', 'no fact was put aside')
    : fail(
        'listeners',
        `${parked} facts were put aside after five failures.`,
        'Look into the server’s log for facts.listener-failed, and report it.',
      )
  yield* archives(db, facts.shown)
}

async function auditState(db: Database, look: Look): Promise<Finding> {
  const late = (await db.sweep(logStates)).filter((it) => it.waiting + it.unsigned > 0 && it.oldest > 120_000)
  const [worst] = late
  if (!worst) return ok('audit log', 'everything is numbered and covered by a checkpoint, or will be within a minute')
  const says = `${worst.waiting} facts of ${worst.name} without a number and ${worst.unsigned} entries without a checkpoint, the oldest ${Math.round(worst.oldest / 1000)} s old.`
  return look.how === 'started'
    ? warn('audit log', says, 'The server numbers and signs them as soon as it runs.')
    : fail('audit log', says, 'The sequencer stands still: look into the server’s log for sweep.failed.')
}

/** The fingerprints to compare with what the privacy officer wrote down. */
async function* logKeys(db: Database, ledger: LedgerReader): AsyncGenerator<Finding> {
  for (const { name, keys, stranger } of await logKeysOf(db, ledger)) {
    const printed = keys.map((key) => key.fingerprint).join('; ')
    if (stranger)
      yield fail(
        'key of the log',
        `${name}: the database has a key that the key ledger did not seal for this log; its own: ${printed || 'none'}`,
        'Keep this machine as it is and tell the privacy officer.',
      )
    else yield ok('key of the log', `${name}: ${printed || 'none yet: the server makes it with the first checkpoint'}`)
  }
}

async function* archives(db: Database, now: number): AsyncGenerator<Finding> {
  for (const { org, name } of await db.sweep(organisations)) {
    const policy = await db.read(org, currentArchivePolicy)
    if (!policy) {
      yield fail(
        'archive',
        `${name} has no archive key, so no team message can be sent.`,
        'The administrator holds the key ceremony: Settings, What is still unsafe, The archive’s keys.',
      )
      continue
    }
    const { until, threshold, custodians } = policy.body
    const left = Math.floor((until - now) / dayMs)
    const held = `${name}: ${threshold} of ${custodians.length} shares open it, until ${new Date(until).toISOString().slice(0, 10)}`
    if (left < 0) yield fail('archive', `${held}: that is past.`, 'Hold the ceremony of the next archive key.')
    else if (left < 60) yield warn('archive', `${held}.`, 'Hold the ceremony of the next archive key in time.')
    else if (threshold < 2) yield warn('archive', `${held}: one person alone can open it.`, 'Give shares to two or more people.')
    else yield ok('archive', held)
  }
}
