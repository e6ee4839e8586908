import { createContext, useContext, useSyncExternalStore, type ReactNode } from 'react'
import type { TimeFormat } from './time.ts'

/** Where the time on the screen comes from. `now` is in ms since 1970: the server's time, so that ages agree with its records. */
export type Clock = { now: () => number; format: TimeFormat }

const ClockContext = createContext<Clock>({
  now: () => Date.now(),
  format: { locale: 'en-US', timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone },
})

/** Gives every part below its clock, locale and zone; the browser's own where absent. */
export const ClockProvider = ({ clock, children }: { clock: Clock; children: ReactNode }) => (
  <ClockContext value={clock}>{children}</ClockContext>
)

/** The clock for what is read once (when a button is pressed); for what is drawn, use {@link useNow}. */
export const useClock = (): Clock => useContext(ClockContext)

const listeners = new Set<() => void>()
let ticking: number | undefined

// One timer for the whole page, none while nothing shows a time.
const onTick = (listener: () => void) => {
  listeners.add(listener)
  ticking ??= window.setInterval(() => listeners.forEach((it) => it()), 1000)
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0) return
    window.clearInterval(ticking)
    ticking = undefined
  }
}

/** The present moment (ms since 1970), rounded down to `everyMs`: the part is drawn again that often and no more. */
export const useNow = (everyMs = 30_000): number => {
  const { now } = useContext(ClockContext)
  const rounded = () => Math.floor(now() / everyMs) * everyMs
  return useSyncExternalStore(onTick, rounded, rounded)
}

/** Locale and zone of the screen. */
export const useTimeFormat = (): TimeFormat => useContext(ClockContext).format
