import { isDay } from '@wardline/platform/contract'
import { pendingHours } from '@wardline/product/access/dual-control/rules'
import { isWeak } from './preview.ts'
import type { Setting } from './words.ts'

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

/** The last approved change of a figure. Times in ms. */
export interface Chosen {
  readonly value: number
  /** Until when a signed exception allows a figure weaker than the floor. */
  readonly exceptionUntil: number | null
}

/** The figure that counts at `now`. A weak one counts while its exception lasts; afterwards it is the floor, without anybody's doing. */
export function figureAt(setting: Setting, chosen: Chosen | null, now: number): number {
  if (!chosen) return setting.value
  if (!isWeak(setting, chosen.value)) return chosen.value
  return chosen.exceptionUntil !== null && now < chosen.exceptionUntil ? chosen.value : setting.floor
}

/** The longest that an exception lasts, ms: twelve months. */
export const longestException = 366 * 86_400_000

/** Why a change of a figure is not taken, or null. `exceptionUntil`: the exception that is asked for with it, ms. */
export function judgeChange(
  setting: Setting,
  asked: { readonly value: number; readonly exceptionUntil: number | null; readonly current: number },
  now: number,
): 'out-of-range' | 'needs-exception' | 'exception-too-long' | 'no-change' | null {
  const { value, exceptionUntil } = asked
  if (!Number.isInteger(value) || value < setting.least || value > setting.most) return 'out-of-range'
  if (isWeak(setting, value)) {
    if (exceptionUntil === null || exceptionUntil <= now) return 'needs-exception'
    if (exceptionUntil > now + longestException) return 'exception-too-long'
    return null
  }
  return value === asked.current ? 'no-change' : null
}

/** A proposal, or a release that was asked for, before the second person. Times in ms. */
export interface Asked {
  readonly proposedBy: string | null
  readonly open: boolean
  readonly expiresAt: number
  /** Whether whoever asked is still here and may still ask for it. */
  readonly mayAsk: boolean
}

/** Until when something waits that was asked at this moment, ms: as long as any other act that takes two. */
export const waitsUntil = (askedAt: number): number => askedAt + pendingHours * 3_600_000

/** Why somebody may not approve a proposal, or null: it takes two people. `makers`: who lately made them what they approve by. */
export const judgeApproval = ({ proposedBy, open, expiresAt, mayAsk }: Asked, by: string, makers: ReadonlySet<string>, now: number) => {
  if (!open) return 'already-decided' as const
  if (expiresAt <= now) return 'over' as const
  if (proposedBy === by) return 'own-proposal' as const
  if (!mayAsk) return 'asker-gone' as const
  return proposedBy !== null && makers.has(proposedBy) ? ('appointed-by-asker' as const) : null
}
