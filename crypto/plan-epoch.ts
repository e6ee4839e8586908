import type { Uuid } from './bytes.ts'
import { ZERO_HASH, toHex } from './bytes.ts'
import { refuse } from './errors.ts'
import type { Addressed, Facts } from './facts.ts'
import { addressedOf, barringRemoval, demandedRecipients, entryIsFresh, markHolds, rosterEntry } from './facts.ts'
import { SUITE } from './keys.ts'
import type { Epoch, EpochBody, Governance, Head, History, Mark, Recipient, RosterEntry } from './statements/epoch.ts'
import { isEligible } from './statements/role-key.ts'
import type { Author, Statement } from './statements/statement.ts'

// What a client writes into its next epoch: the one body that `mayFollow` accepts for what it wants to do.

/** The first epoch of a conversation. `members` holds the author; time in ms. */
export type Beginning = {
  readonly organisation: Uuid
  readonly conversation: Uuid
  readonly author: Author
  readonly time: number
  readonly members: readonly Uuid[]
  readonly addressed: readonly Addressed[]
  readonly governance: Governance
  readonly history: History
}

/** A later epoch. Without `add`, `takeover` and `change` it is a re-key, which also carries out what removals and lost roles demand. */
export type Step = {
  readonly author: Author
  readonly time: number
  /** The newest envelope of each device in this conversation, as the author knows them. */
  readonly heads: readonly Head[]
  readonly add?: readonly Uuid[]
  /** The role by which a person who is no member comes in. */
  readonly takeover?: Uuid
  readonly change?: {
    readonly governance?: Governance
    readonly history?: History
    readonly excluded?: readonly Uuid[]
    readonly addressed?: readonly Addressed[]
  }
}

const entryOf = (person: Uuid, mark: readonly Mark[], facts: Facts): RosterEntry =>
  rosterEntry(person, mark, facts) ?? refuse('refused-epoch', 'a member is not known')

const recipientsOf = (addressed: readonly Addressed[], facts: Facts): readonly Recipient[] =>
  demandedRecipients(addressed, facts) ?? refuse('refused-epoch', 'a demanded recipient is not known or may not be addressed')

const versions = (facts: Facts): Pick<EpochBody, 'recipientPolicy' | 'archivePolicy'> => ({
  recipientPolicy: facts.recipientPolicy.body.version,
  archivePolicy: facts.archivePolicy.body.version,
})

/** The body of a conversation's first epoch. Throws `refused-epoch` where the facts do not allow one. */
export const planFirstEpoch = (beginning: Beginning, facts: Facts): EpochBody => ({
  organisation: beginning.organisation,
  version: 1,
  prev: ZERO_HASH,
  time: beginning.time,
  suite: SUITE,
  conversation: beginning.conversation,
  roster: beginning.members.map((person) => entryOf(person, [], facts)),
  recipients: recipientsOf(beginning.addressed, facts),
  excluded: [],
  governance: beginning.governance,
  history: beginning.history,
  ...versions(facts),
  removals: [],
  heads: [],
  author: beginning.author,
})

/** A mark with its role's present generation, or null when the role is lost. */
const renewMark = (mark: Mark, person: Uuid, facts: Facts): Mark | null => {
  const role = facts.roles.get(mark.role)
  return role && isEligible(role, person) ? { ...mark, generation: role.body.generation } : null
}

const stays = (entry: RosterEntry, facts: Facts): boolean =>
  !barringRemoval(entry, facts) && entry.mark.every((mark) => renewMark(mark, entry.person, facts) !== null)

const renewed = (entry: RosterEntry, facts: Facts): RosterEntry =>
  entryOf(
    entry.person,
    entry.mark.flatMap((mark) => renewMark(mark, entry.person, facts) ?? []),
    facts,
  )

const takeoverEntry = (prev: Epoch, step: Step, role: Uuid, facts: Facts): RosterEntry => {
  const generation = facts.roles.get(role)?.body.generation ?? refuse('refused-epoch', 'role is not known')
  return entryOf(step.author.person, [{ role, generation, since: prev.version + 1 }], facts)
}

/** The body of the epoch after `prev`, from today's facts. Throws `refused-epoch` where the facts do not allow one. */
export const planEpoch = (prev: Statement<Epoch>, step: Step, facts: Facts): EpochBody => {
  const was = prev.body
  const added = new Set(step.add ?? [])
  const staying = was.roster.filter((entry) => stays(entry, facts) && !added.has(entry.person))
  const gone = was.roster.filter((entry) => !stays(entry, facts))
  const removals = gone.flatMap((entry) => barringRemoval(entry, facts) ?? [])
  const excluded = new Set(
    [...was.excluded, ...removals.filter((r) => r.body.exclude).map((r) => r.body.person)].filter((p) => !added.has(p)),
  )
  return {
    organisation: was.organisation,
    version: was.version + 1,
    prev: prev.hash,
    time: step.time,
    suite: SUITE,
    conversation: was.conversation,
    roster: [
      ...staying.map((entry) => renewed(entry, facts)),
      ...[...added].map((person) => entryOf(person, [], facts)),
      ...(step.takeover === undefined ? [] : [takeoverEntry(was, step, step.takeover, facts)]),
    ],
    recipients: recipientsOf(step.change?.addressed ?? addressedOf(was.recipients, facts), facts),
    excluded: step.change?.excluded ?? [...excluded],
    governance: step.change?.governance ?? was.governance,
    history: step.change?.history ?? was.history,
    ...versions(facts),
    removals: removals.map((r) => r.hash),
    heads: step.heads,
    author: step.author,
  }
}

/** Why a conversation must get a new epoch before the next message. */
export type RekeyReason = 'removal' | 'user-key' | 'role' | 'policy' | 'age' | 'messages' | 'boundary'

/** How an epoch has been used: when its first message came (null: unused), how many, and when its bucket or month ends. Times in ms. */
export type EpochUse = { readonly firstUsed: number | null; readonly messages: number; readonly boundary: number }

/** An epoch lives at most this long from its first message, in ms. */
export const EPOCH_AGE = 24 * 60 * 60 * 1000

/** An epoch carries at most this many messages. */
export const EPOCH_MESSAGES = 500

const sameKeys = (a: readonly Recipient[], b: readonly Recipient[] | null): boolean => {
  const name = (r: Recipient): string => `${r.kind}:${r.subject}:${toHex(r.keyId)}`
  const names = new Set(b?.map(name) ?? [])
  return b !== null && a.length === names.size && a.every((r) => names.has(name(r)))
}

/** Every reason to write a new epoch before the next send; none: the epoch may be used. `now` in ms. */
export const rekeyReasons = (epoch: Epoch, facts: Facts, use: EpochUse, now: number): readonly RekeyReason[] => {
  const reasons = new Set<RekeyReason>()
  for (const entry of epoch.roster) {
    if (barringRemoval(entry, facts)) reasons.add('removal')
    if (!entryIsFresh(entry, facts).key) reasons.add('user-key')
    if (!entry.mark.every((mark) => markHolds(mark, entry.person, facts))) reasons.add('role')
  }
  const policy = versions(facts)
  if (epoch.archivePolicy !== policy.archivePolicy || epoch.recipientPolicy !== policy.recipientPolicy) reasons.add('policy')
  if (now >= facts.archivePolicy.body.until) reasons.add('policy')
  if (!sameKeys(epoch.recipients, demandedRecipients(addressedOf(epoch.recipients, facts), facts))) reasons.add('role')
  if (use.firstUsed !== null && now >= use.firstUsed + EPOCH_AGE) reasons.add('age')
  if (use.messages >= EPOCH_MESSAGES) reasons.add('messages')
  if (now >= use.boundary) reasons.add('boundary')
  return [...reasons]
}
