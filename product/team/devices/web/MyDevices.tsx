import { useQueryClient } from '@tanstack/react-query'
import { FailedBanner, keyOf, useAct, useAsk } from '@wardline/product/access/sessions/web'
import { teamFailures, type Team, type TeamFailureCode } from '@wardline/product/team/messages/client'
import { AlertDialog, Badge, Banner, Button, Entry, EntryList, Note, Skeleton, fullTime, useTimeFormat } from '@wardline/ui'
import { useState } from 'react'
import { myDevices, reportLost, setStorage } from '../contract.ts'
import { isFormer } from '../preview.ts'
import { FormerDevices } from './FormerDevices.tsx'
import { owesStorage, storageText } from './storage-words.ts'

type MyDevicesProps = {
  /** Null: this browser is no device of the person; it can report a loss all the same. */
  team: Pick<Team, 'removeDevice'> | null
  thisDevice: string | null
}
type Act = { readonly kind: 'lost' | 'remove' | 'nothing'; readonly device: string; readonly name: string }

const words: Readonly<Record<Act['kind'], { title: (name: string) => string; action: (name: string) => string }>> = {
  lost: { title: (name) => `Have you lost ${name}?`, action: (name) => `Cut off and wipe ${name}` },
  remove: { title: (name) => `Remove ${name}?`, action: (name) => `Remove ${name}` },
  nothing: { title: (name) => `Keep nothing on ${name}?`, action: (name) => `Keep nothing on ${name}` },
}

/**
 * The person's own devices. Each but this one can be reported as lost, which ends its sessions at once and orders it to wipe itself, or be
 * removed; both draw new keys where this browser can.
 */
export const MyDevices = ({ team, thisDevice }: MyDevicesProps) => {
  const own = useAsk(myDevices, {}, { pollMs: 5_000 })
  const lose = useAct(reportLost)
  const ask = useAct(setStorage)
  const queries = useQueryClient()
  const format = useTimeFormat()
  const [act, setAct] = useState<Act | null>(null)
  const [isPending, setPending] = useState(false)
  const [failed, setFailed] = useState<TeamFailureCode | null>(null)
  if (own.error) return <FailedBanner failed={own.error} onRetry={() => void own.refetch()} />
  if (!own.data) return <Skeleton label="Your devices" lines={3} />
  const carryOut = async ({ kind, device }: Act) => {
    setPending(true)
    setFailed(null)
    if (kind === 'nothing') await ask.run({ params: { device }, body: { storage: 'memory' } })
    const reported = kind === 'remove' || (kind === 'lost' && (await lose.run({ params: { device } })).ok)
    const removed = reported && team !== null ? await team.removeDevice(device) : null
    setPending(false)
    setAct(null)
    if (removed?.ok === false) setFailed(removed.code)
    await queries.invalidateQueries({ queryKey: keyOf(myDevices) })
  }
  const devices = own.data.devices.filter((it) => !isFormer(it))
  return (
    <>
      {lose.failed && <FailedBanner failed={lose.failed} />}
      {ask.failed && <FailedBanner failed={ask.failed} />}
      {failed !== null && (
        <Banner tone="danger" title={teamFailures[failed].what} live="polite">
          {teamFailures[failed].next}
        </Banner>
      )}
      {devices.length === 0 && <Note>You have no devices yet.</Note>}
      <EntryList label="Your devices">
        {devices.map((it) => (
          <Entry
            key={it.device}
            name={it.name}
            note={
              <>
                {storageText(it)}
                {it.managed ? 'Managed by the organisation. ' : ''}
                Added {fullTime(it.enrolledAt, format)}, last here {fullTime(it.seenAt, format)}
              </>
            }
          >
            {owesStorage(it) && <Badge tone="pending">Must keep nothing: not done yet</Badge>}
            {it.isCurrent === 'old' && <Badge tone="pending">Browser too old</Badge>}
            {it.wipe === 'waiting' && <Badge tone="fail">Lost: not wiped yet</Badge>}
            {it.wipe === 'done' && it.wipedAt !== null && <Badge tone="ok">Wiped {fullTime(it.wipedAt, format)}</Badge>}
            {it.storage === 'cache' && it.wanted === 'cache' && it.revokedAt === null && it.lostAt === null && it.wipe === 'none' && (
              <Button
                size="small"
                aria-label={`Keep nothing: ${it.name}`}
                onPress={() => setAct({ kind: 'nothing', device: it.device, name: it.name })}
              >
                Keep nothing
              </Button>
            )}
            {it.storage === 'memory' && it.lostAt !== null && it.wipe === 'none' && <Badge tone="expired">Lost: it kept nothing</Badge>}
            {it.revokedAt !== null ? (
              <Badge tone="expired">Removed</Badge>
            ) : it.device === thisDevice ? (
              <Badge tone="ok">This one</Badge>
            ) : (
              <>
                {it.lostAt === null && it.wipe === 'none' && (
                  <Button
                    size="small"
                    aria-label={`Report as lost: ${it.name}`}
                    onPress={() => setAct({ kind: 'lost', device: it.device, name: it.name })}
                  >
                    Report as lost
                  </Button>
                )}
                {team !== null && (
                  <Button
                    size="small"
                    aria-label={`Remove ${it.name}`}
                    onPress={() => setAct({ kind: 'remove', device: it.device, name: it.name })}
                  >
                    Remove
                  </Button>
                )}
              </>
            )}
          </Entry>
        ))}
      </EntryList>
      <FormerDevices label="Your earlier devices" devices={own.data.devices.filter(isFormer)} />
      {act !== null && (
        <AlertDialog
          isOpen
          onOpenChange={(isOpen) => !isOpen && setAct(null)}
          title={words[act.kind].title(act.name)}
          actionLabel={words[act.kind].action(act.name)}
          onAction={() => void carryOut(act)}
          isPending={isPending}
        >
          {act.kind === 'nothing' ? (
            'Its messages and keys are removed at its next contact, drafts too. From then on it is opened at each visit by a passkey or your recovery key: have one of them at hand first.'
          ) : act.kind === 'lost' ? (
            <>
              It is signed out at once. As soon as it has a connection it wipes your messages and keys and signs for it; until then it
              stands here in red. A week without a connection, and it wipes itself before it shows anything.
              {team === null && ' Open your messages here, or on another device, to draw new keys as well.'}
            </>
          ) : (
            'It can read nothing new from now on, and new keys are drawn for your other devices. What it has stored is not wiped.'
          )}
        </AlertDialog>
      )}
    </>
  )
}
