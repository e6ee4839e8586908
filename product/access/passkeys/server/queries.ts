import { sql } from '@wardline/platform/db'
import type { Db, Tx } from '@wardline/platform/db'
import type { PasskeyRow, Purpose } from './tables.ts'

export const insertChallenge = (tx: Tx, it: { hash: Buffer; purpose: Purpose; bound: Buffer; minutes: number }) =>
  tx.count(sql`
    insert into passkey_challenge (org, challenge_hash, purpose, bound, until)
    values (${tx.org}, ${it.hash}, ${it.purpose}, ${it.bound}, wl_now() + make_interval(mins => ${it.minutes}))`)

/** Uses a challenge up; false: it was never given out for this and to this browser, was used, or is too old. */
export const takeChallenge = async (tx: Tx, it: { hash: Buffer; purpose: Purpose; bound: Buffer }) =>
  (await tx.count(sql`
    delete from passkey_challenge
    where org = ${tx.org} and challenge_hash = ${it.hash} and purpose = ${it.purpose} and bound = ${it.bound} and until > wl_now()`)) === 1

export const purgeChallenges = (sweep: Db) => sweep.count(sql`delete from passkey_challenge where until < (select wl_now())`)

/** A person's passkeys, oldest first. */
export const passkeysOf = (db: Db, person: string) =>
  db.rows<PasskeyRow>(sql`select * from passkey where org = ${db.org} and person = ${person} order by added_at, passkey`)

/** The passkey of a credential id; locked until the transaction ends, so that counters have an order. */
export const lockPasskey = (tx: Tx, credential: Buffer) =>
  tx.maybe<PasskeyRow>(sql`select * from passkey where org = ${tx.org} and credential_id = ${credential} for update`)

export const insertPasskey = (
  tx: Tx,
  it: Pick<PasskeyRow, 'passkey' | 'person' | 'credential_id' | 'public_key' | 'counter' | 'transports' | 'name' | 'may_sync' | 'synced'>,
) =>
  tx.count(sql`
    insert into passkey (org, passkey, person, credential_id, public_key, counter, transports, name, may_sync, synced)
    values (${tx.org}, ${it.passkey}, ${it.person}, ${it.credential_id}, ${it.public_key}, ${it.counter}, ${it.transports}::text[], ${it.name},
      ${it.may_sync}, ${it.synced})
    on conflict do nothing`)

export const markUsed = (tx: Tx, passkey: string, it: { counter: number; synced: boolean }) =>
  tx.count(sql`
    update passkey set counter = ${it.counter}, synced = ${it.synced}, used_at = wl_now()
    where org = ${tx.org} and passkey = ${passkey}`)

export const markCopied = (tx: Tx, passkey: string) =>
  tx.count(sql`update passkey set copied_at = wl_now() where org = ${tx.org} and passkey = ${passkey} and copied_at is null`)

export const updatePasskey = (tx: Tx, it: { passkey: string; person: string; name: string | null; opensVault: boolean | null }) =>
  tx.count(sql`
    update passkey set name = coalesce(${it.name}, name), opens_vault = coalesce(${it.opensVault}, opens_vault)
    where org = ${tx.org} and passkey = ${it.passkey} and person = ${it.person}`)

export const deletePasskey = (tx: Tx, passkey: string, person: string) =>
  tx.count(sql`delete from passkey where org = ${tx.org} and passkey = ${passkey} and person = ${person}`)
