import { sql } from '@wardline/platform/db'
import type { Db, Tx } from '@wardline/platform/db'

/** A guest as the database has them. */
export interface GuestRow {
  readonly person: string
  readonly kind: 'clinician' | 'vendor'
  readonly comes_from: string
  readonly ends_at: Date
  readonly identity: 'seen-in-person' | 'employer-confirmed' | 'video-with-document'
  readonly verified_by: string | null
}

export const insertGuest = (
  tx: Tx,
  it: { person: string; kind: string; from: string; endsAt: Date; identity: string; verifiedBy: string | null },
): Promise<number> =>
  tx.count(sql`
    insert into guest (org, person, kind, comes_from, ends_at, identity, verified_by)
    values (${tx.org}, ${it.person}, ${it.kind}, ${it.from}, ${it.endsAt}, ${it.identity}, ${it.verifiedBy})`)

export const readGuests = (db: Db): Promise<GuestRow[]> =>
  db.rows(sql`
    select g.person, g.kind, g.comes_from, g.ends_at, g.identity, g.verified_by from guest g
    join person p on p.org = g.org and p.person = g.person
    where g.org = ${db.org} and not g.over and p.active order by g.ends_at, g.person limit 1000`)

export const setEnd = (tx: Tx, person: string, endsAt: Date): Promise<number> =>
  tx.count(sql`update guest set ends_at = ${endsAt} where org = ${tx.org} and person = ${person} and not over`)

/** Guests somewhere whose time is over. */
export const dueGuests = (sweep: Db): Promise<{ org: string; person: string }[]> =>
  sweep.rows(sql`select org, person from guest where not over and ends_at <= wl_now() order by ends_at limit 200`)

/** Notes that a guest's time is over; 0 if somebody was faster or moved the end. */
export const setOver = (tx: Tx, person: string): Promise<number> =>
  tx.count(sql`update guest set over = true where org = ${tx.org} and person = ${person} and not over and ends_at <= wl_now()`)
