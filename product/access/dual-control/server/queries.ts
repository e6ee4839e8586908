import { sql } from '@wardline/platform/db'
import type { Db, Tx } from '@wardline/platform/db'

/** An act as the database has it. */
export interface PendingRow {
  readonly act: string
  readonly kind: string
  readonly subject: string
  readonly payload: unknown
  readonly asked_by: string
  readonly asked_roles: string[]
  readonly asked_at: Date
  readonly expires_at: Date
  readonly state: 'asked' | 'approved' | 'declined' | 'withdrawn' | 'expired'
  readonly decided_by: string | null
}

/** Undefined: the same is asked for already. */
export const insertPending = (
  tx: Tx,
  it: { act: string; kind: string; subject: string; payload: object; askedBy: string; askedRoles: readonly string[]; hours: number },
): Promise<{ expires_at: Date } | undefined> =>
  tx.maybe(sql`
    insert into pending_act (org, act, kind, subject, payload, asked_by, asked_roles, expires_at)
    values (${tx.org}, ${it.act}, ${it.kind}, ${it.subject}, ${JSON.stringify(it.payload)}::jsonb, ${it.askedBy}, ${it.askedRoles}::text[],
      wl_now() + ${it.hours} * interval '1 hour')
    on conflict do nothing returning expires_at`)

export const readPending = (db: Db): Promise<PendingRow[]> =>
  db.rows(sql`
    select act, kind, subject, payload, asked_by, asked_roles, asked_at, expires_at, state, decided_by from pending_act
    where org = ${db.org} and (state = 'asked' or decided_at > wl_now() - interval '90 days') order by asked_at desc, act limit 500`)

export const lockPending = (tx: Tx, act: string): Promise<PendingRow | undefined> =>
  tx.maybe(sql`
    select act, kind, subject, payload, asked_by, asked_roles, asked_at, expires_at, state, decided_by from pending_act
    where org = ${tx.org} and act = ${act} for update`)

/** What somebody asked for and nobody decided yet. */
export const lockAskedBy = (tx: Tx, person: string): Promise<Pick<PendingRow, 'act' | 'kind' | 'subject'>[]> =>
  tx.rows(sql`
    select act, kind, subject from pending_act where org = ${tx.org} and asked_by = ${person} and state = 'asked' order by act for update`)

export const decide = (tx: Tx, act: string, state: PendingRow['state'], by: string | null): Promise<number> =>
  tx.count(sql`
    update pending_act set state = ${state}, decided_by = ${by}, decided_at = wl_now() where org = ${tx.org} and act = ${act} and state = 'asked'`)

/** Acts somewhere for whose second person it is too late. */
export const duePending = (sweep: Db): Promise<{ org: string; act: string }[]> =>
  sweep.rows(sql`select org, act from pending_act where state = 'asked' and expires_at <= wl_now() order by expires_at limit 200`)
