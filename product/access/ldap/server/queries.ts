import { sql } from '@wardline/platform/db'
import type { Db, Tx } from '@wardline/platform/db'
import type { Static } from '@wardline/platform/contract'
import type { LdapSettings } from '../contract.ts'

/** The organisation's LDAP directory. */
export interface LdapRow {
  readonly source: string
  readonly settings: Static<typeof LdapSettings>
  readonly data_key: string
  readonly sealed: Buffer
  readonly state: 'off' | 'on'
  readonly worked_at: Date | null
  readonly seen: number | null
  readonly problem: string | null
  readonly problem_at: Date | null
}

export const readConnection = (db: Db) =>
  db.maybe<LdapRow>(sql`
    select source, settings, data_key, sealed, state, worked_at, seen, problem, problem_at from ldap_connection where org = ${db.org}`)

export const lockOrganisation = (tx: Tx) => tx.rows(sql`select org from org where org = ${tx.org} for no key update`)

export const putConnection = (tx: Tx, it: { source: string; settings: object; dataKey: string; sealed: Buffer; on: boolean }) =>
  tx.count(sql`
    insert into ldap_connection (org, source, settings, data_key, sealed, state)
    values (${tx.org}, ${it.source}, ${JSON.stringify(it.settings)}::jsonb, ${it.dataKey}, ${it.sealed}, case when ${it.on} then 'on' else 'off' end)
    on conflict (org) do update set settings = excluded.settings, data_key = excluded.data_key, sealed = excluded.sealed, state = excluded.state,
      due_at = wl_now(), problem = null, problem_at = null`)

/** Directories that are due, of all organisations. The clock stands in a subquery, read once: only so can the index be used. */
export const dueConnections = (sweep: Db, most: number) =>
  sweep.rows<{ org: string }>(sql`
    select org from ldap_connection where state = 'on' and due_at <= (select wl_now()) order by due_at limit ${most}`)

/** Takes a due directory for this minute; undefined: another node was faster. */
export const claim = (tx: Tx) =>
  tx.maybe<LdapRow>(sql`
    update ldap_connection set due_at = wl_now() + interval '1 minute'
    where org = ${tx.org} and state = 'on' and due_at <= wl_now()
    returning source, settings, data_key, sealed, state, worked_at, seen, problem, problem_at`)

export const noteWorked = (tx: Tx, seen: number) =>
  tx.count(sql`update ldap_connection set worked_at = wl_now(), seen = ${seen}, problem = null, problem_at = null where org = ${tx.org}`)

export const noteProblem = (tx: Tx, what: string) =>
  tx.count(sql`update ldap_connection set problem = ${what}, problem_at = wl_now() where org = ${tx.org}`)
