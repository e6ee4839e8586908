import { createHmac, randomBytes } from 'node:crypto'
import type { Db, Tx } from '@wardline/platform/db'
import { monthOf } from '@wardline/platform/server'
import type { KeyLedger, Sealed } from '@wardline/platform/server'
import { findBlindKey, insertBlindKey } from './queries.ts'
import type { SealedColumns } from './tables.ts'

/** Seals a JSON value of patients under the month of `at`; `context` ties it to its row. */
export const sealJson = (keys: KeyLedger, org: string, at: Date, context: string, value: unknown): Promise<Sealed> =>
  keys.seal({ org, bucket: 'patients', month: monthOf(at) }, Buffer.from(JSON.stringify(value)), context)

/** Opens what `sealJson` sealed. Throws KeyFailure. */
export const openJson = <T>(keys: KeyLedger, org: string, row: SealedColumns, context: string): T =>
  JSON.parse(keys.open(org, row.data_key, row.sealed, context).toString('utf8')) as T

/** Keyed hashes of one organisation: equal values can be found, and nothing can be read or tried out without the key. */
export interface Blind {
  token(kind: 'name' | 'birth' | 'number', value: string): Buffer
  /** The hash under which a code is kept: of no use without the key, however few codes there are. */
  code(verification: string, code: string): Buffer
}

const blindOf = (key: Buffer): Blind => ({
  token: (kind, value) => createHmac('sha256', key).update(`${kind}|${value}`).digest().subarray(0, 16),
  code: (verification, code) => createHmac('sha256', key).update(`code|${verification}|${code}`).digest(),
})

/** The organisation's keyed hashes; undefined before its first patient. */
export async function blind(db: Db, keys: KeyLedger): Promise<Blind | undefined> {
  const row = await findBlindKey(db)
  return row && blindOf(keys.open(db.org, row.data_key, row.sealed, 'blind_key'))
}

/** The same in a transaction that may make the key. */
export async function ensureBlind(tx: Tx, keys: KeyLedger): Promise<Blind> {
  const there = await blind(tx, keys)
  if (there) return there
  await insertBlindKey(tx, await keys.seal({ org: tx.org, bucket: 'access', month: monthOf(tx.at) }, randomBytes(32), 'blind_key'))
  // Another transaction may have been first: its key counts.
  return (await blind(tx, keys))!
}
