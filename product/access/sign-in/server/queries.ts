import { sql } from '@wardline/platform/db'
import type { Db, Tx } from '@wardline/platform/db'
import { signInPolicy } from '../rules.ts'
import type { From, KnownRow } from './tables.ts'

/** The installation's secret for names that nobody has, sealed. */
export const findSecret = (db: Db) =>
  db.maybe<{ data_key: string; sealed: Buffer }>(sql`select data_key, sealed from sign_in_secret where org = ${db.org}`)

/** Keeps it; what is there already stays. */
export const insertSecret = (tx: Tx, it: { readonly dataKey: string; readonly sealed: Buffer }): Promise<number> =>
  tx.count(sql`insert into sign_in_secret (org, data_key, sealed) values (${tx.org}, ${it.dataKey}, ${it.sealed}) on conflict do nothing`)

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

/** Writes as much as counting a try against somebody's password does. */
export const touchAttempt = (tx: Tx, from: From) =>
  tx.count(sql`
    update sign_in_backoff set last_at = wl_now()
    where org = ${tx.org} and name_key = ${from.nameKey} and network = ${from.network}`)

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

/** Locks a person's count of wrong tries. It writes, whoever the person is and whatever came before. */
export const lockTries = (tx: Tx, person: string) =>
  tx.one<{ strangers: number; known: number; stopped: boolean }>(sql`
    insert into password_tries (org, person) values (${tx.org}, ${person})
    on conflict (org, person) do update set tried_at = wl_now()
    returning strangers, known, stopped_at is not null as stopped`)

export const chargeLane = (tx: Tx, person: string, lane: 'known' | 'strangers') =>
  tx.count(sql`
    update password_tries set strangers = strangers + ${lane === 'strangers' ? 1 : 0}, known = known + ${lane === 'known' ? 1 : 0}
    where org = ${tx.org} and person = ${person}`)

export const chargeBrowser = (tx: Tx, browser: string) =>
  tx.count(sql`update known_browser set failures = failures + 1 where org = ${tx.org} and browser = ${browser}`)

/** A password that is not disabled. */
export const usablePassword = (tx: Tx, person: string) =>
  tx.maybe<{ data_key: string; sealed: Buffer }>(sql`
    select data_key, sealed from password where org = ${tx.org} and person = ${person} and disabled_at is null`)

export const hasPassword = async (db: Db, person: string) =>
  (await db.maybe(sql`select 1 as yes from password where org = ${db.org} and person = ${person}`)) !== undefined

export async function clearTries(tx: Tx, person: string, browser: string | null): Promise<void> {
  await tx.count(sql`
    update password_tries set strangers = 0, known = 0, stopped_at = null where org = ${tx.org} and person = ${person}`)
  if (browser !== null) await tx.count(sql`update known_browser set failures = 0 where org = ${tx.org} and browser = ${browser}`)
}

export const stopStrangers = (tx: Tx, person: string) =>
  tx.count(sql`update password_tries set stopped_at = wl_now() where org = ${tx.org} and person = ${person} and stopped_at is null`)

export const passwordGeneration = async (db: Db, person: string) =>
  (await db.maybe<{ generation: number }>(sql`select generation from password where org = ${db.org} and person = ${person}`))?.generation

/** Known browsers of these tokens, people's own or a machine's: of people who are here, for the password that they have now. */
export const findKnown = (db: Db, hashes: readonly Buffer[]) =>
  db.rows<KnownRow>(sql`
    select k.browser, k.person, k.token_hash, p.sign_in_name
    from known_browser k
    join person p on p.org = k.org and p.person = k.person and p.active
    join password w on w.org = k.org and w.person = k.person and w.generation = k.generation
    where k.org = ${db.org} and (k.token_hash = any(${hashes}::bytea[]) or k.machine = any(${hashes}::bytea[])) and k.until > wl_now()`)

export const hasKnownBrowser = async (db: Db, person: string) =>
  (await db.maybe(sql`
    select 1 as yes from known_browser k
    join password w on w.org = k.org and w.person = k.person and w.generation = k.generation
    where k.org = ${db.org} and k.person = ${person} and k.until > wl_now() limit 1`)) !== undefined

export const insertKnown = (
  tx: Tx,
  it: { browser: string; person: string; hash: Buffer; generation: number; session: string; days: number },
) =>
  tx.count(sql`
    insert into known_browser (org, browser, person, token_hash, generation, session, until)
    values (${tx.org}, ${it.browser}, ${it.person}, ${it.hash}, ${it.generation}, ${it.session}, wl_now() + make_interval(days => ${it.days}))`)

/** `hash` null: of a machine, whose credential stays. */
export const renewKnown = (tx: Tx, it: { browser: string; hash: Buffer | null; session: string; days: number }) =>
  tx.count(sql`
    update known_browser set token_hash = ${it.hash}, session = ${it.session}, failures = 0, used_at = wl_now(),
      until = wl_now() + make_interval(days => ${it.days})
    where org = ${tx.org} and browser = ${it.browser}`)

/** Keeps the newest browsers of a person's own, the newest machines where they are known, and of both those of their present password. */
export const trimKnown = (tx: Tx, person: string, most: { readonly own: number; readonly machines: number }) =>
  tx.count(sql`
    delete from known_browser where org = ${tx.org} and person = ${person} and browser not in (
      select kept.browser from (
        select k.browser, k.machine, row_number() over (partition by k.machine is null order by k.used_at desc, k.browser) as place
        from known_browser k
        join password w on w.org = k.org and w.person = k.person and w.generation = k.generation
        where k.org = ${tx.org} and k.person = ${person}) kept
      where kept.place <= case when kept.machine is null then ${most.own}::int else ${most.machines}::int end)`)

/** Forgets a browser that guessed so often. */
export const forgetBrowser = (tx: Tx, browser: string, failures: number) =>
  tx.count(sql`delete from known_browser where org = ${tx.org} and browser = ${browser} and failures >= ${failures}`)

export const deleteBrowsersOf = (tx: Tx, session: string) =>
  tx.count(sql`delete from known_browser where org = ${tx.org} and session = ${session}`)

/** Whoever signed in by this session is known by the machine's credential instead of a token of their own: once at each machine. */
export async function moveToMachine(tx: Tx, it: { person: string; session: string; machine: Buffer }): Promise<void> {
  await tx.count(sql`
    delete from known_browser where org = ${tx.org} and machine = ${it.machine} and person = ${it.person} and session <> ${it.session}`)
  await tx.count(sql`
    update known_browser set machine = ${it.machine}, token_hash = null
    where org = ${tx.org} and person = ${it.person} and session = ${it.session} and machine is null`)
}

/** Whose session is ended from elsewhere is known no more: it is the newest one at that machine. */
export const followSession = (tx: Tx, it: { person: string; session: string; machine: Buffer }) =>
  tx.count(sql`
    update known_browser set session = ${it.session} where org = ${tx.org} and machine = ${it.machine} and person = ${it.person}`)

export const deleteMachine = (tx: Tx, machine: Buffer) =>
  tx.count(sql`delete from known_browser where org = ${tx.org} and machine = ${machine}`)

export const deleteHeld = (tx: Tx, hashes: readonly Buffer[]) =>
  tx.count(sql`delete from known_browser where org = ${tx.org} and token_hash = any(${hashes}::bytea[])`)

export const disablePassword = (tx: Tx, person: string) =>
  tx.count(sql`update password set disabled_at = wl_now() where org = ${tx.org} and person = ${person} and disabled_at is null`)

export const upsertPassword = (tx: Tx, person: string, it: { dataKey: string; sealed: Buffer }) =>
  tx.count(sql`
    insert into password (org, person, data_key, sealed) values (${tx.org}, ${person}, ${it.dataKey}, ${it.sealed})
    on conflict (org, person) do update set
      data_key = excluded.data_key, sealed = excluded.sealed, set_at = wl_now(), generation = password.generation + 1, disabled_at = null`)

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

export const purgeKnown = (sweep: Db) => sweep.count(sql`delete from known_browser where until < (select wl_now())`)
