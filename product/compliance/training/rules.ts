/** When a training is due, and what follows: arithmetic on times alone. */
import type { State } from './words.ts'

const day = 86_400_000

/** What is asked of one person. Times in ms. */
export interface Need {
  /** Since when this person has to do it at all. */
  readonly since: number
  /** The version that is asked for now, and since when. */
  readonly version: string
  readonly versionSince: number
  /** What they did last, and when. */
  readonly done: { readonly version: string; readonly at: number } | null
}

/** The figures of the security policy that count here, in days. */
export interface TrainingDays {
  readonly first: number
  readonly repeat: number
  readonly remind: number
  readonly grace: number
}

/** When it is due, ms. A new version brings that forward at most: nobody gains time by it. */
export function dueAt(need: Need, days: TrainingDays): number {
  if (need.done === null) return need.since + days.first * day
  const again = need.done.at + days.repeat * day
  return need.done.version === need.version ? again : Math.min(again, need.versionSince + days.first * day)
}

/** How a person stands with it at `now`, ms. What cannot be reckoned counts as held back. */
export function standing(
  need: Need,
  days: TrainingDays,
  now: number,
): { readonly due: number; readonly heldBackFrom: number; readonly state: State } {
  const due = dueAt(need, days)
  const heldBackFrom = due + days.grace * day
  const isDone = need.done?.version === need.version
  const state = (): State => {
    if (now < due - days.remind * day) return isDone ? 'done' : 'open'
    if (now < due) return 'soon'
    return now < heldBackFrom ? 'overdue' : 'held-back'
  }
  return { due, heldBackFrom, state: state() }
}
