import { sql } from '@wardline/platform/db'
import type { Db, Tx } from '@wardline/platform/db'
import type { Because } from '../rules.ts'

/** A tie of a person to a patient that holds now. */
export interface TieRow {
  readonly patient: string
  readonly because: Because
  readonly until: Date | null
}

/** Every tie of a person that holds now; `patient` null asks for all of them. */
export const readTies = (db: Db, person: string, patient: string | null): Promise<TieRow[]> =>
  db.rows(sql`
    with t as (select wl_now() as now)
    select m.patient, m.why as because, m.ends_at as until from care_member m, t
    where m.org = ${db.org} and m.person = ${person} and (${patient}::uuid is null or m.patient = ${patient}::uuid)
      and m.since <= t.now and (m.ends_at is null or m.ends_at > t.now)
    union all
    select p.patient, 'unit', s.ends_at from t, unit_shift s join care_placement p on p.org = s.org and p.unit = s.unit
    where s.org = ${db.org} and s.person = ${person} and (${patient}::uuid is null or p.patient = ${patient}::uuid)
      and s.starts_at <= t.now and (s.ends_at is null or s.ends_at > t.now)
    union all
    select o.patient, o.kind, o.ends_at from care_opening o, t
    where o.org = ${db.org} and o.person = ${person} and (${patient}::uuid is null or o.patient = ${patient}::uuid)
      and o.ends_at > t.now
    limit 20000`)

/** Who is tied to a patient now by care team or unit. */
export const readTeam = (db: Db, patient: string): Promise<{ person: string; because: Because; until: Date | null }[]> =>
  db.rows(sql`
    with t as (select wl_now() as now)
    select m.person, m.why as because, m.ends_at as until from care_member m, t
    where m.org = ${db.org} and m.patient = ${patient} and m.since <= t.now and (m.ends_at is null or m.ends_at > t.now)
    union all
    select s.person, 'unit', s.ends_at from t, care_placement p join unit_shift s on s.org = p.org and s.unit = p.unit
    where p.org = ${db.org} and p.patient = ${patient} and s.starts_at <= t.now and (s.ends_at is null or s.ends_at > t.now)
    limit 1000`)

export const findPlacement = (db: Db, patient: string): Promise<{ unit: string; name: string } | undefined> =>
  db.maybe(sql`
    select p.unit, u.name from care_placement p join unit u on u.org = p.org and u.unit = p.unit
    where p.org = ${db.org} and p.patient = ${patient}`)

export const setPlacement = (tx: Tx, patient: string, unit: string): Promise<number> =>
  tx.count(sql`
    insert into care_placement (org, patient, unit) values (${tx.org}, ${patient}, ${unit})
    on conflict (org, patient) do update set unit = excluded.unit, since = wl_now() where care_placement.unit <> excluded.unit`)

export const clearPlacement = (tx: Tx, patient: string): Promise<number> =>
  tx.count(sql`delete from care_placement where org = ${tx.org} and patient = ${patient}`)

export const upsertMember = (
  tx: Tx,
  it: { patient: string; person: string; why: string; since: Date | null; until: Date | null },
): Promise<number> =>
  tx.count(sql`
    insert into care_member (org, patient, person, why, since, ends_at)
    values (${tx.org}, ${it.patient}, ${it.person}, ${it.why}, coalesce(${it.since}::timestamptz, wl_now()), ${it.until})
    on conflict (org, patient, person, why) do update
      set since = least(care_member.since, excluded.since),
        ends_at = case when care_member.ends_at is null or excluded.ends_at is null then null else greatest(care_member.ends_at, excluded.ends_at) end`)

export const deleteMember = (tx: Tx, patient: string, person: string): Promise<number> =>
  tx.count(sql`delete from care_member where org = ${tx.org} and patient = ${patient} and person = ${person}`)

/** Opens a record for minutes; undefined if there is an opening of this id. */
export const insertOpening = (
  tx: Tx,
  it: { opening: string; person: string; patient: string; kind: 'cover' | 'emergency'; minutes: number },
): Promise<{ ends_at: Date } | undefined> =>
  tx.maybe(sql`
    insert into care_opening (org, opening, person, patient, kind, ends_at)
    values (${tx.org}, ${it.opening}, ${it.person}, ${it.patient}, ${it.kind}, wl_now() + ${it.minutes} * interval '1 minute')
    on conflict do nothing returning ends_at`)

export const closeOpening = (tx: Tx, opening: string): Promise<number> =>
  tx.count(sql`update care_opening set ends_at = wl_now() where org = ${tx.org} and opening = ${opening} and ends_at > wl_now()`)

export interface UnitRow {
  readonly unit: string
  readonly name: string
  readonly location: string | null
}

export const readUnits = (db: Db): Promise<UnitRow[]> =>
  db.rows(sql`select unit, name, location from unit where org = ${db.org} and closed_at is null order by lower(name) limit 1000`)

export const findUnit = (db: Db, unit: string): Promise<UnitRow | undefined> =>
  db.maybe(sql`select unit, name, location from unit where org = ${db.org} and unit = ${unit} and closed_at is null`)

export const insertUnit = async (tx: Tx, it: UnitRow): Promise<boolean> =>
  (await tx.count(sql`
    insert into unit (org, unit, name, location) values (${tx.org}, ${it.unit}, ${it.name}, ${it.location}) on conflict do nothing`)) === 1

/** 0: no such unit. Another's name breaks the index. */
export const setUnitName = (tx: Tx, unit: string, name: string): Promise<number> =>
  tx.count(sql`
    update unit set name = ${name} where org = ${tx.org} and unit = ${unit} and closed_at is null
      and not exists (select from unit u where u.org = ${tx.org} and u.unit <> ${unit} and lower(u.name) = lower(${name}) and u.closed_at is null)`)

/** Closes a unit on which nobody is; 0: somebody is, or it was closed. */
export const setUnitClosed = (tx: Tx, unit: string): Promise<number> =>
  tx.count(sql`
    update unit set closed_at = wl_now() where org = ${tx.org} and unit = ${unit} and closed_at is null
      and not exists (select from care_placement p where p.org = ${tx.org} and p.unit = ${unit})`)

/** Keeps a unit open, or closed, until the commit: who places a patient or a colleague there and who closes it have an order. */
export const lockUnit = (tx: Tx, unit: string): Promise<UnitRow | undefined> =>
  tx.maybe(sql`select unit, name, location from unit where org = ${tx.org} and unit = ${unit} and closed_at is null for no key update`)

/** The units of a closed location belong to the main one. */
export const moveUnits = (tx: Tx, location: string): Promise<number> =>
  tx.count(sql`update unit set location = null where org = ${tx.org} and location = ${location}`)

/** Nobody is on a unit's roster any more. */
export async function endRoster(tx: Tx, unit: string): Promise<void> {
  await tx.count(sql`delete from unit_shift where org = ${tx.org} and unit = ${unit} and starts_at >= wl_now()`)
  await tx.count(
    sql`update unit_shift set ends_at = wl_now() where org = ${tx.org} and unit = ${unit} and (ends_at is null or ends_at > wl_now())`,
  )
}

export interface ShiftRow {
  readonly shift: string
  readonly unit: string
  readonly person: string
  readonly starts_at: Date
  readonly ends_at: Date | null
}

export const readShifts = (db: Db): Promise<ShiftRow[]> =>
  db.rows(
    sql`select shift, unit, person, starts_at, ends_at from unit_shift where org = ${db.org} and (ends_at is null or ends_at > wl_now()) order by starts_at, shift limit 10000`,
  )

export const findShift = (db: Db, id: string): Promise<ShiftRow | undefined> =>
  db.maybe(sql`select shift, unit, person, starts_at, ends_at from unit_shift where org = ${db.org} and shift = ${id}`)

export const insertShift = async (
  tx: Tx,
  it: { shift: string; unit: string; person: string; from: Date; until: Date | null },
): Promise<boolean> =>
  (await tx.count(sql`
    insert into unit_shift (org, shift, unit, person, starts_at, ends_at)
    values (${tx.org}, ${it.shift}, ${it.unit}, ${it.person}, ${it.from}, ${it.until}) on conflict do nothing`)) === 1

/** Ends a shift now; one that has not begun is taken away. */
export async function stopShift(tx: Tx, id: string): Promise<void> {
  await tx.count(sql`delete from unit_shift where org = ${tx.org} and shift = ${id} and starts_at >= wl_now()`)
  await tx.count(
    sql`update unit_shift set ends_at = wl_now() where org = ${tx.org} and shift = ${id} and starts_at < wl_now() and (ends_at is null or ends_at > wl_now())`,
  )
}

/** Ends what ties a person to patients, when their access ends. */
export async function dropPerson(tx: Tx, person: string): Promise<void> {
  await tx.count(sql`delete from care_member where org = ${tx.org} and person = ${person}`)
  await tx.count(sql`delete from unit_shift where org = ${tx.org} and person = ${person} and starts_at >= wl_now()`)
  await tx.count(
    sql`update unit_shift set ends_at = wl_now() where org = ${tx.org} and person = ${person} and (ends_at is null or ends_at > wl_now())`,
  )
  await tx.count(sql`update care_opening set ends_at = wl_now() where org = ${tx.org} and person = ${person} and ends_at > wl_now()`)
}
