import { useNow, useTimeFormat } from '@wardline/ui'

/** The calendar day of a moment in a zone, ISO 8601. */
export const dayIn = (at: number, timeZone: string): string => new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short' }).format(at)

/** Today in the practice's zone, ISO 8601. */
export const useToday = (): string => dayIn(useNow(60_000), useTimeFormat().timeZone)
