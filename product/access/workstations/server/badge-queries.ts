import { sql } from '@wardline/platform/db'
import type { Db, Tx } from '@wardline/platform/db'
import { workstationPolicy } from '../rules.ts'

export const readBadgeKey = (db: Db) =>
  db.maybe<{ data_key: string; sealed: Buffer }>(sql`select data_key, sealed from badge_key where org = ${db.org}`)

/** The first one stays. */
export const insertBadgeKey = (tx: Tx, it: { dataKey: string; sealed: Buffer }) =>
  tx.count(sql`
    insert into badge_key (org, data_key, sealed) values (${tx.org}, ${it.dataKey}, ${it.sealed}) on conflict do nothing`)

export const findBadge = (db: Db, tag: Buffer) =>
  db.maybe<{ person: string; name: string }>(sql`
    select b.person, p.name from badge b join person p on p.org = b.org and p.person = b.person and p.active
    where b.org = ${db.org} and b.tag = ${tag}`)

export const badgesOf = (db: Db, person: string) =>
  db.rows<{ badge: string; registered_at: Date }>(sql`
    select badge, registered_at from badge where org = ${db.org} and person = ${person}
    order by registered_at, badge limit ${workstationPolicy.mostBadges}`)

/** False: this badge is somebody's already. */
export const insertBadge = async (tx: Tx, it: { badge: string; person: string; tag: Buffer; by: string }) =>
  (await tx.count(sql`
    insert into badge (org, badge, person, tag, registered_by) values (${tx.org}, ${it.badge}, ${it.person}, ${it.tag}, ${it.by})
    on conflict (org, tag) do nothing`)) === 1

export const deleteBadges = (tx: Tx, of: { person: string; badge?: string }) =>
  tx.rows<{ badge: string }>(sql`
    delete from badge where org = ${tx.org} and person = ${of.person}
      and (${of.badge ?? null}::uuid is null or badge = ${of.badge ?? null}::uuid) returning badge`)
