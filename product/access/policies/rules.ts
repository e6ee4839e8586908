/** What an agreement says about its own time; days in the organisation's zone, the last day included. */
export interface Term {
  readonly startsOn: string
  /** Null: it lasts until it is ended (decisions.md B3). */
  readonly endsOn: string | null
  readonly ended: boolean
}

/** Whether an agreement binds on a day (ISO 8601). What was ended by hand never comes back. */
export const isInForce = (term: Term, today: string): boolean =>
  !term.ended && term.startsOn <= today && (term.endsOn === null || today <= term.endsOn)

/** Whether the days of a new agreement go together. */
export const isSoundTerm = (startsOn: string, endsOn: string | null): boolean => endsOn === null || startsOn <= endsOn
