import { sql } from '@wardline/platform/db'
import type { Db, Tx } from '@wardline/platform/db'
import { workstationPolicy } from '../rules.ts'

export const readBadgeKey = (db: Db) =>
  db.maybe<{ data_key: string; sealed: Buffer }>(sql`select data_key, sealed from badge_key where org = ${db.org}`)

/** The first one stays. */
export const insertBadgeKey = (tx: Tx, it: { dataKey: string; sealed: Buffer }) =>
  tx.count(sql`
    insert into badge_key (org, data_key, sealed) values (${tx.org}, ${it.dataKey}, ${it.sealed}) on conflict do nothing`)

/** Whose badge this is. One that waits for its person is nobody's. */
export const findBadge = (db: Db, tag: Buffer) =>
  db.maybe<{ person: string; name: string }>(sql`
    select b.person, p.name from badge b join person p on p.org = b.org and p.person = b.person and p.active
    where b.org = ${db.org} and b.tag = ${tag} and b.confirmed_at is not null`)

/** It has been in its person's own hand. Undefined: it is not theirs, or does not wait. */
export const confirmBadge = (tx: Tx, person: string, tag: Buffer) =>
  tx.maybe<{ badge: string }>(sql`
    update badge set confirmed_at = wl_now()
    where org = ${tx.org} and person = ${person} and tag = ${tag} and confirmed_at is null returning badge`)

export const badgesOf = (db: Db, person: string) =>
  db.rows<{ badge: string; registered_at: Date; waits: boolean }>(sql`
    select badge, registered_at, confirmed_at is null as waits from badge where org = ${db.org} and person = ${person}
    order by registered_at, badge limit ${workstationPolicy.mostBadges}`)

/** False: this badge is somebody's already. */
export const insertBadge = async (tx: Tx, it: { badge: string; person: string; tag: Buffer; by: string }) =>
  (await tx.count(sql`
    insert into badge (org, badge, person, tag, registered_by, confirmed_at)
    values (${tx.org}, ${it.badge}, ${it.person}, ${it.tag}, ${it.by}, case when ${it.by}::uuid = ${it.person}::uuid then wl_now() end)
    on conflict (org, tag) do nothing`)) === 1

export const deleteBadges = (tx: Tx, of: { person: string; badge?: string }) =>
  tx.rows<{ badge: string }>(sql`
    delete from badge where org = ${tx.org} and person = ${of.person}
      and (${of.badge ?? null}::uuid is null or badge = ${of.badge ?? null}::uuid) returning badge`)

/** A person's open sessions that a badge and a PIN began. */
export const openedByBadge = async (tx: Tx, person: string) =>
  (
    await tx.rows<{ session: string }>(sql`
      select w.session from workstation_session w join session s on s.org = w.org and s.session = w.session and s.ended_at is null
      where w.org = ${tx.org} and w.person = ${person} and w.signed_in_by = 'badge-and-pin'`)
  ).map((row) => row.session)
