import { useEffect, useRef, type FormEvent, type ReactNode, type RefObject } from 'react'
import { ShieldIcon } from '../icons.tsx'

export type TaskPageProps = {
  /** The name of the product or practice, over the card. */
  brand: string
  /** The h1. */
  title: string
  /** Under the title in quiet type. */
  subtitle?: ReactNode
  /** Bars over everything, as in `Shell`. */
  banners?: ReactNode
  bannersLabel?: string
  children: ReactNode
  /** Under the card: another way, help. */
  foot?: ReactNode
}

/** Whoever pressed what is gone now would be nowhere: the focus goes to the title of what came instead, unless that took it itself. */
const useFocusKept = (page: RefObject<HTMLElement | null>) => {
  useEffect(() => {
    const main = page.current
    if (main === null) return
    const toTitle = () => {
      if (document.activeElement === document.body) main.querySelector<HTMLElement>('h1')?.focus()
    }
    toTitle()
    let last: Element | null = null
    const note = (event: FocusEvent) => (last = event.target as Element)
    const watch = new MutationObserver(() => {
      if (last?.isConnected === false) toTitle()
    })
    main.addEventListener('focusin', note)
    watch.observe(main, { childList: true, subtree: true })
    return () => {
      main.removeEventListener('focusin', note)
      watch.disconnect()
    }
  }, [page])
}

/** A page with one task and no frame around it: signing in, setting up a device. */
export const TaskPage = ({ brand, title, subtitle, banners, bannersLabel = 'Notices', children, foot }: TaskPageProps) => {
  const page = useRef<HTMLElement>(null)
  useFocusKept(page)
  return (
    <div className="wl-task">
      {banners !== undefined && (
        <div role="region" aria-label={bannersLabel}>
          {banners}
        </div>
      )}
      <main className="wl-task__main" id="wl-main" ref={page}>
        <p className="wl-task__brand">
          <ShieldIcon size={20} />
          {brand}
        </p>
        <div className="wl-task__card">
          <div className="wl-task__head">
            <h1 tabIndex={-1}>{title}</h1>
            {subtitle !== undefined && <p className="wl-task__subtitle">{subtitle}</p>}
          </div>
          {children}
        </div>
        {foot !== undefined && <div className="wl-task__foot">{foot}</div>}
      </main>
    </div>
  )
}

/** Fields one under another, sent by Enter or by a button of type submit. The browser's own checks are off: see ErrorSummary. */
export const Form = ({ label, onSubmit, children }: { label: string; onSubmit: () => void; children: ReactNode }) => (
  <form
    className="wl-form"
    aria-label={label}
    noValidate
    onSubmit={(event: FormEvent) => {
      event.preventDefault()
      onSubmit()
    }}
  >
    {children}
    {/* Enter sends a form of several fields only where it has such a button; a dialog's stands at its foot, outside of the form. */}
    <button type="submit" hidden />
  </form>
)

/** Buttons beside each other at the end of a form. */
export const Actions = ({ children }: { children: ReactNode }) => <div className="wl-actions">{children}</div>

/** Running text of a page: paragraphs and lists one under another. */
export const Prose = ({ children }: { children: ReactNode }) => <div className="wl-prose">{children}</div>
