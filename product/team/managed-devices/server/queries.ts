import { sql } from '@wardline/platform/db'
import type { Db, Tx } from '@wardline/platform/db'
import type { ManagedDevice } from '@wardline/product/team/managed-devices/contract'
import type { ConnectionRow, EnrolledRow, ManagedRow, RuleRow } from './tables.ts'

export const readConnection = (db: Db) =>
  db.maybe<ConnectionRow>(sql`
    select settings, data_key, sealed, state, run, next, worked_at, problem, problem_at from mdm_connection where org = ${db.org}`)

export const lockOrganisation = (tx: Tx) => tx.rows(sql`select org from org where org = ${tx.org} for no key update`)

export const putConnection = (tx: Tx, it: { settings: object; dataKey: string; sealed: Buffer; on: boolean }) =>
  tx.count(sql`
    insert into mdm_connection as c (org, settings, data_key, sealed, state)
    values (${tx.org}, ${JSON.stringify(it.settings)}::jsonb, ${it.dataKey}, ${it.sealed}, case when ${it.on} then 'on' else 'off' end)
    on conflict (org) do update set settings = excluded.settings, data_key = excluded.data_key, sealed = excluded.sealed, state = excluded.state,
      due_at = wl_now(), run = c.run + 1, next = null, problem = null, problem_at = null, throttled_since = null,
      worked_at = case when c.settings = excluded.settings then c.worked_at end`)

/** Connections that are due, of all organisations. */
export const dueConnections = (sweep: Db, most: number) =>
  sweep.rows<{ org: string }>(sql`
    select org from mdm_connection where state = 'on' and due_at <= (select wl_now()) order by due_at limit ${most}`)

/** Takes a due connection for five minutes; undefined: another node was faster. */
export const claim = (tx: Tx) =>
  tx.maybe<ConnectionRow>(sql`
    update mdm_connection set due_at = wl_now() + interval '5 minutes'
    where org = ${tx.org} and state = 'on' and due_at <= wl_now()
    returning settings, data_key, sealed, state, run, next, worked_at, problem, problem_at`)

/** Where the synchronisation goes on at once; 0: it was set up anew meanwhile. */
export const noteNext = (tx: Tx, run: number, next: string | null) =>
  tx.count(sql`
    update mdm_connection set next = ${next}, due_at = wl_now(), throttled_since = null where org = ${tx.org} and run = ${run}`)

/** It asks to wait, at most an hour at a time: the same page is asked for then. An hour of that is a problem that somebody has to look into. */
export const noteWait = (tx: Tx, run: number, { seconds, what }: { readonly seconds: number; readonly what: string }) =>
  tx.count(sql`
    update mdm_connection set due_at = wl_now() + make_interval(secs => least(${seconds}, 3600)),
      throttled_since = coalesce(throttled_since, wl_now()),
      problem = case when throttled_since <= wl_now() - interval '1 hour' then ${what.slice(0, 600)} else problem end,
      problem_at = case when throttled_since <= wl_now() - interval '1 hour' then wl_now() else problem_at end
    where org = ${tx.org} and run = ${run}`)

/** A synchronisation is whole: the next begins in 15 minutes. */
export const noteWhole = (tx: Tx, run: number) =>
  tx.count(sql`
    update mdm_connection set next = null, run = run + 1, worked_at = wl_now(), problem = null, problem_at = null,
      due_at = wl_now() + interval '15 minutes'
    where org = ${tx.org} and run = ${run}`)

/** It refused: the next try, when the claim is over, begins anew. Where this one stood may be what is no longer accepted. */
export const noteProblem = (tx: Tx, run: number, what: string) =>
  tx.count(sql`
    update mdm_connection set problem = ${what.slice(0, 600)}, problem_at = wl_now(), next = null, run = run + 1, throttled_since = null
    where org = ${tx.org} and run = ${run}`)

/** Stores a page of devices; returns those that have just stopped being compliant. */
export const putDevices = (tx: Tx, run: number, devices: readonly ManagedDevice[]) =>
  tx.rows<{ id: string; device: string | null }>(sql`
    with said as (
      select * from jsonb_to_recordset(${JSON.stringify(devices)}::jsonb)
        as t(id text, name text, "user" text, system text, "osVersion" text, owner text, compliance text, "checkedInAt" bigint)
    ), before as (
      select d.id, d.compliance from managed_device d join said s using (id) where d.org = ${tx.org}
    ), put as (
      insert into managed_device as m (org, id, name, user_name, system, os_version, owner, compliance, checked_in_at, bad_since, run)
      select distinct on (id) ${tx.org}, id, name, "user", system, "osVersion", owner, compliance, to_timestamp("checkedInAt" / 1000.0),
        case when compliance = 'not-compliant' then wl_now() end, ${run} from said
      on conflict (org, id) do update set name = excluded.name, user_name = excluded.user_name, system = excluded.system,
        os_version = excluded.os_version, owner = excluded.owner, compliance = excluded.compliance, checked_in_at = excluded.checked_in_at,
        bad_since = case when excluded.compliance = 'not-compliant' then coalesce(m.bad_since, excluded.bad_since) end,
        run = excluded.run, gone_at = null
      returning m.id, m.device, m.compliance
    )
    select p.id, p.device from put p join before b using (id) where p.compliance = 'not-compliant' and b.compliance <> 'not-compliant'`)

/** Devices that the finished synchronisation did not name are gone. */
export const markGone = (tx: Tx, run: number) =>
  tx.count(sql`update managed_device set gone_at = wl_now() where org = ${tx.org} and run < ${run} and gone_at is null`)

/** A page of what device management named, by name; `after`: the id that the page before ended with. */
export const readDevices = (db: Db, after: string | null, most: number) =>
  db.rows<ManagedRow & { readonly person_name: string | null; readonly device_name: string | null }>(sql`
    select m.*, p.name as person_name, coalesce(c.name, 'Device ' || left(d.device::text, 4)) as device_name from managed_device m
    left join device d on d.org = m.org and d.device = m.device
    left join person p on p.org = d.org and p.person = d.person
    left join device_care c on c.org = d.org and c.device = d.device
    where m.org = ${db.org} and m.gone_at is null
      and (${after === null} or (m.name, m.id) > (select l.name, l.id from managed_device l where l.org = ${db.org} and l.id = ${after}))
    order by m.name, m.id limit ${most}`)

export const countDevices = async (db: Db): Promise<number> =>
  (await db.one<{ n: number }>(sql`select count(*)::int as n from managed_device where org = ${db.org} and gone_at is null`)).n

/** What stands for these enrolled devices; a bad word outlasts its record. */
export const linkedTo = (db: Db, devices: readonly string[]) =>
  db.rows<ManagedRow & { readonly device: string }>(sql`
    select m.* from managed_device m
    where m.org = ${db.org} and m.device = any(${devices}::uuid[]) and (m.gone_at is null or m.compliance = 'not-compliant')
    order by m.gone_at is null, m.id`)

/**
 * Devices of these users that vouch for nobody, locked. What an enrolment or an administrator holds at this moment is theirs to decide: it is
 * left out and not waited for, so that a synchronisation stands in nobody's way.
 */
export const lockUnlinked = (tx: Tx, users: readonly string[]) =>
  tx.rows<ManagedRow>(sql`
    select m.* from managed_device m
    where m.org = ${tx.org} and m.gone_at is null and m.device is null and m.user_name = any(${users}::text[])
    order by m.name, m.id for update skip locked`)

/** Whether an enrolled device is vouched for by nobody, also once it is locked; one that an administrator is binding at this moment is not. */
export const lockUnvouched = async (tx: Tx, device: string): Promise<boolean> =>
  (await tx.maybe(sql`select 1 from device where org = ${tx.org} and device = ${device} for no key update skip locked`)) !== undefined &&
  (await tx.maybe(sql`select 1 from managed_device where org = ${tx.org} and device = ${device} and gone_at is null`)) === undefined

/**
 * What came with an enrolled device; undefined where nobody vouches for it. A bad word outlasts its record: who takes a machine out of
 * management has not taken the word back.
 */
export const findByDevice = (db: Db, device: string) =>
  db.maybe<ManagedRow>(sql`
    select m.* from managed_device m where m.org = ${db.org} and m.device = ${device} and (m.gone_at is null or m.compliance = 'not-compliant')`)

/**
 * Devices of these users with this system, the last that checked in first; locked, so that two enrolments do not take one. One that vouches
 * for an enrolled device that is still used vouches for no other; that is looked at once the locks are held, so that whoever had to wait
 * for them sees what came meanwhile.
 */
export async function lockCandidates(tx: Tx, names: readonly string[], system: string): Promise<ManagedRow[]> {
  const locked = await tx.rows<{ id: string }>(sql`
    select id from managed_device
    where org = ${tx.org} and gone_at is null and user_name = any(${names}::text[]) and system = ${system} order by id for update`)
  return tx.rows<ManagedRow>(sql`
    select m.* from managed_device m
    where m.org = ${tx.org} and m.gone_at is null and m.id = any(${locked.map((it) => it.id)}::text[])
      and not exists (
        select 1 from device d left join device_care c on c.org = d.org and c.device = d.device
        where d.org = m.org and d.device = m.device and d.revoked_at is null and c.lost_at is null and c.wiped_at is null)
    order by m.checked_in_at desc nulls last, m.id limit 20`)
}

/** One device of ours came with one of theirs. A record that stood for it before, of a machine that was enrolled there anew, does no more. */
export async function link(tx: Tx, id: string, device: string): Promise<void> {
  await tx.count(sql`update managed_device set device = null where org = ${tx.org} and device = ${device} and id <> ${id}`)
  await tx.count(sql`update managed_device set device = ${device}, freed_device = null where org = ${tx.org} and id = ${id}`)
}

/** One of theirs vouches for nobody now, and not by itself for the same one again; 0: there is no such device. */
export const free = (tx: Tx, id: string) =>
  tx.count(sql`
    update managed_device set freed_device = coalesce(device, freed_device), device = null where org = ${tx.org} and id = ${id} and gone_at is null`)

/** Whether device management names it now; locked. */
export const lockManaged = async (tx: Tx, id: string): Promise<boolean> =>
  (await tx.maybe(sql`select 1 from managed_device where org = ${tx.org} and id = ${id} and gone_at is null for update`)) !== undefined

/** The person of an enrolled device. */
export const personOf = async (db: Db, device: string): Promise<string | undefined> =>
  (await db.maybe<{ person: string }>(sql`select person from device where org = ${db.org} and device = ${device}`))?.person

/** Whether a device is enrolled and used: neither revoked, nor lost, nor wiped; locked, so that nothing else comes to vouch for it meanwhile. */
export const lockInUse = async (tx: Tx, device: string): Promise<boolean> =>
  (await tx.maybe(sql`
    select 1 from device d left join device_care c on c.org = d.org and c.device = d.device
    where d.org = ${tx.org} and d.device = ${device} and d.revoked_at is null and c.lost_at is null and c.wiped_at is null
    for no key update of d`)) !== undefined

/** The names by which a directory knows a person, lower case. */
export const namesOf = async (db: Db, person: string): Promise<string[]> =>
  (
    await db.rows<{ name: string }>(sql`
      select lower(sign_in_name) as name from person where org = ${db.org} and person = ${person}
      union select lower(user_name) from directory_person where org = ${db.org} and person = ${person}`)
  ).map((row) => row.name)

/** A page of enrolled devices that are neither revoked nor told to wipe themselves, of people who work here. */
const enrolledAfter = (db: Db, after: string, most: number) =>
  db.rows<EnrolledRow>(sql`
    select p.person, p.name as person_name, array_remove(array[lower(p.sign_in_name), lower(f.user_name)], null) as names,
      d.device, coalesce(c.name, 'Device ' || left(d.device::text, 4)) as name, coalesce(c.system, '') as system,
      array(select s.location from location_staff s where s.org = p.org and s.person = p.person) as locations
    from device d join person p on p.org = d.org and p.person = d.person
    left join directory_person f on f.org = d.org and f.person = d.person
    left join device_care c on c.org = d.org and c.device = d.device
    where d.org = ${db.org} and d.device > ${after} and p.active and d.revoked_at is null and c.lost_at is null and c.wiped_at is null
    order by d.device limit ${most}`)

/** All of them, page by page. */
export async function* everyEnrolled(db: Db): AsyncGenerator<readonly EnrolledRow[]> {
  const most = 1_000
  for (let after = '00000000-0000-0000-0000-000000000000'; ;) {
    const rows = await enrolledAfter(db, after, most)
    if (rows.length > 0) yield rows
    const last = rows.at(-1)
    if (last === undefined || rows.length < most) return
    after = last.device
  }
}

export const readRule = (db: Db) =>
  db.maybe<RuleRow>(sql`select version, roles, locations, grace_days from managed_rule where org = ${db.org} order by version desc limit 1`)

export const insertRule = (tx: Tx, it: { roles: readonly string[]; locations: readonly string[]; graceDays: number }) =>
  tx.one<RuleRow>(sql`
    insert into managed_rule (org, version, roles, locations, grace_days, set_by)
    select ${tx.org}, coalesce(max(version), 0) + 1, ${it.roles}::text[], ${it.locations}::uuid[], ${it.graceDays}, ${tx.by.actor} from managed_rule where org = ${tx.org}
    returning version, roles, locations, grace_days`)
