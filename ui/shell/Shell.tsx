import { useEffect, useRef, type ReactNode } from 'react'
import { IconButton } from '../actions/Button.tsx'
import { CrossIcon } from '../icons.tsx'
import { Bars } from './Bars.tsx'
import { useIsPhone } from './is-phone.ts'

export type ShellProps = {
  /** A `Rail`. */
  rail: ReactNode
  /** A `TopBar`. */
  header?: ReactNode
  /** Bars over everything: continuity mode, demo, end of the session near. On phones they share one strip. */
  banners?: ReactNode
  bannersLabel?: string
  /** The list of the place one is in; absent in places without one. */
  list?: ReactNode
  /** Accessible name of the list column. */
  listLabel?: string
  /** The main content. */
  children: ReactNode
  /** Details beside the content. */
  side?: ReactNode
  sideLabel?: string
  /** `auto`: in view from 1100 px, closed below. Below 1100 px an open side covers the end of the window. */
  sideState?: 'auto' | 'open' | 'closed'
  onCloseSide?: () => void
  /** Which of list and content a phone shows. */
  phoneView?: 'list' | 'main'
  skipLabel?: string
  /** The address of the view. When it changes, the focus goes to the view's h1, so that a reader knows where it is. */
  viewKey?: string
}

/**
 * The frame of the staff application: rail, header, list, main, side pane. From 1100 px all side by side, from 720 px
 * the side pane is a drawer, below it is one column with the rail as a bar at the foot. F6 and Shift-F6 go from region
 * to region. Landmarks: header, nav, main, complementary.
 */
export const Shell = ({
  rail,
  header,
  banners,
  bannersLabel = 'Notices',
  list,
  listLabel = 'List',
  children,
  side,
  sideLabel = 'Details',
  sideState = 'auto',
  onCloseSide,
  phoneView = 'main',
  skipLabel = 'Skip to content',
  viewKey,
}: ShellProps) => {
  const frame = useRef<HTMLDivElement>(null)
  const isPhone = useIsPhone()
  useKeyboardHeight(frame)
  // On a phone the list is the page: the one landmark for its main content moves with what is in view.
  const isListMain = isPhone && list !== undefined && phoneView === 'list'
  useRegionKeys(frame)
  useFocusOnChange(frame, viewKey)
  const classes = [
    'wl-shell',
    `wl-shell--phone-${isListMain ? 'list' : 'main'}`,
    `wl-shell--side-${side === undefined ? 'closed' : sideState}`,
  ]
  if (list === undefined) classes.push('wl-shell--no-list')
  return (
    <div className={classes.join(' ')} ref={frame}>
      <a
        className="wl-skip"
        href="#wl-main"
        onClick={(event) => {
          // The address belongs to the router: only the focus moves.
          event.preventDefault()
          document.getElementById('wl-main')?.focus()
        }}
      >
        {skipLabel}
      </a>
      <div className="wl-shell__rail" data-region tabIndex={-1}>
        {rail}
      </div>
      {header !== undefined && (
        <header className="wl-shell__header" data-region tabIndex={-1}>
          {header}
        </header>
      )}
      {banners !== undefined && (
        <div className="wl-shell__banners" role="region" aria-label={bannersLabel}>
          <Bars>{banners}</Bars>
        </div>
      )}
      {list !== undefined && (
        <div
          className="wl-shell__list"
          data-region
          tabIndex={-1}
          role={isListMain ? 'main' : 'region'}
          aria-label={listLabel}
          {...(isListMain ? { id: 'wl-main' } : {})}
        >
          {list}
        </div>
      )}
      <main className="wl-shell__main" data-region tabIndex={-1} {...(isListMain ? {} : { id: 'wl-main' })}>
        {children}
      </main>
      {side !== undefined && (
        <aside
          className="wl-shell__side"
          data-region
          tabIndex={-1}
          aria-label={sideLabel}
          onKeyDown={(event) => event.key === 'Escape' && onCloseSide?.()}
        >
          {onCloseSide !== undefined && (
            <div className="wl-shell__close">
              <IconButton label={`Close ${sideLabel.toLocaleLowerCase()}`} onPress={onCloseSide}>
                <CrossIcon />
              </IconButton>
            </div>
          )}
          {side}
        </aside>
      )}
    </div>
  )
}

type FrameRef = { current: HTMLElement | null }

/** F6 and Shift-F6 go round the visible regions; not while a dialog holds the rest of the page still. */
const useRegionKeys = (frame: FrameRef) => {
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (event.key !== 'F6' || event.altKey || event.ctrlKey || event.metaKey) return
      if (frame.current === null || frame.current.closest('[inert], [aria-hidden="true"]') !== null) return
      const regions = Array.from(frame.current.querySelectorAll<HTMLElement>('[data-region]')).filter((it) => it.checkVisibility())
      const at = regions.findIndex((region) => region.contains(document.activeElement))
      const step = event.shiftKey ? -1 : 1
      const next = at < 0 ? (event.shiftKey ? regions.length - 1 : 0) : (at + step + regions.length) % regions.length
      event.preventDefault()
      regions[next]?.focus()
    }
    window.addEventListener('keydown', pressed)
    return () => window.removeEventListener('keydown', pressed)
  }, [frame])
}

const useFocusOnChange = (frame: FrameRef, viewKey: string | undefined) => {
  const before = useRef(viewKey)
  useEffect(() => {
    // Not on the first drawing: the page has just loaded, and the browser tells its title.
    if (viewKey === before.current) return
    before.current = viewKey
    const main = frame.current?.querySelector<HTMLElement>('#wl-main')
    if (main == null) return
    const toTitle = () => (main.querySelector<HTMLElement>('h1[tabindex]') ?? main).focus()
    toTitle()
    // What is drawn first is often a place-holder whose title goes again: until the person acts, the focus follows to the one that stays.
    const watch = new MutationObserver(() => {
      if (document.activeElement === document.body || document.activeElement === main) toTitle()
    })
    watch.observe(main, { childList: true, subtree: true })
    const stop = () => watch.disconnect()
    window.addEventListener('keydown', stop, { once: true })
    window.addEventListener('pointerdown', stop, { once: true })
    return () => {
      stop()
      window.removeEventListener('keydown', stop)
      window.removeEventListener('pointerdown', stop)
    }
  }, [frame, viewKey])
}

/** Keeps the frame above an on-screen keyboard, which iOS lays over the page without telling the layout. */
const useKeyboardHeight = (frame: FrameRef) => {
  useEffect(() => {
    const view = window.visualViewport
    if (view === null) return
    const fit = () => {
      const hidden = Math.max(0, window.innerHeight - view.height - view.offsetTop)
      const isZoomed = view.scale > 1.01
      frame.current?.style.setProperty('--wl-keyboard', isZoomed ? '0px' : `${Math.round(hidden)}px`)
      frame.current?.toggleAttribute('data-keyboard', !isZoomed && hidden > 120)
    }
    fit()
    view.addEventListener('resize', fit)
    view.addEventListener('scroll', fit)
    return () => {
      view.removeEventListener('resize', fit)
      view.removeEventListener('scroll', fit)
    }
  }, [frame])
}
