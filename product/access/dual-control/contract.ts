import { endpoint, fact, Id, List, Moment, OneOf, Shape, Text, Type } from '@wardline/platform/contract'

/** How an act that waits for a second person stands. */
export const PendingState = OneOf('asked', 'approved', 'declined', 'withdrawn', 'expired')

/** An act that waits for a second person, or was decided within the last 90 days. */
export const PendingAct = Shape({
  act: Id,
  /** What is to be done, a word of the feature that does it. */
  kind: Text(60),
  /** The same as a sentence's end, after "asked to". */
  says: Text(200),
  subject: Id,
  askedBy: Id,
  askedAt: Moment,
  expiresAt: Moment,
  state: PendingState,
  decidedBy: Type.Union([Id, Type.Null()]),
  /** Whether the caller may decide, or the sentence that says why not. */
  decidable: Type.Union([Type.Literal(true), Text(200)]),
})

const decisions = {
  'not-your-own': {
    status: 409,
    what: 'Nobody agrees to what they asked for, or to what is about themselves.',
    next: 'It still waits. Another officer must decide.',
  },
  'same-role': {
    status: 409,
    what: 'The second person must hold another role than the first.',
    next: 'It still waits. Somebody in another role must decide.',
  },
  'appointed-by-asker': {
    status: 409,
    what: 'Whoever asked for this gave you your role less than three days ago. So nobody makes their own second person.',
    next: 'It still waits. An officer whom they did not appoint decides, or you, once the three days are over.',
  },
  'asker-gone': {
    status: 409,
    what: 'Whoever asked for this has left, or may no longer ask for it.',
    next: 'Nothing was changed. Somebody who may asks anew, if it is still wanted.',
  },
  over: {
    status: 409,
    what: 'This was decided already, or its three days are over.',
    next: 'Nothing was changed. Read the list again; ask anew if it is still wanted.',
  },
  'not-from-here': {
    status: 409,
    what: 'You are not in one of the networks that this is about. Who agrees stands in one of them, so that a slip shuts nobody out.',
    next: 'It still waits. Agree from one of these networks, or decline it.',
  },
  'no-longer-possible': {
    status: 409,
    what: 'What was asked for can no longer be done: something it rests on has changed.',
    next: 'Nothing was changed, and it still waits. Decline it, or mend what stands against it.',
  },
} as const

/** What others who take a second person refuse by the same rule. */
export const appointedByAsker = { 'appointed-by-asker': decisions['appointed-by-asker'] } as const

export const listPending = endpoint({
  name: 'access.dual-control.list',
  method: 'GET',
  path: '/api/v1/pending-acts',
  summary: 'What waits for a second person, and what was decided lately; newest first.',
  takes: Shape({}),
  gives: Shape({ acts: List(PendingAct, 500) }),
  fails: {},
})

export const approvePending = endpoint({
  name: 'access.dual-control.approve',
  method: 'POST',
  path: '/api/v1/pending-acts/:act/approval',
  summary: 'Agrees to what another person asked for; it is done in the same moment.',
  takes: Shape({}),
  gives: Shape({}),
  fails: decisions,
})

export const declinePending = endpoint({
  name: 'access.dual-control.decline',
  method: 'POST',
  path: '/api/v1/pending-acts/:act/refusal',
  summary: 'Declines what another person asked for.',
  takes: Shape({}),
  gives: Shape({}),
  fails: {
    'not-your-own': decisions['not-your-own'],
    'same-role': decisions['same-role'],
    'appointed-by-asker': decisions['appointed-by-asker'],
    over: decisions.over,
  },
})

export const withdrawPending = endpoint({
  name: 'access.dual-control.withdraw',
  method: 'POST',
  path: '/api/v1/pending-acts/:act/withdrawal',
  summary: 'Takes back what one asked for.',
  takes: Shape({}),
  gives: Shape({}),
  fails: { over: decisions.over },
})

const about = { act: Id, kind: Text(60), subject: Id }
export const pendingAsked = fact({
  kind: 'access.pending.asked',
  payload: Shape({ ...about, expiresAt: Moment }),
  says: 'asked a second person',
})
export const pendingApproved = fact({
  kind: 'access.pending.approved',
  payload: Shape(about),
  says: 'agreed to what another person asked for',
})
export const pendingDeclined = fact({
  kind: 'access.pending.declined',
  payload: Shape(about),
  says: 'declined what another person asked for',
})
export const pendingWithdrawn = fact({
  kind: 'access.pending.withdrawn',
  payload: Shape(about),
  says: 'took back what was asked of a second person',
})
export const pendingExpired = fact({
  kind: 'access.pending.expired',
  payload: Shape(about),
  says: 'let three days pass without a second person',
})
