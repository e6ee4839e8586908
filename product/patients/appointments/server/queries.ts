import { sql } from '@wardline/platform/db'
import type { Db, Tx } from '@wardline/platform/db'
import type { Sealed } from '@wardline/platform/server'
import type { VisitRow } from './tables.ts'

export const visitsBetween = (db: Db, from: Date, until: Date): Promise<VisitRow[]> =>
  db.rows(sql`
    select visit, patient, starts_at, state, data_key, sealed from visit
    where org = ${db.org} and starts_at >= ${from} and starts_at < ${until} order by starts_at, visit limit 500`)

export const visitsById = (db: Db, visits: readonly string[]): Promise<VisitRow[]> =>
  db.rows(
    sql`select visit, patient, starts_at, state, data_key, sealed from visit where org = ${db.org} and visit = any(${visits}::uuid[])`,
  )

export const insertVisit = async (tx: Tx, it: { visit: string; patient: string; startsAt: Date } & Sealed): Promise<boolean> =>
  (await tx.count(sql`
    insert into visit (org, visit, patient, starts_at, data_key, sealed)
    values (${tx.org}, ${it.visit}, ${it.patient}, ${it.startsAt}, ${it.dataKey}, ${it.sealed}) on conflict do nothing`)) === 1

/** Cancels a booked visit and returns it. */
export const setCancelled = (tx: Tx, visit: string): Promise<{ patient: string } | undefined> =>
  tx.maybe(sql`update visit set state = 'cancelled' where org = ${tx.org} and visit = ${visit} and state = 'booked' returning patient`)
