import type { GivesOf } from '@wardline/platform/contract'
import { FailedBanner, useAsk } from '@wardline/product/access/sessions/web'
import { Badge, DataTable, EmptyState, fullTime, Panel, Skeleton, useTimeFormat } from '@wardline/ui'
import { listLeavers } from '../contract.ts'

type Leaver = GivesOf<typeof listLeavers>['leavers'][number]

/** What is still open about a leaver, in the words of whoever has to look into it. */
const openWords: Readonly<Record<Exclude<Leaver['open'][number], 'roster' | 'wipe'>, string>> = {
  sessions: 'Still signed in',
  roles: 'Still has roles',
  conversations: 'Still in conversations',
  unsigned: 'Taken out by the server’s word alone',
}

/** People whose access ended lately, and what is still open: above all devices that have not signed for their wipe. */
export const Leavers = () => {
  const asked = useAsk(listLeavers, {}, { pollMs: 10_000 })
  const format = useTimeFormat()
  if (asked.error) return <FailedBanner failed={asked.error} onRetry={() => void asked.refetch()} />
  if (!asked.data) return <Skeleton label="People who left" lines={2} />
  const { leavers } = asked.data
  return (
    <Panel title="People who left">
      {leavers.length === 0 ? (
        <EmptyState title="Nobody in the last 90 days" level={3}>
          Whose access ends stands here, until each of their devices has signed that it is wiped.
        </EmptyState>
      ) : (
        <DataTable
          caption="People who left in the last 90 days"
          isCaptionHidden
          rows={leavers}
          rowKey={(it) => it.person}
          columns={[
            { id: 'name', title: 'Name', isRowHeader: true, cell: (it) => it.name },
            { id: 'left', title: 'Access ended', cell: (it) => fullTime(it.leftAt, format) },
            { id: 'open', title: 'Still open', cell: (it) => <Open leaver={it} /> },
            {
              id: 'devices',
              title: 'Devices',
              cell: (it) =>
                it.devices.length === 0
                  ? 'None'
                  : it.devices.map((device) => (
                      <div key={device.device}>
                        {device.name}:{' '}
                        {device.wipedAt !== null
                          ? `wiped ${fullTime(device.wipedAt, format)}`
                          : `not wiped yet, last here ${fullTime(device.seenAt, format)}`}
                      </div>
                    )),
            },
          ]}
        />
      )}
    </Panel>
  )
}

const Open = ({ leaver: { open, roster, devices } }: { leaver: Leaver }) => {
  const owing = devices.filter((it) => it.wipe !== 'done').length
  if (open.length === 0) return <Badge tone="ok">Nothing</Badge>
  return open.map((word) => (
    <div key={word}>
      {word === 'roster' ? (
        <Badge tone="pending">{roster === 1 ? '1 quiet conversation' : `${roster} quiet conversations`}</Badge>
      ) : word === 'wipe' ? (
        <Badge tone="fail">{owing === 1 ? '1 device not wiped' : `${owing} devices not wiped`}</Badge>
      ) : (
        <Badge tone="fail">{openWords[word]}</Badge>
      )}
    </div>
  ))
}
