import { Count, Id, OneOf, Shape } from '../contract/text.ts'
import { fact } from '../contract/fact.ts'
import { Type } from 'typebox'
import { sql } from '../db/sql.ts'
import type { By, Database } from '../db/types.ts'
import { KeyFailure } from './kek.ts'
import { monthOf } from './ledger.ts'
import type { KeyLedger, KeyScope } from './ledger.ts'

/**
 * A data key was destroyed, and with it all that it sealed. `payloads` is how many facts lost theirs: the log's verification takes exactly
 * that many for lawfully erased. Sealed in the bucket that is never erased itself, so that it goes on covering them.
 */
export const contentErased = fact({
  kind: 'content.erased',
  payload: Shape({
    bucket: OneOf('audit', 'team', 'patients'),
    month: Type.String({ pattern: '^\\d{4}-(0[1-9]|1[0-2])$' }),
    dataKey: Id,
    payloads: Count,
  }),
  says: 'erased what was kept of a month',
  bucket: 'access',
})

/** A month is over for good a day after its end: no transaction that began in it is still open. */
const dayMs = 86_400_000

const notErasable = (why: string): never => {
  throw new KeyFailure('not-erasable', `${why} Nothing was erased.`)
}

/** Ids of facts begin with their time (RFC 9562 version 7). */
const firstIdAt = (ms: number): string => {
  const hex = ms.toString(16).padStart(12, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`
}

/**
 * Erases all that an organisation's data key of one bucket and month sealed: first an entry in the log that covers it, then the key. Safe to
 * call again after a crash in between. Whoever decides about retention and holds calls it. Returns the keys that died. KeyFailure
 * `not-erasable` for a month that is not over and for the bucket of credentials, `ledger-unwritable`; DatabaseFailure.
 */
export async function eraseMonth(db: Database, keys: KeyLedger, by: By, scope: KeyScope): Promise<readonly string[]> {
  const { org, bucket, month } = scope
  if (bucket === 'access') return notErasable('Credentials and the log’s own keys live as long as the organisation.')
  const from = new Date(`${month}-01T00:00:00Z`)
  const until = new Date(Date.UTC(from.getUTCFullYear(), from.getUTCMonth() + 1, 1))
  await db.write(org, by, async (tx) => {
    for (const dataKey of keys.keysOf(scope)) {
      const { payloads } = await tx.one<{ payloads: number }>(sql`
        select count(*)::int as payloads from fact f
        cross join lateral (select x.data_key from fact_payload x where x.org = f.org and x.fact = coalesce(f.box, f.id) limit 1) p
        where f.org = ${org} and f.id >= ${firstIdAt(from.getTime())}::uuid and f.id < ${firstIdAt(until.getTime())}::uuid and p.data_key = ${dataKey}`)
      if (!(month < monthOf(new Date(tx.at.getTime() - dayMs)))) notErasable(`${month} is not over.`)
      tx.announce(contentErased, { key: `erasure|${bucket}|${month}`, payload: { bucket, month, dataKey, payloads } })
    }
  })
  return keys.destroy(scope)
}
