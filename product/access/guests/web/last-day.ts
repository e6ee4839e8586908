import { dayAfter, momentAt } from '@wardline/ui'
import { mostDays } from '../preview.ts'

const day = 86_400_000

/** The day (ISO 8601) on whose midnight an end falls, in the organisation's zone. */
export const lastDayOf = (endsAt: number, timeZone: string): string =>
  new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short' }).format(endsAt - 60_000)

/** The end of a day in a zone, ms; or what is wrong with it, for the field. */
export function endOf(lastDay: string, timeZone: string, now: number): number | string {
  const text = lastDay.trim()
  const endsAt = /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text)) ? momentAt(dayAfter(text), '00:00', timeZone) : null
  if (endsAt === null) return 'Enter the last day as year-month-day, for example 2026-03-31.'
  if (endsAt <= now) return 'Enter a day that is not over.'
  return endsAt > now + mostDays * day ? 'Enter a day within a year. It can be moved later.' : endsAt
}
