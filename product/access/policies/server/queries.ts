import { sql } from '@wardline/platform/db'
import type { Db, Tx } from '@wardline/platform/db'
import type { AgreementRow, ArchivePolicyRow, OrganisationKeysRow } from './tables.ts'

export const readAgreements = (db: Db, counterparty: string | null) =>
  db.rows<AgreementRow>(sql`
    select a.agreement, a.counterparty, a.kind, a.starts_on, a.ends_on, a.ended_at is not null as ended, (wl_now() at time zone o.zone)::date as today
    from agreement a join org o on o.org = a.org
    where a.org = ${db.org} and (${counterparty}::text is null or a.counterparty = ${counterparty})
    order by a.recorded_at desc, a.agreement limit 500`)

export const insertAgreement = (
  tx: Tx,
  it: { agreement: string; counterparty: string; kind: string; startsOn: string; endsOn: string | null },
) =>
  tx.count(sql`
    insert into agreement (org, agreement, counterparty, kind, starts_on, ends_on, recorded_by)
    values (${tx.org}, ${it.agreement}, ${it.counterparty}, ${it.kind}, ${it.startsOn}, ${it.endsOn}, ${tx.by.actor})`)

export const markAgreementEnded = (tx: Tx, agreement: string) =>
  tx.maybe<{ counterparty: string }>(sql`
    update agreement set ended_at = wl_now() where org = ${tx.org} and agreement = ${agreement} and ended_at is null returning counterparty`)

/** Locks the organisation's row: what follows one another here does so in one order. */
export const lockOrganisation = (tx: Tx) => tx.one(sql`select org from org where org = ${tx.org} for no key update`)

export const readArchivePolicy = (db: Db) =>
  db.maybe<ArchivePolicyRow>(sql`select version, statement from archive_policy where org = ${db.org} order by version desc limit 1`)

/** All signed archive policies, oldest first: each is verified from the one before it. */
export const readArchivePolicies = (db: Db) =>
  db.rows<ArchivePolicyRow & { stored_at: Date }>(sql`
    select version, statement, stored_at from archive_policy where org = ${db.org} order by version`)

export const insertArchivePolicy = (
  tx: Tx,
  it: {
    version: number
    statement: Uint8Array
    hash: Uint8Array
    period: string
    publicKey: Uint8Array
    threshold: number
    custodians: number
    from: number
    until: number
  },
) =>
  tx.count(sql`
    insert into archive_policy (org, version, statement, statement_hash, period, public_key, threshold, custodians, starts_at, ends_at)
    values (${tx.org}, ${it.version}, ${Buffer.from(it.statement)}, ${Buffer.from(it.hash)}, ${it.period}, ${Buffer.from(it.publicKey)},
      ${it.threshold}, ${it.custodians}, to_timestamp(${it.from} / 1000.0), to_timestamp(${it.until} / 1000.0))`)

export const readOrganisationKeys = (db: Db) =>
  db.maybe<OrganisationKeysRow>(sql`
    select version, root_public_key, directory_public_key, directory_statement, data_key, sealed from organisation_keys
    where org = ${db.org} order by version desc limit 1`)

/** All certificates of the directory key, oldest first. */
export const readDirectoryStatements = (db: Db) =>
  db.rows<{ directory_statement: Buffer; stored_at: Date }>(sql`
    select directory_statement, stored_at from organisation_keys where org = ${db.org} order by version`)

export const insertOrganisationKeys = (
  tx: Tx,
  it: { version: number; root: Uint8Array; directory: Uint8Array; statement: Uint8Array; dataKey: string; sealed: Buffer },
) =>
  tx.count(sql`
    insert into organisation_keys (org, version, root_public_key, directory_public_key, directory_statement, data_key, sealed)
    values (${tx.org}, ${it.version}, ${Buffer.from(it.root)}, ${Buffer.from(it.directory)}, ${Buffer.from(it.statement)}, ${it.dataKey}, ${it.sealed})`)

export const readSwitches = (db: Db) =>
  db.rows<{ name: 'patient-texts-stopped'; set_at: Date; set_by: string | null }>(sql`
    select name, set_at, set_by from emergency_switch where org = ${db.org} order by name`)

/** Puts a switch on; 0 if it was. */
export const putOn = (tx: Tx, name: string) =>
  tx.count(
    sql`insert into emergency_switch (org, name, set_by) values (${tx.org}, ${name}, ${tx.by.actor}) on conflict (org, name) do nothing`,
  )

/** Puts a switch off; 0 if it was. */
export const putOff = (tx: Tx, name: string) => tx.count(sql`delete from emergency_switch where org = ${tx.org} and name = ${name}`)
