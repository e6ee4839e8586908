import { workstationPolicy } from './rules.ts'

/** Badges that one person may have. */
export const { mostBadges } = workstationPolicy

/** A key as a window hears it; `at` in ms. */
export interface Typed {
  readonly key: string
  readonly at: number
}

/** Slower than this no reader types, and faster than this no person, ms between two keys. */
const fastest = 50
const fewest = 6

/** What a badge reader has typed before its Enter: it comes as a burst. Null: a person typed. */
export function readBurst(typed: readonly Typed[]): string | null {
  let from = typed.length - 1
  while (from > 0 && (typed[from]?.at ?? 0) - (typed[from - 1]?.at ?? 0) < fastest) from -= 1
  const burst = typed.slice(Math.max(0, from))
  return burst.length < fewest ? null : burst.map((it) => it.key).join('')
}

/** How a screen says how long a shift still lasts; null while there is no need to. `left` in ms. */
export function shiftWarning(left: number): string | null {
  if (left > 20 * 60_000) return null
  const minutes = Math.max(1, Math.ceil(left / 60_000))
  return minutes === 1 ? 'a minute' : `${minutes} minutes`
}
