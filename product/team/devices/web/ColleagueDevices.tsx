import { useQueryClient } from '@tanstack/react-query'
import { FailedBanner, keyOf, useAct, useAsk } from '@wardline/product/access/sessions/web'
import { AlertDialog, Badge, Button, Entry, EntryList, Note, Skeleton, fullTime, useDone, useTimeFormat } from '@wardline/ui'
import { useState } from 'react'
import { devicesOf, reportLost, setStorage } from '../contract.ts'
import { isFormer } from '../preview.ts'
import { FormerDevices } from './FormerDevices.tsx'
import { owesStorage, storageText } from './storage-words.ts'

/** A colleague's devices, each of which an administrator or security officer can report as lost: it is cut off and told to wipe itself. */
export const ColleagueDevices = ({ person, name }: { person: string; name: string }) => {
  const queries = useQueryClient()
  const listed = useAsk(devicesOf, { params: { person } })
  const lose = useAct(reportLost)
  const demand = useAct(setStorage)
  const format = useTimeFormat()
  const { done, say } = useDone()
  const [asked, setAsked] = useState<{ readonly device: string; readonly name: string } | null>(null)
  if (listed.error) return <FailedBanner failed={listed.error} onRetry={() => void listed.refetch()} />
  if (!listed.data) return <Skeleton label="Devices" lines={2} />
  const devices = listed.data.devices.filter((it) => !isFormer(it))
  const report = async ({ device, name: called }: { device: string; name: string }) => {
    const result = await lose.run({ params: { device } })
    setAsked(null)
    if (!result.ok) return
    await queries.invalidateQueries({ queryKey: keyOf(devicesOf, { params: { person } }) })
    say(`${called} is cut off. It wipes itself as soon as it has a connection.`)
  }
  const keep = async (device: string, storage: 'cache' | 'memory') => {
    if (!(await demand.run({ params: { device }, body: { storage } })).ok) return
    await queries.invalidateQueries({ queryKey: keyOf(devicesOf, { params: { person } }) })
    say(storage === 'memory' ? 'It removes what it keeps at its next contact.' : 'It is no longer asked to keep nothing.')
  }
  return (
    <section aria-label={`Devices of ${name}`}>
      {done}
      {lose.failed && <FailedBanner failed={lose.failed} />}
      {demand.failed && <FailedBanner failed={demand.failed} />}
      {devices.length === 0 ? (
        <Note>{`${name} has no device that reads messages.`}</Note>
      ) : (
        <EntryList label={`Devices of ${name}`}>
          {devices.map((it) => (
            <Entry
              key={it.device}
              name={it.name}
              note={`${it.browser !== '' && it.version > 0 ? `${it.browser} ${it.version}, ${it.system}. ` : ''}${storageText(it)}Last here ${fullTime(it.seenAt, format)}`}
            >
              {owesStorage(it) && <Badge tone="pending">Must keep nothing: not done yet</Badge>}
              {it.lostAt === null && it.revokedAt === null && it.wipe === 'none' && (it.wanted === 'cache' || it.because === 'device') && (
                <Button
                  size="small"
                  aria-label={`${it.because === 'device' ? 'Let it keep messages' : 'Demand that it keeps nothing'}: ${it.name}`}
                  isPending={demand.isPending}
                  onPress={() => void keep(it.device, it.because === 'device' ? 'cache' : 'memory')}
                >
                  {it.because === 'device' ? 'Let it keep messages' : 'Demand that it keeps nothing'}
                </Button>
              )}
              {it.wipe === 'waiting' && <Badge tone="fail">Lost: not wiped yet</Badge>}
              {it.wipe === 'done' && it.wipedAt !== null && <Badge tone="ok">Wiped {fullTime(it.wipedAt, format)}</Badge>}
              {it.lostAt === null && it.revokedAt === null && (
                <Button
                  size="small"
                  aria-label={`Report as lost: ${it.name}`}
                  onPress={() => setAsked({ device: it.device, name: it.name })}
                >
                  Report as lost
                </Button>
              )}
            </Entry>
          ))}
        </EntryList>
      )}
      <FormerDevices label={`Earlier devices of ${name}`} devices={listed.data.devices.filter(isFormer)} />
      {asked !== null && (
        <AlertDialog
          isOpen
          onOpenChange={(isOpen) => !isOpen && setAsked(null)}
          title={`Has ${name} lost ${asked.name}?`}
          actionLabel={`Cut off and wipe ${asked.name}`}
          isPending={lose.isPending}
          onAction={() => void report(asked)}
        >
          It is signed out at once. As soon as it has a connection it wipes messages and keys and signs for it; until then it stands here in
          red. {name} is told.
        </AlertDialog>
      )}
    </section>
  )
}
