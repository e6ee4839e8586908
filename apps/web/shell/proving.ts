import { useCallback, useRef, useState } from 'react'

/** Asks for a fresh proof, one question at a time: whatever else needs the proof waits for the same answer. */
export function useProving(): {
  readonly stepUp: () => Promise<boolean>
  /** The open question, if there is one. */
  readonly proving: { readonly answer: (proven: boolean) => void } | null
  /** Nobody is here to answer any more. */
  readonly giveUp: () => void
} {
  const [proving, setProving] = useState<{ readonly answer: (proven: boolean) => void } | null>(null)
  const asked = useRef<Promise<boolean> | null>(null)
  const over = useRef<((proven: boolean) => void) | null>(null)
  const stepUp = useCallback(() => {
    if (asked.current) return asked.current
    let answer: (proven: boolean) => void = () => undefined
    const proven = new Promise<boolean>((resolve) => (answer = resolve)).finally(() => {
      asked.current = null
      setProving(null)
    })
    asked.current = proven
    over.current = answer
    setProving({ answer })
    return proven
  }, [])
  const giveUp = useCallback(() => over.current?.(false), [])
  return { stepUp, proving, giveUp }
}
