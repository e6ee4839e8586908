import { Bytes, Count, endpoint, fact, Id, List, Moment, OneOf, Shape, Text, Type } from '@wardline/platform/contract'
import { appointedByAsker } from '@wardline/product/access/dual-control/contract'
import { Message } from '@wardline/product/team/messages/contract'
import { HeldStatement, SignedStatement, trust } from '@wardline/product/team/devices/contract'

/** A SHA-256 hash, base64url. */
const Hash = Bytes(32, 32)

/** Epochs `from` to `to`, both included, of one conversation. */
export const Scope = Shape({ conversation: Id, from: Count, to: Count })

/** Where a request stands. `expired`: nobody approved it, or nobody fetched it, in time. */
export const requestStates = ['requested', 'approved', 'released', 'refused', 'expired'] as const
/** One of {@link requestStates}. */
export type RequestState = (typeof requestStates)[number]

/** Most conversations in one request. */
export const mostConversations = 200
/** Most messages in one export. */
export const mostMessages = 50_000

/** A request as officers see it. Times in ms. */
export const Request = Shape({
  request: Id,
  requester: Id,
  reason: Text(2_000),
  /** What the officer signed, and the salt of the reason's hash: whoever approves checks and signs the same. */
  opening: SignedStatement,
  salt: Bytes(32, 32),
  scope: List(Scope, mostConversations),
  state: OneOf(...requestStates),
  askedAt: Moment,
  decidedBy: Type.Union([Id, Type.Null()]),
  decidedAt: Type.Union([Moment, Type.Null()]),
  /** Whether a signed checkpoint of the log covers request and approval: before that nothing is released. */
  logged: Type.Boolean(),
  releasedAt: Type.Union([Moment, Type.Null()]),
})

const notADevice = {
  'not-a-device': {
    status: 409,
    what: 'This needs a session that is bound to one of your enrolled devices.',
    next: 'Nothing was asked. Enrol this device, or sign it in, and try again.',
  },
} as const

/** Conversations in which the named people talked in a time: ids, members and counts, never content. */
export const findConversations = endpoint({
  name: 'compliance.archive.conversations',
  method: 'POST',
  path: '/api/v1/archive/conversations',
  summary: 'Conversations that all of these people are or were in, with messages in a time: what a request can name',
  takes: Shape({ people: Type.Array(Id, { minItems: 1, maxItems: 20, uniqueItems: true }), from: Moment, to: Moment }),
  gives: Shape({
    conversations: List(
      Shape({
        conversation: Id,
        kind: OneOf('direct', 'group'),
        people: List(Id, 2_000),
        /** The epochs in which the messages of that time were sent. */
        epochs: Shape({ from: Count, to: Count }),
        messages: Count,
        firstAt: Moment,
        lastAt: Moment,
      }),
      mostConversations,
    ),
  }),
  fails: {},
})

/** Asks for the archive to be opened. `opening` is crypto's statement, signed by the officer's device; it names SHA-256(salt, reason). */
export const requestOpening = endpoint({
  name: 'compliance.archive.request',
  method: 'POST',
  path: '/api/v1/archive/requests',
  summary: 'Asks for messages of some conversations to be opened, for a reason; safe to repeat with the same bytes',
  takes: Shape({ opening: SignedStatement, reason: Text(2_000, 10), salt: Bytes(32, 32) }),
  gives: Shape({ request: Id }),
  fails: {
    ...notADevice,
    'not-an-officer': {
      status: 409,
      what: 'You are not named as archive officer by the organisation’s root key.',
      next: 'Nothing was asked. The role alone gives no right to keys: hold a ceremony that names you, or ask an archive officer.',
    },
    'bad-opening': {
      status: 422,
      what: 'The signed request is not whole, not yours, or does not fit: the field names what is wrong.',
      next: 'Nothing was asked. Make the request again.',
    },
    'no-such-scope': {
      status: 422,
      what: 'A conversation or epoch that is named is not there.',
      next: 'Nothing was asked. Choose the conversations again.',
    },
    'id-taken': { status: 409, what: 'Another request has this id.', next: 'Nothing was asked. Make the request again.' },
  },
})

/** Requests, newest first. */
export const listRequests = endpoint({
  name: 'compliance.archive.requests',
  method: 'GET',
  path: '/api/v1/archive/requests',
  summary: 'Requests to open the archive and where each stands',
  takes: Shape({}),
  gives: Shape({ requests: List(Request, 500) }),
  fails: {},
})

const decided = {
  'already-decided': {
    status: 409,
    what: 'This request was approved, refused or has run out already.',
    next: 'Nothing was changed. Look at the list again.',
  },
} as const

/** A second officer agrees. `approval` is crypto's statement, signed by their device: the next one after the request, over the same. */
export const approveOpening = endpoint({
  name: 'compliance.archive.approve',
  method: 'POST',
  path: '/api/v1/archive/requests/:request/approval',
  summary: 'Approves a request by a signed statement; never the person who made it',
  takes: Shape({ approval: SignedStatement }),
  gives: Shape({}),
  fails: {
    ...decided,
    'not-a-device': { ...notADevice['not-a-device'], next: 'Nothing was approved. Enrol this device, or sign it in, and try again.' },
    'not-an-approver': {
      status: 409,
      what: 'You are named neither as archive officer nor as administrator by the organisation’s root key.',
      next: 'Nothing was approved. The role alone gives no right to approve: somebody whom the root names must look at it.',
    },
    'bad-approval': {
      status: 422,
      what: 'The signed approval is not whole, not yours, or not of this request: the field names what is wrong.',
      next: 'Nothing was approved. Look at the request again and approve it anew.',
    },
    'own-request': {
      status: 409,
      what: 'Nobody approves their own request.',
      next: 'Nothing was changed. Another officer or administrator must look at it.',
    },
    ...appointedByAsker,
  },
})

/** A second officer does not agree. */
export const refuseOpening = endpoint({
  name: 'compliance.archive.refuse',
  method: 'POST',
  path: '/api/v1/archive/requests/:request/refusal',
  summary: 'Refuses a request, or takes one’s own back',
  takes: Shape({ reason: Text(2_000, 3) }),
  gives: Shape({}),
  fails: decided,
})

/** What was opened of a conversation, for its members. */
export const openingsOf = endpoint({
  name: 'compliance.archive.openings',
  method: 'GET',
  path: '/api/v1/conversations/:conversation/openings',
  summary: 'Which epochs of this conversation were released for an opening of the archive, when, and by whom',
  takes: Shape({}),
  gives: Shape({
    openings: List(
      Shape({ request: Id, requester: Id, approvedBy: Id, epochs: Shape({ from: Count, to: Count }), releasedAt: Moment }),
      500,
    ),
  }),
  fails: {},
})

/** An epoch in an export: the statement, and every candidate set of recipient seals, the author's first. */
export const ExportEpoch = Shape({
  conversation: Id,
  n: Count,
  at: Moment,
  statement: Bytes(700 * 1024, 200),
  candidates: List(Bytes(40 * 1024, 4), 1_001),
})

/**
 * The file that is released: sealed content, and every statement that is needed to verify it from the root's printed fingerprint. It holds
 * no key that opens anything: the archive's is with its custodians, the vault is sealed to the officer's own factors.
 */
export const ExportFile = Shape({
  format: Type.Literal('wardline archive export 1'),
  organisation: Shape({ id: Id, name: Text(200) }),
  releasedAt: Moment,
  opening: SignedStatement,
  reason: Text(2_000),
  salt: Bytes(32, 32),
  askedAt: Moment,
  approvedBy: Id,
  /** The second officer's signed statement over the same request. */
  approval: SignedStatement,
  approvedAt: Moment,
  /** The newest checkpoint: a signed note over request and approval, to be kept for `wardline verify-audit --note`. */
  log: Shape({ requested: Count, approved: Count, checkpoint: Text(4_000) }),
  trust: trust.gives,
  people: List(Shape({ person: Id, name: Text(200), statements: List(HeldStatement, 10_000) }), 10_000),
  /** The requesting officer's vault as it is stored. */
  vault: SignedStatement,
  conversations: List(Shape({ conversation: Id, kind: OneOf('direct', 'group') }), mostConversations),
  epochs: List(ExportEpoch, 100_000),
  messages: List(Message, mostMessages),
})

/** The sealed material as one file (`ExportFile`), for `wardline archive open`. */
export const releaseExport = endpoint({
  name: 'compliance.archive.release',
  method: 'POST',
  path: '/api/v1/archive/requests/:request/release',
  summary: 'Releases the sealed messages and keys of an approved request as one file; it can be opened only with the custodians’ shares',
  takes: Shape({}),
  gives: ExportFile,
  fails: {
    'not-approved': {
      status: 409,
      what: 'No second officer has approved this request, or it was refused or has run out.',
      next: 'Nothing was released. Ask for approval, or make a new request.',
    },
    'not-logged': {
      status: 409,
      what: 'The log has no signed checkpoint over request and approval yet.',
      next: 'Nothing was released. A checkpoint is signed each minute: try again then. If it lasts, run "wardline doctor".',
    },
    'too-much': {
      status: 422,
      what: 'The request covers more messages than one file can hold.',
      next: 'Nothing was released. Make requests for fewer conversations or a shorter time.',
    },
  },
})

/** What a machine with the shares hands to the officer: message keys, sealed to the officer's box key, in parts. */
export const OpenedFile = Shape({
  format: Type.Literal('wardline archive opening 1'),
  request: Id,
  parts: List(Bytes(8 * 1024 * 1024), 1_000),
  refused: List(Shape({ header: Hash, code: Text(40) }), mostMessages),
})

/** Somebody asked. The reason is payload: it can be erased, the leaf stays. */
export const openingRequested = fact({
  kind: 'compliance.archive.requested',
  payload: Shape({ request: Id, scope: List(Scope, mostConversations), statement: Hash, reason: Text(2_000) }),
  says: 'asked for the archive to be opened',
})

/** A second officer approved. */
export const openingApproved = fact({
  kind: 'compliance.archive.approved',
  payload: Shape({ request: Id, requester: Id, statement: Hash, approval: Hash }),
  says: 'approved the opening of the archive',
})

/** A request was refused or taken back. */
export const openingRefused = fact({
  kind: 'compliance.archive.refused',
  payload: Shape({ request: Id, requester: Id, reason: Text(2_000) }),
  says: 'refused the opening of the archive',
})

/** The sealed material left the server; `file` is the hash of what left. */
export const openingReleased = fact({
  kind: 'compliance.archive.released',
  payload: Shape({ request: Id, scope: List(Scope, mostConversations), epochs: Count, messages: Count, file: Hash, checkpoint: Count }),
  says: 'took sealed messages out for an opening of the archive',
})
