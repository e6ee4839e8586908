import { Day, endpoint, fact, Id, List, Moment, OneOf, Shape, Text, Type } from '@wardline/platform/contract'
import { Decision } from '@wardline/product/patients/texting/contract'

/** A visit as the day's list shows it. */
export const VisitLine = Shape({
  visit: Id,
  patient: Id,
  given: Text(80),
  family: Text(80),
  startsAt: Moment,
  reason: Text(300, 0),
  state: OneOf('booked', 'cancelled'),
  /** The newest reminder of it, if any. */
  remindedAt: Type.Union([Moment, Type.Null()]),
})

/** What would go out for one visit, and why or why not. */
export const ReminderLine = Shape({
  visit: Id,
  patient: Id,
  given: Text(80),
  family: Text(80),
  startsAt: Moment,
  number: Type.Union([Id, Type.Null()]),
  /** The text as the phone would show it. */
  body: Text(1_600, 0),
  decision: Decision,
  alreadySent: Type.Boolean(),
})

export const listVisits = endpoint({
  name: 'patients.appointments.list',
  method: 'GET',
  path: '/api/v1/visits',
  summary: 'The visits of one day in the practice’s zone, earliest first.',
  takes: Shape({ day: Day }),
  gives: Shape({ visits: List(VisitLine, 500) }),
  fails: {},
})

export const addVisit = endpoint({
  name: 'patients.appointments.add',
  method: 'POST',
  path: '/api/v1/visits',
  summary: 'Books a visit under an id made by the client; safe to repeat.',
  takes: Shape({
    visit: Id,
    patient: Id,
    startsAt: Moment,
    reason: Type.Optional(Text(300, 0)),
    /** The colleague whom it is with: they care for the patient from the day before to the day after. */
    clinician: Type.Optional(Id),
  }),
  gives: Shape({ visit: Id, created: Type.Boolean() }),
  fails: {
    'in-the-past': {
      status: 422,
      what: 'The visit would be in the past.',
      next: 'Nothing was booked. Choose a time to come.',
    },
  },
})

export const cancelVisit = endpoint({
  name: 'patients.appointments.cancel',
  method: 'POST',
  path: '/api/v1/visits/:visit/cancellation',
  summary: 'Cancels a visit. A reminder that still waits for its hour is not sent.',
  takes: Shape({}),
  gives: Shape({}),
  fails: {},
})

export const previewReminders = endpoint({
  name: 'patients.appointments.preview-reminders',
  method: 'GET',
  path: '/api/v1/visits/reminders',
  summary: 'What "send reminders" would do for a day: for each visit the text and what the gate says.',
  takes: Shape({ day: Day }),
  gives: Shape({ reminders: List(ReminderLine, 500) }),
  fails: {},
})

export const sendReminders = endpoint({
  name: 'patients.appointments.send-reminders',
  method: 'POST',
  path: '/api/v1/visits/reminders',
  summary: 'Sends a reminder of each of these visits, date and time only, at most one a day. Repeating it sends nothing twice.',
  takes: Shape({ visits: Type.Array(Id, { minItems: 1, maxItems: 200, uniqueItems: true }) }),
  gives: Shape({
    /** In the order asked for; a visit that is not there, cancelled or past is left out. */
    reminders: List(Shape({ visit: Id, decision: Decision, alreadySent: Type.Boolean() }), 200),
  }),
  fails: {},
})

export const visitAdded = fact({
  kind: 'patients.visit.added',
  payload: Shape({ visit: Id, patient: Id, startsAt: Moment }),
  says: 'booked a visit',
  bucket: 'patients',
})
export const visitCancelled = fact({
  kind: 'patients.visit.cancelled',
  payload: Shape({ visit: Id, patient: Id }),
  says: 'cancelled a visit',
  bucket: 'patients',
})
