import { useQueryClient } from '@tanstack/react-query'
import type { GivesOf } from '@wardline/platform/contract'
import { useMay } from '@wardline/product/access/provisioning/web'
import { FailedBanner, keyOf, useAct, useAsk } from '@wardline/product/access/sessions/web'
import { Badge, Banner, Button, DataTable, EmptyState, fullTime, Panel, Skeleton, useDone, useTimeFormat } from '@wardline/ui'
import { useState } from 'react'
import { adminNetworks, confirmAdminNetworks, outsideWords } from '../contract.ts'
import { SetNetworks } from './SetNetworks.tsx'
import { Waiting } from './Waiting.tsx'

type Standing = GivesOf<typeof adminNetworks>

/** From which networks administration is done, whether a list is being tried, and from where this window comes. */
export const Networks = ({ nameOf }: { nameOf: (person: string) => string }) => {
  const queries = useQueryClient()
  const maySet = useMay('network.set').yes
  const standing = useAsk(adminNetworks, {}, { pollMs: 30_000 })
  const confirm = useAct(confirmAdminNetworks)
  const format = useTimeFormat()
  const { done, say } = useDone()
  const [isOpen, setOpen] = useState(false)
  const again = () => void queries.invalidateQueries({ queryKey: keyOf(adminNetworks) })
  if (standing.error) return <FailedBanner failed={standing.error} onRetry={() => void standing.refetch()} />
  if (!standing.data) return <Skeleton label="Networks" lines={4} />
  const { inForce, waiting, here, hereIsIn } = standing.data
  const change = maySet && (
    <Button size="small" onPress={() => setOpen(true)}>
      {inForce.networks.length === 0 ? 'Name networks' : 'Change the list'}
    </Button>
  )
  return (
    <Panel title="Networks for administration" actions={inForce.networks.length > 0 ? change : null}>
      {done}
      {confirm.failed && <FailedBanner failed={confirm.failed} />}
      {waiting !== null && (
        <Waiting
          waiting={waiting}
          asker={waiting.list.setBy === null ? 'The server' : nameOf(waiting.list.setBy)}
          says={wouldBe(waiting.list)}
          onDecided={(text) => {
            say(text)
            again()
          }}
        />
      )}
      {inForce.trialUntil !== null && (
        <Banner
          tone="warning"
          title={`This list is being tried until ${fullTime(inForce.trialUntil, format)}.`}
          {...(maySet && hereIsIn
            ? {
                action: (
                  <Button
                    size="small"
                    variant="primary"
                    isPending={confirm.isPending}
                    onPress={async () => {
                      if (!(await confirm.run({ body: { version: inForce.version } })).ok) return
                      say('The list is kept.')
                      again()
                    }}
                  >
                    Keep this list
                  </Button>
                ),
              }
            : {})}
        >
          Then the one before comes back by itself. {hereIsIn ? '' : 'It can be kept from one of its own networks only.'}
        </Banner>
      )}
      <p className="page__quiet">
        You come from <span className="wl-mono">{here}</span>
        {inForce.networks.length > 0 && (hereIsIn ? ', which is in the list.' : ', which is not in the list.')}
      </p>
      {inForce.networks.length === 0 ? (
        <EmptyState title="Administration is done from everywhere" level={3} action={change || undefined}>
          {maySet
            ? 'Name the networks of your offices or your VPN, and officers and administrators do their work from there only.'
            : 'The security officer or an administrator can name the networks from which officers and administrators do their work.'}{' '}
          Patients’ care goes on from everywhere.
        </EmptyState>
      ) : (
        <>
          <DataTable
            caption="Networks"
            isCaptionHidden
            rows={inForce.networks}
            rowKey={(it) => it.cidr}
            columns={[
              { id: 'name', title: 'Name', isRowHeader: true, cell: (it) => it.name },
              { id: 'cidr', title: 'Network', cell: (it) => <span className="wl-mono">{it.cidr}</span> },
            ]}
          />
          <p className="page__quiet">
            <Badge tone="routine">From elsewhere</Badge> {outsideWords[inForce.outside]}.{' '}
            {said(inForce, nameOf, (at) => fullTime(at, format))}
          </p>
        </>
      )}
      {isOpen && (
        <SetNetworks
          standing={standing.data}
          onClose={() => setOpen(false)}
          onSaved={(text) => {
            setOpen(false)
            say(text)
            again()
          }}
        />
      )}
    </Panel>
  )
}

const wouldBe = ({ networks, outside }: Standing['inForce']): string => {
  if (networks.length === 0) return 'Administration would be done from everywhere.'
  const where = `Administration would be done from ${networks.map((it) => `${it.name} (${it.cidr})`).join(', ')}`
  return outside === 'absent'
    ? `${where} only, and look elsewhere as if it were not there. Who agrees is in one of these networks.`
    : `${where}, and ask elsewhere for a fresh proof of who one is.`
}

const said = (it: Standing['inForce'], nameOf: (person: string) => string, timeOf: (at: number) => string): string =>
  `Version ${it.version}, saved by ${it.setBy === null ? 'the server' : nameOf(it.setBy)}, ${timeOf(it.setAt)}${it.agreedBy === null ? '' : `, agreed to by ${nameOf(it.agreedBy)}`}.`
