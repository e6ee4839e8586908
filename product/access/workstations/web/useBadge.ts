import { useEffect, useEffectEvent } from 'react'
import { readBurst, type Typed } from '../preview.ts'

/** Hears badge readers that type: a burst of keys and Enter, wherever the focus is. */
export function useBadge(onBadge: (badge: string) => void): void {
  const heard = useEffectEvent(onBadge)
  useEffect(() => {
    let typed: Typed[] = []
    const pressed = (event: KeyboardEvent) => {
      if (event.key === 'Shift') return
      if (event.key.length === 1) {
        typed = [...typed.slice(-80), { key: event.key, at: event.timeStamp }]
        return
      }
      const burst = event.key === 'Enter' ? readBurst(typed) : null
      typed = []
      if (burst === null) return
      // The reader's Enter presses nothing.
      event.preventDefault()
      event.stopPropagation()
      heard(burst)
    }
    window.addEventListener('keydown', pressed, { capture: true })
    return () => window.removeEventListener('keydown', pressed, { capture: true })
  }, [])
}

type Reading = { readonly serialNumber: string }
type Reader = { scan: (options: { signal: AbortSignal }) => Promise<void>; onreading: ((event: Reading) => void) | null }

/** Starts to read badges by NFC, where the browser can; null where it cannot. The returned function ends it. */
export function nfcReader(): ((onBadge: (badge: string) => void) => Promise<() => void>) | null {
  const Made = (globalThis as { NDEFReader?: new () => Reader }).NDEFReader
  if (Made === undefined) return null
  return async (onBadge) => {
    const [reader, ending] = [new Made(), new AbortController()]
    reader.onreading = ({ serialNumber }) => onBadge(serialNumber)
    await reader.scan({ signal: ending.signal })
    return () => ending.abort()
  }
}
