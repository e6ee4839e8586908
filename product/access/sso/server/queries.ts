import { sql } from '@wardline/platform/db'
import type { Db, Tx } from '@wardline/platform/db'
import type { AttemptRow, ConnectionRow } from './tables.ts'

/** Works in any organisation's transaction: what a sign-in page may show. */
export const findOffers = (db: Db, address: string | null) =>
  db.rows<{ org: string; connection: string; label: string; address: string }>(
    sql`select org, connection, label, address from wl_sso_offers(${address}::text)`,
  )

/** Works in any organisation's transaction: whose connection this is. */
export const findOrg = async (db: Db, connection: string) =>
  (await db.one<{ org: string | null }>(sql`select wl_find_sso_connection(${connection}::uuid) as org`)).org

const columns = (db: Db, connection: string | null) => sql`
  select connection, version, label, address, state, listed, first_link, settings, data_key, sealed, problem, problem_detail, problem_at, worked_at
  from sso_connection where org = ${db.org} and (${connection}::uuid is null or connection = ${connection}::uuid) order by made_at, connection`

export const readConnection = (db: Db, connection: string) => db.maybe<ConnectionRow>(columns(db, connection))

export const readConnections = (db: Db) => db.rows<ConnectionRow>(columns(db, null))

/** Serialises changes of one organisation's connections. */
export const lockConnections = (tx: Tx) => tx.rows(sql`select org from org where org = ${tx.org} for no key update`)

/** What of a connection is stored as it was said; `settings` without its secret, which is sealed. */
interface StoredConnection {
  connection: string
  label: string
  address: string
  listed: boolean
  firstLink: boolean
  settings: object
  dataKey: string | null
  sealed: Buffer | null
}

/** False if the address is taken, in whichever organisation. */
export const insertConnection = async (tx: Tx, it: StoredConnection) =>
  (await tx.count(sql`
    insert into sso_connection (org, connection, label, address, state, listed, first_link, settings, data_key, sealed)
    values (${tx.org}, ${it.connection}, ${it.label}, ${it.address}, 'off', ${it.listed}, ${it.firstLink}, ${JSON.stringify(it.settings)}::jsonb,
      ${it.dataKey}, ${it.sealed})
    on conflict (address) do nothing`)) === 1

/** False if there is no such connection. */
export const updateConnection = async (tx: Tx, it: StoredConnection & { on: boolean }) =>
  (await tx.count(sql`
    update sso_connection set version = version + 1, label = ${it.label}, address = ${it.address}, state = case when ${it.on} then 'on' else 'off' end,
      listed = ${it.listed}, first_link = ${it.firstLink}, settings = ${JSON.stringify(it.settings)}::jsonb, data_key = ${it.dataKey},
      sealed = ${it.sealed}, changed_at = wl_now(), problem = null, problem_detail = null, problem_at = null
    where org = ${tx.org} and connection = ${it.connection}`)) === 1

/** Whether another connection has this address, in whichever organisation. */
export const isAddressTaken = async (db: Db, address: string, but: string) =>
  (await db.one<{ taken: boolean }>(sql`select wl_sso_address_taken(${address}, ${but}::uuid) as taken`)).taken

export const noteProblem = (tx: Tx, connection: string, it: { code: string; detail: string }) =>
  tx.count(sql`
    update sso_connection set problem = ${it.code}, problem_detail = ${it.detail}, problem_at = wl_now()
    where org = ${tx.org} and connection = ${connection}`)

export const noteWorked = (tx: Tx, connection: string) =>
  tx.count(sql`update sso_connection set worked_at = wl_now() where org = ${tx.org} and connection = ${connection}`)

export const insertAttempt = (
  tx: Tx,
  it: {
    stateHash: Buffer
    browserHash: Buffer
    connection: string
    version: number
    purpose: string
    person: string | null
    place: string
    fresh: boolean
    dataKey: string
    sealed: Buffer
    minutes: number
  },
) =>
  tx.count(sql`
    insert into sso_attempt (org, state_hash, browser_hash, connection, version, purpose, person, place, fresh, data_key, sealed, until)
    values (${tx.org}, ${it.stateHash}, ${it.browserHash}, ${it.connection}, ${it.version}, ${it.purpose}, ${it.person}, ${it.place},
      ${it.fresh}, ${it.dataKey}, ${it.sealed}, wl_now() + make_interval(mins => ${it.minutes}))`)

/**
 * Takes an attempt for the provider's one answer; undefined: there is none, it ran out, an answer was taken, or its connection was changed
 * or turned off. `browserHash` null: the answer came by the provider's form, which carries no cookie of ours.
 */
export const takeAttempt = (tx: Tx, stateHash: Buffer, browserHash: Buffer | null) =>
  tx.maybe<AttemptRow>(sql`
    update sso_attempt a set answered_at = wl_now()
    from sso_connection c
    where a.org = ${tx.org} and a.state_hash = ${stateHash} and a.until > wl_now() and a.answered_at is null
      and (${browserHash}::bytea is null or a.browser_hash = ${browserHash}::bytea)
      and c.org = a.org and c.connection = a.connection and c.version = a.version and (c.state = 'on' or a.purpose <> 'sign-in')
    returning a.connection, a.version, a.purpose, a.person, a.place, a.fresh, a.data_key, a.sealed`)

export const setHandover = (tx: Tx, stateHash: Buffer, it: { handoverHash: Buffer; dataKey: string; sealed: Buffer }) =>
  tx.count(sql`
    update sso_attempt set handover_hash = ${it.handoverHash}, data_key = ${it.dataKey}, sealed = ${it.sealed}
    where org = ${tx.org} and state_hash = ${stateHash}`)

/** Takes what a SAML answer left for the browser that began, once. */
export const takeHandover = (tx: Tx, handoverHash: Buffer, browserHash: Buffer) =>
  tx.maybe<AttemptRow>(sql`
    update sso_attempt a set handed_at = wl_now() from sso_connection c
    where a.org = ${tx.org} and a.handover_hash = ${handoverHash} and a.browser_hash = ${browserHash} and a.handed_at is null and a.until > wl_now()
      and c.org = a.org and c.connection = a.connection and c.version = a.version and (c.state = 'on' or a.purpose <> 'sign-in')
    returning a.connection, a.version, a.purpose, a.person, a.place, a.fresh, a.data_key, a.sealed`)

/** False if this assertion was taken before. */
export const takeAssertion = async (tx: Tx, connection: string, hash: Buffer, until: number) =>
  (await tx.count(sql`
    insert into sso_assertion (org, connection, assertion_hash, until)
    values (${tx.org}, ${connection}, ${hash}, to_timestamp(${until} / 1000.0)) on conflict do nothing`)) === 1

export const findLink = (db: Db, connection: string, subjectHash: Buffer) =>
  db.maybe<{ person: string }>(sql`
    select person from sso_link where org = ${db.org} and connection = ${connection} and subject_hash = ${subjectHash}`)

/** False if the person or the subject has a link already. */
export const insertLink = async (tx: Tx, it: { connection: string; subjectHash: Buffer; person: string; by: string | null }) =>
  (await tx.count(sql`
    insert into sso_link (org, connection, subject_hash, person, linked_by)
    values (${tx.org}, ${it.connection}, ${it.subjectHash}, ${it.person}, ${it.by}) on conflict do nothing`)) === 1

export const useLink = (tx: Tx, connection: string, person: string) =>
  tx.count(sql`update sso_link set used_at = wl_now() where org = ${tx.org} and connection = ${connection} and person = ${person}`)

export const deleteLink = async (tx: Tx, connection: string, person: string) =>
  (await tx.count(sql`delete from sso_link where org = ${tx.org} and connection = ${connection} and person = ${person}`)) === 1

export const linksOf = (db: Db, person: string) =>
  db.rows<{ connection: string; label: string; linked_at: Date | null }>(sql`
    select c.connection, c.label, l.linked_at from sso_connection c
    left join sso_link l on l.org = c.org and l.connection = c.connection and l.person = ${person}
    where c.org = ${db.org} and c.state = 'on' order by c.label`)

export const countLinks = (db: Db) =>
  db.rows<{ connection: string; linked: number }>(sql`
    select connection, count(*)::int as linked from sso_link where org = ${db.org} group by connection`)

export const givePass = (tx: Tx, person: string, connection: string, minutes: number) =>
  tx.count(sql`
    insert into sso_pass (org, person, connection, until) values (${tx.org}, ${person}, ${connection}, wl_now() + make_interval(mins => ${minutes}))
    on conflict (org, person) do update set connection = excluded.connection, until = excluded.until`)

export const readDemand = (db: Db) => db.maybe<{ connection: string }>(sql`select connection from sso_demand where org = ${db.org}`)

/** Whether the person may begin a session without the demanded provider: null where none is demanded. Uses up what the provider said. */
export const spendPass = async (tx: Tx, person: string, connection: string) =>
  (await tx.count(sql`
    delete from sso_pass where org = ${tx.org} and person = ${person} and connection = ${connection} and until > wl_now()`)) === 1

export const isExempt = async (db: Db, person: string) =>
  (await db.maybe(sql`select 1 as yes from sso_exempt where org = ${db.org} and person = ${person}`)) !== undefined

export const exemptPeople = async (db: Db) =>
  (await db.rows<{ person: string }>(sql`select person from sso_exempt where org = ${db.org} order by person`)).map((row) => row.person)

export async function putDemand(tx: Tx, connection: string | null, exempt: readonly string[]): Promise<void> {
  await tx.count(sql`delete from sso_exempt where org = ${tx.org}`)
  await tx.count(sql`insert into sso_exempt (org, person) select ${tx.org}, person from unnest(${exempt}::uuid[]) as t(person)`)
  await tx.count(sql`delete from sso_demand where org = ${tx.org}`)
  if (connection !== null) await tx.count(sql`insert into sso_demand (org, connection) values (${tx.org}, ${connection})`)
}

// In what runs each second the clock stands in a subquery, read once: only so can an index be used.
export const purgeAttempts = (sweep: Db) => sweep.count(sql`delete from sso_attempt where until < (select wl_now()) - interval '1 hour'`)

export const purgeAssertions = (sweep: Db) => sweep.count(sql`delete from sso_assertion where until < (select wl_now())`)
