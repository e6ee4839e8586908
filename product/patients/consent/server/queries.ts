import { sql } from '@wardline/platform/db'
import type { Db, Tx } from '@wardline/platform/db'
import type { Sealed } from '@wardline/platform/server'
import type { KeyRow, NewReceipt, ReceiptRow } from './tables.ts'

export const newestKey = (db: Db): Promise<KeyRow | undefined> =>
  db.maybe(sql`select version, public_key, data_key, sealed from consent_key where org = ${db.org} order by version desc limit 1`)

/** Stores a key; false if that version is there already. */
export const insertKey = async (tx: Tx, it: { version: number; publicKey: Buffer } & Sealed): Promise<boolean> =>
  (await tx.count(sql`
    insert into consent_key (org, version, public_key, data_key, sealed)
    values (${tx.org}, ${it.version}, ${it.publicKey}, ${it.dataKey}, ${it.sealed}) on conflict do nothing`)) === 1

export const insertReceipt = (tx: Tx, it: NewReceipt): Promise<number> =>
  tx.count(sql`
    insert into consent_receipt (org, receipt, kind, patient, number, scopes, channels, basis, source, revokes, recorded_at, recorded_by, expires_at,
      key_version, signature, hash, data_key, sealed)
    values (${tx.org}, ${it.receipt}, ${it.kind}, ${it.patient}, ${it.number}, ${it.scopes}::text[], ${it.channels}::text[], ${it.basis}, ${it.source},
      ${it.revokes}, ${it.recorded_at}, ${it.recorded_by}, ${it.expires_at}, ${it.key_version}, ${it.signature}, ${it.hash}, ${it.dataKey}, ${it.sealed})`)

export const findReceipt = (db: Db, receipt: string): Promise<ReceiptRow | undefined> =>
  db.maybe(sql`
    select r.*, k.public_key from consent_receipt r join consent_key k on k.org = r.org and k.version = r.key_version
    where r.org = ${db.org} and r.receipt = ${receipt}`)

/** The receipt that ended a consent. */
export const findRevocation = (db: Db, consent: string): Promise<{ receipt: string } | undefined> =>
  db.maybe(sql`select receipt from consent_receipt where org = ${db.org} and kind = 'revoke' and revokes = ${consent}`)

/** The receipts of a patient, and the stops and resumptions of all numbers that they have receipts or contact points for. Newest first. */
export const receiptsOfPatient = (db: Db, patient: string, numbers: readonly string[]): Promise<ReceiptRow[]> =>
  db.rows(sql`
    select r.*, k.public_key from consent_receipt r join consent_key k on k.org = r.org and k.version = r.key_version
    where r.org = ${db.org} and (r.patient = ${patient} or (r.patient is null and r.number = any(${numbers}::uuid[])))
    order by r.position desc limit 1000`)

/** The receipts that decide about one patient at one number. */
export const receiptsAt = (db: Db, patient: string | null, number: string): Promise<ReceiptRow[]> =>
  db.rows(sql`
    select r.*, k.public_key from consent_receipt r join consent_key k on k.org = r.org and k.version = r.key_version
    where r.org = ${db.org} and r.number = ${number} and (r.patient is null or r.patient = ${patient}) order by r.position desc limit 1000`)

/** The newest stop or resumption of each of these numbers. */
export const newestStops = (db: Db, numbers: readonly string[]): Promise<ReceiptRow[]> =>
  db.rows(sql`
    select distinct on (r.number) r.*, k.public_key from consent_receipt r join consent_key k on k.org = r.org and k.version = r.key_version
    where r.org = ${db.org} and r.number = any(${numbers}::uuid[]) and r.kind in ('opt-out', 'resume') order by r.number, r.position desc`)
