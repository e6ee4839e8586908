import type { Bytes, Uuid } from '../bytes.ts'
import { concat, lp, utf8, uuidToBytes } from '../bytes.ts'
import type { Codec } from '../canonical.ts'
import { blob, choice, encode, hash, number64, set, struct, uuid } from '../canonical.ts'
import { refuse } from '../errors.ts'
import { sha256 } from '../hash.ts'
import type { Suite } from '../keys.ts'
import { suite } from '../keys.ts'
import type { Author, Chained, Statement } from './statement.ts'
import { author, chained, define, draft, parse } from './statement.ts'

/** By which role a person came in by takeover, the present generation of its key, and the epoch in which they came. */
export type Mark = { readonly role: Uuid; readonly generation: number; readonly since: number }

/** A member: the user key that the member seal is made to, the device list their messages are checked with. `mark` has at most one entry. */
export type RosterEntry = {
  readonly person: Uuid
  readonly keyId: Bytes
  readonly deviceList: Bytes
  readonly mark: readonly Mark[]
}

/** Who can open the epoch without being a member. The subject is the archive's period, the role or the person escalated to. */
export type Recipient = { readonly kind: 'archive' | 'role' | 'target'; readonly subject: Uuid; readonly keyId: Bytes }

/** Who may do something: nobody, every member, the members named as moderators, or members who are administrators. */
export type Who = 'nobody' | 'members' | 'moderators' | 'administrators'

/** The conversation's own law: who may add, remove, and change this law, the history rule, the excluded list or the addressed recipients. */
export type Governance = { readonly add: Who; readonly remove: Who; readonly change: Who; readonly moderators: readonly Uuid[] }

/** Whether a newcomer may be given the keys of epochs before their own. */
export type History = 'from-join' | 'all'

/** The newest envelope of a device, so that a cut tail is seen. */
export type Head = { readonly device: Uuid; readonly envelope: Bytes }

/** B_n: everything that an epoch says, before its commitment. `version` is n, `prev` is H(E_{n-1}), `time` in ms. */
export type EpochBody = Chained & {
  readonly suite: Suite
  readonly conversation: Uuid
  readonly roster: readonly RosterEntry[]
  readonly recipients: readonly Recipient[]
  readonly excluded: readonly Uuid[]
  readonly governance: Governance
  readonly history: History
  readonly recipientPolicy: number
  readonly archivePolicy: number
  readonly removals: readonly Bytes[]
  readonly heads: readonly Head[]
  readonly author: Author
}

/** E_n = B_n and lp(c_n), the commitment to K_n. */
export type Epoch = EpochBody & { readonly commitment: Bytes }

/** At most this many recipients besides the members. */
export const MAX_RECIPIENTS = 8

const mark: Codec<Mark> = struct<Mark>({ role: uuid, generation: number64, since: number64 })
const entry: Codec<RosterEntry> = struct<RosterEntry>({ person: uuid, keyId: hash, deviceList: hash, mark: set(mark, 1) })
const recipient: Codec<Recipient> = struct<Recipient>({ kind: choice('archive', 'role', 'target'), subject: uuid, keyId: hash })
const who: Codec<Who> = choice('nobody', 'members', 'moderators', 'administrators')
const governance: Codec<Governance> = struct<Governance>({ add: who, remove: who, change: who, moderators: set(uuid, 64) })
const head: Codec<Head> = struct<Head>({ device: uuid, envelope: hash })

const body = {
  ...chained,
  suite,
  conversation: uuid,
  roster: set(entry, 1000),
  recipients: set(recipient, MAX_RECIPIENTS),
  excluded: set(uuid, 1000),
  governance,
  history: choice<History>('from-join', 'all'),
  recipientPolicy: number64,
  archivePolicy: number64,
  removals: set(hash, 1000),
  heads: set(head, 8000),
  author,
} as const

const subject = (value: EpochBody): readonly string[] => [value.conversation]
const withoutCommitment = define<EpochBody>('epoch', struct<EpochBody>(body), subject)
const COMMITMENT = 36

/** The epoch statement; its bytes are E_n. */
export const epoch = define<Epoch>('epoch', struct<Epoch>({ ...body, commitment: blob(32) }), subject)

const refuseDoubled = (values: readonly string[]): void => {
  if (new Set(values).size !== values.length) refuse('malformed', 'doubled person, recipient or device')
}

const requireShape = (value: Epoch): void => {
  if (value.commitment.length !== 32) refuse('malformed', 'commitment')
  refuseDoubled(value.roster.map((r) => r.person))
  refuseDoubled(value.recipients.map((r) => `${r.kind}:${r.subject}`))
  refuseDoubled(value.heads.map((h) => h.device))
}

/** Reads a stored epoch statement. Its signature is not verified here. Throws `malformed`. */
export const parseEpoch = (encoded: Uint8Array): Statement<Epoch> => {
  const read = parse(epoch, encoded)
  requireShape(read.body)
  return read
}

/** H(B_n) of a statement, from which K_n is derived. */
export const bodyHash = (statement: Statement<Epoch>): Bytes => sha256(statement.bytes.subarray(0, statement.bytes.length - COMMITMENT))

/** H(B_n) of a body that has no commitment yet. */
export const hashOfBody = (value: EpochBody): Bytes => sha256(encode(withoutCommitment.codec, value))

/** The unsigned statement of a body and its commitment. */
export const draftEpoch = (value: EpochBody, commitment: Bytes): Statement<Epoch> => {
  const made = draft(epoch, { ...value, commitment })
  requireShape(made.body)
  return made
}

/** r = lp(kind), lp(subject), lp(key id): what a recipient's seal and its randomness are bound to. */
export const recipientBytes = (r: Recipient): Bytes => concat(lp(utf8(r.kind)), lp(uuidToBytes(r.subject)), lp(r.keyId))
