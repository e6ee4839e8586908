import { Count, endpoint, fact, Id, List, Moment, OneOf, Shape, Text, Type } from '@wardline/platform/contract'
import { closings, ruleNames } from './words.ts'

export { closings, closingWords, ruleWords } from './words.ts'
export type { Closing, RuleName } from './words.ts'

const Rule = OneOf(...ruleNames)
const Closing = OneOf(...closings)
const Maybe = <T extends Parameters<typeof Type.Union>[0][number]>(of: T) => Type.Union([of, Type.Null()])

/** An access, or several of one kind, that somebody should look at. */
export const Alert = Shape({
  alert: Id,
  person: Id,
  rule: Rule,
  /** Whose record; null where the rule is about no single one. */
  patient: Maybe(Id),
  times: Count,
  firstAt: Moment,
  lastAt: Moment,
  closed: Maybe(Shape({ by: Id, at: Moment, reason: Closing, note: Text(1_000, 0) })),
})

export const listAlerts = endpoint({
  name: 'access.unusual-access.list',
  method: 'GET',
  path: '/api/v1/unusual-access',
  summary: 'Unusual accesses: open ones first, newest on top; then the closed ones of the last 90 days.',
  takes: Shape({}),
  gives: Shape({ alerts: List(Alert, 500), open: Count }),
  fails: {},
})

export const closeAlert = endpoint({
  name: 'access.unusual-access.close',
  method: 'POST',
  path: '/api/v1/unusual-access/:alert/close',
  summary: 'Says what an unusual access was. As expected or a coincidence, the same is not raised again for 30 days.',
  takes: Shape({ reason: Closing, note: Text(1_000, 0) }),
  gives: Shape({}),
  fails: {
    'own-access': {
      status: 409,
      what: 'This is about what you opened yourself; another officer closes it.',
      next: 'Nothing was recorded. The alert stays in the queue.',
    },
    'already-closed': {
      status: 409,
      what: 'Another officer has closed this.',
      next: 'Nothing was recorded. Load the page again to see it.',
    },
  },
})

export const alertRaised = fact({
  kind: 'access.unusual-access.raised',
  payload: Shape({ alert: Id, person: Id, rule: Rule, patient: Maybe(Id) }),
  says: 'an unusual access was noticed',
})

export const alertClosed = fact({
  kind: 'access.unusual-access.closed',
  payload: Shape({ alert: Id, person: Id, rule: Rule, reason: Closing }),
  says: 'closed an alert about unusual access',
})
