import type { ReactNode } from 'react'
import { IconButton } from '../actions/Button.tsx'
import { CrossIcon, FlaskIcon, InfoIcon, WarningIcon, type Icon } from '../icons.tsx'
import { useBarPlace } from '../shell/Bars.tsx'

export type BannerTone = 'info' | 'demo' | 'warning' | 'danger'

const icons: Record<BannerTone, Icon> = { info: InfoIcon, demo: FlaskIcon, warning: WarningIcon, danger: WarningIcon }

export type BannerProps = {
  tone: BannerTone
  /** The sentence that matters, in strong type. */
  title?: ReactNode
  /** The same in a few words, for the one line that a bar has on a phone. */
  short?: ReactNode
  /** What was kept, what to do next. */
  children?: ReactNode
  /** One button or link. Of several, a line on a phone keeps the last. */
  action?: ReactNode
  onDismiss?: () => void
  /** Announces it when it appears: "assertive" only for what a person must act on now. */
  live?: 'polite' | 'assertive'
  /** A bar across the whole width (continuity mode, demo) instead of a box in the text. */
  isBar?: boolean
}

/** A message of the system beside the content. It stays until its cause is gone or someone dismisses it. */
export const Banner = ({ tone, title, short, children, action, onDismiss, live, isBar = false }: BannerProps) => {
  const Shape = icons[tone]
  const place = useBarPlace(isBar, tone)
  const role = live === 'assertive' ? 'alert' : live === 'polite' ? 'status' : undefined
  return (
    <div
      className={`wl-banner wl-banner--${tone}${isBar ? ' wl-banner--bar' : ''}${place === 'full' ? '' : ` wl-banner--${place}`}`}
      role={role}
    >
      <Shape className="wl-banner__icon" />
      <div className="wl-banner__words">
        {title !== undefined && <strong>{place === 'line' ? (short ?? title) : title}</strong>}{' '}
        {isBar ? <div className="wl-banner__rest">{children}</div> : children}
      </div>
      {action !== undefined && <div className="wl-banner__action">{action}</div>}
      {onDismiss !== undefined && (
        <IconButton label="Dismiss" size="small" onPress={onDismiss}>
          <CrossIcon />
        </IconButton>
      )}
    </div>
  )
}
