import { createContext, useCallback, useContext, useId, useLayoutEffect, useMemo, useState, type ReactNode } from 'react'
import { Button } from '../actions/Button.tsx'
import { useIsPhone } from './is-phone.ts'

/** How serious a bar is, the most serious first. */
const seriousness = ['danger', 'warning', 'info', 'demo'] as const
type Seriousness = (typeof seriousness)[number]

/** The bars that a folded strip shows: all that are dangerous; where there is none, the first of the most serious. */
export const shownBars = (bars: ReadonlyMap<string, Seriousness>): ReadonlySet<string> => {
  const least = seriousness.find((it) => [...bars.values()].includes(it))
  const such = [...bars].filter(([, it]) => it === least).map(([id]) => id)
  return new Set(least === 'danger' ? such : such.slice(0, 1))
}

type Strip = {
  /** Puts a bar into the strip; gives what takes it out. */
  enter: (id: string, it: Seriousness) => () => void
  /** Those of which a line is shown; null: all are shown in full. */
  shown: ReadonlySet<string> | null
}
const StripContext = createContext<Strip | null>(null)

/** How a bar stands in the strip around it: in full, as one line, or behind the others. */
export const useBarPlace = (isBar: boolean, it: Seriousness): 'full' | 'line' | 'behind' => {
  const strip = useContext(StripContext)
  const id = useId()
  const enter = strip?.enter
  useLayoutEffect(() => (isBar ? enter?.(id, it) : undefined), [isBar, enter, id, it])
  if (!isBar || strip === null || strip.shown === null) return 'full'
  return strip.shown.has(id) ? 'line' : 'behind'
}

/**
 * Bars over everything. In one column they share a strip: a line of the most serious one, and of each that is dangerous, with its button; the
 * rest, and what more there is to say, opens by a button. What is behind is read out all the same.
 */
export const Bars = ({ children }: { children: ReactNode }) => {
  const isPhone = useIsPhone()
  const [bars, setBars] = useState<ReadonlyMap<string, Seriousness>>(new Map())
  const [isOpen, setOpen] = useState(false)
  const isFolded = isPhone && !isOpen
  const enter = useCallback((id: string, it: Seriousness) => {
    setBars((before) => new Map(before).set(id, it))
    return () => setBars((before) => new Map([...before].filter(([one]) => one !== id)))
  }, [])
  const shown = useMemo(() => shownBars(bars), [bars])
  const strip = useMemo(() => ({ enter, shown: isFolded ? shown : null }), [enter, shown, isFolded])
  const behind = bars.size - shown.size
  return (
    <StripContext value={strip}>
      <div className={`wl-bars${isPhone ? ' wl-bars--phone' : ''}${isFolded ? ' wl-bars--folded' : ''}`}>
        {children}
        {isPhone && bars.size > 0 && (
          <div className="wl-bars__more">
            <Button
              size="small"
              variant="quiet"
              aria-expanded={isOpen}
              aria-label={isOpen ? 'Less of the notices' : behind > 0 ? `and ${behind} more notices` : 'More of the notice'}
              onPress={() => setOpen(!isOpen)}
            >
              {isOpen ? 'Less' : behind > 0 ? `and ${behind} more` : 'More'}
            </Button>
          </div>
        )}
      </div>
    </StripContext>
  )
}
