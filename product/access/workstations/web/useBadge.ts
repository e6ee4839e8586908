import { useEffect, useEffectEvent } from 'react'
import { readBurst, type Typed } from '../preview.ts'

/** Who listens; what was opened last hears alone. */
const listening: symbol[] = []
/** Longer than this after the last key no reader presses Enter, ms. */
const enterWithin = 200

/** Hears badge readers that type: a burst of keys and Enter, wherever the focus is. A field in which it landed is as it was before. */
export function useBadge(onBadge: (badge: string) => void, isOn = true): void {
  const heard = useEffectEvent(onBadge)
  useEffect(() => {
    if (!isOn) return
    const me = Symbol('badge')
    listening.push(me)
    let typed: Typed[] = []
    const pressed = (event: KeyboardEvent) => {
      if (event.key === 'Shift') return
      // A key that is held down is a person's.
      if (event.key.length === 1 && !event.repeat) {
        typed = [...typed.slice(-80), { key: event.key, at: event.timeStamp }]
        return
      }
      const isAtOnce = event.timeStamp - (typed.at(-1)?.at ?? 0) < enterWithin
      const burst = event.key === 'Enter' && isAtOnce ? readBurst(typed) : null
      typed = []
      if (burst === null || listening.at(-1) !== me) return
      // The reader's Enter presses nothing.
      event.preventDefault()
      event.stopPropagation()
      takeOut(burst)
      heard(burst)
    }
    window.addEventListener('keydown', pressed, { capture: true })
    return () => {
      listening.splice(listening.indexOf(me), 1)
      window.removeEventListener('keydown', pressed, { capture: true })
    }
  }, [isOn])
}

/** Takes what a reader typed out of the field that has the focus: a badge is no part of a message. */
function takeOut(burst: string): void {
  const field = document.activeElement
  if (!(field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement)) return
  const end = field.selectionEnd ?? field.value.length
  if (!field.value.slice(0, end).endsWith(burst)) return
  // As the browser sets it, so that whoever draws the field hears of it.
  const kind = field instanceof HTMLInputElement ? HTMLInputElement.prototype : HTMLTextAreaElement.prototype
  const value = field.value.slice(0, end - burst.length) + field.value.slice(end)
  Object.getOwnPropertyDescriptor(kind, 'value')?.set?.call(field, value)
  field.dispatchEvent(new Event('input', { bubbles: true }))
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
