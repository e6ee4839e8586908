import { sql } from '@wardline/platform/db'
import type { Db, Tx } from '@wardline/platform/db'
import { devicePolicy } from '@wardline/product/team/devices/rules'
import type { CareRow } from './tables.ts'

/** A person's devices with what is known of them, newest first. */
export const careOf = (db: Db, person: string): Promise<CareRow[]> =>
  db.rows(sql`
    select d.device, d.enrolled_at, d.revoked_at, c.name, c.system, c.browser, c.version, c.storage, c.has_kept, c.managed,
      c.own_memory, c.demanded_memory, c.seen_at, c.lost_at, c.wiped_at
    from device d left join device_care c on c.org = d.org and c.device = d.device
    where d.org = ${db.org} and d.person = ${person} order by d.enrolled_at desc, d.device limit 1000`)

/** Whether a device was reported as lost. */
export const isLost = async (db: Db, device: string): Promise<boolean> =>
  (await db.maybe(sql`select 1 from device_care where org = ${db.org} and device = ${device} and lost_at is not null`)) !== undefined

/** Whether a lost device has not said yet that it is wiped. */
export const owesWipe = async (db: Db, device: string): Promise<boolean> =>
  (await db.maybe(sql`
    select 1 from device_care where org = ${db.org} and device = ${device} and lost_at is not null and wiped_at is null`)) !== undefined

/**
 * Stores what a device says of itself; its name stays. Nothing is written where it said the same a few minutes ago. That it keeps nothing is believed
 * of what it has kept until now only where it says so from the beginning.
 */
export const putAbout = (
  tx: Tx,
  device: string,
  it: { readonly name: string; readonly system: string; readonly browser: string; readonly version: number; readonly storage: string },
): Promise<number> =>
  tx.count(sql`
    insert into device_care as c (org, device, name, system, browser, version, storage, has_kept)
    select ${tx.org}, d.device, ${it.name}, ${it.system}, ${it.browser}, ${it.version}, ${it.storage},
      ${it.storage === 'cache'} or d.enrolled_at < wl_now() - make_interval(mins => ${devicePolicy.beginsMinutes})
    from device d where d.org = ${tx.org} and d.device = ${device}
    on conflict (org, device) do update set system = excluded.system, browser = excluded.browser, version = excluded.version,
      storage = excluded.storage, has_kept = c.has_kept or excluded.has_kept, seen_at = wl_now()
    where c.seen_at < wl_now() - make_interval(mins => ${devicePolicy.seenMinutes})
      or (c.system, c.browser, c.version, c.storage) is distinct from (excluded.system, excluded.browser, excluded.version, excluded.storage)`)

/** What others say of a device is no sign of life of it: where it has said nothing yet, it was last here when it was enrolled. */
export const putName = (tx: Tx, device: string, name: string): Promise<number> =>
  tx.count(sql`
    insert into device_care (org, device, name, system, browser, version, storage, seen_at)
    select ${tx.org}, d.device, ${name}, '', '', 0, 'cache', d.enrolled_at from device d where d.org = ${tx.org} and d.device = ${device}
    on conflict (org, device) do update set name = excluded.name`)

/** The organisation's device management vouches for this device. */
export const putManaged = (tx: Tx, device: string, name: string): Promise<number> =>
  tx.count(sql`
    insert into device_care (org, device, name, system, browser, version, storage, seen_at, managed)
    select ${tx.org}, d.device, ${name}, '', '', 0, 'cache', d.enrolled_at, true from device d where d.org = ${tx.org} and d.device = ${device}
    on conflict (org, device) do update set managed = true`)

/** What a device is told to wipe itself for. `by` is null where nobody decided it: its person has left. */
export interface WipeOrder {
  readonly device: string
  readonly name: string
  readonly by: string | null
  readonly why: 'lost' | 'left'
}

/** A device may not come back and is to wipe itself; 0: it was told already. */
export const markLost = (tx: Tx, it: WipeOrder): Promise<number> =>
  tx.count(sql`
    insert into device_care as c (org, device, name, system, browser, version, storage, seen_at, lost_at, lost_by, wipe_for)
    select ${tx.org}, d.device, ${it.name}, '', '', 0, 'cache', d.enrolled_at, wl_now(), ${it.by}, ${it.why}
    from device d where d.org = ${tx.org} and d.device = ${it.device}
    on conflict (org, device) do update set lost_at = wl_now(), lost_by = excluded.lost_by, wipe_for = excluded.wipe_for
    where c.lost_at is null`)

/** Devices of these people with what is known of them, newest first; without those that were revoked. */
export const careOfPeople = (db: Db, people: readonly string[]): Promise<(CareRow & { person: string })[]> =>
  db.rows(sql`
    select d.person, d.device, d.enrolled_at, d.revoked_at, c.name, c.system, c.browser, c.version, c.storage, c.has_kept, c.managed,
      c.own_memory, c.demanded_memory, c.seen_at, c.lost_at, c.wiped_at
    from device d left join device_care c on c.org = d.org and c.device = d.device
    where d.org = ${db.org} and d.person = any(${people}::uuid[]) and d.revoked_at is null
    order by d.enrolled_at desc, d.device limit 5000`)

/** Keeps a device's receipt; 0: there is one. */
export const markWiped = (
  tx: Tx,
  it: { readonly device: string; readonly name: string; readonly why: string; readonly receipt: Buffer },
): Promise<number> =>
  tx.count(sql`
    insert into device_care as c (org, device, name, system, browser, version, storage, wiped_at, wipe_why, receipt)
    values (${tx.org}, ${it.device}, ${it.name}, '', '', 0, 'cache', wl_now(), ${it.why}, ${it.receipt})
    on conflict (org, device) do update set wiped_at = wl_now(), wipe_why = excluded.wipe_why, receipt = excluded.receipt
    where c.wiped_at is null`)
