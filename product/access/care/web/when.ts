import { momentAt } from '@wardline/ui'

/** The moment of a typed "2026-03-10 07:30" in a zone, ms; null for anything else. */
export function momentOf(typed: string, timeZone: string): number | null {
  const [, date = '', time = ''] = /^(\d{4}-\d{2}-\d{2})[ T]+(\d{1,2}:\d{2})$/.exec(typed.trim()) ?? []
  return momentAt(date, time.padStart(5, '0'), timeZone)
}
