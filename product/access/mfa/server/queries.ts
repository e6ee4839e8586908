import { sql } from '@wardline/platform/db'
import type { Db, Tx } from '@wardline/platform/db'
import type { TotpRow } from './tables.ts'

/** Counts an attempt before its code is looked at, so that parallel guesses cannot outrun the count; undefined: nothing to try against. */
export const chargeAttempt = (tx: Tx, person: string, most: number) =>
  tx.maybe<TotpRow>(sql`
    update totp set failures = failures + 1
    where org = ${tx.org} and person = ${person} and state = 'active' and disabled_at is null and failures < ${most}
    returning data_key, sealed, last_step, failures`)

export const takeStep = async (tx: Tx, person: string, step: number) =>
  (await tx.count(sql`
    update totp set last_step = ${step}, failures = 0
    where org = ${tx.org} and person = ${person} and state = 'active' and last_step < ${step}`)) === 1

export const disable = (tx: Tx, person: string) =>
  tx.count(sql`update totp set disabled_at = wl_now() where org = ${tx.org} and person = ${person} and state = 'active'`)

export const hasActive = async (db: Db, person: string) =>
  (await db.maybe(sql`select 1 as yes from totp where org = ${db.org} and person = ${person} and state = 'active'`)) !== undefined

export const upsertPending = (tx: Tx, person: string, it: { dataKey: string; sealed: Buffer }) =>
  tx.count(sql`
    insert into totp (org, person, state, data_key, sealed) values (${tx.org}, ${person}, 'pending', ${it.dataKey}, ${it.sealed})
    on conflict (org, person, state) do update set data_key = excluded.data_key, sealed = excluded.sealed, begun_at = wl_now()`)

export const lockPending = (tx: Tx, person: string, minutes: number) =>
  tx.maybe<TotpRow>(sql`
    select data_key, sealed, last_step, failures from totp
    where org = ${tx.org} and person = ${person} and state = 'pending' and begun_at > wl_now() - make_interval(mins => ${minutes}) for update`)

/** The pending authenticator takes the active one's place; a code of this step counts as used. */
export async function promotePending(tx: Tx, person: string, step: number): Promise<void> {
  await tx.count(sql`delete from totp where org = ${tx.org} and person = ${person} and state = 'active'`)
  await tx.count(sql`
    update totp set state = 'active', last_step = ${step} where org = ${tx.org} and person = ${person} and state = 'pending'`)
}
