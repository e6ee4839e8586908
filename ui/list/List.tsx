import { createContext, useContext, useLayoutEffect, useRef, type KeyboardEvent, type ReactNode } from 'react'
import { AppLink, type RenderLink } from '../provider.tsx'

export type ListProps = {
  /** Accessible name: "Inbox, needs me". */
  label: string
  /** 64 px rows, or 48 px. */
  density?: 'normal' | 'compact'
  /** ListRow and ListHeading elements. */
  children: ReactNode
}

/** Rows that lead somewhere: a `<ul>` of links. Up, Down, Home and End move between them. For hundreds of rows see `LongList`. */
export const List = ({ label, density = 'normal', children }: ListProps) => {
  const list = useRef<HTMLUListElement>(null)
  const move = (event: KeyboardEvent) => {
    const step = rowStep(event)
    const links = Array.from(list.current?.querySelectorAll<HTMLElement>('.wl-row__link') ?? [])
    const at = links.findIndex((link) => link === document.activeElement)
    if (step === undefined || at < 0) return
    event.preventDefault()
    links[Math.min(links.length - 1, Math.max(0, at + step))]?.focus()
  }
  return (
    <ul className={`wl-list wl-list--${density}`} aria-label={label} ref={list} onKeyDown={move}>
      {children}
    </ul>
  )
}

/** How many rows a key moves; `undefined` for keys that are none of a list's business. */
export const rowStep = (event: KeyboardEvent): number | undefined =>
  event.altKey || event.ctrlKey || event.metaKey || event.shiftKey
    ? undefined
    : { ArrowDown: 1, ArrowUp: -1, Home: -Infinity, End: Infinity }[event.key]

/** Where a row of a `LongList` stands; rows of a plain list stand where they are written. */
export const RowPlace = createContext<{ index: number; count: number } | null>(null)

export type ListRowProps = {
  href: string
  /** Who or what: a name, a role. */
  title: ReactNode
  /** Before the preview in strong type: whom it is about (a short patient id). */
  subtitle?: ReactNode
  /** One line of content; cut where it is too long. */
  preview?: ReactNode
  /** An `Age`, or other short words at the end of the first line. */
  age?: ReactNode
  /** An `Avatar` or icon. */
  leading?: ReactNode
  /** Badges at the end of the second line. */
  badges?: ReactNode
  isUnread?: boolean
  /** What is read for the dot. */
  unreadWords?: string
  /** The row whose content is shown in the main pane. */
  isCurrent?: boolean
  render?: RenderLink
}

/** One row of a list: unread dot, title, age; subtitle, preview, badges. */
export const ListRow = ({
  href,
  title,
  subtitle,
  preview,
  age,
  leading,
  badges,
  isUnread = false,
  unreadWords = 'Unread',
  isCurrent = false,
  render,
}: ListRowProps) => {
  const place = useContext(RowPlace)
  const row = useRef<HTMLLIElement>(null)
  const index = place?.index
  useLayoutEffect(() => {
    if (index !== undefined) row.current?.style.setProperty('--wl-at', String(index))
  }, [index])
  const placed = place === null ? {} : { 'aria-posinset': place.index + 1, 'aria-setsize': place.count }
  return (
    <li
      className={`wl-row${place === null ? '' : ' wl-row--placed'}${isUnread ? ' wl-row--unread' : ''}${isCurrent ? ' wl-row--current' : ''}`}
      ref={row}
      {...placed}
    >
      <AppLink href={href} className="wl-row__link" render={render} {...(isCurrent ? { 'aria-current': 'true' as const } : {})}>
        <span className="wl-row__dot">{isUnread && <span className="wl-hidden">{unreadWords}</span>}</span>
        {leading}
        <span className="wl-row__main">
          <span className="wl-row__line">
            <span className="wl-row__title">{title}</span>
            {age !== undefined && <span className="wl-row__age">{age}</span>}
          </span>
          <span className="wl-row__line">
            {subtitle !== undefined && <span className="wl-row__subtitle">{subtitle}</span>}
            <span className="wl-row__preview">{preview}</span>
            {badges !== undefined && <span className="wl-row__badges">{badges}</span>}
          </span>
        </span>
      </AppLink>
    </li>
  )
}

/** A heading between rows of a list ("Snoozed", "Yesterday"). */
export const ListHeading = ({ children }: { children: ReactNode }) => <li className="wl-list__heading">{children}</li>
