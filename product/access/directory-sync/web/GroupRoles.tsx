import { useQueryClient } from '@tanstack/react-query'
import type { GivesOf } from '@wardline/platform/contract'
import { roleWords } from '@wardline/product/access/roles/preview'
import { FailedBanner, keyOf, useAct, useAsk } from '@wardline/product/access/sessions/web'
import { Banner, Button, CheckboxGroup, DataTable, EmptyState, Panel, Skeleton, useDone } from '@wardline/ui'
import { useState } from 'react'
import { applyMapping, directoryState, previewMapping, releaseFeed } from '../contract.ts'
import { mappable, type MappedRole } from '../words.ts'

type Preview = GivesOf<typeof previewMapping>

/** Which roles the directory's groups give. What a change would do to whom is looked at before it is applied. */
export const GroupRoles = () => {
  // The first synchronisation is a minute after it was switched on; what one has ticked here stays.
  const state = useAsk(directoryState, {}, { pollMs: 30_000 })
  const look = useAct(previewMapping)
  const apply = useAct(applyMapping)
  const release = useAct(releaseFeed)
  const queries = useQueryClient()
  const [chosen, setChosen] = useState<Readonly<Record<string, readonly MappedRole[]>>>({})
  const [shown, setShown] = useState<Preview | null>(null)
  const { done, say } = useDone()
  if (state.error) return <FailedBanner failed={state.error} onRetry={() => void state.refetch()} />
  if (!state.data) return <Skeleton label="Groups and roles" lines={3} />
  const { sources, groups } = state.data
  const mapping = groups.map((group) => ({ group: group.id, roles: [...(chosen[group.id] ?? group.roles)] }))
  const again = () => queries.invalidateQueries({ queryKey: keyOf(directoryState) })
  const failed = look.failed ?? apply.failed ?? release.failed
  return (
    <Panel title="Groups and roles">
      {failed && <FailedBanner failed={failed} />}
      {sources.map(
        (source) =>
          source.halted !== null && (
            <Banner
              key={source.id}
              tone="danger"
              title={`${source.label} has stopped: ${source.halted.leavers} of ${source.people + source.halted.leavers} people would lose their access.`}
              action={
                <Button
                  size="small"
                  isPending={release.isPending}
                  onPress={async () => {
                    await release.run({ params: { source: source.id } })
                    await again()
                  }}
                >
                  That is right, go on for an hour
                </Button>
              }
            >
              Nobody’s access was ended beyond the limit. Look into your directory before you let it go on.
            </Banner>
          ),
      )}
      {groups.length === 0 && (
        <EmptyState title="No groups yet">They come with the first synchronisation, and give nothing until you say so here.</EmptyState>
      )}
      {groups.map((group) => (
        <CheckboxGroup
          key={group.id}
          label={`${group.name} (${group.people})`}
          value={[...(chosen[group.id] ?? group.roles)]}
          onChange={(value) => {
            setChosen((now) => ({ ...now, [group.id]: value as MappedRole[] }))
            setShown(null)
          }}
          options={mappable.map((role) => ({ id: role, label: roleWords[role] }))}
        />
      ))}
      {groups.length > 0 && (
        <div className="directory__buttons">
          <Button
            isPending={look.isPending}
            onPress={async () => {
              const result = await look.run({ body: { mapping } })
              setShown(result.ok ? result.value : null)
            }}
          >
            Show what would change
          </Button>
          <Button
            variant="primary"
            isDisabled={shown === null}
            isPending={apply.isPending}
            onPress={async () => {
              if (shown === null) return
              const result = await apply.run({ body: { mapping, digest: shown.digest } })
              setShown(null)
              if (result.ok) {
                setChosen({})
                say('The groups give these roles now.')
              }
              await again()
            }}
          >
            Apply these changes
          </Button>
        </div>
      )}
      {done}
      {shown !== null && (
        <div role="status">
          <DataTable
            caption={shown.changes.length === 1 ? '1 person would change' : `${shown.changes.length} people would change`}
            columns={[
              { id: 'name', title: 'Person', cell: (row) => row.name },
              { id: 'gains', title: 'Gains', cell: (row) => row.gains.map((role) => roleWords[role]).join(', ') },
              { id: 'loses', title: 'Loses', cell: (row) => row.loses.map((role) => roleWords[role]).join(', ') },
            ]}
            rows={shown.changes.slice(0, 200)}
            rowKey={(row) => row.person}
          />
        </div>
      )}
    </Panel>
  )
}
