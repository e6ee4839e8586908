import { Bytes, Count, endpoint, fact, Id, List, Moment, OneOf, Shape, Text, Type } from '@wardline/platform/contract'
import { EpochUpload, RecipientSeals, rekeyReasons } from '@wardline/product/team/conversations/contract'

/** A sealed envelope in crypto's stored form: outer, header, ciphertext. At most 128 KiB. */
export const Envelope = Bytes(128 * 1024, 200)
/** A SHA-256 hash, base64url. */
const Hash = Bytes(32, 32)

/** How a message can be refused. Closed: the outbox switches over it. */
export const sendRefusals = {
  'stale-epoch': {
    status: 409,
    what: 'The message is sealed under an epoch that is not the newest.',
    next: 'Nothing was stored. Seal it again under the newest epoch and send it.',
  },
  'rekey-first': {
    status: 409,
    what: 'The conversation needs a new epoch before the next message.',
    next: 'Nothing was stored. Make an epoch, seal the message under it, and send both in one request.',
  },
  chain: {
    status: 409,
    what: "The message does not follow this device's last one here.",
    next: 'Nothing was stored. Send what is missing first; continue only from an envelope that this device has sent.',
  },
  'bad-envelope': {
    status: 422,
    what: 'The envelope is damaged, or is not of this conversation or this device.',
    next: 'Nothing was stored. Seal the message again.',
  },
  'bad-epoch': {
    status: 422,
    what: 'The epoch that came with the message may not follow: the field names the reason.',
    next: 'Nothing was stored. Read the present facts, make another epoch and seal the message again.',
  },
  revoked: {
    status: 403,
    what: 'This device was revoked.',
    next: 'Nothing was stored. Enrol a device with your recovery key or another device; drafts are kept here.',
  },
  'not-a-device': {
    status: 409,
    what: 'This needs a session that is bound to one of your enrolled devices.',
    next: 'Nothing was stored. Enrol this device, or sign it in, and try again.',
  },
} as const

/** The codes that a `refused` frame answers to `send` with. */
export const sendRefusalCodes = [
  'stale-epoch',
  'rekey-first',
  'chain',
  'bad-envelope',
  'bad-epoch',
  'revoked',
  'not-a-device',
  'bad-request',
  'not-found',
  'too-many',
  'too-large',
  'disk-full',
  'unavailable',
  'internal',
] as const
/** One of {@link sendRefusalCodes}. */
export type SendRefusalCode = (typeof sendRefusalCodes)[number]

/** A stored message. `envelope` is null once it was erased: the tombstone keeps its hash, so that chains still hold. */
export const Message = Shape({
  conversation: Id,
  sequence: Count,
  epoch: Count,
  person: Id,
  device: Id,
  at: Moment,
  hash: Hash,
  envelope: Type.Union([Envelope, Type.Null()]),
  /** What is left of an erased envelope: crypto's Tombstone. */
  tombstone: Type.Optional(Shape({ prev: Hash, rest: Hash })),
})

/** Where a sent message stands. `known`: it was here already, and these are the number and hash of the bytes that came first. */
export const Stored = Shape({ sequence: Count, hash: Hash, at: Moment, known: Type.Boolean() })

/** Sends one message over plain HTTP. */
export const sendMessage = endpoint({
  name: 'team.messages.send',
  method: 'POST',
  path: '/api/v1/conversations/:conversation/messages',
  summary: 'Stores a sealed message; with `epoch`, adds that epoch first; safe to repeat with the same bytes',
  takes: Shape({ envelope: Envelope, epoch: Type.Optional(EpochUpload), seals: Type.Optional(RecipientSeals) }),
  gives: Stored,
  fails: sendRefusals,
})

/** A page of messages, newest first, without those of epochs that the history rule keeps from the caller. */
export const messagePage = endpoint({
  name: 'team.messages.page',
  method: 'GET',
  path: '/api/v1/conversations/:conversation/messages',
  summary: 'The newest messages before a sequence',
  takes: Shape({
    before: Type.Optional(Type.String({ pattern: '^\\d{1,15}$' })),
    limit: Type.Optional(Type.String({ pattern: '^([1-9]|[1-9]\\d|1\\d\\d|200)$' })),
  }),
  gives: Shape({ messages: List(Message, 200), more: Type.Boolean() }),
  fails: {},
})

/** How far each device of each member has got: watermarks, never a row a message. */
export const receipts = endpoint({
  name: 'team.messages.receipts',
  method: 'GET',
  path: '/api/v1/conversations/:conversation/receipts',
  summary: 'Watermarks of the members’ devices: delivered and shown up to which sequence',
  takes: Shape({}),
  gives: Shape({ receipts: List(Shape({ person: Id, device: Id, delivered: Count, shown: Count, at: Moment }), 10_000) }),
  fails: {},
})

/** A message was accepted. */
export const messageAccepted = fact({
  kind: 'team.message.accepted',
  payload: Shape({ conversation: Id, sequence: Count, envelope: Hash }),
  says: 'sent a sealed message',
})

/** Envelopes were erased; each left a tombstone. The sequences are the first and the last of them. */
export const messagesErased = fact({
  kind: 'team.messages.erased',
  payload: Shape({ conversation: Id, from: Count, through: Count, messages: Count }),
  says: 'erased sealed messages of a conversation',
})

/** A device's watermarks moved over a range: both ends of each are in it. */
export const receiptMoved = fact({
  kind: 'team.receipt.moved',
  payload: Shape({
    conversation: Id,
    device: Id,
    delivered: Type.Array(Count, { minItems: 2, maxItems: 2 }),
    shown: Type.Array(Count, { minItems: 2, maxItems: 2 }),
  }),
  says: 'received or saw messages',
})

// Frames of the live connection. `id` is the client's own name of a request and comes back with its answers.
const FrameId = Text(64)

/** Client → server: a sealed message, with an epoch where one is due, and one's own seals where the author's are wrong. */
export const SendFrame = Shape({
  t: Type.Literal('send'),
  id: FrameId,
  conversation: Id,
  envelope: Envelope,
  epoch: Type.Optional(EpochUpload),
  seals: Type.Optional(RecipientSeals),
})

/** Server → client: stored, durably. */
export const AckFrame = Shape({
  t: Type.Literal('ack'),
  id: FrameId,
  conversation: Id,
  sequence: Count,
  hash: Hash,
  at: Moment,
  known: Type.Optional(Type.Boolean()),
})

/** Server → client: not stored. */
export const RefusedFrame = Shape({
  t: Type.Literal('refused'),
  id: Type.Optional(FrameId),
  code: OneOf(...sendRefusalCodes),
  /** For `bad-epoch` one of the conversation contract's epochRefusals, for `bad-request` the wrong field. */
  field: Type.Optional(Text(200, 0)),
  /** For `stale-epoch` and `rekey-first`. */
  epoch: Type.Optional(Shape({ n: Count, hash: Hash })),
  rekey: Type.Optional(OneOf(...rekeyReasons)),
  /** For `chain`: this device's last envelope here; absent where it has none. */
  head: Type.Optional(Hash),
})

/** Server → client: a new message in a conversation of mine. */
export const MessageFrame = Shape({
  t: Type.Literal('message'),
  conversation: Id,
  sequence: Count,
  epoch: Count,
  person: Id,
  device: Id,
  at: Moment,
  hash: Hash,
  envelope: Envelope,
})

/** Client → server: what this device has; exactly the rest comes back. A conversation that is not named gives its newest 50. */
export const SyncFrame = Shape({
  t: Type.Literal('sync'),
  id: FrameId,
  have: List(Shape({ conversation: Id, sequence: Count }), 10_000),
})

/** Server → client: some of the rest, oldest first within a conversation. */
export const RestFrame = Shape({ t: Type.Literal('rest'), id: FrameId, messages: List(Message, 1_000) })

/** Server → client: the rest was sent. `more`: it was cut at 2,000 messages or 4 MB; ask again with what came. */
export const SyncedFrame = Shape({
  t: Type.Literal('synced'),
  id: FrameId,
  conversations: List(Shape({ conversation: Id, sequence: Count, epoch: Count }), 100_000),
  more: Type.Boolean(),
})

/** Client → server: this device has received and shown messages up to these sequences. Never goes back; lower figures are ignored. */
export const ReceiptFrame = Shape({ t: Type.Literal('receipt'), conversation: Id, delivered: Count, shown: Count })

/** Server → client: a member's device has moved. At most once a second a device and conversation. */
export const ReceiptMovedFrame = Shape({
  t: Type.Literal('receipt'),
  conversation: Id,
  person: Id,
  device: Id,
  delivered: Count,
  shown: Count,
})

/** What the heartbeat carries for each device: how many conversations I have, and the sum of their highest sequences. */
export const BeatFrame = Shape({
  t: Type.Literal('beat'),
  at: Moment,
  conversations: Type.Optional(Count),
  sequences: Type.Optional(Count),
})
