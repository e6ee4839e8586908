import { sql } from '@wardline/platform/db'
import type { Db, Tx } from '@wardline/platform/db'

/** A location as the database has it. */
export interface LocationRow {
  readonly location: string
  readonly name: string
  readonly zone: string
  readonly sender_name: string | null
  readonly main: boolean
  readonly people: number
}

export const readLocations = (db: Db): Promise<LocationRow[]> =>
  db.rows(sql`
    select l.location, l.name, l.zone, l.sender_name, l.main,
      (select count(*)::int from location_staff s join person p on p.org = s.org and p.person = s.person and p.active
        where s.org = l.org and s.location = l.location) as people
    from location l where l.org = ${db.org} and l.closed_at is null order by lower(l.name) limit 500`)

/** The main location and where a person works; undefined in an organisation with one place. */
export const readWorkplaces = (db: Db, person: string): Promise<{ main: string; locations: string[] } | undefined> =>
  db.maybe(sql`
    select l.location as main,
      array(select s.location from location_staff s where s.org = l.org and s.person = ${person} order by s.location) as locations
    from location l where l.org = ${db.org} and l.main`)

export const readAllWorkplaces = (db: Db): Promise<{ person: string; locations: string[] }[]> =>
  db.rows(sql`
    select person, array_agg(location order by location) as locations from location_staff where org = ${db.org}
    group by person order by person limit 10000`)

/** False if there is a location of this id or name. */
export const insertLocation = async (
  tx: Tx,
  it: { location: string; name: string; zone: string; senderName: string | null; main: boolean },
): Promise<boolean> =>
  (await tx.count(sql`
    insert into location (org, location, name, zone, sender_name, main)
    values (${tx.org}, ${it.location}, ${it.name}, ${it.zone}, ${it.senderName}, ${it.main}) on conflict do nothing`)) === 1

/** Everybody whose access has not ended works here. */
export const placeEverybody = (tx: Tx, location: string): Promise<number> =>
  tx.count(sql`
    insert into location_staff (org, person, location)
    select org, person, ${location} from person where org = ${tx.org} and active on conflict do nothing`)

export const updateLocation = (tx: Tx, it: { location: string; name: string; zone: string; senderName: string | null }): Promise<number> =>
  tx.count(sql`
    update location set name = ${it.name}, zone = ${it.zone}, sender_name = ${it.senderName}
    where org = ${tx.org} and location = ${it.location} and closed_at is null`)

/** Closes a location that is open and not the main one; 0 if it is none of these. */
export const setClosed = (tx: Tx, location: string): Promise<number> =>
  tx.count(sql`
    update location set closed_at = wl_now() where org = ${tx.org} and location = ${location} and not main and closed_at is null`)

/** Nobody works at a location any more; who did. */
export const clearStaff = (tx: Tx, location: string): Promise<{ person: string }[]> =>
  tx.rows(sql`delete from location_staff where org = ${tx.org} and location = ${location} returning person`)

/** How many of these locations are open; none of them is closed before the commit. */
export const countLocations = async (tx: Tx, locations: readonly string[]): Promise<number> =>
  (
    await tx.one<{ n: number }>(sql`
    select count(*)::int as n from (
      select from location where org = ${tx.org} and closed_at is null and location = any(${locations}::uuid[]) for share) t`)
  ).n

export async function replaceWorkplaces(tx: Tx, person: string, locations: readonly string[]): Promise<void> {
  await tx.count(sql`delete from location_staff where org = ${tx.org} and person = ${person} and location <> all (${locations}::uuid[])`)
  await tx.count(sql`
    insert into location_staff (org, person, location) select ${tx.org}, ${person}, it from unnest(${locations}::uuid[]) as t(it)
    on conflict do nothing`)
}
