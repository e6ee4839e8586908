import { sql } from '@wardline/platform/db'
import type { Db, Tx } from '@wardline/platform/db'
import { workstationPolicy } from '../rules.ts'
import type { ShiftRow, StandingRow, StationRow } from './tables.ts'

export const findStation = (db: Db, tokenHash: Buffer) =>
  db.maybe<StationRow>(sql`
    select w.workstation, w.name, w.location, w.place, w.box_key, w.set_up_at, w.seen_at,
      (select l.name from location l where l.org = w.org and l.location = w.location) as location_name
    from workstation w where w.org = ${db.org} and w.token_hash = ${tokenHash} and w.removed_at is null`)

/** Whether a workstation is one still; it stays one until the commit: who comes back there and who removes it have an order. */
export const holdStation = async (tx: Tx, workstation: string) =>
  (await tx.maybe(sql`
    select 1 as yes from workstation where org = ${tx.org} and workstation = ${workstation} and removed_at is null for share`)) !==
  undefined

export const readStations = (db: Db) =>
  db.rows<StationRow>(sql`
    select w.workstation, w.name, w.location, w.place, w.box_key, w.set_up_at, w.seen_at,
      (select l.name from location l where l.org = w.org and l.location = w.location) as location_name
    from workstation w where w.org = ${db.org} and w.removed_at is null order by lower(w.name) limit 1000`)

/** False: another one has this name. */
export const insertStation = async (
  tx: Tx,
  it: { workstation: string; name: string; location: string | null; place: string; tokenHash: Buffer; key: Buffer; by: string },
) =>
  (await tx.count(sql`
    insert into workstation (org, workstation, name, location, place, token_hash, box_key, set_up_by)
    values (${tx.org}, ${it.workstation}, ${it.name}, ${it.location}, ${it.place}, ${it.tokenHash}, ${it.key}, ${it.by})
    on conflict (org, lower(name)) where removed_at is null do nothing`)) === 1

/** Notes that a workstation was seen, at most once a minute. */
export const noteSeen = (tx: Tx, workstation: string) =>
  tx.count(sql`
    update workstation set seen_at = wl_now()
    where org = ${tx.org} and workstation = ${workstation} and removed_at is null and seen_at <= wl_now() - interval '1 minute'`)

/** Its credential's hash; undefined: there is none. */
export const setRemoved = (tx: Tx, workstation: string) =>
  tx.maybe<{ token_hash: Buffer }>(sql`
    update workstation set removed_at = wl_now()
    where org = ${tx.org} and workstation = ${workstation} and removed_at is null returning token_hash`)

/** People in their shift who have a PIN and were last at this workstation or at its location, by name. */
export const peopleHere = (db: Db, it: { workstation: string; location: string | null }) =>
  db.rows<{ person: string; name: string }>(sql`
    select p.person, p.name from shift s
    join workstation w on w.org = s.org and w.workstation = s.workstation
    join person p on p.org = s.org and p.person = s.person and p.active
    join workstation_pin n on n.org = s.org and n.person = s.person
    where s.org = ${db.org} and s.ended_at is null and s.ends_at > wl_now()
      and (s.workstation = ${it.workstation} or w.location = ${it.location}::uuid)
    order by lower(p.name), p.person limit 200`)

export const openShift = (db: Db, person: string) =>
  db.maybe<ShiftRow>(sql`
    select shift, person, provider, workstation, began_at, ends_at, wrong_row, wrong_all from shift where org = ${db.org} and person = ${person} and ended_at is null and ends_at > wl_now()`)

export const insertShift = (
  tx: Tx,
  it: { shift: string; person: string; provider: string | null; workstation: string; beganAt: number; endsAt: number },
) =>
  tx.count(sql`
    insert into shift (org, shift, person, provider, workstation, began_at, ends_at)
    values (${tx.org}, ${it.shift}, ${it.person}, ${it.provider}, ${it.workstation},
      to_timestamp(${it.beganAt}::float8 / 1000), to_timestamp(${it.endsAt}::float8 / 1000))`)

/** Ends whatever shift of this person is open, also one whose time has passed. */
export const endOpenShift = (tx: Tx, person: string) =>
  tx.maybe<{ shift: string; over: boolean }>(sql`
    update shift set ended_at = wl_now() where org = ${tx.org} and person = ${person} and ended_at is null
    returning shift, ends_at <= wl_now() as over`)

/** Counts a PIN before it is looked at, so that guesses at once cannot outrun the count. Undefined: there is no shift to try, or still a wait. */
export const chargePin = (tx: Tx, person: string) =>
  tx.maybe<ShiftRow & { data_key: string; sealed: Buffer }>(sql`
    with charged as (
      update shift set wrong_row = wrong_row + 1, wrong_all = wrong_all + 1,
        wait_until = wl_now() + make_interval(secs => (${[0, ...workstationPolicy.waits]}::int[])[least(wrong_row + 2, ${workstationPolicy.waits.length + 1})])
      where org = ${tx.org} and person = ${person} and ended_at is null and ends_at > wl_now()
        and wrong_row < ${workstationPolicy.mostWrong} and wrong_all < ${workstationPolicy.mostWrongInShift}
        and (wait_until is null or wait_until <= wl_now())
        and exists (select 1 from workstation_pin n where n.org = shift.org and n.person = shift.person)
      returning *
    )
    select c.shift, c.person, c.provider, c.workstation, c.began_at, c.ends_at, c.wrong_row, c.wrong_all, n.data_key, n.sealed
    from charged c join workstation_pin n on n.org = c.org and n.person = c.person`)

/** Seconds that a person still has to wait before another PIN; 0 where they need not, or have no shift. */
export const waitLeft = async (db: Db, person: string) =>
  (
    await db.maybe<{ seconds: number }>(sql`
      select ceil(extract(epoch from wait_until - wl_now()))::int as seconds from shift
      where org = ${db.org} and person = ${person} and ended_at is null and ends_at > wl_now() and wait_until > wl_now()`)
  )?.seconds ?? 0

/** The PIN was right: it does not count, and nothing in a row is left. False: the shift has ended meanwhile. */
export const refundPin = async (tx: Tx, it: { shift: string; workstation: string }) =>
  (await tx.count(sql`
    update shift set wrong_row = 0, wrong_all = wrong_all - 1, wait_until = null, workstation = ${it.workstation}
    where org = ${tx.org} and shift = ${it.shift} and ended_at is null and ends_at > wl_now()`)) === 1

export const insertStanding = (
  tx: Tx,
  it: { session: string; person: string; workstation: string; shift: string; by: 'in-full' | 'pin' | 'badge-and-pin' },
) =>
  tx.count(sql`
    insert into workstation_session (org, session, person, workstation, shift, signed_in_by)
    values (${tx.org}, ${it.session}, ${it.person}, ${it.workstation}, ${it.shift}, ${it.by})`)

/** Where a session stands, if it is at a shared workstation. */
export const findStanding = (db: Db, session: string) =>
  db.maybe<StandingRow & { provider: string | null }>(sql`
    select w.workstation, w.shift, w.signed_in_by, s.began_at, s.ends_at, s.provider from workstation_session w
    join shift s on s.org = w.org and s.shift = w.shift
    where w.org = ${db.org} and w.session = ${session}`)

/** The other open sessions at shared workstations: of a person, or at a workstation. */
export const openAtStations = async (db: Db, of: { person?: string; workstation?: string }) =>
  (
    await db.rows<{ session: string }>(sql`
      select w.session from workstation_session w join session s on s.org = w.org and s.session = w.session and s.ended_at is null
      where w.org = ${db.org} and (${of.person ?? null}::uuid is null or w.person = ${of.person ?? null}::uuid)
        and (${of.workstation ?? null}::uuid is null or w.workstation = ${of.workstation ?? null}::uuid)`)
  ).map((row) => row.session)

export const readPin = (db: Db, person: string) =>
  db.maybe<{ set_at: Date }>(sql`select set_at from workstation_pin where org = ${db.org} and person = ${person}`)

export const upsertPin = (tx: Tx, person: string, it: { dataKey: string; sealed: Buffer }) =>
  tx.count(sql`
    insert into workstation_pin (org, person, data_key, sealed) values (${tx.org}, ${person}, ${it.dataKey}, ${it.sealed})
    on conflict (org, person) do update set data_key = excluded.data_key, sealed = excluded.sealed, set_at = wl_now()`)

export const deletePin = async (tx: Tx, person: string) =>
  (await tx.count(sql`delete from workstation_pin where org = ${tx.org} and person = ${person}`)) === 1

/** Shifts whose time has passed, of all organisations. */
export const dueShifts = (sweep: Db) =>
  sweep.rows<{ org: string; person: string }>(sql`
    select org, person from shift where ended_at is null and ends_at <= (select wl_now()) order by ends_at limit 200`)

export const purgeShifts = (sweep: Db) =>
  sweep.count(sql`
    delete from shift where (org, shift) in (
      select org, shift from shift where ended_at < (select wl_now()) - interval '30 days' limit 1000)`)

export const purgeStandings = (sweep: Db) =>
  sweep.count(sql`
    delete from workstation_session where (org, session) in (
      select org, session from workstation_session where at < (select wl_now()) - interval '30 days' limit 1000)`)
