import { sql } from '@wardline/platform/db'
import type { Db, Tx } from '@wardline/platform/db'
import { workstationPolicy } from '../rules.ts'

/** What a person left for themselves. */
export interface CarriedRow {
  readonly version: number
  readonly data_key: string
  readonly half: Buffer
  readonly sealed: Buffer
}

export const readCarried = (db: Db, person: string) =>
  db.maybe<CarriedRow>(sql`select version, data_key, half, sealed from carried where org = ${db.org} and person = ${person}`)

export const readSeals = (db: Db, person: string) =>
  db.rows<{ workstation: string; seal: Buffer }>(sql`
    select workstation, seal from carried_seal where org = ${db.org} and person = ${person}`)

/** Under a key drawn anew: the first version, or in place of the one before. False: something newer is there. */
export const putCarried = async (
  tx: Tx,
  it: { person: string; version: number; dataKey: string; half: Buffer; sealed: Buffer; provenAt: number },
) =>
  (await tx.count(sql`
    insert into carried as c (org, person, version, data_key, half, sealed, proven_at)
    select ${tx.org}, ${it.person}, ${it.version + 1}, ${it.dataKey}, ${it.half}, ${it.sealed}, to_timestamp(${it.provenAt}::float8 / 1000)
    where ${it.version}::int = coalesce((select version from carried where org = ${tx.org} and person = ${it.person}), 0)
    on conflict (org, person) do update set
      version = excluded.version, data_key = excluded.data_key, half = excluded.half, sealed = excluded.sealed,
      proven_at = excluded.proven_at
    where c.version = excluded.version - 1`)) === 1

/** Under the key that is there. False: something newer is there, or nothing. */
export const changeCarried = async (tx: Tx, it: { person: string; version: number; sealed: Buffer; provenAt: number }) =>
  (await tx.count(sql`
    update carried set version = version + 1, sealed = ${it.sealed},
      proven_at = greatest(proven_at, to_timestamp(${it.provenAt}::float8 / 1000))
    where org = ${tx.org} and person = ${it.person} and version = ${it.version}`)) === 1

/** Seals to workstations that are there, and stay so until the commit: who removes one finds these. Others are left out. */
export const putSeals = (tx: Tx, person: string, seals: ReadonlyMap<string, Buffer>) =>
  tx.count(sql`
    insert into carried_seal as c (org, person, workstation, seal)
    select ${tx.org}, ${person}, it.workstation, it.seal
    from unnest(${[...seals.keys()]}::uuid[], ${[...seals.values()]}::bytea[]) as it(workstation, seal)
    join workstation w on w.org = ${tx.org} and w.workstation = it.workstation and w.removed_at is null
    for share of w
    on conflict (org, person, workstation) do update set seal = excluded.seal`)

/** Seals of a person, or to a workstation. */
export const deleteSeals = (tx: Tx, of: { person?: string; workstation?: string }) =>
  tx.count(sql`
    delete from carried_seal where org = ${tx.org}
      and (${of.person ?? null}::uuid is null or person = ${of.person ?? null}::uuid)
      and (${of.workstation ?? null}::uuid is null or workstation = ${of.workstation ?? null}::uuid)`)

export const deleteCarried = (tx: Tx, person: string) => tx.count(sql`delete from carried where org = ${tx.org} and person = ${person}`)

/** Whether this person's is of those. */
export const isOldCarried = async (tx: Tx, person: string) =>
  (await tx.maybe(sql`
    select 1 as yes from carried where org = ${tx.org} and person = ${person}
      and proven_at < wl_now() - make_interval(days => ${workstationPolicy.keptDays})`)) !== undefined

/** What nobody has proven themselves for in so many days. */
export const oldCarried = (sweep: Db) =>
  sweep.rows<{ org: string; person: string }>(sql`
    select org, person from carried
    where proven_at < (select wl_now()) - make_interval(days => ${workstationPolicy.keptDays}) order by proven_at limit 200`)
