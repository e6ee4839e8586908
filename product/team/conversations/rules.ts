import type { leaverWords, RekeyWord } from './contract.ts'

/** How long an epoch is used and how much it carries. */
export const epochLimits = { messages: 500, ageMs: 24 * 60 * 60 * 1000 } as const

/** What of a conversation decides whether its epoch may carry one more message. Times in ms. */
export interface EpochState {
  /** What a stored event demands: a removal, a revoked device, another policy, a second differing set of seals. */
  readonly rekey: RekeyWord | null
  /** When the epoch's first message came; null: unused. */
  readonly usedAt: number | null
  /** The sequence before the epoch's first message, and the last one given. */
  readonly from: number
  readonly last: number
  /** `YYYY-MM` whose data key seals what belongs to the epoch. */
  readonly month: string
}

/** What stops even a STAT: sending it would let a removed person read on, or outlive the erasure of its epoch's seals. */
const hard: ReadonlySet<RekeyWord> = new Set<RekeyWord>(['removal', 'user-key', 'role', 'boundary'])

/**
 * Why the next message needs a new epoch first, or null. A STAT waits for none of the reasons that only bound how much one leaked key
 * opens, nor for a dispute about the archive's seal.
 */
export function rekeyReason(state: EpochState, at: { readonly now: number; readonly month: string }, stat: boolean): RekeyWord | null {
  const found: RekeyWord[] = []
  if (state.rekey !== null) found.push(state.rekey)
  if (state.month !== at.month) found.push('boundary')
  if (state.last - state.from >= epochLimits.messages) found.push('messages')
  if (state.usedAt !== null && at.now - state.usedAt >= epochLimits.ageMs) found.push('age')
  return found.find((reason) => hard.has(reason)) ?? (stat ? null : (found[0] ?? null))
}

/** Which of two stored demands stays: one that stops a STAT is never replaced by one that does not. */
export const strongerRekey = (now: RekeyWord | null, next: RekeyWord): RekeyWord => (now !== null && hard.has(now) ? now : next)

/** What the server still has of somebody whose access ended. */
export interface LeaverState {
  readonly sessions: number
  readonly roles: number
  /** Conversations that still serve them. */
  readonly conversations: number
  /** Conversations that await their first message without them. */
  readonly roster: number
  /** Whether they were in any conversation, and whether their removal is signed. */
  readonly wasMember: boolean
  readonly signed: boolean
  /** Devices that have not signed for their wipe. */
  readonly wipes: number
}

/** What is not over yet about a leaver, gravest first. */
export function openOfLeaver(it: LeaverState): (typeof leaverWords)[number][] {
  const open = {
    sessions: it.sessions > 0,
    roles: it.roles > 0,
    conversations: it.conversations > 0,
    unsigned: it.wasMember && !it.signed,
    roster: it.roster > 0,
    wipe: it.wipes > 0,
  }
  return (Object.keys(open) as (keyof typeof open)[]).filter((word) => open[word])
}

/** The two people of a direct conversation in the order in which the pair is stored, or null if these are not two. */
export function pairOf(people: readonly string[]): readonly [string, string] | null {
  const [a, b] = [...new Set(people)].toSorted()
  return people.length === 2 && a !== undefined && b !== undefined ? [a, b] : null
}
