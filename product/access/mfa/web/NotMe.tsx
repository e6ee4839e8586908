import { useQueryClient } from '@tanstack/react-query'
import { endMySession, mySessions } from '@wardline/product/access/sessions/contract'
import { FailedBanner, keyOf, useAct, useAsk } from '@wardline/product/access/sessions/web'
import { Banner, Button, Dialog, Prose, TextLink } from '@wardline/ui'
import { useState } from 'react'

type NotMeProps = {
  /** Where one's own devices and passkeys stand. */
  settings: string
}

/** What one does about a sign-in that one has not done: end it at once, then see to password, authenticator and devices. */
export const NotMe = ({ settings }: NotMeProps) => {
  const [isOpen, setOpen] = useState(false)
  return (
    <>
      <Button size="small" onPress={() => setOpen(true)}>
        This was not me
      </Button>
      {isOpen && <EndOthers settings={settings} onClose={() => setOpen(false)} />}
    </>
  )
}

const EndOthers = ({ settings, onClose }: NotMeProps & { onClose: () => void }) => {
  const queries = useQueryClient()
  const open = useAsk(mySessions)
  const end = useAct(endMySession)
  const [ended, setEnded] = useState<number | null>(null)
  const others = (open.data?.sessions ?? []).filter((it) => !it.current)
  const press = async () => {
    let count = 0
    for (const { id } of others) if ((await end.run({ params: { session: id } })).ok) count += 1
    await queries.invalidateQueries({ queryKey: keyOf(mySessions) })
    setEnded(count)
  }
  return (
    <Dialog
      title="A sign-in that was not you"
      isOpen
      onOpenChange={(isOpen) => !isOpen && onClose()}
      actions={
        ended === null && (
          <Button variant="primary" isPending={end.isPending} isDisabled={open.data === undefined} onPress={() => void press()}>
            Sign out everywhere else
          </Button>
        )
      }
    >
      {open.error && <FailedBanner failed={open.error} onRetry={() => void open.refetch()} />}
      {end.failed && <FailedBanner failed={end.failed} />}
      {ended !== null && (
        <Banner tone="info" title={ended === 1 ? 'One other session has ended.' : `${ended} other sessions have ended.`} live="polite">
          Those browsers are no longer known either.
        </Banner>
      )}
      <Prose>
        <p>Whoever signed in had your password and a code of your authenticator, or a passkey of yours.</p>
        <p>1. Sign out everywhere else: only this browser goes on.</p>
        <p>
          2. In the{' '}
          <TextLink href={settings} onFollow={onClose}>
            settings
          </TextLink>
          , report each device that you do not have in your hands as lost, and remove passkeys that are not yours.
        </p>
        <p>3. Tell your administrator now: they issue a code with which you set a new password and authenticator.</p>
      </Prose>
    </Dialog>
  )
}
