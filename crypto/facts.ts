import type { Bytes, Uuid } from './bytes.ts'
import { NIL_UUID, equal } from './bytes.ts'
import type { BoxPublicKey } from './keys.ts'
import { keyIdOf } from './keys.ts'
import type { ArchivePolicy } from './statements/archive-policy.ts'
import type { Mark, Recipient, RosterEntry } from './statements/epoch.ts'
import type { Demand, RecipientPolicy } from './statements/recipient-policy.ts'
import type { Removal } from './statements/removal.ts'
import type { RoleKey } from './statements/role-key.ts'
import { isEligible } from './statements/role-key.ts'
import type { People } from './statements/signers.ts'
import type { Statement } from './statements/statement.ts'

/**
 * What an epoch is judged by: the newest statement of every subject that was in force when the epoch was accepted, in the log's order,
 * each verified by its own `verify…` function. Server and clients judge by the same function and differ only in how they came by the facts.
 */
export type Facts = {
  /** Everybody who is named by the epoch or by its predecessor. */
  readonly people: People
  readonly administrators: ReadonlySet<Uuid>
  readonly hr: ReadonlySet<Uuid>
  /** The directory's hand, where it is named. */
  readonly hands: ReadonlySet<Uuid>
  /** The key of every role that the recipient policy or a mark names. */
  readonly roles: ReadonlyMap<Uuid, Statement<RoleKey>>
  readonly archivePolicy: Statement<ArchivePolicy>
  readonly recipientPolicy: Statement<RecipientPolicy>
  /** The newest removal or re-admission of every person, for this conversation and for all; entitled when accepted (`judgeRemoval`). */
  readonly removals: readonly Statement<Removal>[]
}

/** A role or person that a conversation is open to besides its members. */
export type Addressed = { readonly kind: 'role' | 'target'; readonly subject: Uuid }

const keyOf = (facts: Facts, kind: Recipient['kind'], subject: Uuid): BoxPublicKey | undefined => {
  if (kind === 'archive') return facts.archivePolicy.body
  return kind === 'role' ? facts.roles.get(subject)?.body : facts.people.get(subject)?.userKey.body
}

const addressedDemand = (facts: Facts, a: { readonly kind: string; readonly subject: Uuid }): Demand | undefined =>
  facts.recipientPolicy.body.demands.find((d) => d.kind === a.kind && d.subject === a.subject && d.when === 'addressed')

/** Those of an epoch's recipients that are there because the conversation was opened to them, as far as today's policy allows. */
export const addressedOf = (recipients: readonly Recipient[], facts: Facts): readonly Addressed[] =>
  recipients.flatMap((r) => (r.kind !== 'archive' && addressedDemand(facts, r) ? [{ kind: r.kind, subject: r.subject }] : []))

/** A person to whom a removal in force denies the conversation is no target of its escalations either. */
const isBarredTarget = (kind: Recipient['kind'], subject: Uuid, facts: Facts): boolean =>
  kind === 'target' && barringRemoval({ person: subject, mark: [] }, facts) !== undefined

/** Exactly the recipients that the policies demand; null where a demanded key is not known or an address is not allowed. */
export const demandedRecipients = (addressed: readonly Addressed[], facts: Facts): readonly Recipient[] | null => {
  if (!addressed.every((a) => addressedDemand(facts, a))) return null
  const always = facts.recipientPolicy.body.demands.filter((d) => d.when === 'always')
  const archive = { kind: 'archive', subject: facts.archivePolicy.body.period } as const
  const found: Recipient[] = []
  for (const { kind, subject } of [archive, ...always, ...addressed]) {
    if (isBarredTarget(kind, subject, facts)) continue
    const key = keyOf(facts, kind, subject)
    if (!key) return null
    found.push({ kind, subject, keyId: keyIdOf(key) })
  }
  return found
}

/** Every public key that an author needs to seal under these facts. */
export const publicKeysOf = (facts: Facts): readonly BoxPublicKey[] => [
  facts.archivePolicy.body,
  ...[...facts.roles.values()].map((role) => role.body),
  ...[...facts.people.values()].map((person) => person.userKey.body),
]

/** Whether a mark still holds: its role exists, at this generation, and the person is eligible. */
export const markHolds = (mark: Mark, person: Uuid, facts: Facts): boolean => {
  const role = facts.roles.get(mark.role)
  return role !== undefined && role.body.generation === mark.generation && isEligible(role, person)
}

/** Whether a removal in force keeps this entry out of the roster. One that does not exclude spares a later takeover. */
export const bars = (removal: Removal, entry: Pick<RosterEntry, 'person' | 'mark'>): boolean => {
  if (!removal.removed || removal.person !== entry.person) return false
  const [mark] = entry.mark
  return !mark || removal.exclude || removal.conversation === NIL_UUID || removal.epoch >= mark.since
}

/** The removal in force that keeps this entry out, if any. */
export const barringRemoval = (entry: Pick<RosterEntry, 'person' | 'mark'>, facts: Facts): Statement<Removal> | undefined =>
  facts.removals.find((r) => bars(r.body, entry))

/** The roster entry of a person under these facts, or null where they are not known. */
export const rosterEntry = (person: Uuid, mark: readonly Mark[], facts: Facts): RosterEntry | null => {
  const known = facts.people.get(person)
  return known ? { person, keyId: keyIdOf(known.userKey.body), deviceList: known.deviceList.hash, mark } : null
}

/** Whether an entry names the person's newest user key and device list. */
export const entryIsFresh = (entry: RosterEntry, facts: Facts): { readonly key: boolean; readonly list: boolean } => {
  const now = rosterEntry(entry.person, entry.mark, facts)
  return { key: now !== null && equal(now.keyId, entry.keyId), list: now !== null && equal(now.deviceList, entry.deviceList) }
}

/** A set of byte strings, for membership. */
export const hashes = (list: readonly Bytes[]): { readonly has: (b: Bytes) => boolean } => ({ has: (b) => list.some((x) => equal(x, b)) })
