import {
  archivePolicy,
  authorEpoch,
  authority,
  boxOf,
  deviceList,
  encodeMemberSeals,
  encodeRecipientSeals,
  fromBase64url,
  identity,
  newUuid,
  openEpoch,
  openHistory,
  parse,
  parseEpoch,
  planEpoch,
  planFirstEpoch,
  publicKeysOf,
  recipientPolicy,
  removal,
  sealMessage,
  toBase64url,
  userKey,
  ZERO_HASH,
} from '@wardline/crypto'
import type {
  AuthoredEpoch,
  Bytes,
  Epoch,
  EpochRoot,
  Facts,
  Flags,
  Governance,
  PublicPerson,
  SealedMessage,
  Statement,
  Step,
} from '@wardline/crypto'
import type { TakesOf } from '@wardline/platform/contract'
import { addEpoch, createConversation, epochsAfter } from '@wardline/product/team/conversations/contract'
import { statementsOf, trust } from '@wardline/product/team/devices/contract'
import { must, wire } from './colleague.ts'
import type { Colleague } from './colleague.ts'

/** A conversation as one device of the pretend staff holds it. */
export interface Thread {
  readonly me: Colleague
  readonly conversation: string
  /** The newest epoch that this device knows, and every one that it can open. */
  epoch: Statement<Epoch>
  readonly roots: Map<number, EpochRoot>
  /** This device's last envelope here. */
  head: Bytes
}

const ordinary: Flags = { priority: 'routine', ask: 'fyi', due: 0, expiry: 0, mentions: [] }
const governance: Governance = { add: 'members', remove: 'members', change: 'members', moderators: [] }

/** People's newest public statements, from the API. */
export async function peopleOf(me: Colleague, people: readonly string[]): Promise<ReadonlyMap<string, PublicPerson>> {
  const given = must(await me.call(statementsOf, { body: { people: [...new Set(people)].map((person) => ({ person, after: 0 })) } }))
  const found = new Map<string, PublicPerson>()
  for (const { person, statements } of given.people) {
    const newest = (kind: string) => statements.findLast((it) => it.kind === kind)?.statement
    const [id, list, key] = [newest('identity'), newest('device-list'), newest('user-key')]
    if (id && list && key)
      found.set(person, {
        person,
        identity: parse(identity, fromBase64url(id)),
        deviceList: parse(deviceList, fromBase64url(list)),
        userKey: parse(userKey, fromBase64url(key)),
      })
  }
  return found
}

/** What an epoch is planned by, from the API. */
export async function factsFor(me: Colleague, people: readonly string[], removals: readonly string[] = []): Promise<Facts> {
  const it = must(await me.call(trust, {}))
  const last = (list: readonly { statement: string }[]) => fromBase64url(list.at(-1)!.statement)
  const powers = it.authorities.map((row) => parse(authority, fromBase64url(row.statement)).body)
  const holders = (power: string) => new Set(powers.findLast((row) => row.power === power)?.people ?? [])
  const newest = new Map(
    removals.map((text) => parse(removal, fromBase64url(text))).map((row) => [`${row.body.conversation} ${row.body.person}`, row]),
  )
  return {
    people: await peopleOf(me, people),
    administrators: holders('administrator'),
    hr: holders('hr'),
    hands: holders('directory-hand'),
    roles: new Map(),
    archivePolicy: parse(archivePolicy, last(it.archivePolicies)),
    recipientPolicy: parse(recipientPolicy, last(it.recipientPolicies)),
    removals: [...newest.values()],
  }
}

/** An epoch as the API takes it. */
export const upload = (made: AuthoredEpoch, history: TakesOf<typeof addEpoch>['history'] = []): TakesOf<typeof addEpoch> => ({
  statement: wire(made.epoch),
  members: toBase64url(encodeMemberSeals(made.members)),
  recipients: toBase64url(encodeRecipientSeals(made.recipients)),
  history,
})

/** Begins a conversation. */
export async function begin(
  me: Colleague,
  others: readonly { readonly person: string }[],
  it: { kind?: 'direct' | 'group'; history?: 'from-join' | 'all'; conversation?: string; governance?: Governance } = {},
): Promise<Thread> {
  const members = [me.person, ...others.map((other) => other.person)]
  const facts = await factsFor(me, members)
  const conversation = it.conversation ?? newUuid()
  const kind = it.kind ?? (others.length === 1 ? 'direct' : 'group')
  const body = planFirstEpoch(
    {
      organisation: me.org,
      conversation,
      author: { person: me.person, device: me.device.device },
      time: facts.archivePolicy.body.from,
      members,
      addressed: [],
      governance: it.governance ?? governance,
      history: it.history ?? 'from-join',
    },
    facts,
  )
  const made = await authorEpoch({ body, publicKeys: publicKeysOf(facts), device: me.device })
  const given = must(await me.call(createConversation, { body: { conversation, kind, epoch: upload(made) } }))
  if (!given.created) return openThread(me, given.conversation.conversation)
  return { me, conversation, epoch: made.epoch, roots: new Map([[1, made.root]]), head: ZERO_HASH }
}

/** Reads a conversation's epochs and opens those that this person may. */
export async function openThread(me: Colleague, conversation: string): Promise<Thread> {
  const { epochs } = must(await me.call(epochsAfter, { params: { conversation } }))
  const statements = epochs.map((row) => parseEpoch(fromBase64url(row.statement)))
  const people = await peopleOf(
    me,
    statements.map((it) => it.body.author.person),
  )
  const roots = new Map<number, EpochRoot>()
  for (const [i, epoch] of statements.entries()) {
    const row = epochs[i]!
    const author = epoch.body.author
    const authorKey = people.get(author.person)?.deviceList.body.devices.find((it) => it.device === author.device)?.signKey
    const entry = epoch.body.roster.find((it) => it.person === me.person)
    if (!authorKey) continue
    if (row.seal && entry)
      roots.set(row.n, await openEpoch({ epoch, authorKey, box: boxOf(me.keys, entry.keyId), seal: fromBase64url(row.seal) }))
    else if (row.history)
      roots.set(row.n, await openHistory({ epoch, authorKey, box: me.keys.boxes.at(-1)!, seal: fromBase64url(row.history) }))
  }
  return { me, conversation, epoch: statements.at(-1)!, roots, head: ZERO_HASH }
}

/** Writes the epoch after the newest that the thread knows, without sending it. */
export async function nextEpoch(
  thread: Thread,
  step: Omit<Step, 'author' | 'time' | 'heads'> & { heads?: Step['heads'] } = {},
): Promise<AuthoredEpoch> {
  const { me, conversation } = thread
  const given = must(await me.call(epochsAfter, { params: { conversation }, body: { after: String(thread.epoch.body.version) } }))
  const named = [...thread.epoch.body.roster.map((it) => it.person), me.person, ...(step.add ?? [])]
  const facts = await factsFor(
    me,
    named,
    given.removals.map((it) => it.statement),
  )
  const author = { person: me.person, device: me.device.device }
  const body = planEpoch(thread.epoch, { heads: thread.epoch.body.heads, ...step, author, time: facts.archivePolicy.body.from }, facts)
  return authorEpoch({ body, publicKeys: publicKeysOf(facts), device: me.device })
}

/** Makes an epoch the thread's newest, once the server has it. */
export function follow(thread: Thread, made: AuthoredEpoch): void {
  thread.epoch = made.epoch
  thread.roots.set(made.epoch.body.version, made.root)
}

/** Adds the next epoch over the API. */
export async function rekey(thread: Thread, step: Parameters<typeof nextEpoch>[1] = {}): Promise<AuthoredEpoch> {
  const made = await nextEpoch(thread, step)
  must(await thread.me.call(addEpoch, { params: { conversation: thread.conversation }, body: upload(made) }))
  follow(thread, made)
  return made
}

/** Seals a text under the newest epoch and moves this device's chain on, as if it were sent. */
export async function seal(
  thread: Thread,
  text: string,
  it: { msgId?: string; prev?: Bytes; flags?: Partial<Flags>; root?: EpochRoot } = {},
): Promise<SealedMessage & { readonly text: string }> {
  const root = it.root ?? thread.roots.get(thread.epoch.body.version)!
  const made = await sealMessage({
    root,
    device: thread.me.device,
    msgId: it.msgId ?? newUuid(),
    prev: it.prev ?? thread.head,
    flags: { ...ordinary, ...it.flags },
    kind: 'text',
    checkpoint: { size: 0, root: ZERO_HASH },
    body: new TextEncoder().encode(text),
  })
  thread.head = made.hash
  return { ...made, text: toBase64url(made.bytes) }
}
