import { useEffect, useEffectEvent } from 'react'

const acts = ['pointerdown', 'pointermove', 'keydown', 'wheel', 'touchmove'] as const
/** When somebody last did something in any window of this browser, ms. A time and nothing else. */
const actedKey = 'wl-acted'
const tellEvery = 1_000

function actedAnywhere(): number {
  try {
    return Number(localStorage.getItem(actedKey) ?? 0)
  } catch {
    return 0
  }
}
function tellActed(at: number): void {
  if (at - actedAnywhere() < tellEvery) return
  try {
    localStorage.setItem(actedKey, String(at))
  } catch {
    // Then each window has a time of its own.
  }
}

/**
 * Calls `onIdle` when nobody has done anything here for so many seconds; null: never. A machine that slept is idle when it wakes. `isShared`: what
 * is done in another window of this browser counts too.
 */
export function useIdle(seconds: number | null, onIdle: () => void, isShared = false): void {
  const idle = useEffectEvent(onIdle)
  useEffect(() => {
    if (seconds === null) return
    const limit = seconds * 1_000
    let last = Date.now()
    const since = () => Date.now() - Math.max(last, isShared ? Math.min(actedAnywhere(), Date.now()) : 0)
    let timer = window.setTimeout(look, limit)
    function look() {
      window.clearTimeout(timer)
      if (since() >= limit) return idle()
      timer = window.setTimeout(look, limit - since())
    }
    const acted = (event: Event) => {
      if (!event.isTrusted) return
      if (since() >= limit) return idle()
      last = Date.now()
      if (isShared) tellActed(last)
      window.clearTimeout(timer)
      timer = window.setTimeout(look, limit)
    }
    for (const kind of acts) window.addEventListener(kind, acted, { passive: true, capture: true })
    document.addEventListener('visibilitychange', look)
    return () => {
      window.clearTimeout(timer)
      document.removeEventListener('visibilitychange', look)
      for (const kind of acts) window.removeEventListener(kind, acted, { capture: true })
    }
  }, [seconds, isShared])
}
