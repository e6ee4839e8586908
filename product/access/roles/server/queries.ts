import { sql } from '@wardline/platform/db'
import type { Db, Tx } from '@wardline/platform/db'
import type { RoleWindow } from '../rules.ts'
import type { Role } from '../words.ts'

/** A role that somebody was given, with when it counts. */
export interface GrantRow {
  readonly person: string
  readonly role: Role
  readonly until: Date | null
  readonly days: number[] | null
  readonly from_minute: number | null
  readonly to_minute: number | null
  readonly in_force: boolean
  /** The organisation's local time at the moment of reading. */
  readonly day: number
  readonly minute: number
  readonly now: Date
}

export const readGrants = (db: Db, people: readonly string[]): Promise<GrantRow[]> =>
  db.rows(sql`
    with local as (select t.now, t.now at time zone o.zone as here from org o, (select wl_now() as now) t where o.org = ${db.org})
    select g.person, g.role, g.until, g.days, g.from_minute, g.to_minute, g.in_force, l.now,
      extract(isodow from l.here)::int as day, (extract(hour from l.here) * 60 + extract(minute from l.here))::int as minute
    from role_grant g, local l where g.org = ${db.org} and g.person = any(${people}::uuid[])`)

/** What a change of roles is judged by; an officer for a time or at hours only is none who stays when another goes. Locks the administrators' and officers' grants, so that two of them cannot withdraw each other at once. */
export async function readRoleFacts(
  tx: Tx,
  person: string,
): Promise<{
  preset: 'practice' | 'hospital'
  people: number
  others: Record<'administrator' | 'privacy-officer' | 'security-officer', number>
  exception: boolean
  ceiling: Role[] | null
}> {
  await tx.rows(sql`
    select person from role_grant where org = ${tx.org} and role in ('administrator', 'privacy-officer', 'security-officer')
    order by person, role for update`)
  const row = await tx.one<{
    preset: 'practice' | 'hospital'
    people: number
    a: number
    p: number
    s: number
    exception: boolean
    ceiling: Role[] | null
  }>(sql`
    select o.preset,
      (select count(distinct person)::int from role_grant where org = o.org) as people,
      (select count(*)::int from role_grant where org = o.org and role = 'administrator' and person <> ${person}) as a,
      (select count(*)::int from role_grant where org = o.org and role = 'privacy-officer' and until is null and days is null and person <> ${person}) as p,
      (select count(*)::int from role_grant where org = o.org and role = 'security-officer' and until is null and days is null and person <> ${person}) as s,
      exists (select from role_exception where org = o.org and person = ${person}) as exception,
      (select c.roles from role_ceiling c where c.org = o.org and c.person = ${person}) as ceiling
    from org o where o.org = ${tx.org}`)
  const { a, p, s, ...facts } = row
  return { ...facts, others: { administrator: a, 'privacy-officer': p, 'security-officer': s } }
}

/** Who was given any of these roles, with those of them that they have. */
export const holdersOf = (db: Db, roles: readonly Role[]): Promise<{ person: string; roles: Role[] }[]> =>
  db.rows(sql`
    select person, array_agg(role order by role) as roles from role_grant where org = ${db.org} and role = any(${roles}::text[])
    group by person order by person limit 1000`)

/**
 * Roles that people gave within the last hours, by one or to one; what the system itself gave is not among them, nor what was only given back:
 * held since longer, and taken away for less than these hours.
 */
export const grantedLately = (
  db: Db,
  it: { readonly hours: number; readonly by?: string; readonly person?: string },
): Promise<{ person: string; role: Role; by: string }[]> =>
  db.rows(sql`
    select g.person, g.role, g.granted_by as by from role_grant g where g.org = ${db.org} and g.granted_by is not null
      and g.granted_at > wl_now() - ${it.hours} * interval '1 hour'
      and g.granted_by = coalesce(${it.by ?? null}::uuid, g.granted_by) and g.person = coalesce(${it.person ?? null}::uuid, g.person)
      and not exists (
        select from role_withdrawal w where w.org = g.org and w.person = g.person and w.role = g.role
          and w.granted_at <= wl_now() - ${it.hours} * interval '1 hour'
          and w.withdrawn_at > g.granted_at - ${it.hours} * interval '1 hour')
    order by person, role limit 10000`)

/**
 * People other than the asker from whom any of these roles was taken within the last hours, or who were without it for no longer before it was
 * given back; not those to whom the asker had just given it.
 */
export const withdrawnLately = (
  db: Db,
  it: { readonly hours: number; readonly roles: readonly Role[]; readonly besides: string },
): Promise<{ person: string; role: Role }[]> =>
  db.rows(sql`
    select distinct w.person, w.role from role_withdrawal w
    where w.org = ${db.org} and w.role = any(${it.roles}::text[]) and w.person <> ${it.besides}
      and w.withdrawn_at > wl_now() - 2 * ${it.hours} * interval '1 hour'
      and w.withdrawn_at > coalesce(
        (select min(g.granted_at) from role_grant g where g.org = w.org and g.person = w.person and g.role = any(${it.roles}::text[])),
        wl_now()) - ${it.hours} * interval '1 hour'
      and (w.granted_by is distinct from ${it.besides} or w.granted_at <= wl_now() - ${it.hours} * interval '1 hour')
    order by 1, 2 limit 1000`)

export async function insertGrants(tx: Tx, person: string, roles: readonly Role[]): Promise<void> {
  await tx.count(sql`
    insert into role_grant (org, person, role, granted_by) select ${tx.org}, ${person}, role, ${tx.by.actor} from unnest(${roles}::text[]) as t(role)`)
}

export async function deleteGrants(tx: Tx, person: string, roles: readonly Role[]): Promise<void> {
  await tx.count(sql`delete from role_grant where org = ${tx.org} and person = ${person} and role = any(${roles}::text[])`)
}

export async function setWindow(tx: Tx, person: string, role: Role, it: RoleWindow): Promise<void> {
  await tx.count(sql`
    update role_grant set until = ${it.until === undefined ? null : new Date(it.until)}, days = ${it.hours?.days ?? null}::int[],
      from_minute = ${it.hours?.from ?? null}, to_minute = ${it.hours?.to ?? null}
    where org = ${tx.org} and person = ${person} and role = ${role}`)
}

/** People somewhere whose roles count for a time only. */
export const windowed = (sweep: Db): Promise<{ org: string; person: string }[]> =>
  sweep.rows(sql`select distinct org, person from role_grant where until is not null or days is not null limit 5000`)

export const setInForce = (tx: Tx, person: string, role: Role, inForce: boolean): Promise<number> =>
  tx.count(sql`
    update role_grant set in_force = ${inForce} where org = ${tx.org} and person = ${person} and role = ${role} and in_force <> ${inForce}`)

/** What a person's roles are never more than. */
export const insertCeiling = (tx: Tx, person: string, roles: readonly Role[]): Promise<number> =>
  tx.count(sql`insert into role_ceiling (org, person, roles) values (${tx.org}, ${person}, ${roles}::text[])`)

export async function upsertException(tx: Tx, person: string, reason: string): Promise<void> {
  await tx.count(sql`
    insert into role_exception (org, person, reason, signed_by) values (${tx.org}, ${person}, ${reason}, ${tx.by.actor})
    on conflict (org, person) do update set reason = excluded.reason, signed_by = excluded.signed_by, signed_at = wl_now()`)
}

export async function deleteException(tx: Tx, person: string): Promise<void> {
  await tx.count(sql`delete from role_exception where org = ${tx.org} and person = ${person}`)
}
