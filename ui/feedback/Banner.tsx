import type { ReactNode } from 'react'
import { IconButton } from '../actions/Button.tsx'
import { CrossIcon, FlaskIcon, InfoIcon, WarningIcon, type Icon } from '../icons.tsx'

export type BannerTone = 'info' | 'demo' | 'warning' | 'danger'

const icons: Record<BannerTone, Icon> = { info: InfoIcon, demo: FlaskIcon, warning: WarningIcon, danger: WarningIcon }

export type BannerProps = {
  tone: BannerTone
  /** The sentence that matters, in strong type. */
  title?: ReactNode
  /** What was kept, what to do next. */
  children?: ReactNode
  /** One button or link. */
  action?: ReactNode
  onDismiss?: () => void
  /** Announces it when it appears: "assertive" only for what a person must act on now. */
  live?: 'polite' | 'assertive'
  /** A bar across the whole width (continuity mode, demo) instead of a box in the text. */
  isBar?: boolean
}

/** A message of the system beside the content. It stays until its cause is gone or someone dismisses it. */
export const Banner = ({ tone, title, children, action, onDismiss, live, isBar = false }: BannerProps) => {
  const Shape = icons[tone]
  const role = live === 'assertive' ? 'alert' : live === 'polite' ? 'status' : undefined
  return (
    <div className={`wl-banner wl-banner--${tone}${isBar ? ' wl-banner--bar' : ''}`} role={role}>
      <Shape className="wl-banner__icon" />
      <div className="wl-banner__words">
        {title !== undefined && <strong>{title}</strong>} {children}
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
