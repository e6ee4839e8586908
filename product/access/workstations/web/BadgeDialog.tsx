import { FailedBanner, useAct } from '@wardline/product/access/sessions/web'
import { Banner, Button, Dialog, Form, TextField } from '@wardline/ui'
import { useEffect, useRef, useState, type ComponentProps, type ReactNode } from 'react'
import { addBadge } from '../contract.ts'
import { nfcReader, useBadge } from './useBadge.ts'

type BadgeDialogProps = {
  title: string
  children: ReactNode
  isPending: boolean
  failed: ComponentProps<typeof FailedBanner>['failed'] | null
  /** A badge was held to a reader, or typed. */
  onBadge: (badge: string) => Promise<void>
  onClose: () => void
}

/** Takes one badge: from a reader that types, from this phone, or as it is printed. */
export const BadgeDialog = ({ title, children, isPending, failed, onBadge, onClose }: BadgeDialogProps) => {
  const [typed, setTyped] = useState('')
  const [cannotRead, setCannotRead] = useState(false)
  const endReading = useRef<(() => void) | null>(null)
  useEffect(() => () => endReading.current?.(), [])
  const submit = async (badge: string) => {
    if (badge.trim() === '' || isPending) return
    await onBadge(badge)
    setTyped('')
  }
  useBadge((badge) => void submit(badge))
  const nfc = nfcReader()
  return (
    <Dialog
      isOpen
      onOpenChange={(isOpen) => !isOpen && onClose()}
      title={title}
      actions={
        <Button variant="primary" isPending={isPending} onPress={() => void submit(typed)}>
          Register
        </Button>
      }
    >
      {failed && <FailedBanner failed={failed} />}
      {cannotRead && (
        <Banner tone="warning" title="This browser may not read badges." live="assertive">
          Allow NFC for this page, or type what is printed on the badge.
        </Banner>
      )}
      <Banner tone="info">{children}</Banner>
      <Form label="New badge" onSubmit={() => void submit(typed)}>
        <TextField
          label="Badge"
          description="Hold it to the reader, or type what is printed on it."
          autoComplete="off"
          spellCheck="false"
          autoFocus
          value={typed}
          onChange={setTyped}
        />
        {nfc !== null && (
          <Button
            variant="quiet"
            onPress={() =>
              void nfc((badge) => void submit(badge)).then(
                (end) => {
                  endReading.current?.()
                  endReading.current = end
                },
                () => setCannotRead(true),
              )
            }
          >
            Read it with this phone
          </Button>
        )}
        <button type="submit" hidden />
      </Form>
    </Dialog>
  )
}

/** Registers one's own badge, or makes one's own what an administrator registered. */
export const OwnBadge = ({ waits = false, onClose, onAdded }: { waits?: boolean; onClose: () => void; onAdded: () => void }) => {
  const act = useAct(addBadge)
  const add = async (badge: string) => {
    if ((await act.run({ body: { badge } })).ok) onAdded()
  }
  return (
    <BadgeDialog
      title={waits ? 'Hold your badge to the reader' : 'Register a badge'}
      isPending={act.isPending}
      failed={act.failed}
      onBadge={add}
      onClose={onClose}
    >
      {waits
        ? 'An administrator registered it for you. From now on it says that your PIN is to be asked for. Alone it opens nothing.'
        : 'A badge says whose PIN to ask for. Alone it opens nothing.'}
    </BadgeDialog>
  )
}
