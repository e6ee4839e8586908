import { useEffect, useLayoutEffect, useRef, useState, type KeyboardEvent, type ReactNode } from 'react'
import { RowPlace, rowStep } from './List.tsx'

/** Rows kept ready above and below the window, and the step in which the window moves: fewer renders than one a row. */
const spare = 10

/** The rows to draw, as [first, last) with spare rows around: what can be seen between `top` and `bottom` px of rows `rowHeight` px high. */
export const visibleRows = (top: number, bottom: number, rowHeight: number, count: number): readonly [number, number] => {
  if (rowHeight <= 0) return [0, Math.min(count, 3 * spare)]
  const first = Math.floor(Math.max(0, top) / rowHeight / spare) * spare - spare
  const last = Math.ceil(Math.max(0, bottom) / rowHeight / spare) * spare + spare
  return [Math.min(count, Math.max(0, first)), Math.min(count, Math.max(0, last))]
}

export type LongListProps<Item> = {
  label: string
  density?: 'normal' | 'compact'
  items: readonly Item[]
  itemKey: (item: Item) => string
  /** Draws one `ListRow`. */
  children: (item: Item) => ReactNode
  /** This row is brought into view when it changes, for instance by J and K. */
  shownKey?: string | undefined
  /** Called when the end comes near, to load more. */
  onReachEnd?: () => void
}

/**
 * A list of thousands of rows inside a scrolling pane: only those in sight are drawn, each row as high as every other.
 * A row that holds the focus stays drawn, and readers are told the place of each row in the whole.
 */
export const LongList = <Item,>({ label, density = 'normal', items, itemKey, children, shownKey, onReachEnd }: LongListProps<Item>) => {
  const list = useRef<HTMLUListElement>(null)
  const [[first, last], setRange] = useState<readonly [number, number]>([0, Math.min(items.length, 3 * spare)])
  const [focused, setFocused] = useState(-1)
  const goal = useRef(-1)
  const count = items.length

  useLayoutEffect(() => list.current?.style.setProperty('--wl-count', String(count)), [count])

  useEffect(() => {
    const box = scrollerOf(list.current)
    if (box === null) return
    const look = () => {
      if (list.current === null) return
      const [rows, view] = [list.current.getBoundingClientRect(), box.getBoundingClientRect()]
      const next = visibleRows(view.top - rows.top, view.bottom - rows.top, count === 0 ? 0 : rows.height / count, count)
      setRange((before) => (before[0] === next[0] && before[1] === next[1] ? before : next))
    }
    look()
    const watch = new ResizeObserver(look)
    watch.observe(box)
    box.addEventListener('scroll', look, { passive: true })
    return () => {
      watch.disconnect()
      box.removeEventListener('scroll', look)
    }
  }, [count])

  const isAtEnd = count > 0 && last >= count
  useEffect(() => {
    if (isAtEnd) onReachEnd?.()
  }, [isAtEnd, onReachEnd, count])

  const show = (index: number) => {
    const [box, rows] = [scrollerOf(list.current), list.current]
    if (box === null || rows === null || count === 0) return
    const height = rows.offsetHeight / count
    const top = rows.getBoundingClientRect().top - box.getBoundingClientRect().top + box.scrollTop + index * height
    if (top < box.scrollTop) box.scrollTop = top
    else if (top + height > box.scrollTop + box.clientHeight) box.scrollTop = top + height - box.clientHeight
  }

  const shownIndex = shownKey === undefined ? -1 : items.findIndex((item) => itemKey(item) === shownKey)
  useEffect(() => {
    if (shownIndex >= 0) show(shownIndex)
    // Only a change of the row moves the list, not a new row above it.
  }, [shownKey])

  const move = (event: KeyboardEvent) => {
    const step = rowStep(event)
    if (step === undefined || focused < 0) return
    event.preventDefault()
    const next = Math.min(count - 1, Math.max(0, focused + step))
    goal.current = next
    setFocused(next)
  }

  // The row must exist before it can take the focus.
  useLayoutEffect(() => {
    if (goal.current < 0) return
    show(goal.current)
    list.current?.querySelector<HTMLElement>(`[aria-posinset="${goal.current + 1}"] .wl-row__link`)?.focus({ preventScroll: true })
    goal.current = -1
  }, [focused])

  const drawn = Array.from({ length: Math.max(0, Math.min(last, count) - first) }, (_, at) => first + at)
  if (focused >= 0 && focused < first) drawn.unshift(focused)
  if (focused >= last && focused < count) drawn.push(focused)

  return (
    <ul
      className={`wl-list wl-list--long wl-list--${density}`}
      aria-label={label}
      ref={list}
      onKeyDown={move}
      onFocus={(event) => setFocused(Number(event.target.closest('[aria-posinset]')?.getAttribute('aria-posinset') ?? 0) - 1)}
      onBlur={() => setFocused(-1)}
    >
      {drawn.map((index) => {
        const item = items[index]
        return item === undefined ? null : (
          <RowPlace key={itemKey(item)} value={{ index, count }}>
            {children(item)}
          </RowPlace>
        )
      })}
    </ul>
  )
}

/** The nearest part around that scrolls. */
const scrollerOf = (part: HTMLElement | null): HTMLElement | null => {
  for (let box = part?.parentElement ?? null; box !== null; box = box.parentElement) {
    if (/auto|scroll/.test(getComputedStyle(box).overflowY)) return box
  }
  return null
}
