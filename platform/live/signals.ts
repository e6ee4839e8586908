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

/** This node's ear for signals. */
export interface Signals {
  /** Told by a transaction of this very node. */
  here(told: Told): void
  /** Hears what other nodes have told since the last look. */
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
 * begins with the oldest transaction that was under way at the last look.
 */
export async function openSignals(
  all: readonly Signal[],
  services: Services,
  options: { readonly node: string; readonly everyMs?: number },
): Promise<Signals> {
  const { db, log, live } = services
  const known = new Map(all.map((it) => [it.kind, { it, checked: Compile(it.takes) }]))
  if (known.size < all.length) throw new Error('Two signals have one kind.')
  const stopped = new AbortController()
  let horizon = (await read(db, options.node, null))[0]!.horizon
  let seen: ReadonlySet<string> = new Set()
  let heardAt = performance.now()
  let looks = 0

  async function heard({ org, kind, body }: Told): Promise<void> {
    try {
      const signal = known.get(kind)
      if (!signal?.checked.Check(body)) throw new Error(signal ? 'The body of a signal is not what it takes.' : 'There is no such signal.')
      await signal.it.heard(services, org, body)
    } catch (thrown) {
      // What was told may have ended somebody's access, and this node does not know whose.
      log.error('live.signal-failed', { kind }, thrown)
      live.end({ org }, 'going-away')
    }
  }

  async function look(): Promise<void> {
    const rows = await read(db, options.node, horizon)
    const now = performance.now()
    if (now - heardAt > keptMs) live.end({}, 'going-away')
    const before = seen
    ;[heardAt, horizon, seen] = [now, rows[0]!.horizon, new Set(rows.map((it) => it.signal))]
    for (const row of rows) if (row.org !== null && !before.has(row.signal)) await heard({ org: row.org, kind: row.kind, body: row.body })
    if (looks++ % purgeEvery === 0) await db.sweep(purge)
  }

  let looking: Promise<unknown> = Promise.resolve()
  const exclusively = (): Promise<void> => {
    const next = looking.then(look, look)
    looking = next.catch(() => {})
    return next
  }
  const loop = (async () => {
    while (!stopped.signal.aborted) {
      await pause(options.everyMs ?? everyMs, stopped.signal)
      if (stopped.signal.aborted) return
      await exclusively().catch((thrown: unknown) => log.error('live.signals-failed', {}, thrown))
    }
  })()
  return {
    here: (told) => void heard(told),
    look: exclusively,
    async stop() {
      stopped.abort()
      await loop
      await looking
    },
  }
}

/** What others have told in transactions that were not over at `horizon`, and the horizon of now; null: only that. */
const read = (db: Database, node: string, horizon: string | null): Promise<Row[]> =>
  db.sweep((sweep) =>
    sweep.rows<Row>(sql`
      select h.horizon::text as horizon, s.org, s.signal, s.kind, s.body
      from (select pg_snapshot_xmin(pg_current_snapshot()) as horizon) h
      left join node_signal s on s.tx >= ${horizon}::text::xid8 and s.node <> ${node}
      order by s.tx`),
  )

const purge = (sweep: Db): Promise<number> => sweep.count(sql`delete from node_signal where at < (select wl_now()) - interval '1 day'`)
