import { useQueryClient } from '@tanstack/react-query'
import { approvePending, declinePending, listPending } from '@wardline/product/access/dual-control/contract'
import { listLocations, listWorkplaces } from '@wardline/product/access/locations/contract'
import { FailedBanner, keyOf, useAct, useAsk } from '@wardline/product/access/sessions/web'
import { Button, DataTable, EmptyState, Panel, SearchField, Skeleton, fullTime, useTimeFormat } from '@wardline/ui'
import { useState, type ReactNode } from 'react'
import { people } from '../contract.ts'
import { AddColleague, CodeDialog, type HandedCode } from './AddColleague.tsx'
import { ChangeColleague, type Listed } from './ChangeColleague.tsx'
import { useMay, useMe } from './me.tsx'
import { Places } from './Places.tsx'
import { rolesText } from './RolesField.tsx'
import './people.css'

/** Colleagues with their roles and places, what waits for a second person, and the organisation's places. */
export const People = ({ more }: { more?: (person: Listed) => ReactNode }) => {
  const queries = useQueryClient()
  const mayAdd = useMay('person.create')
  const mayPlace = useMay('location.edit').yes
  const mayEnd = useMay('person.deactivate').yes
  const listed = useAsk(people)
  const places = useAsk(listLocations)
  const workplaces = useAsk(listWorkplaces, {}, { enabled: mayPlace })
  const [words, setWords] = useState('')
  const [open, setOpen] = useState<'add' | Listed | null>(null)
  const [code, setCode] = useState<HandedCode | null>(null)
  const again = () =>
    [people, listWorkplaces, listPending, listLocations].forEach((it) => void queries.invalidateQueries({ queryKey: keyOf(it) }))
  if (listed.error) return <FailedBanner failed={listed.error} onRetry={() => void listed.refetch()} />
  if (!listed.data || !places.data) return <Skeleton label="People" lines={6} />
  const sites = places.data.locations
  const worksAt = (person: string) => workplaces.data?.people.find((it) => it.person === person)?.locations ?? []
  const said = (it: Listed) => `${it.name} ${it.title} ${rolesText(it.roles)}`.toLowerCase()
  const rows = listed.data.people
    .filter((it) => said(it).includes(words.trim().toLowerCase()))
    .toSorted((a, b) => a.name.localeCompare(b.name, 'en'))
  return (
    <>
      <WaitingActs names={new Map(listed.data.people.map((it) => [it.id, it.name]))} onDecided={again} />
      <Panel
        title="Colleagues"
        actions={
          <Button size="small" variant="primary" isDisabled={!mayAdd.yes} onPress={() => setOpen('add')}>
            Add a colleague
          </Button>
        }
      >
        {!mayAdd.yes && <p className="page__quiet">{mayAdd.reason}</p>}
        <SearchField label="Find a colleague" value={words} onChange={setWords} />
        <DataTable
          caption="Colleagues"
          isCaptionHidden
          onPhones="stack"
          rows={rows}
          rowKey={(it) => it.id}
          empty={<EmptyState title="No colleague has these words">Names, titles and roles are looked through.</EmptyState>}
          columns={[
            {
              id: 'name',
              title: 'Name',
              isRowHeader: true,
              cell: (it) => (
                <>
                  {it.name}
                  <span className="people__title">{it.title}</span>
                </>
              ),
            },
            { id: 'roles', title: 'Roles', cell: (it) => rolesText(it.roles) || 'None' },
            ...(sites.length > 0 && mayPlace
              ? [
                  {
                    id: 'places',
                    title: 'Works at',
                    cell: (it: Listed) =>
                      sites
                        .filter((site) => worksAt(it.id).includes(site.location))
                        .map((site) => site.name)
                        .join(', ') || 'Nowhere yet',
                  },
                ]
              : []),
            ...(mayAdd.yes || mayEnd
              ? [
                  {
                    id: 'change',
                    title: 'Change',
                    isAct: true,
                    cell: (it: Listed) => (
                      <Button size="small" aria-label={`Change ${it.name}`} onPress={() => setOpen(it)}>
                        Change
                      </Button>
                    ),
                  },
                ]
              : []),
          ]}
        />
      </Panel>
      {mayPlace && <Places places={sites} onChanged={again} />}
      {open === 'add' && (
        <AddColleague
          onClose={() => setOpen(null)}
          onAdded={(it) => {
            setOpen(null)
            setCode(it)
            again()
          }}
        />
      )}
      {open !== null && open !== 'add' && (
        <ChangeColleague
          person={open}
          places={sites}
          worksAt={worksAt(open.id)}
          more={more}
          onChanged={again}
          onCode={(it) => {
            setOpen(null)
            setCode(it)
          }}
          onClose={() => setOpen(null)}
        />
      )}
      {code !== null && <CodeDialog code={code} onClose={() => setCode(null)} />}
    </>
  )
}

/** What waits for a second person, with the buttons of whoever may decide, or the reason why not. */
const WaitingActs = ({ names, onDecided }: { names: ReadonlyMap<string, string>; onDecided: () => void }) => {
  const maySee = useMay('pending.read').yes
  const mayDecide = useMay('role.approve')
  const pending = useAsk(listPending, {}, { enabled: maySee, pollMs: 60_000 })
  const approve = useAct(approvePending)
  const decline = useAct(declinePending)
  const format = useTimeFormat()
  const acts = pending.data?.acts.filter((it) => it.state === 'asked') ?? []
  if (acts.length === 0) return null
  const failed = approve.failed ?? decline.failed
  const { organisation } = useMe()
  const nameOf = (person: string) => names.get(person) ?? 'somebody whose access has ended'
  // What is about the organisation as a whole names nobody.
  const asked = (it: { says: string; subject: string }) =>
    it.subject === organisation.id ? it.says : `${it.says} to ${nameOf(it.subject)}`
  return (
    <Panel title="Waits for a second person">
      {failed && <FailedBanner failed={failed} />}
      {acts.map((it) => (
        <div key={it.act} className="people__waiting">
          <span>
            {nameOf(it.askedBy)} asked to <strong>{asked(it)}</strong>, until {fullTime(it.expiresAt, format)}
          </span>
          {mayDecide.yes && it.decidable === true ? (
            <span className="people__actions">
              <Button
                size="small"
                isPending={decline.isPending}
                aria-label={`Decline: ${asked(it)}`}
                onPress={() => void decline.run({ params: { act: it.act }, body: {} }).then(onDecided)}
              >
                Decline
              </Button>
              <Button
                size="small"
                variant="primary"
                isPending={approve.isPending}
                aria-label={`Agree: ${asked(it)}`}
                onPress={() => void approve.run({ params: { act: it.act }, body: {} }).then(onDecided)}
              >
                Agree
              </Button>
            </span>
          ) : (
            <span className="page__quiet">{mayDecide.yes ? it.decidable : mayDecide.reason}</span>
          )}
        </div>
      ))}
    </Panel>
  )
}
