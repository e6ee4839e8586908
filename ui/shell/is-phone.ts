import { useSyncExternalStore } from 'react'

/** Whether the window is such; follows the window. */
const useMedia = (media: string): boolean =>
  useSyncExternalStore(
    (changed) => {
      const query = window.matchMedia(media)
      query.addEventListener('change', changed)
      return () => query.removeEventListener('change', changed)
    },
    () => window.matchMedia(media).matches,
    () => false,
  )

/** One column, the rail at the foot: below 720 px at the usual text size. The same words stand in shell.css. */
export const useIsPhone = (): boolean => useMedia('(max-width: 44.99em)')

/** Wide enough for the side pane beside the content: from 1100 px at the usual text size. */
export const useHasSide = (): boolean => useMedia('(min-width: 68.75em)')
