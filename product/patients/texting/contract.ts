import { Count, Day, endpoint, fact, Id, List, Moment, OneOf, Shape, Text, Type } from '@wardline/platform/contract'
import { gateCodes, meanings, purposes, textStates } from './words.ts'

export { gateCodes, gateWords, meanings, purposes, reasonsSaid, textStates } from './words.ts'
export type { GateCode, Meaning, Purpose, TextState } from './words.ts'

/** Why the gate decided as it did. */
export const GateCodeWord = OneOf(...gateCodes)
/** What a text is for. */
export const PurposeWord = OneOf(...purposes)
const Reasons = List(Shape({ code: GateCodeWord, says: Text(300) }), 30)

/** What the gate says to a text. `rules` names the version of the rules that decided. */
export const Decision = Shape({
  kind: OneOf('send', 'hold', 'refuse', 'secure-page-needed'),
  /** When it will be tried, for `hold`. */
  until: Type.Union([Moment, Type.Null()]),
  reasons: Reasons,
  rules: Text(20),
})

/** One text of a thread. */
export const ThreadText = Shape({
  text: Id,
  direction: OneOf('in', 'out'),
  at: Moment,
  body: Text(1_600, 0),
  /** Of texts that we sent. */
  out: Type.Union([
    Shape({
      patient: Type.Union([Id, Type.Null()]),
      purpose: PurposeWord,
      by: Type.Union([Id, Type.Null()]),
      state: OneOf(...textStates),
      /** Why it waits or was not sent. */
      reasons: Reasons,
      dueAt: Moment,
      delivery: Type.Union([OneOf('queued', 'sent', 'failed', 'undelivered', 'delivered'), Type.Null()]),
      /** The carrier's reason, in the port's words. */
      problem: Type.Union([Text(40), Type.Null()]),
    }),
    Type.Null(),
  ]),
  /** Of texts that we got. */
  in: Type.Union([Shape({ meaning: OneOf(...meanings), media: Count }), Type.Null()]),
})

const Who = Shape({ patient: Id, given: Text(80), family: Text(80), birthDate: Type.Union([Day, Type.Null()]), test: Type.Boolean() })

/** A thread in the list. `patient` is null where several patients share the number, or none has it: then ask who. */
export const ThreadLine = Shape({
  thread: Id,
  patient: Type.Union([Who, Type.Null()]),
  candidates: List(Who, 20),
  number: Id,
  /** The last four digits. */
  ending: Text(4),
  lastAt: Moment,
  /** The newest text's beginning. */
  line: Text(120, 0),
  lastDirection: OneOf('in', 'out'),
  /** Since when a text of the patient waits for an answer. */
  waitingSince: Type.Union([Moment, Type.Null()]),
  paused: Type.Boolean(),
  optedOut: Type.Boolean(),
})

export const listThreads = endpoint({
  name: 'patients.texting.threads',
  method: 'GET',
  path: '/api/v1/patient-threads',
  summary: 'Threads with patients: those that wait first, longest first, then the newest; at most 200.',
  takes: Shape({}),
  gives: Shape({ threads: List(ThreadLine, 200), waiting: Count, changedAt: Moment }),
  fails: {},
})

export const getThread = endpoint({
  name: 'patients.texting.thread',
  method: 'GET',
  path: '/api/v1/patient-threads/:thread',
  summary: 'One thread with its newest 50 texts, oldest first; `before` (a moment) pages back, texts of that very millisecond come again.',
  takes: Shape({ before: Type.Optional(Type.String({ pattern: '^\\d{1,15}$' })) }),
  gives: Shape({ ...ThreadLine.properties, texts: List(ThreadText, 50), more: Type.Boolean() }),
  fails: {},
})

const Draft = { patient: Id, number: Id, body: Text(1_200) }

export const previewText = endpoint({
  name: 'patients.texting.preview',
  method: 'POST',
  path: '/api/v1/patient-texts/preview',
  summary: 'What the gate would say to this text now, and how it would look on the phone. Sends nothing.',
  takes: Shape({ ...Draft, body: Text(1_200, 0) }),
  gives: Shape({
    decision: Decision,
    purpose: PurposeWord,
    /** As it would be sent, with the practice's name where it must stand. */
    body: Text(1_600, 0),
    /** Words that do not belong into a text, as offsets into the draft (UTF-16). */
    marks: List(Shape({ from: Count, to: Count }), 100),
    encoding: OneOf('GSM-7', 'UCS-2'),
    segments: Count,
  }),
  fails: {},
})

export const sendText = endpoint({
  name: 'patients.texting.send',
  method: 'POST',
  path: '/api/v1/patient-texts',
  summary:
    'Hands a text to the gate; `send` and `hold` are kept and go out by themselves, `refuse` and `secure-page-needed` keep nothing. Safe to repeat with the same `text`.',
  takes: Shape({
    text: Id,
    ...Draft,
    /** The thread that it is written in, where that is not the patient's own (a number of several patients). */
    thread: Type.Optional(Id),
  }),
  gives: Shape({ decision: Decision, thread: Type.Union([Id, Type.Null()]) }),
  fails: {
    'id-taken': {
      status: 409,
      what: 'This id is in use for another text.',
      next: 'Nothing was sent. Send it again with a new id.',
    },
  },
})

export const askWho = endpoint({
  name: 'patients.texting.ask-who',
  method: 'POST',
  path: '/api/v1/patient-threads/:thread/ask-who',
  summary: 'Asks a number of several patients whom the text is about, under the consent of one of them.',
  takes: Shape({ text: Id }),
  gives: Shape({ decision: Decision }),
  fails: {
    'one-patient': {
      status: 409,
      what: 'This thread has one patient, or nobody on the roster has this number.',
      next: 'Nothing was sent. Answer the patient, or add the number to the right patient first.',
    },
    'id-taken': sendText.fails['id-taken'],
  },
})

export const markLooked = endpoint({
  name: 'patients.texting.looked',
  method: 'POST',
  path: '/api/v1/patient-threads/:thread/looked',
  summary: 'A person has read the thread: a pause of automation ends. With `done` it also leaves the waiting list unanswered.',
  takes: Shape({ done: Type.Optional(Type.Boolean()) }),
  gives: Shape({}),
  fails: {},
})

const Phone = Type.String({ pattern: '^\\+[1-9]\\d{6,14}$' })

/** The number that a practice texts from. */
export const SmsChannel = Shape({
  channel: Id,
  number: Phone,
  practiceName: Text(40),
  phone: Text(30),
  /** What the carrier is told to call: goes into its settings as it stands. */
  inboundUrl: Text(300),
})

export const getSmsChannel = endpoint({
  name: 'patients.texting.channel',
  method: 'GET',
  path: '/api/v1/sms-channel',
  summary: 'The number that this practice texts from, if one is connected.',
  takes: Shape({}),
  gives: Shape({ channel: Type.Union([SmsChannel, Type.Null()]), carrier: Type.Union([Text(40), Type.Null()]), agreement: Type.Boolean() }),
  fails: {},
})

export const setSmsChannel = endpoint({
  name: 'patients.texting.set-channel',
  method: 'PUT',
  path: '/api/v1/sms-channel',
  summary: 'Connects the number that this practice texts from, and says how texts name the practice.',
  takes: Shape({ number: Phone, practiceName: Text(40), phone: Text(30) }),
  gives: SmsChannel,
  fails: {
    'no-carrier': {
      status: 409,
      what: 'This server has no account with a text carrier.',
      next: 'Nothing was saved. Whoever runs the server sets TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN and TWILIO_FROM.',
    },
    'number-taken': {
      status: 409,
      what: 'Another organisation of this server writes from this number.',
      next: 'Nothing was saved. Check the number; if it is yours, whoever runs the server can say who has it.',
    },
  },
})

const webhookFailures = {
  'not-believed': {
    status: 403,
    what: 'This request is not signed by the carrier for this address.',
    next: 'Nothing was changed. Compare the public address of this server with the one that the carrier calls, and the account’s token.',
  },
  malformed: {
    status: 400,
    what: 'This request is signed, but not of the carrier’s form.',
    next: 'Nothing was changed.',
  },
} as const

export const inboundWebhook = endpoint({
  name: 'patients.texting.inbound',
  method: 'POST',
  path: '/api/v1/webhooks/sms/:channel/inbound',
  summary: 'The carrier brings a text from a phone. A stop acts before this is answered.',
  body: 'form',
  takes: Type.Any(),
  gives: Type.Any(),
  fails: webhookFailures,
})

export const statusWebhook = endpoint({
  name: 'patients.texting.status',
  method: 'POST',
  path: '/api/v1/webhooks/sms/:channel/status',
  summary: 'The carrier says how a text fared. Order and repetition do not matter.',
  body: 'form',
  takes: Type.Any(),
  gives: Type.Any(),
  fails: webhookFailures,
})

/** The live frame to everybody who may read texts: a thread changed, read it again. No PHI: an id and a time. */
export const ThreadFrame = Shape({ t: Type.Literal('patients.thread'), thread: Id, at: Moment })

const codes = List(GateCodeWord, 30)
const about = { text: Id, thread: Id, number: Id }

export const textQueued = fact({
  kind: 'patients.text.queued',
  payload: Shape({
    ...about,
    patient: Type.Union([Id, Type.Null()]),
    purpose: PurposeWord,
    basis: OneOf('receipt', 'code', 'stop'),
    evidence: Id,
    held: Type.Boolean(),
    codes,
    rules: Text(20),
  }),
  says: 'queued a text to a patient',
  bucket: 'patients',
})
export const textRefused = fact({
  kind: 'patients.text.refused',
  payload: Shape({ text: Id, patient: Type.Union([Id, Type.Null()]), number: Id, purpose: PurposeWord, codes, rules: Text(20) }),
  says: 'wrote a text that was not allowed',
  bucket: 'patients',
})
export const textWithdrawn = fact({
  kind: 'patients.text.withdrawn',
  payload: Shape({ ...about, codes, rules: Text(20) }),
  says: 'a waiting text was no longer allowed when its time came',
  bucket: 'patients',
})
export const textSent = fact({
  kind: 'patients.text.sent',
  payload: Shape({ ...about, attempt: Count }),
  says: 'the carrier took a text',
  bucket: 'patients',
})
export const textNotSent = fact({
  kind: 'patients.text.not-sent',
  payload: Shape({ ...about, problem: Text(40), again: Type.Boolean() }),
  says: 'the carrier did not take a text',
  bucket: 'patients',
})
export const textUnknown = fact({
  kind: 'patients.text.unknown',
  payload: Shape({ ...about, why: Text(40) }),
  says: 'it is not known whether the carrier took a text',
  bucket: 'patients',
})
export const textDelivery = fact({
  kind: 'patients.text.delivery',
  payload: Shape({ ...about, status: Text(20), problem: Type.Union([Text(40), Type.Null()]) }),
  says: 'the carrier reported on a text',
  bucket: 'patients',
})
export const textReceived = fact({
  kind: 'patients.text.received',
  payload: Shape({ ...about, meaning: OneOf(...meanings) }),
  says: 'received a text',
  bucket: 'patients',
})
export const automationPaused = fact({
  kind: 'patients.automation.paused',
  payload: Shape({ number: Id, text: Id }),
  says: 'paused automatic texts to a number until a person has looked',
  bucket: 'patients',
})
export const threadLooked = fact({
  kind: 'patients.thread.looked',
  payload: Shape({ thread: Id, number: Id, done: Type.Boolean(), endedPause: Type.Boolean() }),
  says: 'looked at a patient’s thread',
  bucket: 'patients',
})
export const channelSet = fact({
  kind: 'patients.channel.set',
  payload: Shape({ channel: Id, carrier: Text(40) }),
  says: 'connected the number that texts come from',
  bucket: 'audit',
})
