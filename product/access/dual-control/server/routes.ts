import { refuse, serve } from '@wardline/platform/server'
import type { Caller, Route, Tx } from '@wardline/platform/server'
import { can } from '@wardline/product/access/roles/server'
import * as contract from '../contract.ts'
import { refusalWords } from '../rules.ts'
import { deciding, judgeFor } from './ask.ts'
import type { Performer } from './ask.ts'
import { decide, lockPending, readPending } from './queries.ts'

/** The routes of what waits for a second person. */
export function routesOf(performers: readonly Performer[]): readonly Route[] {
  const performerOf = (kind: string) => performers.find((it) => it.kind === kind)
  const found = async (tx: Tx, caller: Caller, act: string, isRefusal = false) => {
    const row = await lockPending(tx, act)
    const performer = row && performerOf(row.kind)
    if (!row || !performer || deciding(caller.roles, performer.approve).length === 0) throw refuse(contract.approvePending, 'not-found')
    const refused = (await judgeFor(tx, [row], caller, tx.at.getTime()))(row, performer)
    // To decline what nobody may ask for any more harms nobody, and clears the list.
    if (refused && !(isRefusal && refused === 'asker-gone')) throw refuse(contract.approvePending, refused)
    return { row, performer, about: { key: `pending|${act}`, payload: { act, kind: row.kind, subject: row.subject } } }
  }
  return [
    serve(contract.listPending, {
      who: can('pending.read'),
      audit: { none: 'acts of administration, not of patients' },
      phi: 'none',
      run: async (ctx) => {
        const { rows, judge } = await ctx.read(async (db) => {
          const rows = await readPending(db)
          return { rows, judge: await judgeFor(db, rows, ctx.caller, ctx.clock.ms()) }
        })
        return {
          acts: rows.flatMap((row) => {
            const performer = performerOf(row.kind)
            if (!performer) return []
            const refused = judge(row, performer)
            return {
              act: row.act,
              kind: row.kind,
              says: performer.says(row.payload),
              subject: row.subject,
              askedBy: row.asked_by,
              askedAt: row.asked_at.getTime(),
              expiresAt: row.expires_at.getTime(),
              state: row.state,
              decidedBy: row.decided_by,
              decidable: refused === null ? (true as const) : refusalWords[refused],
            }
          }),
        }
      },
    }),
    serve(contract.approvePending, {
      who: can('role.approve'),
      audit: contract.pendingApproved,
      phi: 'none',
      run: (ctx, _body, { act }) =>
        ctx.write(async (tx) => {
          const { row, performer, about } = await found(tx, ctx.caller, act)
          await decide(tx, act, 'approved', ctx.caller.person)
          const isDone = await performer.perform(tx, row.subject, row.payload, ctx.request.whence)
          if (isDone !== true) throw refuse(contract.approvePending, isDone === false ? 'no-longer-possible' : isDone)
          tx.announce(contract.pendingApproved, about)
          return {}
        }),
    }),
    serve(contract.declinePending, {
      who: can('role.approve'),
      audit: contract.pendingDeclined,
      phi: 'none',
      run: (ctx, _body, { act }) =>
        ctx.write(async (tx) => {
          const { about } = await found(tx, ctx.caller, act, true)
          await decide(tx, act, 'declined', ctx.caller.person)
          tx.announce(contract.pendingDeclined, about)
          return {}
        }),
    }),
    serve(contract.withdrawPending, {
      who: can('pending.read'),
      audit: contract.pendingWithdrawn,
      phi: 'none',
      run: (ctx, _body, { act }) =>
        ctx.write(async (tx) => {
          const row = await lockPending(tx, act)
          if (!row || row.asked_by !== ctx.caller.person) throw refuse(contract.withdrawPending, 'not-found')
          if ((await decide(tx, act, 'withdrawn', ctx.caller.person)) === 0) throw refuse(contract.withdrawPending, 'over')
          tx.announce(contract.pendingWithdrawn, { key: `pending|${act}`, payload: { act, kind: row.kind, subject: row.subject } })
          return {}
        }),
    }),
  ]
}
