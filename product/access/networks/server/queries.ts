import { sql } from '@wardline/platform/db'
import type { Db, Tx } from '@wardline/platform/db'
import type { NetworksRow, RecordNetworksRow } from './tables.ts'

/** The newest list that counts now: kept, or still being tried. */
export const readInForce = (db: Db) =>
  db.maybe<NetworksRow>(sql`
    select version, cidrs, names, outside, set_by, set_at, trial_until, confirmed_at, agreed_by from admin_networks
    where org = ${db.org} and not waits and (trial_until is null or confirmed_at is not null or trial_until > wl_now())
    order by version desc limit 1`)

/** The newest list that is kept: what counts, or what comes back when a trial ends. */
export const readKept = (db: Db) =>
  db.maybe<Pick<NetworksRow, 'cidrs' | 'outside'>>(sql`
    select cidrs, outside from admin_networks
    where org = ${db.org} and not waits and (trial_until is null or confirmed_at is not null) order by version desc limit 1`)

/** One version of the list, agreed to or not. */
export const readVersion = (db: Db, version: number) =>
  db.maybe<NetworksRow>(sql`
    select version, cidrs, names, outside, set_by, set_at, trial_until, confirmed_at, agreed_by from admin_networks
    where org = ${db.org} and version = ${version}`)

/** Two that save at once have an order. */
export const lockNetworks = (tx: Tx) => tx.one(sql`select org from org where org = ${tx.org} for no key update`)

export const insertNetworks = (
  tx: Tx,
  it: { cidrs: readonly string[]; names: readonly string[]; outside: string; trialMinutes: number | null; waits: boolean },
) =>
  tx.one<NetworksRow>(sql`
    insert into admin_networks (org, version, cidrs, names, outside, set_by, trial_until, waits)
    select ${tx.org}, coalesce(max(version), 0) + 1, ${it.cidrs}::text[], ${it.names}::text[], ${it.outside}, ${tx.by.actor},
      wl_now() + make_interval(mins => ${it.trialMinutes}::int), ${it.waits}
    from admin_networks where org = ${tx.org}
    returning version, cidrs, names, outside, set_by, set_at, trial_until, confirmed_at, agreed_by`)

/** Keeps a list that is being tried; undefined if it is not. */
export const confirm = (tx: Tx, version: number) =>
  tx.maybe<NetworksRow>(sql`
    update admin_networks set confirmed_at = wl_now()
    where org = ${tx.org} and version = ${version} and confirmed_at is null and not waits and trial_until > wl_now()
    returning version, cidrs, names, outside, set_by, set_at, trial_until, confirmed_at, agreed_by`)

/** A second person agrees to a list, whose trial begins now; undefined: it counts already, or a newer one does. */
export const agreeToList = (tx: Tx, version: number, trialMinutes: number | null) =>
  tx.maybe<NetworksRow>(sql`
    update admin_networks set waits = false, agreed_by = ${tx.by.actor}, trial_until = wl_now() + make_interval(mins => ${trialMinutes}::int)
    where org = ${tx.org} and version = ${version} and waits
      and not exists (select from admin_networks n where n.org = ${tx.org} and n.version > ${version} and not n.waits)
    returning version, cidrs, names, outside, set_by, set_at, trial_until, confirmed_at, agreed_by`)

/** The newest rule for records that was agreed to. */
export const readRecordNetworks = (db: Db) =>
  db.maybe<RecordNetworksRow>(sql`
    select version, cidrs, names, roles, locations, asked_by, asked_at, agreed_by from record_networks
    where org = ${db.org} and agreed_at is not null order by version desc limit 1`)

/** One version, agreed to or not. */
export const readRecordVersion = (db: Db, version: number) =>
  db.maybe<RecordNetworksRow>(sql`
    select version, cidrs, names, roles, locations, asked_by, asked_at, agreed_by from record_networks
    where org = ${db.org} and version = ${version}`)

export const insertRecordNetworks = (
  tx: Tx,
  it: {
    cidrs: readonly string[]
    names: readonly string[]
    roles: readonly string[]
    locations: readonly string[]
    agreed: boolean
  },
) =>
  tx.one<RecordNetworksRow>(sql`
    insert into record_networks (org, version, cidrs, names, roles, locations, asked_by, agreed_at)
    select ${tx.org}, coalesce(max(version), 0) + 1, ${it.cidrs}::text[], ${it.names}::text[], ${it.roles}::text[], ${it.locations}::uuid[],
      ${tx.by.actor}, case when ${it.agreed}::boolean then wl_now() end
    from record_networks where org = ${tx.org}
    returning version, cidrs, names, roles, locations, asked_by, asked_at, agreed_by`)

/** A second person agrees to a version; undefined: it counts already, or a newer one does. */
export const agree = (tx: Tx, version: number) =>
  tx.maybe<RecordNetworksRow>(sql`
    update record_networks r set agreed_by = ${tx.by.actor}, agreed_at = wl_now()
    where org = ${tx.org} and version = ${version} and agreed_at is null
      and not exists (select from record_networks n where n.org = ${tx.org} and n.version > ${version} and n.agreed_at is not null)
    returning version, cidrs, names, roles, locations, asked_by, asked_at, agreed_by`)
