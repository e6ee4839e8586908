import { Bytes, Count, endpoint, fact, Id, List, Moment, OneOf, Shape, Text, Type } from '@wardline/platform/contract'

/** An epoch's signed statement, base64url of crypto's encodeStatement; 1,000 members and 8,000 chain heads fit. */
export const EpochStatement = Bytes(700 * 1024, 200)
/** A SHA-256 hash, base64url. */
const Hash = Bytes(32, 32)
/** One HPKE seal. */
const Seal = Bytes(4096, 48)
/** A candidate set of recipient seals: crypto's encodeRecipientSeals. */
export const RecipientSeals = Bytes(40 * 1024, 4)

/** K_i of an earlier epoch for a newcomer. */
export const HistorySeal = Shape({ n: Count, person: Id, seal: Seal })

/** An epoch as its author uploads it. `members` is crypto's encodeMemberSeals: one seal for each person of the roster. */
export const EpochUpload = Shape({
  statement: EpochStatement,
  members: Bytes(300 * 1024, 4),
  recipients: RecipientSeals,
  history: Type.Optional(List(HistorySeal, 20_000)),
})

/** Why the next message needs a new epoch first. `dispute`: two members differ with the author about the archive's seal. */
export const rekeyReasons = ['removal', 'user-key', 'role', 'policy', 'age', 'messages', 'boundary', 'dispute'] as const
/** One of {@link rekeyReasons}. */
export type RekeyWord = (typeof rekeyReasons)[number]

/** Why an epoch was not accepted: crypto's EpochRefusal, and what only the server sees. */
export const epochRefusals = [
  'malformed',
  'another-conversation',
  'not-next',
  'stale-policy',
  'stale-user-key',
  'stale-device-list',
  'author-not-member',
  'removed-person',
  'removal-missing',
  'may-not-add',
  'may-not-change',
  'mixed-acts',
  'recipients-differ',
  'wrong-exclusions',
  'may-not-take-over',
  'wrong-mark',
  'lost-head',
  'bad-signature', // not signed by the named, listed device
  'revoked', // the author's device was revoked
  'no-policy', // the organisation has no archive or recipient policy yet
  'not-the-author', // the author is not the device of this session
  'member-seals', // not exactly one seal for each person of the roster
  'recipient-seals', // not exactly one seal for each recipient
  'history-seals', // a history seal for a person or an epoch that the rule does not give
  'unknown-head', // a chain head that is no envelope of that device here
  'direct', // a direct conversation has two members, always the same
] as const
/** One of {@link epochRefusals}. */
export type EpochRefusalWord = (typeof epochRefusals)[number]

/** A member as the list shows them. */
export const Member = Shape({ person: Id, since: Count, removed: Type.Boolean() })

/** A conversation in my list. */
export const Conversation = Shape({
  conversation: Id,
  kind: OneOf('direct', 'group'),
  members: List(Member, 2_000),
  createdAt: Moment,
  /** The newest epoch's number and hash. */
  epoch: Shape({ n: Count, hash: Hash }),
  rekey: Type.Union([OneOf(...rekeyReasons), Type.Null()]),
  lastSequence: Count,
  lastAt: Type.Union([Moment, Type.Null()]),
  /** How far my devices have shown it. */
  shown: Count,
  /** Messages of others beyond that, at most 100. */
  unread: Count,
  /** A member has reported that the newest epoch's archive seal is wrong. */
  disputed: Type.Boolean(),
})

const epochFailures = {
  'stale-epoch': {
    status: 409,
    what: 'Another epoch came first.',
    next: 'Nothing was stored. Read the newest epoch and seal again; draw a new secret.',
  },
  'bad-epoch': {
    status: 422,
    what: 'The epoch may not follow: the field names the reason.',
    next: 'Nothing was stored. Read the present facts and make another one.',
  },
  'not-a-device': {
    status: 409,
    what: 'This needs a session that is bound to one of your enrolled devices.',
    next: 'Nothing was stored. Enrol this device, or sign it in, and try again.',
  },
} as const

/** Begins a conversation with its first epoch. A second direct conversation of the same two people gives the first one back. */
export const createConversation = endpoint({
  name: 'team.conversations.create',
  method: 'POST',
  path: '/api/v1/conversations',
  summary: 'Begins a direct or group conversation together with its first epoch; safe to repeat with the same bytes',
  takes: Shape({ conversation: Id, kind: OneOf('direct', 'group'), epoch: EpochUpload }),
  gives: Shape({ created: Type.Boolean(), conversation: Conversation }),
  fails: {
    ...epochFailures,
    'id-taken': { status: 409, what: 'That conversation id is in use.', next: 'Nothing was stored. Draw another id.' },
  },
})

/** My conversations, newest message first. */
export const myConversations = endpoint({
  name: 'team.conversations.list',
  method: 'GET',
  path: '/api/v1/conversations',
  summary: 'My conversations with their newest sequence and what I have not seen',
  takes: Shape({}),
  gives: Shape({ conversations: List(Conversation, 10_000) }),
  fails: {},
})

/** One of my conversations. */
export const oneConversation = endpoint({
  name: 'team.conversations.one',
  method: 'GET',
  path: '/api/v1/conversations/:conversation',
  summary: 'One of my conversations',
  takes: Shape({}),
  gives: Conversation,
  fails: {},
})

/** Somebody's own recomputation of the recipient seals, where it differs from the author's. */
export const CandidateSet = Shape({ person: Id, recipients: RecipientSeals, at: Moment })

/** An epoch as a member gets it: their own seal and every candidate set, never another member's seal. */
export const Epoch = Shape({
  n: Count,
  hash: Hash,
  statement: EpochStatement,
  acceptedAt: Moment,
  /** M_n for me; null where the seal is missing or I came later. */
  seal: Type.Union([Seal, Type.Null()]),
  /** K_n for me, where I came later and somebody gave it. */
  history: Type.Union([Seal, Type.Null()]),
  /** The author's set first. */
  candidates: List(CandidateSet, 1_001),
})

/** Epochs after the one that the caller has, oldest first; all of them for verification, seals by each epoch's own history rule. */
export const epochsAfter = endpoint({
  name: 'team.conversations.epochs',
  method: 'GET',
  path: '/api/v1/conversations/:conversation/epochs',
  summary: 'Epochs of a conversation after a number, with my seals',
  takes: Shape({ after: Type.Optional(Type.String({ pattern: '^\\d{1,10}$' })) }),
  gives: Shape({
    epochs: List(Epoch, 100),
    /** Removal statements of this conversation and of its people, oldest first. */
    removals: List(Shape({ statement: Bytes(8 * 1024, 100), at: Moment }), 10_000),
    more: Type.Boolean(),
  }),
  fails: {},
})

/** Adds the next epoch: a re-key, added members, a change of rule. */
export const addEpoch = endpoint({
  name: 'team.conversations.add-epoch',
  method: 'POST',
  path: '/api/v1/conversations/:conversation/epochs',
  summary: 'Adds the next epoch, compared and swapped on its number; safe to repeat with the same bytes',
  takes: EpochUpload,
  gives: Shape({ n: Count, hash: Hash }),
  fails: epochFailures,
})

/** Removes a person, or lets them be added again, by a signed statement. It acts at once; the next epoch must carry it out. */
export const removePerson = endpoint({
  name: 'team.conversations.remove',
  method: 'POST',
  path: '/api/v1/removals',
  summary: 'Accepts a removal or re-admission; a removed person is cut off at once, from one conversation or from all',
  takes: Shape({ removal: Bytes(8 * 1024, 100) }),
  gives: Shape({ conversations: List(Id, 100_000) }),
  fails: {
    'not-a-device': epochFailures['not-a-device'],
    'bad-statement': {
      status: 422,
      what: 'The statement is not signed by a device that may do this, or does not follow the one before it.',
      next: 'Nothing was changed. Read the conversation again and sign a new statement.',
    },
  },
})

/** The directory's hand: who signs for leavers, and whether the organisation has named it. */
const Hand = Shape({
  person: Type.Union([Id, Type.Null()]),
  named: Type.Boolean(),
  /** The statement that names it, with the first administrator's signature. */
  pending: Type.Union([Shape({ statement: Bytes(64 * 1024, 100), by: Id }), Type.Null()]),
  /** Administrators by the signed statement: two of them name it. */
  signers: Count,
})

export const readHand = endpoint({
  name: 'team.directory-hand.read',
  method: 'GET',
  path: '/api/v1/admin/directory-hand',
  summary: 'Whether leavers are taken out of conversations by a signature, or by the server’s word alone',
  takes: Shape({}),
  gives: Hand,
  fails: {},
})

/** What is not over yet about somebody who has left. `roster`: a conversation's next message will be the first without them. */
export const leaverWords = ['sessions', 'roles', 'conversations', 'unsigned', 'roster', 'wipe'] as const

/** Whose access ended in the last 90 days, and what of it is still open. */
export const listLeavers = endpoint({
  name: 'team.leavers',
  method: 'GET',
  path: '/api/v1/admin/leavers',
  summary:
    'People whose access ended in the last 90 days, and what is still open: conversations, devices that have not signed for their wipe',
  takes: Shape({}),
  gives: Shape({
    leavers: List(
      Shape({
        person: Id,
        name: Text(120),
        title: Text(120, 0),
        leftAt: Moment,
        open: List(OneOf(...leaverWords), 6),
        /** Conversations whose next message will be the first without them; nothing was written there since. */
        roster: Count,
        devices: List(
          Shape({
            device: Id,
            name: Text(60),
            seenAt: Moment,
            wipe: OneOf('none', 'waiting', 'done'),
            wipedAt: Type.Union([Moment, Type.Null()]),
          }),
          64,
        ),
      }),
      500,
    ),
  }),
  fails: {},
})

export const makeHand = endpoint({
  name: 'team.directory-hand.make',
  method: 'POST',
  path: '/api/v1/admin/directory-hand',
  summary: 'Makes the signer for leavers. Its word counts once the organisation’s root key, or two administrators, name it',
  takes: Shape({}),
  gives: Hand,
  fails: {
    'no-directory-key': {
      status: 409,
      what: 'The organisation’s keys were not made yet.',
      next: 'Nothing was made. Hold the key ceremony first.',
    },
  },
})

export const signHand = endpoint({
  name: 'team.directory-hand.sign',
  method: 'POST',
  path: '/api/v1/admin/directory-hand/signatures',
  summary:
    'Signs that the directory’s hand may take leavers out of conversations; two administrators do. Leavers of before are taken out then',
  takes: Shape({ statement: Bytes(64 * 1024, 100) }),
  gives: Hand,
  fails: {
    'not-an-administrator': {
      status: 403,
      what: 'The organisation’s signed list of administrators does not name you.',
      next: 'Nothing was changed. Two people who are on that list can sign.',
    },
    'signed-before': {
      status: 409,
      what: 'You have signed this already.',
      next: 'Nothing was changed. Another administrator must sign it now.',
    },
    'already-named': {
      status: 409,
      what: 'The directory’s hand is named already.',
      next: 'Nothing was changed. Nothing needs to be done.',
    },
    'bad-statement': {
      status: 422,
      what: 'The statement does not name this hand alone, or is not signed on your device.',
      next: 'Nothing was changed. Open the page again and sign once more.',
    },
    'stale-version': {
      status: 409,
      what: 'The organisation’s statements have changed meanwhile.',
      next: 'Nothing was changed. Open the page again and sign once more.',
    },
  },
})

/** An administrator signed that the directory's hand may sign for leavers; with the second signature it may. */
export const handSigned = fact({
  kind: 'team.directory-hand.signed',
  payload: Shape({ person: Id, statement: Bytes(32, 32), named: Type.Boolean() }),
  says: 'signed that the directory’s hand may take leavers out of conversations',
})

/** Gives a member the seal that is missing or wrong. Valid because the commitment is: the member checks it, not the server. */
export const repairSeal = endpoint({
  name: 'team.conversations.repair-seal',
  method: 'POST',
  path: '/api/v1/conversations/:conversation/repairs',
  summary: "Stores another seal of an epoch's secret for a member who cannot open theirs",
  takes: Shape({ n: Count, person: Id, seal: Seal }),
  gives: Shape({ stored: Type.Boolean() }),
  fails: { 'not-a-device': epochFailures['not-a-device'] },
})

/** A member cannot open an epoch: others are asked for a repair. */
export const reportSeal = endpoint({
  name: 'team.conversations.report-seal',
  method: 'POST',
  path: '/api/v1/conversations/:conversation/unopened',
  summary: 'Says that my own seal of an epoch is missing or wrong',
  takes: Shape({ n: Count }),
  gives: Shape({ stored: Type.Boolean() }),
  fails: { 'not-a-device': epochFailures['not-a-device'] },
})

/** A member's recomputation of the archive's and roles' seals differs from the author's: the author is named to everybody. */
export const disputeSeals = endpoint({
  name: 'team.conversations.dispute',
  method: 'POST',
  path: '/api/v1/conversations/:conversation/disputes',
  summary: "Reports that an epoch's recipient seals are not what its secret gives, with the right ones",
  takes: Shape({ n: Count, recipients: RecipientSeals }),
  gives: Shape({ differs: Type.Boolean() }),
  fails: { 'not-a-device': epochFailures['not-a-device'] },
})

/** A conversation began. */
export const conversationCreated = fact({
  kind: 'team.conversation.created',
  payload: Shape({ conversation: Id, kind: OneOf('direct', 'group'), members: List(Id, 1_000) }),
  says: 'began a conversation',
})

/** An epoch was accepted. `seals` are the hashes of the recipient seals, in the statement's order of recipients. */
export const epochAccepted = fact({
  kind: 'team.epoch.accepted',
  payload: Shape({
    conversation: Id,
    n: Count,
    statement: Hash,
    act: OneOf('first', 'rekey', 'members', 'takeover', 'change'),
    archivePolicy: Count,
    seals: List(Hash, 8),
  }),
  says: 'accepted an epoch of a conversation',
})

/** A person was removed. `conversation` is the nil id for all. */
export const personRemoved = fact({
  kind: 'team.person.removed',
  payload: Shape({ conversation: Id, person: Id, version: Count, statement: Hash }),
  says: 'removed a person from conversations',
})

/** A leaver gets nothing any more. `signed`: by the directory's hand, so that the next epoch is without them; else it is the server's word. */
export const leaverCutOff = fact({
  kind: 'team.leaver.cut-off',
  payload: Shape({ person: Id, conversations: Count, signed: Type.Boolean() }),
  says: 'took a leaver out of their conversations',
})

/** A removed person may be added again. */
export const personReadmitted = fact({
  kind: 'team.person.readmitted',
  payload: Shape({ conversation: Id, person: Id, version: Count, statement: Hash }),
  says: 'let a removed person be added again',
})

/** A member could not open an epoch. */
export const sealReported = fact({
  kind: 'team.seal.reported',
  payload: Shape({ conversation: Id, n: Count, person: Id }),
  says: 'could not open an epoch',
})

/** A member gave another one a seal. */
export const sealRepaired = fact({
  kind: 'team.seal.repaired',
  payload: Shape({ conversation: Id, n: Count, person: Id }),
  says: "repaired a member's seal",
})

/** A member says that the author's recipient seals are wrong. */
export const sealsDisputed = fact({
  kind: 'team.epoch.disputed',
  payload: Shape({ conversation: Id, n: Count, author: Id, authorDevice: Id, reporter: Id, stored: Hash, recomputed: Hash }),
  says: "found that an epoch's archive seal is not what its author must have made",
})

// Frames of the live connection, from the server.

/** I am a member of a conversation that I was not in. */
export const ConversationFrame = Shape({ t: Type.Literal('conversation'), conversation: Id })
/** A new epoch was accepted. */
export const EpochFrame = Shape({ t: Type.Literal('epoch'), conversation: Id, n: Count, hash: Hash })
/** A person was cut off. */
export const RemovedFrame = Shape({ t: Type.Literal('removed'), conversation: Id, person: Id })
/** Somebody cannot open epoch n, or got a repair for it. */
export const SealFrame = Shape({ t: Type.Literal('seal'), conversation: Id, n: Count, person: Id, missing: Type.Boolean() })
/** A member named the author of epoch n: its recipient seals are wrong. */
export const DisputeFrame = Shape({ t: Type.Literal('dispute'), conversation: Id, n: Count, author: Id, reporter: Id })
