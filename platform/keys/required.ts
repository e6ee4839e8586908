import { sql } from '../db/sql.ts'
import type { Database, Db } from '../db/types.ts'
import { KeyFailure } from './kek.ts'
import type { KeyLedger } from './ledger.ts'

/** Rows looked at from each end of a table: all of a small one, and of a large one its first and its last months. */
const ends = 200

interface SealedTable {
  /** As PostgreSQL quotes it. */
  readonly name: string
  /** Its primary key's columns, quoted, the organisation first. */
  readonly key: readonly string[]
}

const sealedTables = (db: Db): Promise<SealedTable[]> =>
  db.rows(sql`
    select c.oid::regclass::text as name, (
      select array_agg(quote_ident(k.attname) order by array_position(i.indkey::int2[], k.attnum)) from pg_index i
      join pg_attribute k on k.attrelid = c.oid and k.attnum = any(i.indkey::int2[]) where i.indrelid = c.oid and i.indisprimary
    ) as key
    from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'data_key' and not a.attisdropped
    where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace order by 1`)

/** The data keys that a table names for the reader's organisation. The names come from the database's own catalogue, never from data. */
const keysNamed = (db: Db, { name, key }: SealedTable): Promise<{ data_key: string }[]> => {
  const end = (way: 'asc' | 'desc') =>
    `(select data_key from ${name} where org = $1 order by ${key.map((column) => `${column} ${way}`).join(', ')} limit ${ends})`
  return db.rows({
    text: `select distinct data_key from (${end('asc')} union all ${end('desc')}) t where data_key is not null`,
    values: [db.org],
    name: `wl_keys_${name}`,
  })
}

/**
 * Refuses to go on with a key ledger that has neither the keys that the database names nor their tombstones: one that was lost, emptied or
 * replaced by an old copy. To go on would seal new data beside data that nobody can open. It looks at both ends of every table; the log's
 * verification looks at every payload. KeyFailure `not-in-ledger`.
 */
export async function requireDataKeys(db: Database, keys: Pick<KeyLedger, 'stateOf'>): Promise<void> {
  for (const { org } of await db.sweep((sweep) => sweep.rows<{ org: string }>(sql`select org from org order by org`))) {
    const lost = await db.read(org, async (read) => {
      const named = new Set<string>()
      for (const table of await sealedTables(read)) for (const row of await keysNamed(read, table)) named.add(row.data_key)
      return [...named].filter((dataKey) => keys.stateOf(org, dataKey) === 'unknown')
    })
    if (lost.length > 0)
      throw new KeyFailure(
        'not-in-ledger',
        `The database names ${lost.length === 1 ? 'a data key' : `${lost.length} data keys`} that the key ledger neither has nor had destroyed: it was lost, emptied or is an old copy. Nothing was changed. Restore the folder "keys" of the data folder from its backup.`,
      )
  }
}
