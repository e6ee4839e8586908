import { outcomeWords, shortestExplanation } from './words.ts'
import type { Outcome } from './words.ts'

/** Whether an explanation says something: characters are counted without spaces at the ends, and one letter again and again is none. */
export function explains(text: string): boolean {
  const said = text.trim()
  return [...said].length >= shortestExplanation && new Set(said.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '')).size >= 3
}

/** Whether an opening still opens anything; times in ms. It ends with its last millisecond, not after it. */
export const isOpen = (it: { readonly until: number; readonly closedAt: number | null }, now: number): boolean =>
  it.closedAt === null && now < it.until

/** Why a review is not taken, or null. */
export function judgeReview(
  it: { readonly person: string; readonly reviewed: boolean },
  review: { readonly by: string; readonly outcome: Outcome; readonly note: string },
): 'own-opening' | 'already-reviewed' | 'say-why' | null {
  if (it.person === review.by) return 'own-opening'
  if (it.reviewed) return 'already-reviewed'
  return review.outcome !== 'appropriate' && !explains(review.note) ? 'say-why' : null
}

/** Whether a word is an outcome of this version. */
export const isOutcome = (word: string): word is Outcome => Object.hasOwn(outcomeWords, word)

const monthDays = (year: number, month: number): number =>
  month === 2 ? ((year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31

/** The day after one, ISO 8601. */
function nextDay(day: string): string {
  const [year = 0, month = 0, of = 0] = day.split('-').map(Number)
  const last = of === monthDays(year, month)
  const next = last ? (month === 12 ? [year + 1, 1, 1] : [year, month + 1, 1]) : [year, month, of + 1]
  return next.map((part, i) => String(part).padStart(i === 0 ? 4 : 2, '0')).join('-')
}

/** 0 for Sunday to 6 for Saturday (Sakamoto's method). */
function weekday(day: string): number {
  const [year = 0, month = 0, of = 0] = day.split('-').map(Number)
  const y = month < 3 ? year - 1 : year
  const shift = [0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4][month - 1]!
  return (y + Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400) + shift + of) % 7
}

/** The day that many business days after one: Monday to Friday; public holidays count as business days, which is sooner, never later. */
export function businessDayAfter(day: string, days: number): string {
  let found = day
  for (let left = days; left > 0;) {
    found = nextDay(found)
    if (weekday(found) !== 0 && weekday(found) !== 6) left -= 1
  }
  return found
}
