/** Minutes for which a stated reason opens a record. */
export const coverMinutes = 15

/** Why somebody is in a care relationship, or reaches a record without one. */
export type Because = 'assigned' | 'registered' | 'appointment' | 'unit' | 'cover' | 'emergency'

/** One reason why a person reaches a patient. `until` in ms; null: without end. */
export interface Tie {
  readonly because: Because
  readonly until: number | null
}

/** How a person stands to a patient and why: a care relationship before an emergency, the longest first. */
export interface Care {
  readonly relation: 'related' | 'opened' | 'unrelated'
  readonly because: Because | null
  readonly until: number | null
}

const rank = (it: Tie): number => (it.because === 'emergency' ? 1 : 0)

/** What several ties come to. An emergency is no care relationship: it opens more, and is reviewed. */
export function careOf(ties: readonly Tie[]): Care {
  const [best] = ties.toSorted((a, b) => rank(a) - rank(b) || (b.until ?? Infinity) - (a.until ?? Infinity))
  return best
    ? { relation: best.because === 'emergency' ? 'opened' : 'related', because: best.because, until: best.until }
    : { relation: 'unrelated', because: null, until: null }
}
