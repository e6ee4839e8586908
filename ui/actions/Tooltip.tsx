import type { ReactNode } from 'react'
import { OverlayArrow, Tooltip as AriaTooltip, TooltipTrigger, type Placement } from 'react-aria-components'
import { KeyHint } from '../text/KeyHint.tsx'

export type TooltipProps = {
  /** A few plain words; never the only place where something is said (touch screens show no tooltip on hover). */
  text: string
  /** A shortcut to teach, in KeyHint's notation. */
  keys?: string | undefined
  placement?: Placement
  /** Controlled by the caller, for instance to show it after a tap. */
  isOpen?: boolean
  onOpenChange?: (isOpen: boolean) => void
  /** Milliseconds of hover before it shows. */
  delay?: number
  /** The part it explains: a button or another focusable part of React Aria. */
  children: ReactNode
}

/** Words shown beside a part on hover and keyboard focus. */
export const Tooltip = ({ text, keys, placement = 'top', delay = 500, children, ...open }: TooltipProps) => (
  <TooltipTrigger delay={delay} closeDelay={80} {...open}>
    {children}
    <AriaTooltip className="wl-tooltip" placement={placement} offset={8}>
      <OverlayArrow className="wl-tooltip__arrow">
        <svg width={10} height={5} viewBox="0 0 10 5" aria-hidden="true">
          <path d="M0 0l5 5 5-5z" />
        </svg>
      </OverlayArrow>
      <span>{text}</span>
      {keys !== undefined && <KeyHint keys={keys} />}
    </AriaTooltip>
  </TooltipTrigger>
)
