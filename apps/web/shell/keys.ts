import { useEffect, useRef } from 'react'
import type { Place } from '../screen.ts'
import { usePreferences } from '../preferences.ts'

/** What the keyboard can do anywhere. No key sends, wipes or calls without a further one. */
export type KeyActions = {
  readonly onPalette: () => void
  readonly onHelp: () => void
  readonly onReply: () => void
  readonly onNew: () => void
  readonly toList: () => void
  readonly toPlace: (place: Place) => void
  readonly onSide: () => void
  /** Covers a shared workstation at once, also under a dialog and in a field. */
  readonly onLock: () => void
}

const isField = (target: EventTarget | null) =>
  target instanceof Element &&
  target.closest('input, textarea, select, [contenteditable], [role=textbox], [role=combobox], [role=menu], [role=listbox]') !== null

const isLayerOpen = () => document.querySelector('[role=dialog], [role=alertdialog]') !== null

/** Moves the focus along the rows of the list. */
function moveRow(step: 1 | -1): void {
  const rows = Array.from(document.querySelectorAll<HTMLElement>('.wl-shell__list .wl-row__link'))
  const focused = rows.indexOf(document.activeElement as HTMLElement)
  const current = focused >= 0 ? focused : rows.findIndex((it) => it.getAttribute('aria-current') === 'true')
  rows[Math.min(rows.length - 1, Math.max(0, current < 0 ? 0 : current + step))]?.focus()
}

/** Binds the shortcuts of the application; single letters are off in fields, under dialogs, and where the person has turned them off. */
export function useKeys(actions: KeyActions): void {
  const { singleKeys } = usePreferences()
  const latest = useRef(actions)
  useEffect(() => {
    latest.current = actions
  })
  useEffect(() => {
    let isAfterG = false
    const pressed = (event: KeyboardEvent) => {
      const it = latest.current
      const isMod = event.ctrlKey || event.metaKey
      if (isMod && !event.altKey && !event.shiftKey && event.key.toLowerCase() === 'k') {
        event.preventDefault()
        return it.onPalette()
      }
      if (isMod && event.shiftKey && event.key.toLowerCase() === 'l') {
        event.preventDefault()
        return it.onLock()
      }
      if (isMod && event.key === '.' && !isLayerOpen()) {
        event.preventDefault()
        return it.onSide()
      }
      if (event.key === 'Escape' && event.target instanceof HTMLTextAreaElement && !isLayerOpen()) return event.target.blur()
      if (isMod || event.altKey || !singleKeys || event.isComposing || isField(event.target) || isLayerOpen()) return
      const wasAfterG = isAfterG
      isAfterG = false
      const letter = event.key.toLowerCase()
      if (wasAfterG) {
        const place = ({ i: 'inbox', p: 'patients', a: 'audit' } as const)[letter]
        if (place !== undefined) {
          event.preventDefault()
          it.toPlace(place)
        }
        return
      }
      const act: (() => void) | undefined = {
        '?': it.onHelp,
        j: () => moveRow(1),
        k: () => moveRow(-1),
        u: it.toList,
        c: it.onNew,
        r: it.onReply,
        g: () => {
          isAfterG = true
        },
      }[letter]
      if (act === undefined) return
      event.preventDefault()
      act()
    }
    document.addEventListener('keydown', pressed)
    return () => document.removeEventListener('keydown', pressed)
  }, [singleKeys])
}
