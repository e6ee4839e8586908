import { sql } from '@wardline/platform/db'
import type { Db, Tx } from '@wardline/platform/db'

/** A token that is good now. */
export interface TokenRow {
  readonly token: string
  readonly source: string
  readonly label: string
  readonly made_at: Date
  readonly until: Date
  readonly last_used_at: Date | null
}

const good = (db: Db, hash: Buffer | null) => sql`
  select token, source, label, made_at, until, last_used_at from scim_token
  where org = ${db.org} and ended_at is null and until > wl_now() and (${hash}::bytea is null or token_hash = ${hash}::bytea) order by made_at limit 10`

export const findToken = (db: Db, hash: Buffer) => db.maybe<TokenRow>(good(db, hash))
export const goodTokens = (db: Db) => db.rows<TokenRow>(good(db, null))

export const insertToken = (tx: Tx, it: { token: string; source: string; hash: Buffer; label: string }) =>
  tx.one<{ made_at: Date; until: Date }>(sql`
    insert into scim_token (org, token, source, token_hash, label, made_by, until)
    values (${tx.org}, ${it.token}, ${it.source}, ${it.hash}, ${it.label}, ${tx.by.actor}, wl_now() + interval '1 year') returning made_at, until`)

export const setEnded = async (tx: Tx, token: string) =>
  (await tx.count(sql`update scim_token set ended_at = wl_now() where org = ${tx.org} and token = ${token} and ended_at is null`)) === 1

/** Notes the use of a token, at most once a minute. */
export const noteUse = (tx: Tx, token: string) =>
  tx.count(sql`
    update scim_token set last_used_at = wl_now()
    where org = ${tx.org} and token = ${token} and (last_used_at is null or last_used_at < wl_now() - interval '1 minute')`)
