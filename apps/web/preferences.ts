import { setTheme, type Theme } from '@wardline/ui'
import { useSyncExternalStore } from 'react'

/** What a person chose for this browser. Nothing here tells anything about anybody. */
export type Preferences = { readonly theme: Theme; readonly singleKeys: boolean }

const key = 'wl-preferences'
const themes: readonly Theme[] = ['system', 'light', 'dark']
const listeners = new Set<() => void>()

function read(): Preferences {
  try {
    const kept = JSON.parse(localStorage.getItem(key) ?? '{}') as Partial<Preferences>
    return { theme: themes.find((it) => it === kept.theme) ?? 'system', singleKeys: kept.singleKeys !== false }
  } catch {
    return { theme: 'system', singleKeys: true }
  }
}

let preferences = read()

/** Changes a choice, at once and for the next time. */
export function choose(change: Partial<Preferences>): void {
  preferences = { ...preferences, ...change }
  setTheme(preferences.theme)
  try {
    localStorage.setItem(key, JSON.stringify(preferences))
  } catch {
    // A browser that keeps nothing still follows the choice until it is closed.
  }
  listeners.forEach((it) => it())
}

/** Puts what was chosen before into force. */
export const applyPreferences = (): void => setTheme(preferences.theme)

/** What is chosen now. */
export const usePreferences = (): Preferences =>
  useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => preferences,
  )
