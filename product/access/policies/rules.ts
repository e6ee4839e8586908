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

/** Whether a text is a day of the calendar, ISO 8601 (2026-02-30 is none). */
export function isDay(text: string): boolean {
  const [year = 0, month = 0, day = 0] = text.split('-').map(Number)
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
  const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && year >= 1 && days !== undefined && day >= 1 && day <= days
}

/** Why the days of a new agreement do not do, or null. */
export function judgeTerm(startsOn: string, endsOn: string | null): 'no-such-day' | 'ends-before-it-starts' | null {
  if (!isDay(startsOn) || (endsOn !== null && !isDay(endsOn))) return 'no-such-day'
  return endsOn !== null && endsOn < startsOn ? 'ends-before-it-starts' : null
}
