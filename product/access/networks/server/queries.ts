import { sql } from '@wardline/platform/db'
import type { Db, Tx } from '@wardline/platform/db'
import type { NetworksRow } from './tables.ts'

/** The newest list that counts now: kept, or still being tried. */
export const readInForce = (db: Db) =>
  db.maybe<NetworksRow>(sql`
    select version, cidrs, names, outside, set_by, set_at, trial_until, confirmed_at from admin_networks
    where org = ${db.org} and (trial_until is null or confirmed_at is not null or trial_until > wl_now())
    order by version desc limit 1`)

/** Two that save at once have an order. */
export const lockNetworks = (tx: Tx) => tx.one(sql`select org from org where org = ${tx.org} for no key update`)

export const insertNetworks = (
  tx: Tx,
  it: { cidrs: readonly string[]; names: readonly string[]; outside: string; trialMinutes: number | null },
) =>
  tx.one<NetworksRow>(sql`
    insert into admin_networks (org, version, cidrs, names, outside, set_by, trial_until)
    select ${tx.org}, coalesce(max(version), 0) + 1, ${it.cidrs}::text[], ${it.names}::text[], ${it.outside}, ${tx.by.actor},
      wl_now() + make_interval(mins => ${it.trialMinutes}::int)
    from admin_networks where org = ${tx.org}
    returning version, cidrs, names, outside, set_by, set_at, trial_until, confirmed_at`)

/** Keeps a list that is being tried; undefined if it is not. */
export const confirm = (tx: Tx, version: number) =>
  tx.maybe<NetworksRow>(sql`
    update admin_networks set confirmed_at = wl_now()
    where org = ${tx.org} and version = ${version} and confirmed_at is null and trial_until > wl_now()
    returning version, cidrs, names, outside, set_by, set_at, trial_until, confirmed_at`)
