import type { Clock } from '@wardline/ui'
import { keepsNothing } from './kept.ts'

const moved = 60_000

// How far the server's clock was ahead, for a page that is opened again without a connection.
const key = 'wl-clock-ahead'

function kept(): number | null {
  try {
    const text = sessionStorage.getItem(key)
    return text === null || !Number.isFinite(Number(text)) ? null : Number(text)
  } catch {
    return null
  }
}

function keep(ahead: number): void {
  if (keepsNothing()) return
  try {
    sessionStorage.setItem(key, String(ahead))
  } catch {
    // Then ages are wrong by the difference of the clocks until the server is heard.
  }
}

/** The server's time as far as this page knows it. */
export type ServerClock = { readonly now: () => number; readonly observe: (at: number) => void }

/**
 * Follows the server's clock by what it said. What arrives is always a little old, so the furthest ahead is the best; a word that is more
 * than a minute off is of a clock that was moved.
 */
export function openServerClock(own: () => number = Date.now): ServerClock {
  let ahead: number | null = kept()
  return {
    now: () => own() + (ahead ?? 0),
    observe: (at) => {
      const seen = at - own()
      ahead = ahead === null || seen < ahead - moved ? seen : Math.max(ahead, seen)
      keep(ahead)
    },
  }
}

/** The clock of the screens: the server's time in the organisation's zone. */
export const clockOf = (server: ServerClock, timeZone: string): Clock => ({ now: server.now, format: { locale: 'en-US', timeZone } })
