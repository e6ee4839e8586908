import type pg from 'pg'
import { boxFrom, boxFull, fillBox } from '../facts/box.ts'
import { canonicalJson } from '../facts/canonical-json.ts'
import { commitmentOf } from '../facts/commitment.ts'
import type { WithinListener } from '../facts/listeners.ts'
import { newId, newOrderedId } from '../ids/ids.ts'
import { freshBytes } from '../ids/random.ts'
import type { KeyScope } from '../keys/copies.ts'
import type { KeyLedger } from '../keys/ledger.ts'
import { monthOf } from '../keys/ledger.ts'
import type { Log } from '../log/log.ts'
import { answered, asDatabaseFailure, DatabaseFailure } from './failure.ts'
import { pack } from './pack.ts'
import { openPool } from './pool.ts'
import type { Sql } from './sql.ts'
import { sql } from './sql.ts'
import type { Announced, By, Database, Db, StoppedBecause, Told, Tx } from './types.ts'

/** The system itself, on nobody's behalf. */
export const bySystem: By = { actor: null, device: null }

export interface DatabaseOptions {
  readonly url: string
  readonly keys: KeyLedger
  readonly log: Log
  readonly within?: readonly WithinListener[]
  /** Where a server hears its own signals as soon as it knows of their commit. `isDone`: it has done itself what they are for. */
  readonly heard?: (told: Told, isDone: boolean) => void
  /** Connections for the app role; the sweeper has a few of its own. Default 12. */
  readonly connections?: number
  /** Milliseconds a call may take. Default 15,000. */
  readonly timeout?: number
}

/** Opens the database for work. Every statement runs in a transaction that names its organisation. */
export function openDatabase(options: DatabaseOptions): Database {
  const timeout = options.timeout ?? 15_000
  const app = openPool({ url: options.url, role: 'app', max: options.connections ?? 12, timeout, log: options.log })
  const sweeper = openPool({ url: options.url, role: 'sweeper', max: 4, timeout, log: options.log })
  const within = options.within ?? []
  if (within.length > 5) throw new Error('At most five listeners may run within a transaction.')
  let stopped: StoppedBecause | null = null

  async function transaction<T>(
    pool: pg.Pool,
    role: 'wardline_app' | 'wardline_sweeper',
    org: string,
    readOnly: boolean,
    run: (client: pg.PoolClient, begun: Promise<{ at: Date }>, sent: Promise<unknown>[]) => Promise<T>,
  ): Promise<T> {
    const client = await pool.connect().catch((thrown: unknown) => {
      throw asDatabaseFailure(thrown)
    })
    let broken: Error | undefined
    try {
      // One round trip: BEGIN, the role, the organisation and the caller's first statement leave together (pipelined).
      const began = client.query(readOnly ? 'begin isolation level repeatable read read only' : 'begin')
      const scoped = client.query<{ at: Date }>({
        name: 'wl_scope',
        text: "select set_config('role', $1, true), set_config('app.org', $2, true), wl_now() as at",
        values: [role, org],
      })
      began.catch(() => {})
      const begun = answered(scoped).then((result) => result.rows[0]!)
      begun.catch(() => {})
      const sent: Promise<unknown>[] = []
      const value = await run(client, begun, sent)
      await begun
      if (readOnly) await answered(client.query('commit'))
      else await commit(client, sent)
      return value
    } catch (thrown) {
      // A connection whose state is unknown is closed; the others are rolled back and go back to the pool.
      if (thrown instanceof DatabaseFailure && (isLost(thrown) || thrown.code === 'commit-unknown')) broken = thrown
      else await client.query('rollback').catch((error: Error) => (broken = error))
      throw thrown
    } finally {
      client.release(broken ?? false)
    }
  }

  const reader = (client: pg.PoolClient, org: string): Db => {
    // Features see our own closed codes, also while the transaction lasts.
    const run = (statement: Sql) =>
      answered(client.query({ name: statement.name, text: statement.text, values: statement.values as unknown[] }))
    return {
      org,
      rows: async <R>(statement: Sql) => (await run(statement)).rows as R[],
      one: async <R>(statement: Sql) => {
        const rows = (await run(statement)).rows as R[]
        if (rows.length !== 1) throw new DatabaseFailure('broken')
        return rows[0]!
      },
      maybe: async <R>(statement: Sql) => (await run(statement)).rows[0] as R | undefined,
      count: async (statement) => (await run(statement)).rowCount ?? 0,
    }
  }

  return {
    read: (org, run) => transaction(app, 'wardline_app', org, true, (client) => run(reader(client, org))),
    sweep: (run) => transaction(sweeper, 'wardline_sweeper', '', false, (client) => run(reader(client, ''))),
    async write(org, by, run) {
      if (stopped !== null) throw new DatabaseFailure(stopped)
      const after: (() => void)[] = []
      const value = await transaction(app, 'wardline_app', org, false, async (client, begun, sent) => {
        const announced: Announced[] = []
        const told: Omit<Told, 'org'>[] = []
        let at: Date | undefined
        const reads = reader(client, org)
        const tx: Tx = {
          ...reads,
          writes: true,
          by,
          get at() {
            if (!at) throw new Error('Tx.at is known after the first statement of the transaction; await one before.')
            return at
          },
          announce(kind, it) {
            announced.push({
              id: '',
              at: new Date(0),
              kind,
              key: it.key,
              payload: it.payload,
              actor: it.actor === undefined ? by.actor : it.actor,
              device: it.device === undefined ? by.device : it.device,
            })
          },
          send(statement) {
            const answer = reads.count(statement)
            answer.catch(() => {})
            sent.push(answer)
          },
          signal({ kind, elsewhere }, body) {
            const it = { id: newId(), kind, body }
            told.push(it)
            after.push(() => options.heard?.({ org, ...it }, elsewhere === true))
          },
          afterCommit: (hook) => void after.push(hook),
        }
        void begun.then(
          (row) => (at = row.at),
          () => {},
        )
        const result = await run(tx)
        at = (await begun).at
        await settle(tx, announced, at)
        if (told.length > 0) tx.send(storeTold(org, told))
        return result
      })
      for (const hook of after) {
        try {
          hook()
        } catch (thrown) {
          options.log.error('database.after-commit', {}, thrown)
        }
      }
      return value
    },
    setWritable: (yes, because = 'disk-full') => void (stopped = yes ? null : because),
    close: async () => {
      await Promise.all([app.end(), sweeper.end()].map((ended) => ended.catch(() => {})))
    },
  }

  /** Lets the `within` listeners see each fact (they may announce more), then stores all of them in one statement. */
  async function settle(tx: Tx, announced: Announced[], at: Date): Promise<void> {
    const ready: Announced[] = []
    for (let i = 0; i < announced.length; i += 1) {
      if (i > 5_000) throw new Error('Listeners announce facts without end.')
      const { kind, key, payload, actor, device } = announced[i]!
      const it: Announced = { id: newOrderedId(at.getTime()), at, kind, key, payload, actor, device }
      ready.push(it)
      for (const listener of within) if (listener.hears(it.kind.kind)) await listener.run(tx, it)
    }
    if (ready.length > 0) await storeFacts(tx, ready, at, options.keys)
  }
}

/** Stores what a transaction tells all nodes. */
const storeTold = (org: string, told: readonly Omit<Told, 'org'>[]): Sql => sql`
  insert into node_signal (org, signal, kind, body)
  select ${org}, id, kind, body
  from unnest(${told.map((it) => it.id)}::uuid[], ${told.map((it) => it.kind)}::text[], ${told.map((it) => JSON.stringify(it.body))}::jsonb[])
    as t(id, kind, body)`

/** A row of sealed payloads: of the fact under whose id it stands, or of it and the next ones. */
interface Row {
  readonly fact: string
  readonly bucket: KeyScope['bucket']
  readonly parts: Buffer[]
  bytes: number
}

async function storeFacts(tx: Tx, facts: readonly Announced[], at: Date, keys: KeyLedger): Promise<void> {
  const month = monthOf(at)
  const together = facts.length >= boxFrom
  const rows: Row[] = []
  const filling = new Map<string, Row>()
  const rowFor = (it: Announced): Row => {
    const { bucket } = it.kind
    let row = together ? filling.get(bucket) : undefined
    if (row === undefined || row.bytes >= boxFull) {
      row = { fact: it.id, bucket, parts: [], bytes: 0 }
      rows.push(row)
      filling.set(bucket, row)
    }
    return row
  }
  const commitments: Buffer[] = []
  // A batch's facts are of few kinds, in few boxes, under few keys: each travels once, the facts name its place.
  const kinds = places()
  const boxes = places()
  const inBox: number[] = []
  for (const it of facts) {
    const payload = canonicalJson(it.payload)
    const nonce = freshBytes(32)
    commitments.push(commitmentOf(nonce, payload))
    kinds.add(it.kind.kind)
    const row = rowFor(it)
    boxes.add(row.fact)
    inBox.push(row.parts.length)
    row.parts.push(Buffer.concat([nonce, payload]))
    row.bytes += 32 + payload.length
  }
  const dataKeys: string[] = []
  const sealed: Buffer[] = []
  for (const row of rows) {
    const scope = { org: tx.org, bucket: row.bucket, month }
    const plain = together ? fillBox(row.parts) : row.parts[0]!
    const box = keys.sealNow(scope, plain, `fact|${row.fact}`) ?? (await keys.seal(scope, plain, `fact|${row.fact}`))
    dataKeys.push(box.dataKey)
    sealed.push(box.sealed)
  }
  const ids = facts.map((it) => it.id)
  const packed = pack(sealed)
  tx.send(sql`
    with t as (
      select id, (${kinds.values}::text[])[kind_at] as kind, key, actor, device, (${together ? boxes.values : []}::uuid[])[box_at] as box, place, ord
      from unnest(${ids}::uuid[], ${kinds.at}::int[], ${facts.map((it) => it.key)}::text[], ${facts.map((it) => it.actor)}::uuid[],
        ${facts.map((it) => it.device)}::uuid[], ${boxes.at}::int[], ${together ? inBox : []}::int[])
        with ordinality as t(id, kind_at, key, actor, device, box_at, place, ord)
    ), f as (
      insert into fact (org, id, kind, at, key, actor, device, commitment, box, place)
      select ${tx.org}::uuid, id, kind, ${at}::timestamptz, key, actor, device,
        substring(${Buffer.concat(commitments)}::bytea from (ord::int - 1) * 32 + 1 for 32), box, place from t
    ), p as (
      insert into fact_payload (org, fact, data_key, sealed)
      select ${tx.org}::uuid, fact, data_key, substring(${packed.bytes}::bytea from start for length)
      from unnest(${rows.map((row) => row.fact)}::uuid[], ${dataKeys}::uuid[], ${packed.starts}::int[], ${packed.lengths}::int[])
        as p(fact, data_key, start, length)
    )
    insert into fact_unnumbered (org, fact) select ${tx.org}::uuid, id from t`)
}

/** Distinct values, and for each added one its place among them, from 1 as SQL counts. */
function places(): { readonly values: string[]; readonly at: number[]; add(value: string): void } {
  const known = new Map<string, number>()
  const values: string[] = []
  const at: number[] = []
  return {
    values,
    at,
    add(value) {
      let place = known.get(value)
      if (place === undefined) known.set(value, (place = values.push(value)))
      at.push(place)
    },
  }
}

/** The line was lost, or nobody answered in time: what was asked may have happened all the same. */
const isLost = (failure: DatabaseFailure): boolean => failure.code === 'unreachable' || failure.code === 'timed-out'

/**
 * Sends COMMIT behind the statements that were sent and not waited for. What the database itself refused did not happen, as a whole; a lost
 * answer leaves it unknown, and callers re-read by their own id.
 */
async function commit(client: pg.PoolClient, sent: readonly Promise<unknown>[]): Promise<void> {
  const [end, ...statements] = await Promise.allSettled([client.query('commit'), ...sent])
  for (const it of statements) if (it.status === 'rejected' && !(it.reason instanceof DatabaseFailure && isLost(it.reason))) throw it.reason
  if (end.status === 'rejected') {
    const failure = asDatabaseFailure(end.reason)
    throw isLost(failure) ? new DatabaseFailure('commit-unknown') : failure
  }
  if (end.value.command !== 'COMMIT') throw new DatabaseFailure('refused')
}
