import { sql } from '@wardline/platform/db'
import type { Db, Tx } from '@wardline/platform/db'
import type { PersonStatementKind } from '@wardline/product/team/devices/contract'
import type { DeviceRow, KeyPersonRow, StatementRow, TrustKind, TrustRow, VaultRow } from './tables.ts'

/** All statements about the organisation, each chain oldest first. */
export const allTrust = (db: Db): Promise<TrustRow[]> =>
  db.rows(
    sql`select subject, version, kind, hash, statement, at from trust_statement where org = ${db.org} order by kind, subject, version`,
  )

/** The newest statement of every subject of these kinds. */
export const newestTrust = (db: Db, kinds: readonly TrustKind[]): Promise<TrustRow[]> =>
  db.rows(sql`
    select distinct on (subject) subject, version, kind, hash, statement, at from trust_statement
    where org = ${db.org} and kind = any(${kinds}::text[]) order by subject, version desc`)

/** Appends to a subject's chain. */
export const insertTrust = (tx: Tx, it: Omit<TrustRow, 'at'>): Promise<number> =>
  tx.count(sql`
    insert into trust_statement (org, subject, version, kind, hash, statement)
    values (${tx.org}, ${it.subject}, ${it.version}, ${it.kind}, ${it.hash}, ${it.statement})`)

/** A person's newest keys; locked against every other change of them. */
export const lockKeyPerson = (tx: Tx, person: string): Promise<KeyPersonRow | undefined> =>
  tx.maybe(sql`select * from key_person where org = ${tx.org} and person = ${person} for update`)

/** People's keys cannot change until the transaction ends; in the order of their ids, so that two authors never wait in a ring. */
export const shareKeys = (tx: Tx, people: readonly string[]): Promise<number> =>
  tx.count(sql`select 1 from key_person where org = ${tx.org} and person = any(${people}::uuid[]) order by person for share`)

/** The same, alone: nobody who relies on these people's keys goes on meanwhile. */
export const lockKeys = (tx: Tx, people: readonly string[]): Promise<number> =>
  tx.count(sql`select 1 from key_person where org = ${tx.org} and person = any(${people}::uuid[]) order by person for update`)

/** Whether the device is enrolled for the person and not revoked. */
export const isActiveDevice = async (db: Db, it: { readonly person: string; readonly device: string }): Promise<boolean> =>
  (await db.maybe(sql`
    select 1 from device where org = ${db.org} and device = ${it.device} and person = ${it.person} and revoked_at is null`)) !== undefined

/** The newest keys of these people, or of everybody. */
export const keyPeople = (db: Db, people: readonly string[] | null): Promise<KeyPersonRow[]> =>
  db.rows(sql`
    select * from key_person where org = ${db.org} and (${people === null} or person = any(${people ?? []}::uuid[]))`)

/** Sets a person's newest keys. */
export const putKeyPerson = (tx: Tx, it: KeyPersonRow): Promise<number> =>
  tx.count(sql`
    insert into key_person (org, person, identity_key, identity_version, device_list_hash, device_list_version, user_key_id, user_key_version, vault_version, position)
    values (${tx.org}, ${it.person}, ${it.identity_key}, ${it.identity_version}, ${it.device_list_hash}, ${it.device_list_version}, ${it.user_key_id},
      ${it.user_key_version}, ${it.vault_version}, ${it.position})
    on conflict (org, person) do update set identity_key = excluded.identity_key, identity_version = excluded.identity_version,
      device_list_hash = excluded.device_list_hash, device_list_version = excluded.device_list_version, user_key_id = excluded.user_key_id,
      user_key_version = excluded.user_key_version, vault_version = excluded.vault_version, position = excluded.position`)

/** Statements about people, each after a position of their own, in order; at most `limit` in all. */
export const statementsAfter = (
  db: Db,
  people: readonly { readonly person: string; readonly after: number }[],
  limit: number,
): Promise<StatementRow[]> =>
  db.rows(sql`
    select s.person, s.position, s.kind, s.version, s.hash, s.statement, s.at, s.logged_at
    from unnest(${people.map((it) => it.person)}::uuid[], ${people.map((it) => it.after)}::bigint[]) with ordinality as w(person, after, ord)
    join key_statement s on s.org = ${db.org} and s.person = w.person and s.position > w.after
    order by w.ord, s.position limit ${limit}`)

/** The newest identity, device list and user key of these people. */
export const newestStatements = (db: Db, people: readonly string[]): Promise<StatementRow[]> =>
  db.rows(sql`
    select s.person, s.position, s.kind, s.version, s.hash, s.statement, s.at, s.logged_at
    from unnest(${people}::uuid[]) as w(person)
    cross join unnest(array['identity', 'device-list', 'user-key']) as k(kind)
    cross join lateral (
      select * from key_statement where org = ${db.org} and person = w.person and kind = k.kind order by position desc limit 1
    ) s`)

/** The newest device list that was accepted at least `hours` ago. */
export const deviceListOfAge = (db: Db, person: string, hours: number): Promise<StatementRow | undefined> =>
  db.maybe(sql`
    select person, position, kind, version, hash, statement, at, logged_at from key_statement
    where org = ${db.org} and person = ${person} and kind = 'device-list' and at <= wl_now() - ${hours} * interval '1 hour'
    order by position desc limit 1`)

/** Appends to a person's statements. */
export const insertStatement = (
  tx: Tx,
  it: {
    person: string
    position: number
    kind: PersonStatementKind
    version: number
    hash: Uint8Array
    statement: Uint8Array
    loggedAt?: Date | null
  },
): Promise<{ at: Date }> =>
  tx.one(sql`
    insert into key_statement (org, person, position, kind, version, hash, statement, logged_at)
    values (${tx.org}, ${it.person}, ${it.position}, ${it.kind}, ${it.version}, ${Buffer.from(it.hash)}, ${Buffer.from(it.statement)},
      ${it.loggedAt ?? null}) returning at`)

/** A person's devices, revoked ones too. */
export const devicesOf = (db: Db, person: string): Promise<DeviceRow[]> =>
  db.rows(
    sql`select device, person, sign_key, enrolled_at, revoked_at from device where org = ${db.org} and person = ${person} order by enrolled_at, device`,
  )

/** Devices of these people that are cut off. */
export const revokedOf = async (db: Db, people: readonly string[]): Promise<string[]> =>
  (
    await db.rows<{ device: string }>(sql`
      select device from device where org = ${db.org} and person = any(${people}::uuid[]) and revoked_at is not null`)
  ).map((it) => it.device)

/** One device. */
export const findDevice = (db: Db, device: string): Promise<DeviceRow | undefined> =>
  db.maybe(sql`select device, person, sign_key, enrolled_at, revoked_at from device where org = ${db.org} and device = ${device}`)

/** Enrols a device. Ids and keys of devices that ever were cannot come back. */
export const insertDevice = (tx: Tx, it: { device: string; person: string; signKey: Uint8Array }): Promise<number> =>
  tx.count(sql`
    insert into device (org, device, person, sign_key) values (${tx.org}, ${it.device}, ${it.person}, ${Buffer.from(it.signKey)})
    on conflict do nothing`)

/** Cuts a device off; 0 if it was already. */
export const markRevoked = (tx: Tx, device: string): Promise<number> =>
  tx.count(sql`update device set revoked_at = wl_now() where org = ${tx.org} and device = ${device} and revoked_at is null`)

/** The sealed vault of a person. */
export const findVault = (db: Db, person: string): Promise<VaultRow | undefined> =>
  db.maybe(sql`select version, hash, data_key, sealed from vault where org = ${db.org} and person = ${person}`)

/** Replaces the sealed vault of a person. */
export const putVaultRow = (tx: Tx, person: string, it: VaultRow): Promise<number> =>
  tx.count(sql`
    insert into vault (org, person, version, hash, data_key, sealed)
    values (${tx.org}, ${person}, ${it.version}, ${it.hash}, ${it.data_key}, ${it.sealed})
    on conflict (org, person) do update set version = excluded.version, hash = excluded.hash, data_key = excluded.data_key,
      sealed = excluded.sealed, at = wl_now()`)
