import { sql } from '@wardline/platform/db'
import type { Db, Tx } from '@wardline/platform/db'
import { signInPolicy } from '../rules.ts'
import type { From } from './tables.ts'

/**
 * Counts an attempt from here before it is judged, so that parallel guesses cannot outrun the count. Undefined: there is still a wait.
 * The wait after this attempt is set at once; a right one takes it back.
 */
export const chargeAttempt = (tx: Tx, from: From, waits: readonly number[]) =>
  tx.maybe<{ failures: number }>(sql`
    insert into sign_in_backoff as b (org, name_key, network, failures, wait_until)
    values (${tx.org}, ${from.nameKey}, ${from.network}, 1, wl_now())
    on conflict (org, name_key, network) do update set
      failures = b.failures + 1,
      wait_until = wl_now() + make_interval(secs => (${[...waits]}::int[])[least(b.failures + 1, ${waits.length})]),
      last_at = wl_now()
    where b.wait_until <= wl_now()
    returning failures`)

export const waitLeft = async (tx: Tx, from: From) =>
  (
    await tx.maybe<{ seconds: number }>(sql`
      select ceil(extract(epoch from wait_until - wl_now()))::int as seconds from sign_in_backoff
      where org = ${tx.org} and name_key = ${from.nameKey} and network = ${from.network}`)
  )?.seconds ?? 0

export const refundAttempt = (tx: Tx, from: From) =>
  tx.count(sql`
    update sign_in_backoff set failures = greatest(failures - 1, 0), wait_until = wl_now()
    where org = ${tx.org} and name_key = ${from.nameKey} and network = ${from.network}`)

export const forgetAttempts = (tx: Tx, from: From) =>
  tx.count(sql`
    delete from sign_in_backoff where org = ${tx.org} and name_key = ${from.nameKey} and network = ${from.network} and strangers = 0`)

export const countStranger = (tx: Tx, from: From) =>
  tx.count(sql`
    update sign_in_backoff set strangers = strangers + 1
    where org = ${tx.org} and name_key = ${from.nameKey} and network = ${from.network}`)

export const hasStrangers = async (db: Db) =>
  (await db.maybe(sql`
    select 1 as yes from sign_in_backoff where org = ${db.org} and strangers > 0 and last_at <= (select wl_now()) - interval '1 minute' limit 1`)) !==
  undefined

/** Takes the counts of a minute ago and older, once. */
export const takeStrangers = async (tx: Tx) =>
  (
    await tx.one<{ attempts: number }>(sql`
      with due as (
        select name_key, network, strangers from sign_in_backoff
        where org = ${tx.org} and strangers > 0 and last_at <= (select wl_now()) - interval '1 minute' for update skip locked
      ), cleared as (
        update sign_in_backoff b set strangers = 0 from due d
        where b.org = ${tx.org} and b.name_key = d.name_key and b.network = d.network returning d.strangers
      )
      select coalesce(sum(strangers), 0)::int as attempts from cleared`)
  ).attempts

/** Counts an attempt against the password itself and returns what to verify; undefined: there is none, or it is disabled. */
export const chargePassword = (tx: Tx, person: string, most: number) =>
  tx.maybe<{ data_key: string; sealed: Buffer; failures: number }>(sql`
    update password set failures = failures + 1
    where org = ${tx.org} and person = ${person} and disabled_at is null and failures < ${most}
    returning data_key, sealed, failures`)

export const hasPassword = async (db: Db, person: string) =>
  (await db.maybe(sql`select 1 as yes from password where org = ${db.org} and person = ${person}`)) !== undefined

export const clearPasswordFailures = (tx: Tx, person: string) =>
  tx.count(sql`update password set failures = 0 where org = ${tx.org} and person = ${person} and disabled_at is null`)

export const disablePassword = (tx: Tx, person: string) =>
  tx.count(sql`update password set disabled_at = wl_now() where org = ${tx.org} and person = ${person} and disabled_at is null`)

export const upsertPassword = (tx: Tx, person: string, it: { dataKey: string; sealed: Buffer }) =>
  tx.count(sql`
    insert into password (org, person, data_key, sealed) values (${tx.org}, ${person}, ${it.dataKey}, ${it.sealed})
    on conflict (org, person) do update set
      data_key = excluded.data_key, sealed = excluded.sealed, set_at = wl_now(), failures = 0, disabled_at = null`)

export const insertTicket = (tx: Tx, it: { hash: Buffer; person: string; nameKey: Buffer; minutes: number }) =>
  tx.one<{ until: Date }>(sql`
    insert into sign_in_ticket (org, ticket_hash, person, name_key, until)
    values (${tx.org}, ${it.hash}, ${it.person}, ${it.nameKey}, wl_now() + make_interval(mins => ${it.minutes})) returning until`)

export const readTicket = (db: Db, hash: Buffer) =>
  db.maybe<{ person: string; name_key: Buffer }>(sql`
    select person, name_key from sign_in_ticket
    where org = ${db.org} and ticket_hash = ${hash} and until > wl_now() and tries < ${signInPolicy.ticketTries}`)

/** Counts a try of a ticket; false: it is used up, used or too old. */
export const tryTicket = async (tx: Tx, hash: Buffer) =>
  (await tx.count(sql`
    update sign_in_ticket set tries = tries + 1
    where org = ${tx.org} and ticket_hash = ${hash} and until > wl_now() and tries < ${signInPolicy.ticketTries}`)) === 1

export const deleteTickets = (tx: Tx, person: string) =>
  tx.count(sql`delete from sign_in_ticket where org = ${tx.org} and person = ${person}`)

// In what runs each second the clock stands in a subquery, read once: only so can an index be used.
export const purgeTickets = (sweep: Db) => sweep.count(sql`delete from sign_in_ticket where until < (select wl_now())`)

export const purgeBackoff = (sweep: Db) =>
  sweep.count(sql`
    delete from sign_in_backoff
    where last_at < (select wl_now()) - make_interval(hours => ${signInPolicy.forgetHours}) and strangers = 0`)
