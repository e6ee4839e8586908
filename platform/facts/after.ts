import type { Database } from '../db/types.ts'
import { sql } from '../db/sql.ts'
import { KeyFailure } from '../keys/kek.ts'
import type { KeyLedger } from '../keys/ledger.ts'
import type { DueWork } from '../sweep/sweep.ts'
import { takeFromBox } from './box.ts'
import type { AfterListener, LoggedFact } from './listeners.ts'

const batch = 200
/** Entries looked through for the kinds that a listener hears, in one statement. */
const stretch = 5_000
const attemptsUntilParked = 5

interface Behind {
  readonly org: string
  readonly listener: string
  readonly head: number
  readonly next_index: number
  readonly attempts: number
  readonly failed_index: number
}

/** How far a listener came, and how often the fact there has failed. */
interface Place {
  readonly listener: string
  readonly next: number
  readonly attempts: number
}

/**
 * Feeds the `after` listeners from the log, each by its own cursor. A fact that fails five times, or whose payload does not open that often,
 * is parked with an alarm and the cursor goes on; what fails in one organisation stops no other. At least once: a crash between effect and
 * cursor shows a fact again.
 */
export function afterWork(listeners: readonly AfterListener[], keys: KeyLedger): DueWork {
  return {
    name: 'facts.after',
    evenWhenHeld: true,
    async run({ db, log }) {
      if (listeners.length === 0) return 0
      const behind = await db.sweep((sweep) =>
        sweep.rows<Behind>(sql`
          select h.org, l.listener, h.head, coalesce(c.next_index, 0) as next_index, coalesce(c.attempts, 0) as attempts, coalesce(c.next_index, -1) as failed_index
          from (select o.org, (select max(index) + 1 from log_entry e where e.org = o.org) as head from org o) h
          cross join unnest(${listeners.map((it) => it.name)}::text[]) as l(listener)
          left join listener_cursor c on c.org = h.org and c.listener = l.listener
          where h.head > coalesce(c.next_index, 0) and coalesce(c.retry_at, '-infinity') <= wl_now()`),
      )
      /** Lets one listener hear what it has not heard of these facts; says how far it came. */
      const hear = async (row: Behind, facts: readonly SealedFact[], upTo: number): Promise<Place & { readonly done: number }> => {
        const listener = listeners.find((it) => it.name === row.listener)!
        const open = payloadOpener(keys, row.org)
        let done = 0
        for (const fact of facts.filter((it) => listener.kinds.includes(it.kind))) {
          try {
            await listener.run(db, opened(open, row.org, fact))
          } catch (thrown) {
            const attempts = fact.index === row.failed_index ? row.attempts + 1 : 1
            log.error('facts.listener-failed', { listener: listener.name, index: fact.index, attempts, kind: fact.kind }, thrown)
            if (attempts < attemptsUntilParked) return { listener: listener.name, next: fact.index, attempts, done }
            await db.sweep((sweep) =>
              sweep.count(
                sql`insert into parked_fact (org, listener, index) values (${row.org}, ${listener.name}, ${fact.index}) on conflict do nothing`,
              ),
            )
          }
          done += 1
        }
        return { listener: listener.name, next: upTo, attempts: 0, done: upTo < row.head ? done + 1 : done }
      }
      /** Listeners of an organisation that stand at one place read together from there, and their places are stored together. */
      const feed = async (rows: readonly Behind[]): Promise<number> => {
        const { org, next_index: from, head } = rows[0]!
        const end = Math.min(head, from + stretch)
        const kinds = rows.flatMap((row) => listeners.find((it) => it.name === row.listener)!.kinds)
        const facts = await readSealed(db, org, { from, upTo: end, kinds: [...new Set(kinds)], limit: batch })
        const upTo = facts.length < batch ? end : facts.at(-1)!.index + 1
        const places: (Place & { readonly done: number })[] = []
        for (const row of rows) places.push(await hear(row, facts, upTo))
        await db.sweep((sweep) =>
          sweep.count(sql`
            insert into listener_cursor (org, listener, next_index, attempts, retry_at)
            select ${org}, listener, next, attempts, wl_now() + case when attempts = 0 then interval '0' else (2 ^ (attempts - 1)) * interval '1 second' end
            from unnest(${places.map((it) => it.listener)}::text[], ${places.map((it) => it.next)}::bigint[], ${places.map((it) => it.attempts)}::int[])
              as t(listener, next, attempts)
            on conflict (org, listener) do update set next_index = greatest(listener_cursor.next_index, excluded.next_index),
              attempts = excluded.attempts, retry_at = excluded.retry_at`),
        )
        return places.reduce((sum, it) => sum + it.done, 0)
      }
      let done = 0
      for (const rows of Map.groupBy(behind, (row) => `${row.org} ${row.next_index}`).values()) {
        try {
          done += await feed(rows)
        } catch (thrown) {
          log.error('facts.feeding-failed', { org: rows[0]!.org, size: rows.length }, thrown)
        }
      }
      return done
    },
  }
}

interface Which {
  readonly from: number
  readonly upTo: number
  readonly kinds: readonly string[]
  readonly limit: number
}

/** Where a fact's payload is: in a row of its own, or at a place of the box that another fact's row holds; `sealed` null where no row is. */
export interface SealedPayload {
  readonly id: string
  readonly box: string | null
  readonly place: number | null
  readonly data_key: string | null
  readonly sealed: Buffer | null
}

/** A numbered fact as it is stored. */
type SealedFact = Omit<LoggedFact, 'payload' | 'org'> & SealedPayload

/** Reads numbered facts of some kinds, from an index up to (not with) another, with their payloads opened. */
export async function readFacts(db: Database, keys: KeyLedger, org: string, which: Which): Promise<LoggedFact[]> {
  const open = payloadOpener(keys, org)
  return (await readSealed(db, org, which)).map((row) => opened(open, org, row))
}

const opened = (open: OpenPayload, org: string, row: SealedFact): LoggedFact => {
  const { index, id, kind, key, at, actor, device } = row
  return { index, id, kind, key, at, actor, device, org, payload: open(row)?.payload }
}

// Look-ups by a whole key stand in subqueries with a limit of one: PostgreSQL then goes by that key whatever it believes of the tables' sizes.
const readSealed = (db: Database, org: string, which: Which): Promise<SealedFact[]> =>
  db.read(org, (read) =>
    read.rows<SealedFact>(sql`
      select e.index, f.id, f.kind, f.key, f.at, f.actor, f.device, f.box, f.place, p.data_key, p.sealed
      from log_entry e
      cross join lateral (select * from fact x where x.org = ${org} and x.id = e.fact limit 1) f
      left join lateral (select x.data_key, x.sealed from fact_payload x where x.org = ${org} and x.fact = coalesce(f.box, f.id) limit 1) p on true
      where e.org = ${org} and e.index >= ${which.from} and e.index < ${which.upTo} and f.kind = any(${which.kinds}::text[])
      order by e.index limit ${which.limit}`),
  )

/** Opens payloads, each with the 32 random bytes of its commitment; undefined once it was erased. Throws KeyFailure for what does not open. */
export type OpenPayload = (row: SealedPayload) => { readonly payload: unknown; readonly nonce: Buffer; readonly bytes: Buffer } | undefined

/** An opener for an organisation's payloads. It keeps the box that it opened last, for facts are read in the order in which they were boxed. */
export function payloadOpener(keys: Pick<KeyLedger, 'open'>, org: string): OpenPayload {
  let last: { readonly as: string; readonly sealed: Buffer; readonly plain: Buffer } | undefined
  return ({ id, box, place, data_key, sealed }) => {
    if (data_key === null || sealed === null) return undefined
    const row = box ?? id
    const as = `${row} ${data_key}`
    try {
      if (last?.as !== as || !last.sealed.equals(sealed)) last = { as, sealed, plain: keys.open(org, data_key, sealed, `fact|${row}`) }
    } catch (thrown) {
      if (thrown instanceof KeyFailure && thrown.code === 'erased') return undefined
      throw thrown
    }
    const plain = place === null ? last.plain : takeFromBox(last.plain, place)
    const bytes = plain.subarray(32)
    return { payload: JSON.parse(bytes.toString('utf8')), nonce: plain.subarray(0, 32), bytes }
  }
}
