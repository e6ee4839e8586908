import { useState, type ReactNode } from 'react'
import { Dialog as AriaDialog, Heading } from 'react-aria-components'
import { Button, IconButton } from '../actions/Button.tsx'
import { TextField } from '../fields/TextField.tsx'
import { CrossIcon, WarningIcon } from '../icons.tsx'
import { Modal, type ModalProps } from './Modal.tsx'

export { DialogTrigger } from 'react-aria-components'

export type DialogProps = Omit<ModalProps, 'align' | 'children'> & {
  title: string
  /** A line under the title. */
  subtitle?: ReactNode
  /** The content; a function is given `close`. */
  children: ReactNode | ((close: () => void) => ReactNode)
  /** Buttons at the foot, the main one last; a function is given `close`. */
  actions?: ReactNode | ((close: () => void) => ReactNode)
}

/** A task on its own layer: title, content, actions. */
export const Dialog = ({ title, subtitle, children, actions, ...modal }: DialogProps) => (
  <Modal {...modal}>
    <AriaDialog className="wl-dialog">
      {({ close }) => (
        <>
          <header className="wl-dialog__head">
            <div className="wl-dialog__titles">
              <Heading slot="title" className="wl-dialog__title">
                {title}
              </Heading>
              {subtitle !== undefined && <p className="wl-dialog__subtitle">{subtitle}</p>}
            </div>
            <IconButton label="Close" size="small" onPress={close}>
              <CrossIcon />
            </IconButton>
          </header>
          <div className="wl-dialog__body">{typeof children === 'function' ? children(close) : children}</div>
          <Foot>{typeof actions === 'function' ? actions(close) : actions}</Foot>
        </>
      )}
    </AriaDialog>
  </Modal>
)

/** Nothing to press is no empty strip. */
const Foot = ({ children }: { children: ReactNode }) =>
  children === undefined || children === null || children === false ? null : <footer className="wl-dialog__foot">{children}</footer>

export type AlertDialogProps = Pick<ModalProps, 'isOpen' | 'onOpenChange'> & {
  /** The question, naming the object: "Wipe Ana Rivera's phone?" */
  title: string
  /** What happens and what cannot be undone. */
  children: ReactNode
  /** The verb with its object and count: "Wipe Ana Rivera's phone", "Text 412 patients". Never "OK" or "Yes". */
  actionLabel: string
  onAction: () => void
  cancelLabel?: string
  tone?: 'danger' | 'primary'
  /** Words that must be typed before the action is possible, for what is wide and cannot be undone. */
  typedConfirmation?: string
  isPending?: boolean
  disabledReason?: string
}

/** Asks before something destructive or wide. A press outside does not answer; Escape and the other button cancel. */
export const AlertDialog = ({
  actionLabel,
  onAction,
  title,
  children,
  cancelLabel = 'Cancel',
  tone = 'danger',
  typedConfirmation,
  isPending = false,
  disabledReason,
  ...open
}: AlertDialogProps) => (
  <Modal {...open} size="small" isDismissable={false} isEscapable>
    <AlertContent {...{ actionLabel, onAction, title, children, cancelLabel, tone, typedConfirmation, isPending, disabledReason }} />
  </Modal>
)

type AlertContentProps = Required<
  Pick<AlertDialogProps, 'actionLabel' | 'onAction' | 'title' | 'children' | 'cancelLabel' | 'tone' | 'isPending'>
> & {
  typedConfirmation: string | undefined
  disabledReason: string | undefined
}

// Mounted with the dialog, so that what was typed is gone when it opens again.
const AlertContent = ({
  actionLabel,
  onAction,
  title,
  children,
  cancelLabel,
  tone,
  typedConfirmation,
  isPending,
  disabledReason,
}: AlertContentProps) => {
  const [typed, setTyped] = useState('')
  const isUnconfirmed = typedConfirmation !== undefined && typed.trim() !== typedConfirmation
  const reason = disabledReason ?? (isUnconfirmed ? `Type "${typedConfirmation}" first.` : undefined)
  return (
    <AriaDialog role="alertdialog" className="wl-dialog">
      {({ close }) => (
        <>
          <header className="wl-dialog__head">
            {tone === 'danger' && <WarningIcon size={20} className="wl-dialog__sign" />}
            <div className="wl-dialog__titles">
              <Heading slot="title" className="wl-dialog__title">
                {title}
              </Heading>
            </div>
          </header>
          <div className="wl-dialog__body">
            {children}
            {typedConfirmation !== undefined && (
              <TextField label={`Type "${typedConfirmation}" to confirm`} value={typed} onChange={setTyped} autoComplete="off" />
            )}
          </div>
          <footer className="wl-dialog__foot">
            <Button onPress={close} autoFocus={typedConfirmation === undefined}>
              {cancelLabel}
            </Button>
            <Button variant={tone} onPress={onAction} isPending={isPending} disabledReason={reason}>
              {actionLabel}
            </Button>
          </footer>
        </>
      )}
    </AriaDialog>
  )
}
