import { sql } from '@wardline/platform/db'
import type { Db, Tx } from '@wardline/platform/db'
import type { Role } from '../words.ts'

export async function readRoles(db: Db, people: readonly string[]): Promise<ReadonlyMap<string, readonly Role[]>> {
  const rows = await db.rows<{ person: string; roles: Role[] }>(sql`
    select person, array_agg(role order by role) as roles from role_grant
    where org = ${db.org} and person = any(${people}::uuid[]) group by person`)
  return new Map(rows.map((row) => [row.person, row.roles]))
}

/** What a change of roles is judged by. Locks the administrators' grants, so that two of them cannot withdraw each other at once. */
export async function readRoleFacts(
  tx: Tx,
  person: string,
): Promise<{ preset: 'practice' | 'hospital'; people: number; otherAdministrators: number; exception: boolean }> {
  await tx.rows(sql`select person from role_grant where org = ${tx.org} and role = 'administrator' order by person for update`)
  return tx.one(sql`
    select o.preset,
      (select count(distinct person)::int from role_grant where org = o.org) as people,
      (select count(*)::int from role_grant where org = o.org and role = 'administrator' and person <> ${person}) as "otherAdministrators",
      exists (select from role_exception where org = o.org and person = ${person}) as exception
    from org o where o.org = ${tx.org}`)
}

export async function insertGrants(tx: Tx, person: string, roles: readonly Role[]): Promise<void> {
  await tx.count(sql`
    insert into role_grant (org, person, role, granted_by) select ${tx.org}, ${person}, role, ${tx.by.actor} from unnest(${roles}::text[]) as t(role)`)
}

export async function deleteGrants(tx: Tx, person: string, roles: readonly Role[]): Promise<void> {
  await tx.count(sql`delete from role_grant where org = ${tx.org} and person = ${person} and role = any(${roles}::text[])`)
}

export async function upsertException(tx: Tx, person: string, reason: string): Promise<void> {
  await tx.count(sql`
    insert into role_exception (org, person, reason, signed_by) values (${tx.org}, ${person}, ${reason}, ${tx.by.actor})
    on conflict (org, person) do update set reason = excluded.reason, signed_by = excluded.signed_by, signed_at = wl_now()`)
}

export async function deleteException(tx: Tx, person: string): Promise<void> {
  await tx.count(sql`delete from role_exception where org = ${tx.org} and person = ${person}`)
}
