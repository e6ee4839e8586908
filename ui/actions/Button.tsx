import { useEffect, useId, useRef, useState, type ReactNode } from 'react'
import { Button as AriaButton, type ButtonProps as AriaButtonProps } from 'react-aria-components'
import { useAnnounce } from '../feedback/announcer.tsx'
import { Spinner } from '../feedback/Spinner.tsx'
import { AppLink, type RenderLink } from '../provider.tsx'
import { KeyHint } from '../text/KeyHint.tsx'
import { VisuallyHidden } from '../text/VisuallyHidden.tsx'
import { Tooltip } from './Tooltip.tsx'

export type ButtonVariant = 'primary' | 'secondary' | 'quiet' | 'danger'

type Shared = Omit<AriaButtonProps, 'className' | 'style' | 'children' | 'isDisabled' | 'render'>

export type ButtonProps = Shared & {
  /** `primary` once in a view; `danger` for what cannot be undone, with its object in the words. */
  variant?: ButtonVariant
  size?: 'small' | 'medium'
  /** An icon before the words. */
  icon?: ReactNode
  /** A shortcut to show after the words, in KeyHint's notation. */
  keys?: string
  /** The words a screen reader hears while `isPending`. */
  pendingLabel?: string
  /**
   * Why it cannot be used now. The button then stays focusable, does nothing, and tells the reason by
   * `aria-describedby` and by a tooltip on hover, focus and tap.
   */
  disabledReason?: string | undefined
  /** Not usable and not worth explaining; prefer `disabledReason`. */
  isDisabled?: boolean
  isFullWidth?: boolean
  children: ReactNode
}

const buttonClass = (variant: ButtonVariant, size: 'small' | 'medium', extra = '') =>
  `wl-button wl-button--${variant} wl-button--${size}${extra}`

/** A button. Never disabled without saying why where the reason is not plain to see. */
export const Button = ({
  variant = 'secondary',
  size = 'medium',
  icon,
  keys,
  pendingLabel = 'Working',
  disabledReason,
  isDisabled = false,
  isFullWidth = false,
  isPending = false,
  children,
  ...props
}: ButtonProps) => {
  const announce = useAnnounce()
  const wasPending = useRef(isPending)
  useEffect(() => {
    if (isPending && !wasPending.current) announce.polite(pendingLabel)
    wasPending.current = isPending
  }, [isPending, pendingLabel, announce])
  const className = buttonClass(variant, size, `${isFullWidth ? ' wl-button--full' : ''}${isPending ? ' wl-button--busy' : ''}`)
  const content = (
    <>
      {icon}
      <span className="wl-button__words">{children}</span>
      {keys !== undefined && <KeyHint keys={keys} />}
      {isPending && (
        <span className="wl-button__busy">
          <Spinner label={pendingLabel} />
        </span>
      )}
    </>
  )
  if (disabledReason === undefined) {
    return (
      <AriaButton {...props} isDisabled={isDisabled} {...(isPending ? busy : {})} className={className}>
        {content}
      </AriaButton>
    )
  }
  return (
    <Reasoned reason={disabledReason}>
      {(inert) => (
        <AriaButton {...props} {...inert} className={className}>
          {content}
        </AriaButton>
      )}
    </Reasoned>
  )
}

const nothing = () => {}

/** While it works it keeps the focus and does nothing. React Aria's own way speaks through a second live region that names what is gone. */
const busy = {
  'aria-disabled': true,
  type: 'button',
  onPress: nothing,
  onPressStart: nothing,
  onPressEnd: nothing,
  onPressUp: nothing,
} as const

type Inert = Pick<AriaButtonProps, 'aria-disabled' | 'aria-describedby' | 'onPress' | 'onPressStart' | 'onPressEnd' | 'onPressUp' | 'type'>

/** A part that is not usable but can be focused and tells why. */
const Reasoned = ({ reason, children }: { reason: string; children: (inert: Inert) => ReactNode }) => {
  const id = useId()
  const [isOpen, setOpen] = useState(false)
  return (
    <>
      <Tooltip text={reason} isOpen={isOpen} onOpenChange={setOpen} delay={200}>
        {children({
          'aria-disabled': true,
          'aria-describedby': id,
          // A finger has no hover: a tap shows the reason.
          onPress: () => setOpen(true),
          onPressStart: nothing,
          onPressEnd: nothing,
          onPressUp: nothing,
          // A submit button that may not be used must not submit by Enter in a field either.
          type: 'button',
        })}
      </Tooltip>
      <VisuallyHidden id={id}>{reason}</VisuallyHidden>
    </>
  )
}

export type IconButtonProps = Shared & {
  /** The accessible name, also shown as tooltip. */
  label: string
  /** The icon. */
  children: ReactNode
  variant?: ButtonVariant
  size?: 'small' | 'medium'
  /** For a toggle: whether it is on. */
  isPressed?: boolean
  keys?: string
  disabledReason?: string | undefined
  isDisabled?: boolean
}

/** A square button with an icon only. It always has a name. */
export const IconButton = ({
  label,
  children,
  variant = 'quiet',
  size = 'medium',
  isPressed,
  keys,
  disabledReason,
  isDisabled = false,
  ...props
}: IconButtonProps) => {
  const className = buttonClass(variant, size, ' wl-button--icon')
  const pressed = isPressed === undefined ? {} : { 'aria-pressed': isPressed }
  if (disabledReason !== undefined) {
    return (
      <Reasoned reason={disabledReason}>
        {(inert) => (
          <AriaButton {...props} {...pressed} {...inert} aria-label={label} className={className}>
            {children}
          </AriaButton>
        )}
      </Reasoned>
    )
  }
  return (
    <Tooltip text={label} keys={keys}>
      <AriaButton {...props} {...pressed} isDisabled={isDisabled} aria-label={label} className={className}>
        {children}
      </AriaButton>
    </Tooltip>
  )
}

export type ButtonLinkProps = {
  href: string
  variant?: ButtonVariant
  size?: 'small' | 'medium'
  icon?: ReactNode
  render?: RenderLink
  children: ReactNode
}

/** A link that looks like a button: for going somewhere, never for doing something. */
export const ButtonLink = ({ href, variant = 'secondary', size = 'medium', icon, render, children }: ButtonLinkProps) => (
  <AppLink href={href} className={buttonClass(variant, size)} render={render}>
    {icon}
    <span className="wl-button__words">{children}</span>
  </AppLink>
)

type TextLinkProps = {
  href: string
  children: ReactNode
  render?: RenderLink
  /** Also when it is followed, for instance to close what it stands in. */
  onFollow?: () => void
}

/** A link in running text. */
export const TextLink = ({ href, children, render, onFollow }: TextLinkProps) => (
  <AppLink href={href} className="wl-link" render={render} {...(onFollow && { onClick: onFollow })}>
    {children}
  </AppLink>
)
