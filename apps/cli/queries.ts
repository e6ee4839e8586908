import { sql } from '@wardline/platform/db'
import type { Db } from '@wardline/platform/db'

/** Whether an organisation was set up here; the installation's own row does not count. */
export const hasOrganisation = async (db: Db): Promise<boolean> =>
  (await db.one<{ yes: boolean }>(sql`select exists (select from org where preset <> 'installation') as yes`)).yes

/** What the database itself says: its version, its clock in ms, and the settings that durability hangs on. */
export interface DatabaseFacts {
  readonly version: string
  readonly now: number
  /** The installation's time, which a demonstration moves, ms. */
  readonly shown: number
  readonly checksums: string
  readonly fsync: string
  readonly full_page_writes: string
  readonly synchronous_commit: string
}

export const databaseFacts = (db: Db): Promise<DatabaseFacts> =>
  db.one(sql`
    select current_setting('server_version') as version, (extract(epoch from clock_timestamp()) * 1000)::float8 as now,
      (extract(epoch from wl_now()) * 1000)::float8 as shown,
      current_setting('data_checksums') as checksums, current_setting('fsync') as fsync, current_setting('full_page_writes') as full_page_writes,
      current_setting('synchronous_commit') as synchronous_commit`)

/** How far an organisation's log is. `waiting`: facts without a number; `unsigned`: entries that no checkpoint covers, `oldest`: age of the oldest of both, ms. */
export interface LogState {
  readonly org: string
  readonly name: string
  readonly waiting: number
  readonly unsigned: number
  readonly oldest: number
}

export const logStates = (db: Db): Promise<LogState[]> =>
  db.rows(sql`
    select o.org, o.name, coalesce(w.waiting, 0)::int as waiting, coalesce(h.size - c.size, h.size, 0)::int as unsigned,
      coalesce(extract(epoch from wl_now() - least(w.oldest, u.oldest)) * 1000, 0)::float8 as oldest
    from org o
    left join log_head h on h.org = o.org
    left join lateral (select max(size) as size from log_checkpoint where org = o.org) c on true
    left join lateral (
      select count(*) as waiting, min(f.at) as oldest from fact_unnumbered n join fact f on f.org = n.org and f.id = n.fact where n.org = o.org
    ) w on true
    left join lateral (
      select min(f.at) as oldest from log_entry e join fact f on f.org = e.org and f.id = e.fact where e.org = o.org and e.index >= coalesce(c.size, 0)
    ) u on true
    order by o.org`)

/** Facts that a listener failed on and that were put aside. */
export const parkedFacts = async (db: Db): Promise<number> =>
  (await db.one<{ count: number }>(sql`select count(*)::int as count from parked_fact`)).count

/** The organisations, without the installation itself. */
export const organisations = (db: Db): Promise<{ org: string; name: string }[]> =>
  db.rows(sql`select org, name from org where preset <> 'installation' order by org`)
