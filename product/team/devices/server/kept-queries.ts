import { sql } from '@wardline/platform/db'
import type { Db, Tx } from '@wardline/platform/db'
import { devicePolicy } from '@wardline/product/team/devices/rules'
import type { KeptRow } from './tables.ts'

/** What a device left sealed at the server. */
export const readKept = (db: Db, device: string): Promise<KeptRow | undefined> =>
  db.maybe(sql`select version, sealed, seals from device_kept where org = ${db.org} and device = ${device}`)

/** Keeps what follows `version`; without seals those that are there stay. 0: something newer is here. */
export const putKept = (
  tx: Tx,
  device: string,
  it: { version: number; sealed: Buffer; seals: KeptRow['seals'] | null },
): Promise<number> =>
  it.version === 0
    ? tx.count(sql`
        insert into device_kept (org, device, version, sealed, seals)
        values (${tx.org}, ${device}, 1, ${it.sealed}, ${JSON.stringify(it.seals ?? [])}::jsonb) on conflict do nothing`)
    : tx.count(sql`
        update device_kept set version = version + 1, sealed = ${it.sealed}, at = wl_now(),
          seals = coalesce(${it.seals && JSON.stringify(it.seals)}::jsonb, seals)
        where org = ${tx.org} and device = ${device} and version = ${it.version}`)

/** Nobody opens it any more. */
export const dropKept = (tx: Tx, device: string): Promise<number> =>
  tx.count(sql`delete from device_kept where org = ${tx.org} and device = ${device}`)

/** Who asks that a device keeps nothing: its person, or the organisation. */
export const readAsked = (db: Db, device: string): Promise<{ own_memory: boolean; demanded_memory: boolean } | undefined> =>
  db.maybe(sql`select own_memory, demanded_memory from device_care where org = ${db.org} and device = ${device}`)

/** One of the two asks, or no longer does. */
export const putAsked = (tx: Tx, it: { device: string; name: string; by: 'organisation' | 'own'; asks: boolean }): Promise<number> =>
  tx.count(sql`
    insert into device_care as c (org, device, name, system, browser, version, storage, seen_at, own_memory, demanded_memory)
    select ${tx.org}, d.device, ${it.name}, '', '', 0, 'cache', d.enrolled_at, ${it.by === 'own' && it.asks}, ${it.by === 'organisation' && it.asks}
    from device d where d.org = ${tx.org} and d.device = ${it.device}
    on conflict (org, device) do update set
      own_memory = case when ${it.by === 'own'} then ${it.asks} else c.own_memory end,
      demanded_memory = case when ${it.by === 'organisation'} then ${it.asks} else c.demanded_memory end`)

/** The device was told to forget what it keeps, or once kept: it goes on, in the same session, as another one. Its receipt says that it did. */
export const noteForget = (tx: Tx, device: string): Promise<number> =>
  tx.count(sql`
    update device_care set forget_at = wl_now()
    where org = ${tx.org} and device = ${device} and forget_at is null and has_kept and wiped_at is null`)

/** It may keep again what it keeps: nothing is waited for any more. */
export const dropForget = (tx: Tx, device: string): Promise<number> =>
  tx.count(sql`
    update device_care set forget_at = null where org = ${tx.org} and device = ${device} and forget_at is not null and wiped_at is null`)

/** Whether a device that was told to forget goes on without a receipt for longer than anybody needs. */
export const isOverdue = async (db: Db, device: string): Promise<boolean> =>
  (await db.maybe(sql`
    select 1 from device_care where org = ${db.org} and device = ${device} and wiped_at is null
      and forget_at < wl_now() - make_interval(days => ${devicePolicy.forgetDays})`)) !== undefined

/** Whether a device wipes itself because it may keep nothing, and not because it was lost. */
export const forgets = async (db: Db, device: string): Promise<boolean> =>
  (await db.maybe(sql`
    select 1 from device_care where org = ${db.org} and device = ${device} and forget_at is not null and lost_at is null`)) !== undefined
