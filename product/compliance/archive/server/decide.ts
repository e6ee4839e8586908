import { CryptoError, encodeStatement, fromBase64url, opening, parse, toBase64url, verifyApproval } from '@wardline/crypto'
import type { Opening, Statement } from '@wardline/crypto'
import type { TakesOf } from '@wardline/platform/contract'
import type { Tx } from '@wardline/platform/db'
import { refuse } from '@wardline/platform/server'
import type { Ctx } from '@wardline/platform/server'
import { makersOf } from '@wardline/product/access/dual-control/server'
import { isActiveDevice, publicPeople, trustFacts } from '@wardline/product/team/devices/server'
import { approveOpening, openingApproved, openingRefused, refuseOpening } from '../contract.ts'
import { judgeDecision } from '../rules.ts'
import { decideApproved, decideRefused, lockRequest, readRequests } from './queries.ts'
import { factsOf } from './read.ts'
import { logKey } from './request.ts'

const bad = (field: string) => refuse(approveOpening, 'bad-approval', { field })

/**
 * A second officer approves; never the person who asked. Judged like the request, from the root down: what counts is the statement that a
 * device of theirs signed and that the root names them, not a session and a role; the offline tool judges it again.
 */
export async function approve(ctx: Ctx, request: string, body: TakesOf<typeof approveOpening>): Promise<Record<string, never>> {
  const { person, device } = ctx.caller
  await ctx.write(async (tx) => {
    await lockRequest(tx, request)
    const [row] = await readRequests(tx, request, 1)
    if (!row) throw refuse(approveOpening, 'not-found')
    const refused = judgeDecision(factsOf(row), { person, decision: 'approved' }, tx.at.getTime())
    if (refused) throw refuse(approveOpening, refused)
    if ((await makersOf(tx, person, 'archive.approve')).has(row.requester)) throw refuse(approveOpening, 'appointed-by-asker')
    if (device === null || !(await isActiveDevice(tx, { person, device }))) throw refuse(approveOpening, 'not-a-device')
    const approval = read(body.approval)
    const { author } = approval.body
    if (author.person !== person || author.device !== device) throw bad('approval.author')
    await judge(tx, approval, parse(opening, row.opening))
    await decideApproved(tx, request, person, encodeStatement(approval))
    const { requester, opening_hash } = row
    const payload = { request, requester, statement: toBase64url(opening_hash), approval: toBase64url(approval.hash) }
    tx.announce(openingApproved, { key: logKey(request), payload })
  })
  return {}
}

function read(text: string): Statement<Opening> {
  try {
    return parse(opening, fromBase64url(text))
  } catch {
    throw bad('approval')
  }
}

async function judge(tx: Tx, approval: Statement<Opening>, asked: Statement<Opening>): Promise<void> {
  const { person } = approval.body.author
  const { archiveOfficers, administrators } = await trustFacts(tx)
  const approvers = new Set([...archiveOfficers, ...administrators])
  if (!approvers.has(person)) throw refuse(approveOpening, 'not-an-approver')
  try {
    await verifyApproval(approval, { people: await publicPeople(tx, [person]), approvers, asked })
  } catch (thrown) {
    if (thrown instanceof CryptoError) throw bad(`approval (${thrown.code})`)
    throw thrown
  }
}

/** A second officer refuses, or the officer takes the request back. */
export async function refuseRequest(ctx: Ctx, request: string, reason: string): Promise<Record<string, never>> {
  await ctx.write(async (tx) => {
    await lockRequest(tx, request)
    const [row] = await readRequests(tx, request, 1)
    if (!row) throw refuse(refuseOpening, 'not-found')
    if (judgeDecision(factsOf(row), { person: ctx.caller.person, decision: 'refused' }, tx.at.getTime()))
      throw refuse(refuseOpening, 'already-decided')
    await decideRefused(tx, request, ctx.caller.person)
    tx.announce(openingRefused, { key: logKey(request), payload: { request, requester: row.requester, reason } })
  })
  return {}
}
