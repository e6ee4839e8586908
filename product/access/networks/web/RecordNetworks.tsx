import { useQueryClient } from '@tanstack/react-query'
import type { GivesOf } from '@wardline/platform/contract'
import { listLocations } from '@wardline/product/access/locations/contract'
import { useMay } from '@wardline/product/access/provisioning/web'
import { roleWords } from '@wardline/product/access/roles/preview'
import { FailedBanner, keyOf, useAsk } from '@wardline/product/access/sessions/web'
import { Button, DataTable, EmptyState, Panel, Skeleton, fullTime, useDone, useTimeFormat } from '@wardline/ui'
import { useState } from 'react'
import { recordNetworks } from '../contract.ts'
import { SetRecordNetworks } from './SetRecordNetworks.tsx'
import { Waiting } from './Waiting.tsx'

type Rule = NonNullable<GivesOf<typeof recordNetworks>['inForce']>

/** To which networks patients' records and archives are kept and for whom, what waits for a second person, and the way to change it. */
export const RecordNetworks = ({ nameOf }: { nameOf: (person: string) => string }) => {
  const queries = useQueryClient()
  const maySet = useMay('network.set').yes
  const standing = useAsk(recordNetworks, {}, { pollMs: 30_000 })
  const places = useAsk(listLocations, {})
  const { done, say } = useDone()
  const [isOpen, setOpen] = useState(false)
  const again = () => void queries.invalidateQueries({ queryKey: keyOf(recordNetworks) })
  if (standing.error) return <FailedBanner failed={standing.error} onRetry={() => void standing.refetch()} />
  if (!standing.data) return <Skeleton label="Networks for records" lines={4} />
  const { inForce, waiting } = standing.data
  const sites = places.data?.locations ?? []
  const isKept = inForce !== null && inForce.networks.length > 0
  const change = maySet && waiting === null && (
    <Button size="small" onPress={() => setOpen(true)}>
      {isKept ? 'Change whom and where' : 'Keep records to networks'}
    </Button>
  )
  return (
    <Panel title="Networks for patients’ records" actions={isKept ? change : null}>
      {done}
      {waiting !== null && (
        <Waiting
          waiting={waiting}
          asker={waiting.rule.askedBy === null ? 'The server' : nameOf(waiting.rule.askedBy)}
          says={wouldBe(waiting.rule, placeOf(sites))}
          onDecided={(text) => {
            say(text)
            again()
          }}
        />
      )}
      {isKept ? (
        <RuleShown rule={inForce} nameOf={nameOf} placeOf={placeOf(sites)} />
      ) : (
        <EmptyState title="Records are opened from everywhere" level={3} action={change || undefined}>
          {maySet
            ? 'Name your staff Wi-Fi or VPN, and the people whom you choose open patients’ records and archives from there only.'
            : 'The security officer or an administrator can name the networks from which records and archives are opened.'}{' '}
          Messages between colleagues and emergency openings work from everywhere.
        </EmptyState>
      )}
      {isOpen && (
        <SetRecordNetworks
          inForce={inForce}
          here={standing.data.here}
          places={sites}
          onClose={() => setOpen(false)}
          onSaved={(waits) => {
            setOpen(false)
            say(waits ? 'It counts once a second person agrees.' : 'It counts from now on.')
            again()
          }}
        />
      )}
    </Panel>
  )
}

const placeOf = (sites: readonly { location: string; name: string }[]) => (id: string) =>
  sites.find((it) => it.location === id)?.name ?? 'a closed location'

type ShownProps = { nameOf: (person: string) => string; placeOf: (location: string) => string }

const whom = ({ roles, locations }: Rule, placeName: ShownProps['placeOf']): string =>
  `${roles.map((it) => roleWords[it]).join(', ')}${locations.length === 0 ? '' : `, at ${locations.map(placeName).join(', ')}`}`

const wouldBe = (rule: Rule, placeName: ShownProps['placeOf']): string =>
  rule.networks.length === 0
    ? 'Records would be opened from everywhere again.'
    : `Records would be opened from ${rule.networks.map((it) => `${it.name} (${it.cidr})`).join(', ')} only, by: ${whom(rule, placeName)}.`

const RuleShown = ({ rule, nameOf, placeOf: placeName }: ShownProps & { rule: Rule }) => {
  const format = useTimeFormat()
  return (
    <>
      <p>It binds: {whom(rule, placeName)}.</p>
      <DataTable
        caption="Networks for patients’ records"
        isCaptionHidden
        rows={rule.networks}
        rowKey={(it) => it.cidr}
        columns={[
          { id: 'name', title: 'Name', isRowHeader: true, cell: (it) => it.name },
          { id: 'cidr', title: 'Network', cell: (it) => <span className="wl-mono">{it.cidr}</span> },
        ]}
      />
      <p className="page__quiet">
        Version {rule.version}, asked for by {rule.askedBy === null ? 'the server' : nameOf(rule.askedBy)}, {fullTime(rule.askedAt, format)}
        {rule.agreedBy === null ? '.' : `, agreed to by ${nameOf(rule.agreedBy)}.`}
      </p>
    </>
  )
}
