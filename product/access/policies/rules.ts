import { isDay } from '@wardline/platform/contract'

/** What an agreement says about its own time; days in the organisation's zone, the last day included. */
export interface Term {
  readonly startsOn: string
  /** Null: it lasts until it is ended: most agreements have no end. */
  readonly endsOn: string | null
  readonly ended: boolean
}

/** Whether an agreement binds on a day (ISO 8601). What was ended by hand never comes back. */
export const isInForce = (term: Term, today: string): boolean =>
  !term.ended && term.startsOn <= today && (term.endsOn === null || today <= term.endsOn)

/** Why the days of a new agreement do not do, or null. */
export function judgeTerm(startsOn: string, endsOn: string | null): 'no-such-day' | 'ends-before-it-starts' | null {
  if (!isDay(startsOn) || (endsOn !== null && !isDay(endsOn))) return 'no-such-day'
  return endsOn !== null && endsOn < startsOn ? 'ends-before-it-starts' : null
}
