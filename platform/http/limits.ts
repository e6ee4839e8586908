import type { Clock } from '../clock/clock.ts'

/** Counts calls in windows, in memory and per node: a brake on floods, not a quota. */
export interface Limiter {
  /** Seconds to wait, or 0 when the call may pass. */
  take(key: string, most: number, seconds: number): number
}

/** A clock that is set back by less than this, ms, opens no new window: readings of the database's clock differ by a little. */
const slack = 5_000

/** A limiter that forgets windows as they end; holds at most `capacity` keys. */
export function openLimiter(clock: Pick<Clock, 'ms'>, capacity = 100_000): Limiter {
  const windows = new Map<string, { ends: number; count: number }>()
  return {
    take(key, most, seconds) {
      const now = clock.ms()
      const window = windows.get(key)
      if (!window || window.ends <= now || window.ends > now + seconds * 1000 + slack) {
        // Oldest first: a Map keeps the order of insertion.
        if (windows.size >= capacity) windows.delete(windows.keys().next().value!)
        windows.delete(key)
        windows.set(key, { ends: now + seconds * 1000, count: 1 })
        return 0
      }
      window.count += 1
      return window.count <= most ? 0 : Math.max(1, Math.ceil((window.ends - now) / 1000))
    },
  }
}
