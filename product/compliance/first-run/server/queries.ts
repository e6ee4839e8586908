import { sql } from '@wardline/platform/db'
import type { Db, Tx } from '@wardline/platform/db'
import type { Mark } from '../rules.ts'
import type { Step } from '../words.ts'
import type { FirstRunRow, MarkRow } from './tables.ts'

export const insertFirstRun = (tx: Tx) => tx.count(sql`insert into first_run (org) values (${tx.org}) on conflict do nothing`)

export const readFirstRun = (db: Db) => db.maybe<FirstRunRow>(sql`select begun_at, finished_at from first_run where org = ${db.org}`)

/** False if there is nothing to finish, or it is finished. */
export const setFinished = async (tx: Tx) =>
  (await tx.count(sql`
    update first_run set finished_at = wl_now(), finished_by = ${tx.by.actor} where org = ${tx.org} and finished_at is null`)) === 1

export const readMarks = (db: Db) => db.rows<MarkRow>(sql`select step, mark from first_run_mark where org = ${db.org}`)

export const upsertMark = (tx: Tx, step: Step, mark: Mark) =>
  tx.count(sql`
    insert into first_run_mark (org, step, mark, by) values (${tx.org}, ${step}, ${mark}, ${tx.by.actor})
    on conflict (org, step) do update set mark = excluded.mark, by = excluded.by, at = wl_now()`)

export const deleteMark = (tx: Tx, step: Step) => tx.count(sql`delete from first_run_mark where org = ${tx.org} and step = ${step}`)

export const updateOrganisation = (tx: Tx, it: { name: string; zone: string }) =>
  tx.count(sql`update org set name = ${it.name}, zone = ${it.zone} where org = ${tx.org}`)
