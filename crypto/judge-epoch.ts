import type { Uuid } from './bytes.ts'
import { NIL_UUID, ZERO_HASH, equal, toHex } from './bytes.ts'
import type { Facts } from './facts.ts'
import { addressedOf, barringRemoval, demandedRecipients, entryIsFresh, hashes, markHolds } from './facts.ts'
import type { Epoch, Governance, Recipient, RosterEntry, Who } from './statements/epoch.ts'
import type { Removal } from './statements/removal.ts'
import { isEligible } from './statements/role-key.ts'
import { requireAuthor } from './statements/signers.ts'
import type { Statement } from './statements/statement.ts'

/** Why an epoch may not follow. Closed. */
export type EpochRefusal =
  | 'another-conversation' // organisation, conversation or suite differ
  | 'not-next' // number or previous hash do not follow: a race was lost, or a replay
  | 'stale-policy' // names another version of a policy than the one in force
  | 'stale-user-key' // names a user key that is not the member's newest
  | 'stale-device-list' // names a device list that is not the member's newest
  | 'author-not-member' // the author stands in neither roster, and this is no takeover
  | 'removed-person' // somebody with a removal in force is in the roster
  | 'removal-missing' // somebody is gone, and no cited removal says so
  | 'may-not-add'
  | 'may-not-change'
  | 'mixed-acts' // a change of the conversation's law is an act of its own
  | 'recipients-differ' // not exactly the recipients that the policies demand
  | 'wrong-exclusions'
  | 'may-not-take-over'
  | 'wrong-mark' // a mark is made up, dropped or of another generation
  | 'lost-head' // a device's chain head is no longer carried

/** What an epoch does to the conversation. */
export type EpochAct = 'first' | 'rekey' | 'members' | 'takeover' | 'change'

/** The judgement of an epoch statement. */
export type EpochVerdict = { readonly ok: true; readonly act: EpochAct } | { readonly ok: false; readonly refusal: EpochRefusal }

const no = (refusal: EpochRefusal): EpochVerdict => ({ ok: false, refusal })

/** Whether a member holds a right of the conversation's governance. */
export const holds = (who: Who, person: Uuid, epoch: Epoch, facts: Facts): boolean => {
  if (!epoch.roster.some((r) => r.person === person)) return false
  if (who === 'moderators') return epoch.governance.moderators.includes(person)
  return who === 'members' || (who === 'administrators' && facts.administrators.has(person))
}

/**
 * Whether a removal's or re-admission's author may make it, given the newest epoch (null: for all conversations). Judged once, when it is
 * accepted; its signature is verified by `verifyRemoval`. The directory's hand removes from all conversations at once and lets nobody back whom
 * somebody else removed, nor takes such a removal over as its own: whoever holds the server may shut people out by it, and open nothing to anybody.
 */
export const judgeRemoval = (removal: Removal, epoch: Epoch | null, facts: Facts): boolean => {
  const by = removal.author.person
  const inOffice = facts.administrators.has(by) || facts.hr.has(by)
  const own = by === removal.person
  if (removal.conversation === NIL_UUID) {
    if (removal.epoch !== 0) return false
    return inOffice || (own && removal.removed) || (facts.hands.has(by) && mayHand(removal, facts))
  }
  if (!epoch || epoch.conversation !== removal.conversation || epoch.organisation !== removal.organisation) return false
  if (removal.epoch !== epoch.version) return false
  if (!removal.removed) return !own && (inOffice || holds(epoch.governance.add, by, epoch, facts))
  return own || inOffice || holds(epoch.governance.remove, by, epoch, facts)
}

/** Whom nobody has removed it removes, and what it takes back is its own: a removal over somebody else's would make that one its own to take back. */
const mayHand = (next: Removal, facts: Facts): boolean => {
  const over = facts.removals.find((it) => equal(it.hash, next.prev) && it.body.removed)
  return next.removed ? over === undefined : over?.body.author.person === next.author.person
}

const nameOf = (r: Recipient): string => `${r.kind}:${r.subject}:${toHex(r.keyId)}`
const sameSet = (a: readonly string[], b: readonly string[]): boolean => {
  const left = new Set(a)
  return left.size === new Set(b).size && b.every((x) => left.has(x))
}
const sameGovernance = (a: Governance, b: Governance): boolean =>
  a.add === b.add && a.remove === b.remove && a.change === b.change && sameSet(a.moderators, b.moderators)
const byPerson = (roster: readonly RosterEntry[]): ReadonlyMap<Uuid, RosterEntry> => new Map(roster.map((r) => [r.person, r]))

/** What holds for every epoch, the first as well as later ones. */
const judgeAlone = (next: Epoch, facts: Facts): EpochRefusal | null => {
  if (next.archivePolicy !== facts.archivePolicy.body.version || next.recipientPolicy !== facts.recipientPolicy.body.version) {
    return 'stale-policy'
  }
  for (const entry of next.roster) {
    const fresh = entryIsFresh(entry, facts)
    if (!fresh.key) return 'stale-user-key'
    if (!fresh.list) return 'stale-device-list'
    if (barringRemoval(entry, facts)) return 'removed-person'
    if (!entry.mark.every((mark) => markHolds(mark, entry.person, facts))) return 'wrong-mark'
  }
  return next.roster.some((r) => r.person === next.author.person) ? null : 'author-not-member'
}

const matchesDemand = (next: Epoch, addressed: ReturnType<typeof addressedOf>, facts: Facts): boolean => {
  const demanded = demandedRecipients(addressed, facts)
  return demanded !== null && sameSet(demanded.map(nameOf), next.recipients.map(nameOf))
}

const judgeFirst = (next: Epoch, facts: Facts): EpochVerdict => {
  if (next.version !== 1 || !equal(next.prev, ZERO_HASH)) return no('not-next')
  const alone = judgeAlone(next, facts)
  if (alone) return no(alone)
  if (next.roster.some((r) => r.mark.length > 0)) return no('wrong-mark')
  if (next.removals.length > 0) return no('removal-missing')
  if (!matchesDemand(next, addressedOf(next.recipients, facts), facts)) return no('recipients-differ')
  return { ok: true, act: 'first' }
}

type RosterChange = { readonly added: readonly RosterEntry[]; readonly dropped: readonly RosterEntry[] }

/** A marked member who loses the mark without leaving was added in the ordinary way. */
const rosterChange = (prev: Epoch, next: Epoch): RosterChange => {
  const before = byPerson(prev.roster)
  const now = byPerson(next.roster)
  const promoted = (r: RosterEntry): boolean => (before.get(r.person)?.mark.length ?? 0) > r.mark.length
  return {
    added: next.roster.filter((r) => !before.has(r.person) || promoted(r)),
    dropped: prev.roster.filter((r) => !now.has(r.person)),
  }
}

/** Whether somebody who came by takeover is no longer eligible; a new generation alone does not cost them their place. */
const lostMark = (entry: RosterEntry, facts: Facts): boolean => {
  const [mark] = entry.mark
  const role = mark && facts.roles.get(mark.role)
  return mark !== undefined && !(role && isEligible(role, entry.person))
}

const judgeDropped = (dropped: readonly RosterEntry[], next: Epoch, facts: Facts): boolean => {
  const cited = hashes(next.removals)
  const known = facts.removals.filter((r) => cited.has(r.hash))
  if (known.length !== next.removals.length) return false
  return dropped.every((entry) => {
    const removal = barringRemoval(entry, facts)
    return removal ? cited.has(removal.hash) : lostMark(entry, facts)
  })
}

const marksKept = (prev: Epoch, next: Epoch, takeover: Uuid | null): boolean => {
  const before = byPerson(prev.roster)
  return next.roster.every((r) => {
    const [mark] = r.mark
    if (!mark || r.person === takeover) return true
    const [old] = before.get(r.person)?.mark ?? []
    return old !== undefined && old.role === mark.role && old.since === mark.since
  })
}

const mayTakeOver = (prev: Epoch, next: Epoch, facts: Facts): boolean => {
  const entry = next.roster.find((r) => r.person === next.author.person)
  const [mark] = entry?.mark ?? []
  if (!entry || !mark || mark.since !== next.version || prev.excluded.includes(entry.person)) return false
  const role = facts.roles.get(mark.role)
  const open = prev.recipients.some((r) => r.kind === 'role' && r.subject === mark.role)
  return open && role !== undefined && isEligible(role, entry.person)
}

const expectedExclusions = (prev: Epoch, change: RosterChange, facts: Facts): readonly Uuid[] => {
  const back = new Set(change.added.filter((r) => r.mark.length === 0).map((r) => r.person))
  const out = change.dropped.filter((r) => barringRemoval(r, facts)?.body.exclude).map((r) => r.person)
  return [...prev.excluded, ...out].filter((person) => !back.has(person))
}

const keepsHeads = (prev: Epoch, next: Epoch, facts: Facts): boolean => {
  const listed = new Set(next.roster.flatMap((r) => facts.people.get(r.person)?.deviceList.body.devices.map((d) => d.device) ?? []))
  const carried = new Set(next.heads.map((h) => h.device))
  return prev.heads.every((h) => !listed.has(h.device) || carried.has(h.device))
}

const judgeSuccessor = (prev: Statement<Epoch>, next: Epoch, facts: Facts): EpochVerdict => {
  const was = prev.body
  if (next.organisation !== was.organisation || next.conversation !== was.conversation) return no('another-conversation')
  if (next.version !== was.version + 1 || !equal(next.prev, prev.hash)) return no('not-next')
  const alone = judgeAlone(next, facts)
  if (alone) return no(alone)

  const member = was.roster.some((r) => r.person === next.author.person)
  const change = rosterChange(was, next)
  if (!judgeDropped(change.dropped, next, facts)) return no('removal-missing')
  if (!marksKept(was, next, member ? null : next.author.person)) return no('wrong-mark')
  if (!keepsHeads(was, next, facts)) return no('lost-head')

  const sameLaw = sameGovernance(was.governance, next.governance) && was.history === next.history
  const sameRecipients = matchesDemand(next, addressedOf(was.recipients, facts), facts)
  const sameExclusions = sameSet(expectedExclusions(was, change, facts), next.excluded)
  if (!member) {
    if (!sameLaw || !sameRecipients || !sameExclusions || change.added.length !== 1) return no('may-not-take-over')
    return mayTakeOver(was, next, facts) ? { ok: true, act: 'takeover' } : no('may-not-take-over')
  }
  if (change.added.length > 0 && !holds(was.governance.add, next.author.person, was, facts)) return no('may-not-add')
  if (sameLaw && sameRecipients && sameExclusions) {
    return { ok: true, act: change.added.length + change.dropped.length > 0 ? 'members' : 'rekey' }
  }
  if (!sameRecipients && !matchesDemand(next, addressedOf(next.recipients, facts), facts)) return no('recipients-differ')
  if (!holds(was.governance.change, next.author.person, was, facts)) return no(sameExclusions ? 'may-not-change' : 'wrong-exclusions')
  return change.added.length + change.dropped.length > 0 ? no('mixed-acts') : { ok: true, act: 'change' }
}

/**
 * Whether `next` may follow `prev` (null: may begin the conversation), by E_n's own governance and signed statements alone. Says nothing
 * about the signature: see `judgeEpoch`.
 */
export const mayFollow = (prev: Statement<Epoch> | null, next: Statement<Epoch>, facts: Facts): EpochVerdict =>
  prev ? judgeSuccessor(prev, next.body, facts) : judgeFirst(next.body, facts)

/** `mayFollow`, after the author's signature was verified with their listed device. Throws `bad-signature`, `not-entitled`. */
export const judgeEpoch = async (prev: Statement<Epoch> | null, next: Statement<Epoch>, facts: Facts): Promise<EpochVerdict> => {
  await requireAuthor(next, facts.people)
  return mayFollow(prev, next, facts)
}
