import { Count, endpoint, fact, Id, List, Moment, OneOf, Shape, Text, Type } from '@wardline/platform/contract'
import { SignedInBy } from '@wardline/product/access/workstations/contract'
import { outcomes, reasonCodes } from './words.ts'

export { outcomeWords, outcomes, reasonCodes, reasonWords, shortestExplanation } from './words.ts'
export type { Outcome, ReasonCode } from './words.ts'

const Reason = OneOf(...reasonCodes)
const Outcome = OneOf(...outcomes)
const Maybe = <T extends Parameters<typeof Type.Union>[0][number]>(of: T) => Type.Union([of, Type.Null()])
const Roles = List(Text(40), 11)

/** An emergency opening as the one who opened sees it. */
export const MyOpening = Shape({ opening: Id, patient: Id, reason: Reason, at: Moment, until: Moment })

export const openRecord = endpoint({
  name: 'access.break-glass.open',
  method: 'POST',
  path: '/api/v1/break-glass',
  summary: 'Opens one patient’s record in an emergency, for an hour; the officers are told at once. Safe to repeat under the same id.',
  takes: Shape({ opening: Id, patient: Id, reason: Reason, explanation: Text(500, 1) }),
  gives: MyOpening,
  fails: {
    'say-why': {
      status: 422,
      what: 'The explanation is too short: at least ten characters.',
      next: 'Nothing was opened. Say in one sentence why you need this record now.',
    },
    'id-taken': {
      status: 409,
      what: 'This id belongs to another emergency opening.',
      next: 'Nothing was opened. Start again.',
    },
  },
})

export const myOpenings = endpoint({
  name: 'access.break-glass.mine',
  method: 'GET',
  path: '/api/v1/break-glass/mine',
  summary: 'One’s own emergency openings that last, soonest end first.',
  takes: Shape({}),
  gives: Shape({ openings: List(MyOpening, 50), now: Moment }),
  fails: {},
})

export const closeRecord = endpoint({
  name: 'access.break-glass.close',
  method: 'POST',
  path: '/api/v1/break-glass/:opening/close',
  summary: 'Ends one’s own emergency opening before its time.',
  takes: Shape({}),
  gives: Shape({}),
  fails: {},
})

/** An emergency opening as officers see it. */
export const Opening = Shape({
  opening: Id,
  patient: Id,
  person: Id,
  roles: Roles,
  unit: Text(120, 0),
  reason: Reason,
  explanation: Text(500),
  at: Moment,
  until: Moment,
  /** When it was ended before its time. */
  closedAt: Maybe(Moment),
  /** Until when it has to be reviewed. */
  dueAt: Moment,
  overdue: Type.Boolean(),
  /** What was looked at under it: screens, with how often. */
  screens: List(Shape({ screen: Text(80), times: Count }), 50),
  review: Maybe(Shape({ by: Id, at: Moment, outcome: Outcome, note: Text(1_000, 0) })),
})

export const listOpenings = endpoint({
  name: 'access.break-glass.list',
  method: 'GET',
  path: '/api/v1/break-glass',
  summary: 'Emergency openings: those that wait for a review first, the one due soonest on top; then the reviewed ones, newest first.',
  takes: Shape({}),
  gives: Shape({ openings: List(Opening, 500), waiting: Count, overdue: Count }),
  fails: {},
})

export const reviewOpening = endpoint({
  name: 'access.break-glass.review',
  method: 'POST',
  path: '/api/v1/break-glass/:opening/review',
  summary: 'Says whether an emergency opening was appropriate. Never by whoever opened.',
  takes: Shape({ outcome: Outcome, note: Text(1_000, 0) }),
  gives: Shape({}),
  fails: {
    'own-opening': {
      status: 409,
      what: 'You opened this record; another officer reviews it.',
      next: 'Nothing was recorded. The opening stays in the queue for another officer.',
    },
    'already-reviewed': {
      status: 409,
      what: 'Another officer has reviewed this.',
      next: 'Nothing was recorded. Load the page again to see the review.',
    },
    'say-why': {
      status: 422,
      what: 'What is not appropriate needs a note of at least ten characters.',
      next: 'Nothing was recorded. Say what was found and what happens next.',
    },
  },
})

/** `opened`: just now, to officers. `digest`: yesterday, to the care team. `overdue`: a review is late. */
export const NoticeKind = OneOf('opened', 'digest', 'overdue')

export const myNotices = endpoint({
  name: 'access.break-glass.notices',
  method: 'GET',
  path: '/api/v1/break-glass/notices',
  summary: 'What one was told of emergency openings and has not put away.',
  takes: Shape({}),
  gives: Shape({
    notices: List(
      Shape({
        notice: Id,
        kind: NoticeKind,
        opening: Id,
        patient: Id,
        person: Id,
        roles: Roles,
        unit: Text(120, 0),
        reason: Reason,
        at: Moment,
      }),
      200,
    ),
  }),
  fails: {},
})

export const putAwayNotices = endpoint({
  name: 'access.break-glass.notices.seen',
  method: 'POST',
  path: '/api/v1/break-glass/notices/seen',
  summary: 'Puts one’s own notices away.',
  takes: Shape({ notices: List(Id, 200) }),
  gives: Shape({}),
  fails: {},
})

export const patientsView = endpoint({
  name: 'access.break-glass.patients-view',
  method: 'GET',
  path: '/api/v1/patients/:patient/emergency-access',
  summary: 'What a patient is told of emergency openings of their record: role, unit, reason and time; the name through the officer.',
  takes: Shape({}),
  gives: Shape({ openings: List(Shape({ roles: Roles, unit: Text(120, 0), reason: Text(80), at: Moment, until: Moment }), 500) }),
  fails: {},
})

export const recordOpened = fact({
  kind: 'access.break-glass.opened',
  payload: Shape({
    opening: Id,
    patient: Id,
    reason: Reason,
    explanation: Text(500),
    until: Moment,
    told: List(Id, 500),
    signedInBy: SignedInBy,
    /** From outside the networks to which the organisation keeps its records. */
    elsewhere: Type.Optional(Type.Literal(true)),
  }),
  says: 'opened a patient’s record in an emergency',
  bucket: 'patients',
})

export const recordClosed = fact({
  kind: 'access.break-glass.closed',
  payload: Shape({ opening: Id, patient: Id, why: OneOf('closed', 'time') }),
  says: 'an emergency opening of a record ended',
  bucket: 'patients',
})

export const openingReviewed = fact({
  kind: 'access.break-glass.reviewed',
  payload: Shape({ opening: Id, patient: Id, outcome: Outcome }),
  says: 'reviewed an emergency opening of a record',
  bucket: 'patients',
})

export const reviewOverdue = fact({
  kind: 'access.break-glass.review-overdue',
  payload: Shape({ opening: Id, patient: Id, told: List(Id, 500) }),
  says: 'the review of an emergency opening is overdue',
  bucket: 'patients',
})
