import { toBase64url } from '@wardline/crypto'
import { refuse } from '@wardline/platform/server'
import type { Ctx } from '@wardline/platform/server'
import { approveOpening, openingApproved, openingRefused, refuseOpening } from '../contract.ts'
import { judgeDecision } from '../rules.ts'
import { decide, lockRequest, readRequests } from './queries.ts'
import { factsOf } from './read.ts'
import { logKey } from './request.ts'

/** A second officer approves; never the person who asked. */
export async function approve(ctx: Ctx, request: string): Promise<Record<string, never>> {
  await ctx.write(async (tx) => {
    await lockRequest(tx, request)
    const [row] = await readRequests(tx, request, 1)
    if (!row) throw refuse(approveOpening, 'not-found')
    const refused = judgeDecision(factsOf(row), { person: ctx.caller.person, decision: 'approved' }, tx.at.getTime())
    if (refused) throw refuse(approveOpening, refused)
    await decide(tx, request, 'approved', ctx.caller.person)
    const { requester, opening_hash } = row
    tx.announce(openingApproved, { key: logKey(request), payload: { request, requester, statement: toBase64url(opening_hash) } })
  })
  return {}
}

/** A second officer refuses, or the officer takes the request back. */
export async function refuseRequest(ctx: Ctx, request: string, reason: string): Promise<Record<string, never>> {
  await ctx.write(async (tx) => {
    await lockRequest(tx, request)
    const [row] = await readRequests(tx, request, 1)
    if (!row) throw refuse(refuseOpening, 'not-found')
    if (judgeDecision(factsOf(row), { person: ctx.caller.person, decision: 'refused' }, tx.at.getTime()))
      throw refuse(refuseOpening, 'already-decided')
    await decide(tx, request, 'refused', ctx.caller.person)
    tx.announce(openingRefused, { key: logKey(request), payload: { request, requester: row.requester, reason } })
  })
  return {}
}
