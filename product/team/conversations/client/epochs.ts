import { CryptoError, boxOf, judgeEpoch, judgeRemoval, openEpoch, openHistory, verifyRemoval } from '@wardline/crypto'
import type { Bytes, Epoch, EpochRoot, Facts, PersonKeys, Removal, Statement } from '@wardline/crypto'
import type { Held, Knowledge } from '@wardline/product/team/devices/client'
import { Stop, publicAt, stop } from '@wardline/product/team/devices/client'

/** Somebody's set of seals for archive, roles and targets, as stored: crypto's encodeRecipientSeals. */
export interface Candidate {
  readonly person: string
  readonly seals: Bytes
}

/** A verified epoch. `moment` is when the facts were as it was judged by, ms. */
export interface KnownEpoch {
  readonly n: number
  readonly statement: Statement<Epoch>
  readonly at: number
  readonly moment: number
  readonly authorKey: Bytes
  /** M_n and K_n for me as the server gave them. */
  readonly seal: Bytes | null
  readonly history: Bytes | null
  /** K_n, once one of them opened. */
  readonly root: EpochRoot | null
  readonly via: 'member' | 'history' | null
  /** The author's first. */
  readonly candidates: readonly Candidate[]
  /** My own recomputation of the recipient seals; `cannot`: I do not have M_n. */
  readonly check: 'due' | 'good' | 'differs' | 'cannot'
  /** The right set, where the author's differs. */
  readonly own: Bytes | null
  /** The server has my word that the author's differs. */
  readonly told: boolean
  /** My seal does not open, and the others were asked. */
  readonly reported: boolean
}

/** A refusal of what was looked at, as against a look that failed. */
const refusalOf = (thrown: unknown): string => {
  if (thrown instanceof CryptoError) return thrown.code
  if (thrown instanceof Stop && thrown.code === 'bad-epoch') return thrown.field ?? thrown.code
  throw thrown
}

/**
 * What the statements in a conversation said at a moment, of everybody whom these epochs name. Throws Stop `bad-epoch` for a moment before the
 * organisation had its policies.
 */
export async function factsAt(
  knowledge: Knowledge,
  removals: readonly Held<Removal>[],
  people: readonly string[],
  time: number,
): Promise<Facts> {
  const trust = knowledge.trustAt(time)
  const { archivePolicy, recipientPolicy } = trust
  if (!archivePolicy || !recipientPolicy) return stop('bad-epoch', 'no-policy')
  const targets = recipientPolicy.body.demands.filter((it) => it.kind === 'target').map((it) => it.subject)
  const known = await knowledge.people([...people, ...targets])
  const publicPeople = [...known.values()].flatMap((it) => publicAt(it, time) ?? [])
  const newest = new Map<string, Statement<Removal>>()
  for (const it of removals) if (it.at <= time) newest.set(it.statement.subject, it.statement)
  return {
    people: new Map(publicPeople.map((it) => [it.person, it])),
    administrators: trust.administrators,
    hr: trust.hr,
    hands: trust.hands,
    roles: trust.roles,
    archivePolicy,
    recipientPolicy,
    removals: [...newest.values()],
  }
}

/** Everybody whom an epoch and the one before it name. */
export const namedIn = (...epochs: readonly (Statement<Epoch> | null | undefined)[]): readonly string[] => [
  ...new Set(epochs.flatMap((it) => (it ? [...it.body.roster.map((r) => r.person), it.body.author.person] : []))),
]

/** Two clocks of one server may differ by this much between two of its transactions, ms. */
const SLACK = 5_000

/** How an epoch was judged. */
export type Judgement =
  { readonly ok: true; readonly moment: number; readonly authorKey: Bytes } | { readonly ok: false; readonly code: string }

/**
 * Judges an epoch by the facts of the moment at which the server accepted it, or of one close by: what it relies on was locked then, but the
 * times were not read at one instant.
 */
export async function judgeAt(
  knowledge: Knowledge,
  removals: readonly Held<Removal>[],
  prev: Statement<Epoch> | null,
  next: Statement<Epoch>,
  at: number,
): Promise<Judgement> {
  const people = namedIn(prev, next)
  await knowledge.people(people)
  const near = removals.map((it) => it.at).filter((time) => Math.abs(time - at) <= SLACK)
  const moments = [at, ...knowledge.momentsNear(at, SLACK, people), ...near]
  let code = 'bad-epoch'
  for (const moment of new Set(moments)) {
    try {
      const facts = await factsAt(knowledge, removals, people, moment)
      const verdict = await judgeEpoch(prev, next, facts)
      const { person, device } = next.body.author
      const key = facts.people.get(person)?.deviceList.body.devices.find((it) => it.device === device)?.signKey
      if (verdict.ok && key) return { ok: true, moment, authorKey: key }
      if (moment === at && !verdict.ok) code = verdict.refusal
    } catch (thrown) {
      const refusal = refusalOf(thrown)
      if (moment === at) code = refusal
    }
  }
  return { ok: false, code }
}

/** Whether a removal is signed by whom it names, and they may. `epoch`: the one that it was written under; null for all conversations. */
export async function holdsRemoval(
  knowledge: Knowledge,
  before: readonly Held<Removal>[],
  next: Held<Removal>,
  epoch: Statement<Epoch> | null,
): Promise<boolean> {
  const { author, person } = next.statement.body
  try {
    const facts = await factsAt(knowledge, before, [author.person, person], next.at)
    const prev = before.findLast((it) => it.statement.subject === next.statement.subject)?.statement ?? null
    await verifyRemoval(next.statement, { people: facts.people, prev })
    return judgeRemoval(next.statement.body, epoch?.body ?? null, facts)
  } catch (thrown) {
    refusalOf(thrown)
    return false
  }
}

/** K_n with my keys, from my member seal or else a history seal; null where neither opens. */
export async function openWithMine(
  epoch: Pick<KnownEpoch, 'statement' | 'authorKey' | 'seal' | 'history'>,
  keys: PersonKeys,
): Promise<{ readonly root: EpochRoot; readonly via: 'member' | 'history' } | null> {
  const { statement, authorKey, seal, history } = epoch
  const entry = statement.body.roster.find((it) => it.person === keys.person)
  if (entry && seal) {
    const root = await unlessRefused(async () => openEpoch({ epoch: statement, authorKey, box: boxOf(keys, entry.keyId), seal }))
    if (root) return { root, via: 'member' }
  }
  if (!history) return null
  for (const box of keys.boxes.toReversed()) {
    const root = await unlessRefused(() => openHistory({ epoch: statement, authorKey, box, seal: history }))
    if (root) return { root, via: 'history' }
  }
  return null
}

async function unlessRefused<T>(work: () => Promise<T>): Promise<T | null> {
  try {
    return await work()
  } catch (thrown) {
    if (thrown instanceof CryptoError) return null
    throw thrown
  }
}
