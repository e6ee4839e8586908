import { teamFailures, type Team, type TeamFailureCode } from '@wardline/product/team/messages/client'
import { Banner, Button, Dialog, Prose } from '@wardline/ui'
import { useState } from 'react'
import { KeepRecoveryKey } from './KeepRecoveryKey.tsx'

type RenewRecoveryKeyProps = {
  team: Pick<Team, 'newRecoveryKey' | 'confirmRecoveryKey'>
  me: { readonly name: string; readonly organisation: string }
  onClose: () => void
}

/** A new recovery key in place of the old one, which opens nothing any more. */
export const RenewRecoveryKey = ({ team, me, onClose }: RenewRecoveryKeyProps) => {
  const [recoveryKey, setRecoveryKey] = useState<string | null>(null)
  const [isPending, setPending] = useState(false)
  const [failed, setFailed] = useState<TeamFailureCode | null>(null)
  const make = async () => {
    setPending(true)
    setFailed(null)
    const result = await team.newRecoveryKey()
    setPending(false)
    if (result.ok) setRecoveryKey(result.value.recoveryKey)
    else setFailed(result.code)
  }
  const keep = async () => {
    setPending(true)
    const result = await team.confirmRecoveryKey()
    setPending(false)
    if (result.ok) onClose()
    else setFailed(result.code)
  }
  return (
    <Dialog title="New recovery key" isOpen onOpenChange={(isOpen) => !isOpen && onClose()} isDismissable={recoveryKey === null}>
      {failed !== null && (
        <Banner tone="danger" title={teamFailures[failed].what} live="polite">
          {teamFailures[failed].next}
        </Banner>
      )}
      {recoveryKey === null ? (
        <>
          <Prose>
            <p>The key that you have now stops working. Devices that are set up go on as they are.</p>
          </Prose>
          <Button variant="primary" onPress={() => void make()} isPending={isPending}>
            Replace my recovery key
          </Button>
        </>
      ) : (
        <KeepRecoveryKey
          recoveryKey={recoveryKey}
          person={me.name}
          organisation={me.organisation}
          onKept={() => void keep()}
          isPending={isPending}
        />
      )}
    </Dialog>
  )
}
