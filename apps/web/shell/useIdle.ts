import { useEffect, useEffectEvent } from 'react'

const acts = ['pointerdown', 'pointermove', 'keydown', 'wheel', 'touchmove'] as const

/** Calls `onIdle` when nobody has done anything here for so many seconds; null: never. A machine that slept is idle when it wakes. */
export function useIdle(seconds: number | null, onIdle: () => void): void {
  const idle = useEffectEvent(onIdle)
  useEffect(() => {
    if (seconds === null) return
    const limit = seconds * 1_000
    let last = Date.now()
    let timer = window.setTimeout(() => idle(), limit)
    const look = () => Date.now() - last >= limit && idle()
    const acted = (event: Event) => {
      if (!event.isTrusted) return
      if (Date.now() - last >= limit) return idle()
      last = Date.now()
      window.clearTimeout(timer)
      timer = window.setTimeout(() => idle(), limit)
    }
    for (const kind of acts) window.addEventListener(kind, acted, { passive: true, capture: true })
    document.addEventListener('visibilitychange', look)
    return () => {
      window.clearTimeout(timer)
      document.removeEventListener('visibilitychange', look)
      for (const kind of acts) window.removeEventListener(kind, acted, { capture: true })
    }
  }, [seconds])
}
