import type { ReactNode } from 'react'
import { CountMark } from '../feedback/Badge.tsx'
import type { Icon } from '../icons.tsx'
import { AppLink, type RenderLink } from '../provider.tsx'

export type RailItem = {
  href: string
  label: string
  icon: Icon
  isCurrent?: boolean
  /** Things that wait there; `countWords` is what is read ("4 unread"). */
  count?: number
  countWords?: string
  /** How loud the count is. */
  countTone?: 'plain' | 'accent' | 'stat'
}

export type RailProps = {
  /** Accessible name of the navigation. */
  label: string
  /** The places, five at most: a phone shows them all in its bar. */
  items: readonly RailItem[]
  /** Over the places, not on phones: the mark of the product. */
  brand?: ReactNode
  /** Under the places, not on phones: settings, the person, signing out. */
  footer?: ReactNode
  /** Draws the links; the provider's way where absent. */
  renderLink?: RenderLink
}

/** The places of the application: a column at the start of the window, a bar at the foot of a phone. */
export const Rail = ({ label, items, brand, footer, renderLink }: RailProps) => (
  <div className="wl-rail">
    {brand !== undefined && <div className="wl-rail__brand">{brand}</div>}
    <nav className="wl-rail__nav" aria-label={label}>
      <ul className="wl-rail__items">
        {items.map(({ href, label: words, icon: Shape, isCurrent = false, count, countWords, countTone = 'plain' }) => (
          <li key={href}>
            <AppLink
              href={href}
              className={isCurrent ? 'wl-rail__link wl-rail__link--current' : 'wl-rail__link'}
              render={renderLink}
              {...(isCurrent ? { 'aria-current': 'page' as const } : {})}
            >
              <span className="wl-rail__icon">
                <Shape size={20} />
                {count !== undefined && <CountMark count={count} words={countWords ?? String(count)} tone={countTone} />}
              </span>
              <span className="wl-rail__words">{words}</span>
            </AppLink>
          </li>
        ))}
      </ul>
    </nav>
    {footer !== undefined && <div className="wl-rail__footer">{footer}</div>}
  </div>
)
