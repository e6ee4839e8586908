import { sql } from '@wardline/platform/db'
import type { Db, Tx } from '@wardline/platform/db'
import type { BrowserName } from '../preview.ts'
import type { Place } from '../rules.ts'
import type { OwnSessionRow, SessionRow } from './tables.ts'

export const findOpenSession = (db: Db, tokenHash: Buffer) =>
  db.maybe<SessionRow>(sql`
    select session, person, place, device, started_at, proven_at, active_at, idle_until, ends_at from session
    where org = ${db.org} and token_hash = ${tokenHash} and ended_at is null and idle_until > wl_now() and ends_at > wl_now()`)

/** Open sessions of a person, oldest first. */
export const openSessions = (db: Db, person: string) =>
  db.rows<OwnSessionRow>(sql`
    select session, person, place, device, started_at, proven_at, active_at, idle_until, ends_at, browser, browser_version, system from session
    where org = ${db.org} and person = ${person} and ended_at is null and idle_until > wl_now() and ends_at > wl_now()
    order by started_at, session`)

export const insertSession = (
  tx: Tx,
  it: {
    session: string
    person: string
    tokenHash: Buffer
    place: string
    browser: BrowserName
    idleSeconds: number
    absoluteSeconds: number
    provenAt?: number
    endsBy?: number
  },
) =>
  tx.one<{ ends_at: Date }>(sql`
    insert into session (org, session, person, token_hash, place, browser, browser_version, system, proven_at, idle_until, ends_at)
    select ${tx.org}, ${it.session}, ${it.person}, ${it.tokenHash}, ${it.place},
      ${it.browser.browser}, ${it.browser.version}::int, ${it.browser.system},
      coalesce(to_timestamp(${it.provenAt ?? null}::float8 / 1000), t.at), t.at + make_interval(secs => ${it.idleSeconds}),
      least(t.at + make_interval(secs => ${it.absoluteSeconds}), to_timestamp(${it.endsBy ?? null}::float8 / 1000))
    from (select wl_now() as at) t
    returning ends_at`)

/** Notes that an organisation's own provider proved the person of this session. */
export const setProvider = (tx: Tx, session: string, provider: string) =>
  tx.count(sql`update session set provider = ${provider} where org = ${tx.org} and session = ${session}`)

/** An open session with the provider that proved its person, or null. */
export const readProvider = (db: Db, session: string) =>
  db.maybe<{ provider: string | null; ends_at: Date }>(sql`
    select provider, ends_at from session where org = ${db.org} and session = ${session} and ended_at is null`)

/**
 * Moves the idle end, unless that was done less than `every` seconds ago or the session is over. The absolute end is drawn nearer where the
 * figures of now ask for it: a session that began while they were changed has it from those of before.
 */
export const moveIdleEnd = (
  tx: Tx,
  session: string,
  it: { idleSeconds: Readonly<Record<string, number>>; absoluteSeconds: number; every: number },
) =>
  tx.maybe<{ idle_until: Date }>(sql`
    update session set active_at = wl_now(), idle_until = wl_now() + make_interval(secs => (${JSON.stringify(it.idleSeconds)}::jsonb ->> place)::int),
      ends_at = least(ends_at, started_at + make_interval(secs => ${it.absoluteSeconds}))
    where org = ${tx.org} and session = ${session} and ended_at is null and idle_until > wl_now() and ends_at > wl_now()
      and active_at <= wl_now() - make_interval(secs => ${it.every})
    returning idle_until`)

/** Ends open sessions of the organisation: one, or those of a person or device, but `except`. */
export const endOpenSessions = (
  tx: Tx,
  of: { sessions?: readonly string[]; person?: string; device?: string; except?: string },
  reason: string,
) =>
  tx.rows<{ session: string; person: string }>(sql`
    update session set ended_at = wl_now(), end_reason = ${reason}
    where org = ${tx.org} and ended_at is null
      and (${of.sessions ?? null}::uuid[] is null or session = any(${of.sessions ?? null}::uuid[]))
      and (${of.person ?? null}::uuid is null or person = ${of.person ?? null}::uuid)
      and (${of.device ?? null}::uuid is null or device = ${of.device ?? null}::uuid)
      and session is distinct from ${of.except ?? null}::uuid
    returning session, person`)

/** Somebody signed in for the first time, or again. */
export const noteSignIn = (tx: Tx, person: string) =>
  tx.send(sql`insert into first_sign_in (org, person) values (${tx.org}, ${person}) on conflict do nothing`)

/** Whether this person ever signed in. */
export const hasSignedIn = async (db: Db, person: string) =>
  (await db.maybe(sql`select 1 as yes from first_sign_in where org = ${db.org} and person = ${person}`)) !== undefined

/** Open sessions of the organisation, for new figures. */
export const allOpenSessions = (tx: Tx) =>
  tx.rows<{ session: string; person: string; place: Place }>(sql`
    select session, person, place from session
    where org = ${tx.org} and ended_at is null and idle_until > wl_now() and ends_at > wl_now() for no key update`)

/** Draws the ends of open sessions nearer, counted from the last act and from the beginning; never further away. */
export const drawNearer = (
  tx: Tx,
  it: { sessions: readonly string[]; idleSeconds: readonly number[]; absoluteSeconds: readonly number[] },
) =>
  tx.count(sql`
    update session s set idle_until = least(s.idle_until, s.active_at + make_interval(secs => n.idle)),
      ends_at = least(s.ends_at, s.started_at + make_interval(secs => n.absolute))
    from unnest(${it.sessions}::uuid[], ${it.idleSeconds}::float8[], ${it.absoluteSeconds}::float8[]) as n(session, idle, absolute)
    where s.org = ${tx.org} and s.session = n.session and s.ended_at is null`)

export const setDevice = (tx: Tx, session: string, device: string) =>
  tx.maybe<{ person: string }>(sql`
    update session set device = ${device}
    where org = ${tx.org} and session = ${session} and ended_at is null and idle_until > wl_now() and ends_at > wl_now()
    returning person`)

/** When each device of a person was last used in a session, and whether one of its sessions is open. */
export const usesOfDevices = (db: Db, person: string) =>
  db.rows<{ device: string; active_at: Date; is_open: boolean }>(sql`
    select device, max(active_at) as active_at, bool_or(ended_at is null and idle_until > wl_now() and ends_at > wl_now()) as is_open
    from session where org = ${db.org} and person = ${person} and device is not null group by device`)

/** The person of an open session has proven themselves just now. */
export const setProven = (tx: Tx, session: string) =>
  tx.maybe<{ person: string; proven_at: Date }>(sql`
    update session set proven_at = wl_now()
    where org = ${tx.org} and session = ${session} and ended_at is null and idle_until > wl_now() and ends_at > wl_now()
    returning person, proven_at`)

/** Sessions whose time has passed, of all organisations. The clock stands in a subquery, read once: only so can the index be used. */
export const dueSessions = (sweep: Db, most: number) =>
  sweep.rows<{ org: string; session: string }>(sql`
    select org, session from session where ended_at is null and least(idle_until, ends_at) <= (select wl_now())
    order by least(idle_until, ends_at) limit ${most}`)

/** Ends one session if its time has passed; whoever comes second finds it ended. */
export const endIfOver = (tx: Tx, session: string) =>
  tx.maybe<{ person: string; reason: 'idle' | 'absolute' }>(sql`
    update session set ended_at = wl_now(), end_reason = case when idle_until < ends_at then 'idle' else 'absolute' end
    where org = ${tx.org} and session = ${session} and ended_at is null and least(idle_until, ends_at) <= wl_now()
    returning person, end_reason as reason`)

export const purgeSessions = (sweep: Db) =>
  sweep.count(sql`
    delete from session where (org, session) in (
      select org, session from session where ended_at < (select wl_now()) - interval '30 days' limit 1000)`)
