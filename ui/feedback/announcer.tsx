import { createContext, useCallback, useContext, useEffect, useMemo, useRef, useState, type ReactNode } from 'react'

/** Runs `then` once after `ms` milliseconds; the answer stops it. Tests pass their own. */
export type After = (ms: number, then: () => void) => () => void

const windowTimer: After = (ms, then) => {
  const timer = window.setTimeout(then, ms)
  return () => window.clearTimeout(timer)
}

/** At most one polite announcement in this many milliseconds. */
export const announceEveryMs = 3000

export type Announce = {
  /** Said when the reader is idle; what comes within 3 s is put together. */
  polite: (text: string) => void
  /** Said at once, interrupting: a STAT to me, a failed STAT, the end of the session. Nothing else. */
  alert: (text: string) => void
}

const AnnounceContext = createContext<Announce>({ polite: () => {}, alert: () => {} })

/** How a part of the application speaks to screen readers without moving the focus. */
export const useAnnounce = (): Announce => useContext(AnnounceContext)

export type AnnouncerProviderProps = {
  children: ReactNode
  /** What is said for several texts that came together. */
  batch?: (texts: readonly string[]) => string
  after?: After
}

const joinedOrCounted = (texts: readonly string[]) =>
  texts.length <= 2 ? texts.join('. ') : `${texts.length} updates. Last: ${texts.at(-1) ?? ''}`

/** Holds the two hidden live regions of the application and the `useAnnounce` of everything inside it. */
export const AnnouncerProvider = ({ children, batch = joinedOrCounted, after = windowTimer }: AnnouncerProviderProps) => {
  const [texts, setTexts] = useState<readonly Spoken[]>([])
  const [warning, setWarning] = useState<Spoken | null>(null)
  const next = useRef(0)
  const polite = useCallback((text: string) => setTexts((before) => [...before.slice(-50), { id: next.current++, text }]), [])
  const alert = useCallback((text: string) => setWarning({ id: next.current++, text }), [])
  const announce = useMemo(() => ({ polite, alert }), [polite, alert])
  return (
    <AnnounceContext value={announce}>
      {children}
      <StatusAnnouncer texts={texts} batch={batch} after={after} />
      <div className="wl-hidden" role="alert">
        {warning !== null && <p key={warning.id}>{warning.text}</p>}
      </div>
    </AnnounceContext>
  )
}

/** One text to speak; ids grow, so that the same words can be said again. */
export type Spoken = { id: number; text: string }

export type StatusAnnouncerProps = {
  /** All texts so far, oldest first; those with an id above the last spoken one are new. */
  texts: readonly Spoken[]
  batch?: (texts: readonly string[]) => string
  after?: After
}

/** A hidden `role=status` that speaks new texts at most once in 3 s, several of them as one. */
export const StatusAnnouncer = ({ texts, batch = joinedOrCounted, after = windowTimer }: StatusAnnouncerProps) => {
  const [said, setSaid] = useState<Spoken>({ id: -1, text: '' })
  const [isResting, setResting] = useState(false)
  useEffect(() => {
    const waiting = texts.filter((it) => it.id > said.id)
    const newest = waiting.at(-1)?.id
    if (isResting || newest === undefined) return
    setSaid({ id: newest, text: batch(waiting.map((it) => it.text)) })
    setResting(true)
  }, [isResting, texts, said, batch])
  useEffect(() => (isResting ? after(announceEveryMs, () => setResting(false)) : undefined), [isResting, after])
  return (
    <div className="wl-hidden" role="status">
      {said.text !== '' && <p key={said.id}>{said.text}</p>}
    </div>
  )
}
