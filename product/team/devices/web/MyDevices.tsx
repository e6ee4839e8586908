import { useQueryClient } from '@tanstack/react-query'
import { FailedBanner, keyOf, useAsk } from '@wardline/product/access/sessions/web'
import { teamFailures, type Team, type TeamFailureCode } from '@wardline/product/team/messages/client'
import { AlertDialog, Badge, Banner, Button, Skeleton, fullTime, useTimeFormat } from '@wardline/ui'
import { useState } from 'react'
import { myVault } from '../contract.ts'
import './devices.css'

type MyDevicesProps = { team: Pick<Team, 'removeDevice'>; thisDevice: string | null }

/** The person's own devices; each but this one can be cut off, which also draws new keys. */
export const MyDevices = ({ team, thisDevice }: MyDevicesProps) => {
  const vault = useAsk(myVault)
  const queries = useQueryClient()
  const format = useTimeFormat()
  const [leaving, setLeaving] = useState<string | null>(null)
  const [isPending, setPending] = useState(false)
  const [failed, setFailed] = useState<TeamFailureCode | null>(null)
  if (vault.error) return <FailedBanner failed={vault.error} onRetry={() => void vault.refetch()} />
  if (!vault.data) return <Skeleton label="Your devices" lines={3} />
  const remove = async (device: string) => {
    setPending(true)
    setFailed(null)
    const result = await team.removeDevice(device)
    setPending(false)
    setLeaving(null)
    if (!result.ok) setFailed(result.code)
    await queries.invalidateQueries({ queryKey: keyOf(myVault) })
  }
  const nameOf = (device: string) => `Device ${device.slice(0, 4)}`
  return (
    <>
      {failed !== null && (
        <Banner tone="danger" title={teamFailures[failed].what} live="polite">
          {teamFailures[failed].next}
        </Banner>
      )}
      <ul className="devices">
        {vault.data.devices.map((it) => (
          <li key={it.device} className="devices__row">
            <span className="devices__words">
              <strong>{nameOf(it.device)}</strong>
              <span className="devices__note">Added {fullTime(it.enrolledAt, format)}</span>
            </span>
            {it.revokedAt !== null ? (
              <Badge tone="expired">Removed</Badge>
            ) : it.device === thisDevice ? (
              <Badge tone="ok">This one</Badge>
            ) : (
              <Button size="small" aria-label={`Remove ${nameOf(it.device)}`} onPress={() => setLeaving(it.device)}>
                Remove
              </Button>
            )}
          </li>
        ))}
      </ul>
      {leaving !== null && (
        <AlertDialog
          isOpen
          onOpenChange={(isOpen) => !isOpen && setLeaving(null)}
          title={`Remove ${nameOf(leaving)}?`}
          actionLabel={`Remove ${nameOf(leaving)}`}
          onAction={() => void remove(leaving)}
          isPending={isPending}
        >
          It can read nothing new from now on, and new keys are drawn for your other devices. What it has stored is not wiped.
        </AlertDialog>
      )}
    </>
  )
}
