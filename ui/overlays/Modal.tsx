import type { ReactNode } from 'react'
import { Modal as AriaModal, ModalOverlay } from 'react-aria-components'

export type ModalProps = {
  /** Controlled by the caller; leave out inside a `DialogTrigger`. */
  isOpen?: boolean
  onOpenChange?: (isOpen: boolean) => void
  /** A press outside closes it; off while closing would lose input. */
  isDismissable?: boolean
  /** Whether Escape closes it; as `isDismissable` where absent. */
  isEscapable?: boolean
  size?: 'small' | 'medium' | 'large'
  /** `top` for palettes that grow downwards. */
  align?: 'center' | 'top'
  children: ReactNode
}

/** The veil and the box of a dialog: focus stays inside and returns where it was; a sheet at the foot of a phone. */
export const Modal = ({
  isDismissable = true,
  isEscapable = isDismissable,
  size = 'medium',
  align = 'center',
  children,
  ...open
}: ModalProps) => (
  <ModalOverlay {...open} isDismissable={isDismissable} isKeyboardDismissDisabled={!isEscapable} className={`wl-veil wl-veil--${align}`}>
    <AriaModal className={`wl-modal wl-modal--${size}`}>{children}</AriaModal>
  </ModalOverlay>
)
