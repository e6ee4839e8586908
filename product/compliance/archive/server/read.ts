import { toBase64url } from '@wardline/crypto'
import type { GivesOf, TakesOf } from '@wardline/platform/contract'
import type { Ctx } from '@wardline/platform/server'
import { Refusal } from '@wardline/platform/server'
import { newestCheckpoint } from '@wardline/product/compliance/audit/server'
import { isMember } from '@wardline/product/team/conversations/server'
import { conversationsOf } from '@wardline/product/team/messages/server'
import { mostConversations } from '../contract.ts'
import type { findConversations, listRequests, openingsOf } from '../contract.ts'
import { isLogged, stateOf } from '../rules.ts'
import type { LogFacts, RequestFacts } from '../rules.ts'
import { readRequests, releasedOf } from './queries.ts'
import { wrapOf } from './request.ts'
import type { RequestRow } from './tables.ts'

/** What the rules judge a stored request by. */
export const factsOf = (row: RequestRow): RequestFacts => ({
  requester: row.requester,
  askedAt: row.asked_at.getTime(),
  decision: row.decision,
  decidedAt: row.decided_at?.getTime() ?? null,
  releasedAt: row.released_at?.getTime() ?? null,
})

/** Where the log is with a stored request. */
export const logOf = (row: RequestRow, signedSize: number): LogFacts => ({
  requestedIndex: row.requested_index,
  approvedIndex: row.approved_index,
  signedSize,
})

/** A request's reason and salt. */
export const reasonOf = (keys: Ctx['keys'], org: string, row: RequestRow): { readonly reason: string; readonly salt: string } =>
  JSON.parse(keys.open(org, row.data_key, row.sealed, wrapOf(row.request)).toString('utf8')) as { reason: string; salt: string }

/** All requests, newest first. */
export async function list(ctx: Ctx): Promise<GivesOf<typeof listRequests>> {
  const { rows, signed } = await ctx.read(async (db) => ({
    rows: await readRequests(db, null, 500),
    signed: (await newestCheckpoint(db, db.org))?.size ?? 0,
  }))
  const now = ctx.clock.ms()
  return {
    requests: rows.map((row) => ({
      request: row.request,
      requester: row.requester,
      ...reasonOf(ctx.keys, ctx.caller.org, row),
      opening: toBase64url(row.opening),
      scope: [...row.scope],
      state: stateOf(factsOf(row), now),
      askedAt: row.asked_at.getTime(),
      decidedBy: row.decided_by,
      decidedAt: row.decided_at?.getTime() ?? null,
      logged: isLogged(logOf(row, signed)),
      releasedAt: row.released_at?.getTime() ?? null,
    })),
  }
}

/** What a request can name: conversations of these people in a time. */
export async function find(ctx: Ctx, body: TakesOf<typeof findConversations>): Promise<GivesOf<typeof findConversations>> {
  const found = await ctx.read((db) => conversationsOf(db, body.people, body.from, body.to, mostConversations))
  // Who talked with whom is looked at: the people are the subjects.
  ctx.saw(body.people, 'archive-request')
  return {
    conversations: found.map((row) => ({
      conversation: row.conversation,
      kind: row.kind,
      people: [...row.people],
      epochs: { from: row.first_epoch, to: row.last_epoch },
      messages: row.messages,
      firstAt: row.first_at.getTime(),
      lastAt: row.last_at.getTime(),
    })),
  }
}

/** For members: what of their conversation was taken out. */
export async function openings(ctx: Ctx, conversation: string): Promise<GivesOf<typeof openingsOf>> {
  const rows = await ctx.read(async (db) => {
    if (!(await isMember(db, conversation, ctx.caller.person))) throw new Refusal('not-found')
    return releasedOf(db, conversation)
  })
  return {
    openings: rows.map((row) => ({
      request: row.request,
      requester: row.requester,
      approvedBy: row.decided_by,
      epochs: { from: row.first_epoch, to: row.last_epoch },
      releasedAt: row.released_at.getTime(),
    })),
  }
}
