import { sql } from '@wardline/platform/db'
import type { Db, Tx } from '@wardline/platform/db'
import { offices } from '../rules.ts'
import type { FeedRow, GroupRow, SourceRow } from './tables.ts'

export const insertSource = (tx: Tx, it: { source: string; kind: string; label: string }) =>
  tx.count(sql`insert into directory_source (org, source, kind, label) values (${tx.org}, ${it.source}, ${it.kind}, ${it.label})`)

export const readSources = (db: Db, source: string | null = null) =>
  db.rows<SourceRow>(sql`
    select s.source, s.kind, s.label, s.brake_percent, s.halted_at, s.halted_leavers, coalesce(s.released_until > wl_now(), false) as released,
      (select count(*)::int from directory_person d where d.org = s.org and d.source = s.source and d.left_at is null) as people
    from directory_source s where s.org = ${db.org} and (${source}::uuid is null or s.source = ${source}::uuid) order by s.made_at, s.source`)

/** Locks a feed: what it does has an order, so that two requests at once cannot pass the brake together. */
export const lockSource = (tx: Tx, source: string) =>
  tx.rows(sql`select source from directory_source where org = ${tx.org} and source = ${source} for update`)

export const setHalted = (tx: Tx, source: string, leavers: number) =>
  tx.count(sql`
    update directory_source set halted_at = coalesce(halted_at, wl_now()), halted_leavers = ${leavers} where org = ${tx.org} and source = ${source}`)

export const setReleased = (tx: Tx, source: string) =>
  tx.count(sql`
    update directory_source set halted_at = null, halted_leavers = null, released_until = wl_now() + interval '1 hour'
    where org = ${tx.org} and source = ${source}`)

export const setBrakePercent = (tx: Tx, source: string, percent: number) =>
  tx.count(sql`update directory_source set brake_percent = ${percent} where org = ${tx.org} and source = ${source}`)

export const leftWithinTheHour = async (db: Db, source: string) =>
  (
    await db.one<{ left: number }>(sql`
      select count(*)::int as left from directory_person
      where org = ${db.org} and source = ${source} and left_at > wl_now() - interval '1 hour'`)
  ).left

/** People whom a directory may see: all but holders of offices, present and past (a person who left an office is one again only without it). */
const visible = (
  db: Db,
  it: { person?: string | null; userName?: string | null; key?: string | null; source?: string | null; after?: number; most?: number },
) => sql`
  select p.person, d.source, d.key, coalesce(d.user_name, p.sign_in_name) as user_name, p.name, p.title, p.active, coalesce(d.created, false) as created,
    coalesce(d.attributes, '{}') as attributes, coalesce(d.version, 0) as version, coalesce(d.made_at, p.created_at) as made_at,
    coalesce(d.changed_at, p.created_at) as changed_at, count(*) over ()::int as total
  from person p left join directory_person d on d.org = p.org and d.person = p.person
  where p.org = ${db.org} and not p.internal
    and (${it.person ?? null}::uuid is null or p.person = ${it.person ?? null}::uuid)
    and (${it.userName ?? null}::text is null or lower(coalesce(d.user_name, p.sign_in_name)) = lower(${it.userName ?? null}::text))
    and (${it.key ?? null}::text is null or d.key = ${it.key ?? null}::text)
    and (${it.source ?? null}::uuid is null or d.source is null or d.source = ${it.source ?? null}::uuid)
    and not exists (select from role_grant g where g.org = p.org and g.person = p.person and g.role = any(${[...offices]}::text[]))
  order by p.created_at, p.person offset ${it.after ?? 0} limit ${it.most ?? 100_000}`

export const feedPerson = (db: Db, source: string, person: string) => db.maybe<FeedRow>(visible(db, { person, source }))

export const feedPeople = (
  db: Db,
  source: string,
  it: { userName?: string | null; key?: string | null; after?: number; most?: number } = {},
) => db.rows<FeedRow & { readonly total: number }>(visible(db, { ...it, source }))

/** The person whom the directory created under this name; for a first sign-in. */
export const createdUnder = (db: Db, userName: string) =>
  db.rows<{ person: string }>(sql`
    select person from directory_person where org = ${db.org} and created and lower(user_name) = lower(${userName}) and left_at is null limit 2`)

/** Whether somebody of the organisation has the name, an officer too. */
export const isNameHeld = async (db: Db, userName: string, but: string | null) =>
  (await db.maybe(sql`
    select 1 as yes from person p left join directory_person d on d.org = p.org and d.person = p.person
    where p.org = ${db.org} and p.person is distinct from ${but}::uuid
      and (lower(d.user_name) = lower(${userName}) or p.sign_in_name = lower(${userName})) limit 1`)) !== undefined

export const insertFeedPerson = (
  tx: Tx,
  it: { person: string; source: string; key: string | null; userName: string; created: boolean; attributes: object },
) =>
  tx.count(sql`
    insert into directory_person (org, person, source, key, user_name, created, attributes)
    values (${tx.org}, ${it.person}, ${it.source}, ${it.key}, ${it.userName}, ${it.created}, ${JSON.stringify(it.attributes)}::jsonb)`)

export const updateFeedPerson = (tx: Tx, it: { person: string; key: string | null; userName: string; attributes: object }) =>
  tx.count(sql`
    update directory_person set key = ${it.key}, user_name = ${it.userName}, attributes = ${JSON.stringify(it.attributes)}::jsonb, version = version + 1,
      changed_at = wl_now() where org = ${tx.org} and person = ${it.person}`)

export const updateName = (tx: Tx, it: { person: string; name: string; title: string }) =>
  tx.count(sql`
    update person set name = ${it.name}, title = ${it.title}
    where org = ${tx.org} and person = ${it.person} and (name <> ${it.name} or title <> ${it.title})`)

export const setLeft = (tx: Tx, person: string, left: boolean) =>
  tx.count(sql`
    update directory_person set left_at = case when ${left} then wl_now() end, version = version + 1, changed_at = wl_now()
    where org = ${tx.org} and person = ${person}`)

export const leaveGroups = (tx: Tx, person: string) =>
  tx.count(sql`delete from directory_membership where org = ${tx.org} and person = ${person}`)

export const readGroups = (db: Db, source: string | null, id: string | null = null) =>
  db.rows<GroupRow>(sql`
    select id, source, key, name, version, made_at, changed_at from directory_group
    where org = ${db.org} and (${source}::uuid is null or source = ${source}::uuid) and (${id}::uuid is null or id = ${id}::uuid)
    order by made_at, id limit 2000`)

export const insertGroup = (tx: Tx, it: { id: string; source: string; key: string | null; name: string }) =>
  tx.count(sql`insert into directory_group (org, id, source, key, name) values (${tx.org}, ${it.id}, ${it.source}, ${it.key}, ${it.name})`)

export const updateGroup = (tx: Tx, it: { id: string; key: string | null; name: string }) =>
  tx.count(sql`
    update directory_group set key = ${it.key}, name = ${it.name}, version = version + 1, changed_at = wl_now() where org = ${tx.org} and id = ${it.id}`)

export const removeGroup = (tx: Tx, id: string) => tx.count(sql`delete from directory_group where org = ${tx.org} and id = ${id}`)

export const membersOf = async (db: Db, ids: readonly string[]) => {
  const rows = await db.rows<{ id: string; person: string; name: string }>(sql`
    select m.id, m.person, p.name from directory_membership m join person p on p.org = m.org and p.person = m.person
    where m.org = ${db.org} and m.id = any(${ids}::uuid[]) order by m.id, m.person`)
  return Map.groupBy(rows, (row) => row.id)
}

export const groupsOf = async (db: Db, people: readonly string[]) => {
  const rows = await db.rows<{ id: string; person: string; name: string }>(sql`
    select m.id, m.person, g.name from directory_membership m join directory_group g on g.org = m.org and g.id = m.id
    where m.org = ${db.org} and m.person = any(${people}::uuid[]) order by m.person, g.name`)
  return Map.groupBy(rows, (row) => row.person)
}

/** Makes these people the group's; returns whoever came or went. People whom no directory speaks for are left out. */
export const putMembership = async (tx: Tx, id: string, people: readonly string[]) => {
  const went = await tx.rows<{ person: string }>(sql`
    delete from directory_membership where org = ${tx.org} and id = ${id} and not person = any(${people}::uuid[]) returning person`)
  const came = await tx.rows<{ person: string }>(sql`
    insert into directory_membership (org, id, person)
    select ${tx.org}, ${id}, d.person from directory_person d where d.org = ${tx.org} and d.person = any(${people}::uuid[])
    on conflict do nothing returning person`)
  return [...went, ...came].map((row) => row.person)
}

export const readMapping = (db: Db) =>
  db.rows<{ id: string; role: 'clinician' | 'nurse' | 'front-desk' | 'operator' }>(sql`
    select id, role from directory_mapping where org = ${db.org} order by id, role`)

export async function putMapping(tx: Tx, rows: readonly { readonly id: string; readonly role: string }[]): Promise<void> {
  await tx.count(sql`delete from directory_mapping where org = ${tx.org}`)
  await tx.count(sql`
    insert into directory_mapping (org, id, role)
    select ${tx.org}, t.id, t.role from unnest(${rows.map((row) => row.id)}::uuid[], ${rows.map((row) => row.role)}::text[]) as t(id, role)
    join directory_group g on g.org = ${tx.org} and g.id = t.id`)
}

/** Everybody in a group, with their names, for the preview. */
export const everyMembership = (db: Db) =>
  db.rows<{ person: string; name: string; ids: string[] }>(sql`
    select p.person, p.name, array_remove(array_agg(m.id), null) as ids
    from directory_person d join person p on p.org = d.org and p.person = d.person and p.active
    left join directory_membership m on m.org = d.org and m.person = d.person
    where d.org = ${db.org} group by p.person, p.name order by p.name, p.person`)

/** Orders all changes of what groups give. */
export const lockMapping = (tx: Tx) => tx.rows(sql`select source from directory_source where org = ${tx.org} order by source for update`)
