import {
  CryptoError,
  NIL_UUID,
  decodeMemberSeals,
  decodeRecipientSeals,
  equal,
  fromBase64url,
  judgeEpoch,
  judgeRemoval,
  parse,
  parseEpoch,
  removal,
  toBase64url,
  verifyRemoval,
} from '@wardline/crypto'
import { archivePolicy, recipientPolicy } from '@wardline/crypto'
import type { Epoch, Facts, MemberSeal, RecipientSeal, Statement } from '@wardline/crypto'
import type { Static } from '@wardline/platform/contract'
import type { EpochUpload } from '@wardline/product/team/conversations/contract'
import { strongerRekey } from '@wardline/product/team/conversations/rules'
import { isActive, isMember, monthOf, publicPeople, refuse } from './state.ts'
import type { Caller, Room, State, StoredEpoch } from './state.ts'

// Epochs and removals, as the server judges and keeps them.

type Upload = Static<typeof EpochUpload>

/** An upload as read. */
export interface ReadUpload {
  readonly statement: Statement<Epoch>
  readonly members: readonly MemberSeal[]
  readonly upload: Upload
}

const badEpoch = (field: string): never => refuse('bad-epoch', field)
const bytes = (text: string) => fromBase64url(text)

function readable<T>(work: () => T): T {
  try {
    return work()
  } catch (thrown) {
    if (thrown instanceof CryptoError) return badEpoch('malformed')
    throw thrown
  }
}

/** Exactly one seal for each recipient. */
const isSetFor = (seals: readonly RecipientSeal[], epoch: Epoch): boolean =>
  seals.length === epoch.recipients.length &&
  epoch.recipients.every((it) => seals.some((seal) => seal.subject === it.subject && equal(seal.keyId, it.keyId)))

/** Reads an upload and checks what needs nothing that is stored. */
export function readUpload(caller: Caller, conversation: string, upload: Upload): ReadUpload {
  if (caller.device === null) refuse('not-a-device')
  const statement = readable(() => parseEpoch(bytes(upload.statement)))
  const members = readable(() => decodeMemberSeals(bytes(upload.members)))
  const { body } = statement
  if (body.conversation !== conversation) badEpoch('another-conversation')
  if (body.author.person !== caller.person || body.author.device !== caller.device) badEpoch('not-the-author')
  const roster = new Set(body.roster.map((it) => it.person))
  if (members.length !== roster.size || !members.every((it) => roster.has(it.person))) badEpoch('member-seals')
  if (
    !isSetFor(
      readable(() => decodeRecipientSeals(bytes(upload.recipients))),
      body,
    )
  )
    badEpoch('recipient-seals')
  for (const it of upload.history ?? []) if (!roster.has(it.person) || it.n >= body.version) badEpoch('history-seals')
  return { statement, members, upload }
}

/** What an epoch of a conversation is judged by now. */
export function factsOf(state: State, room: Room | undefined, named: readonly string[]): Facts {
  const newest = new Map(room?.removals.map((it) => [it.statement.subject, it.statement]))
  return {
    people: publicPeople(state, [...new Set(named)]),
    administrators: new Set(),
    hr: new Set(),
    hands: new Set(),
    roles: new Map(),
    archivePolicy: parse(archivePolicy, bytes(state.trust.archivePolicies.at(-1)!.statement)),
    recipientPolicy: parse(recipientPolicy, bytes(state.trust.recipientPolicies.at(-1)!.statement)),
    removals: [...newest.values()],
  }
}

const namedIn = (...epochs: readonly (Epoch | undefined)[]): string[] =>
  epochs.flatMap((it) => (it ? [...it.roster.map((entry) => entry.person), it.author.person] : []))

async function judge(state: State, room: Room | undefined, { statement }: ReadUpload): Promise<void> {
  const prev = room?.epochs.at(-1)?.statement ?? null
  const facts = factsOf(state, room, namedIn(prev?.body, statement.body))
  try {
    const verdict = await judgeEpoch(prev, statement, facts)
    if (!verdict.ok) refuse(verdict.refusal === 'not-next' ? 'stale-epoch' : 'bad-epoch', verdict.refusal)
  } catch (thrown) {
    if (thrown instanceof CryptoError) badEpoch('bad-signature')
    throw thrown
  }
}

/** Who came by an epoch and who went. */
export interface Moved {
  readonly came: readonly string[]
  readonly went: readonly string[]
}

function store(room: Room, { statement, members, upload }: ReadUpload, at: number): Moved {
  const { version: n, author, roster } = statement.body
  const epoch: StoredEpoch = {
    n,
    statement,
    text: upload.statement,
    at,
    seals: new Map(members.map((it) => [it.person, { seal: toBase64url(it.seal), missing: false }])),
    history: new Map(),
    sets: [{ person: author.person, recipients: upload.recipients, at }],
  }
  room.epochs.push(epoch)
  for (const it of upload.history ?? []) {
    const given = room.epochs[it.n - 1]!.history
    if (!given.has(it.person)) given.set(it.person, it.seal)
  }
  const came = roster.map((it) => it.person).filter((person) => !isMember(room, person))
  for (const person of came) room.members.set(person, { since: n, removedAt: null })
  const here = new Set(roster.map((it) => it.person))
  const went = [...room.members].filter(([person, it]) => it.removedAt === null && !here.has(person)).map(([person]) => person)
  for (const person of went) room.members.get(person)!.removedAt = at
  return { came, went }
}

/** The pair of a direct conversation. */
const pairOf = (people: readonly string[]): readonly [string, string] | null => {
  const [a, b] = [...new Set(people)].toSorted()
  return people.length === 2 && a !== undefined && b !== undefined ? [a, b] : null
}

/** Begins a conversation, or gives the one that is there. Null: nothing new. */
export async function begin(
  state: State,
  caller: Caller,
  it: { readonly conversation: string; readonly kind: 'direct' | 'group'; readonly epoch: Upload },
  at: number,
): Promise<{ readonly room: Room; readonly moved: Moved | null }> {
  const upload = readUpload(caller, it.conversation, it.epoch)
  const people = upload.statement.body.roster.map((entry) => entry.person)
  const pair = it.kind === 'direct' ? pairOf(people) : null
  if (it.kind === 'direct' && !pair) badEpoch('direct')
  const same = state.rooms.get(it.conversation)
  if (same) {
    const mine = equal(same.epochs[0]!.statement.hash, upload.statement.hash) && isMember(same, caller.person)
    return mine ? { room: same, moved: null } : refuse('id-taken')
  }
  const theirs = pair && [...state.rooms.values()].find((room) => room.pair?.join() === pair.join())
  if (theirs) return isMember(theirs, caller.person) ? { room: theirs, moved: null } : refuse('not-found')
  if (!isActive(state, upload.statement.body.author)) badEpoch('revoked')
  await judge(state, undefined, upload)
  const room: Room = {
    id: it.conversation,
    kind: it.kind,
    pair,
    createdAt: at,
    members: new Map(),
    epochs: [],
    removals: [],
    messages: [],
    heads: new Map(),
    marks: new Map(),
    rekey: null,
    usedAt: null,
    from: 0,
    month: monthOf(at),
    disputed: false,
  }
  const moved = store(room, upload, at)
  state.rooms.set(room.id, room)
  return { room, moved }
}

/** Adds the next epoch. Null: it was here already. */
export async function addEpoch(state: State, caller: Caller, room: Room | undefined, upload: Upload, at: number): Promise<Moved | null> {
  const it = readUpload(caller, room?.id ?? '', upload)
  if (!room || !isMember(room, caller.person)) return refuse('not-found')
  const { version, prev, author, heads } = it.statement.body
  const there = room.epochs[version - 1]
  if (there && equal(there.statement.hash, it.statement.hash)) return null
  const newest = room.epochs.at(-1)!
  if (version !== newest.n + 1 || !equal(prev, newest.statement.hash)) refuse('stale-epoch')
  if (!isActive(state, author)) badEpoch('revoked')
  if (room.pair && it.statement.body.roster.some((entry) => !room.pair!.includes(entry.person))) badEpoch('direct')
  for (const seal of upload.history ?? []) if (room.epochs[seal.n - 1]?.statement.body.history !== 'all') badEpoch('history-seals')
  for (const head of heads)
    if (!room.messages.some((m) => m.device === head.device && m.hash === toBase64url(head.envelope))) badEpoch('unknown-head')
  await judge(state, room, it)
  const moved = store(room, it, at)
  Object.assign(room, { rekey: null, usedAt: null, from: room.messages.length, month: monthOf(at), disputed: false })
  return moved
}

/** Accepts a signed removal or re-admission; a removed person is cut off at once. Returns the conversations that they were cut off from. */
export async function remove(state: State, caller: Caller, text: string, at: number): Promise<Room[]> {
  if (caller.device === null) refuse('not-a-device')
  const bad = (field: string): never => refuse('bad-statement', field)
  const statement = readable(() => parse(removal, bytes(text)))
  const { body } = statement
  const room = state.rooms.get(body.conversation)
  if (!room || body.conversation === NIL_UUID) return refuse('not-found')
  if (body.author.person !== caller.person || body.author.device !== caller.device) bad('not-the-author')
  if (!isMember(room, caller.person)) refuse('not-found')
  if (!isActive(state, body.author)) bad('revoked')
  const prev = room.removals.findLast((it) => it.statement.subject === statement.subject)?.statement ?? null
  if (prev && equal(prev.hash, statement.hash)) return []
  const epoch = room.epochs.at(-1)!.statement.body
  const facts = factsOf(state, room, [...namedIn(epoch), body.person, caller.person])
  try {
    await verifyRemoval(statement, { people: facts.people, prev })
  } catch (thrown) {
    if (thrown instanceof CryptoError) bad(thrown.code)
    throw thrown
  }
  if (!judgeRemoval(body, epoch, facts)) bad('not-entitled')
  room.removals.push({ statement, text, at })
  const member = room.members.get(body.person)
  if (!body.removed || member?.removedAt !== null) return []
  member.removedAt = at
  room.rekey = strongerRekey(room.rekey, 'removal')
  return [room]
}
