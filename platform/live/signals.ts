import { Compile } from 'typebox/compile'
import { pause } from '../clock/clock.ts'
import { sql } from '../db/sql.ts'
import type { Database, Db, Told } from '../db/types.ts'
import type { Services } from '../http/route.ts'
import type { Signal } from './signal.ts'

/** How often a node looks for what other nodes have told, ms: below the five seconds within which everybody must know. */
const everyMs = 1_000
/** Whoever did not look for so long may have missed what is not kept any more, ms. */
const keptMs = 12 * 60 * 60_000
const purgeEvery = 600

/** Of so many of its own signals a node knows between two looks that it heard them; of older ones it may hear twice. */
const mostOwn = 20_000

/** This node's ear for signals. */
export interface Signals {
  /** Told by a transaction of this very node, which has committed; `isDone`: it has done already what others are to do. */
  here(told: Told, isDone: boolean): void
  /** Hears what was told since the last look, and waits until all of it is done. */
  look(): Promise<void>
  stop(): Promise<void>
}

interface Row {
  readonly horizon: string
  readonly org: string | null
  readonly signal: string
  readonly kind: string
  readonly body: unknown
}

/**
 * Opens it: what commits from here on is heard. A row is visible when its transaction has committed, however long that took, so what is looked at
 * begins with the oldest transaction that was under way at the last look. Rows of this node are looked at too: where the answer to a commit was
 * lost, nobody here knows of it otherwise. `every`: ms between looks.
 */
export async function openSignals(all: readonly Signal[], services: Services, every = everyMs): Promise<Signals> {
  const { db, log, live } = services
  const known = new Map(all.map((it) => [it.kind, { it, checked: Compile(it.takes) }]))
  if (known.size < all.length) throw new Error('Two signals have one kind.')
  const stopped = new AbortController()
  let horizon = (await read(db, null))[0]!.horizon
  let seen: ReadonlySet<string> = new Set()
  // Heard here since the last look began.
  let own = new Set<string>()
  let heardAt = performance.now()
  let looks = 0
  // What is not done yet, by organisation and kind.
  const lines = new Map<string, Promise<void>>()

  /** What was told may have ended somebody's access, and this node does not know whose; null: nor in which organisation. */
  function doubt(org: string | null): void {
    for (const { it } of known.values()) {
      try {
        it.doubt?.(services, org)
      } catch (thrown) {
        log.error('live.doubt-failed', { kind: it.kind }, thrown)
      }
    }
    live.end(org === null ? {} : { org }, 'going-away')
  }

  function act({ org, kind, body }: Told): Promise<void> | undefined {
    const failed = (thrown: unknown) => {
      log.error('live.signal-failed', { kind }, thrown)
      doubt(org)
    }
    try {
      const signal = known.get(kind)
      if (!signal?.checked.Check(body)) throw new Error(signal ? 'The body of a signal is not what it takes.' : 'There is no such signal.')
      const done = signal.it.heard(services, org, body)
      return done ? done.catch(failed) : undefined
    } catch (thrown) {
      failed(thrown)
      return undefined
    }
  }

  /** What takes its time holds up its own kind in its own organisation, and nothing else. */
  function hear(told: Told): void {
    const line = `${told.org}|${told.kind}`
    const before = lines.get(line)
    const done = before ? before.then(() => act(told)) : act(told)
    if (!done) return
    const last = done.then(() => {
      if (lines.get(line) === last) lines.delete(line)
    })
    lines.set(line, last)
  }

  async function look(): Promise<void> {
    const mine = own
    own = new Set()
    const rows = await read(db, horizon).catch((thrown: unknown) => {
      own = new Set([...mine, ...own])
      throw thrown
    })
    const now = performance.now()
    const reached = rows[0]!.horizon
    // Transactions' numbers never fall, unless another database has taken over that lacks the last of them: what it does not know is believed no more.
    if (now - heardAt > keptMs || BigInt(reached) < BigInt(horizon)) doubt(null)
    const isHeard = (id: string) => seen.has(id) || mine.has(id) || own.has(id)
    const fresh = rows.flatMap(({ org, signal: id, kind, body }) => (org === null || isHeard(id) ? [] : [{ id, org, kind, body }]))
    ;[heardAt, horizon, seen] = [now, reached, new Set(rows.map((it) => it.signal))]
    for (const told of fresh) hear(told)
    if (looks++ % purgeEvery === 0) await db.sweep(purge)
  }

  let looking: Promise<unknown> = Promise.resolve()
  const exclusively = (): Promise<void> => {
    const next = looking.then(look, look)
    looking = next.catch(() => {})
    return next
  }
  const allDone = async (): Promise<void> => void (await Promise.all(lines.values()))
  const loop = (async () => {
    while (!stopped.signal.aborted) {
      await pause(every, stopped.signal)
      if (stopped.signal.aborted) return
      await exclusively().catch((thrown: unknown) => log.error('live.signals-failed', {}, thrown))
    }
  })()
  return {
    here(told, isDone) {
      if (seen.has(told.id)) return
      if (own.size >= mostOwn) own.delete(own.values().next().value!)
      own.add(told.id)
      if (!isDone) hear(told)
    },
    async look() {
      await exclusively()
      await allDone()
    },
    async stop() {
      stopped.abort()
      await loop
      await looking
      await allDone()
    },
  }
}

/** What was told in transactions that were not over at `horizon`, and the horizon of now; null: only that. */
const read = (db: Database, horizon: string | null): Promise<Row[]> =>
  db.sweep((sweep) =>
    sweep.rows<Row>(sql`
      select h.horizon::text as horizon, s.org, s.signal, s.kind, s.body
      from (select pg_snapshot_xmin(pg_current_snapshot()) as horizon) h
      left join node_signal s on s.tx >= ${horizon}::text::xid8
      order by s.tx`),
  )

const purge = (sweep: Db): Promise<number> => sweep.count(sql`delete from node_signal where at < (select wl_now()) - interval '1 day'`)
