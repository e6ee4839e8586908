import { useQueryClient } from '@tanstack/react-query'
import type { GivesOf } from '@wardline/platform/contract'
import { listLocations } from '@wardline/product/access/locations/contract'
import { people } from '@wardline/product/access/provisioning/contract'
import { FailedBanner, keyOf, useAct, useAsk } from '@wardline/product/access/sessions/web'
import {
  Actions,
  AlertDialog,
  Button,
  EmptyState,
  Entry,
  EntryList,
  fullTime,
  Panel,
  Skeleton,
  useDone,
  useNow,
  useTimeFormat,
} from '@wardline/ui'
import { useState } from 'react'
import { closeUnit, endShift, listUnits } from '../contract.ts'
import { AddShift } from './AddShift.tsx'
import { UnitDialog } from './UnitDialog.tsx'

type Unit = GivesOf<typeof listUnits>['units'][number]
type Shift = GivesOf<typeof listUnits>['shifts'][number]
type Open = { readonly what: 'add' } | { readonly what: 'rename' | 'close' | 'shift'; readonly unit: Unit }

/** Units and who is on their rosters: who is, cares for the patients of the unit. The server says which of them one may change. */
export const Units = () => {
  const queries = useQueryClient()
  const listed = useAsk(listUnits, {}, { pollMs: 60_000 })
  const named = useAsk(people)
  const places = useAsk(listLocations)
  const { done, say } = useDone()
  const [open, setOpen] = useState<Open | null>(null)
  const again = () => void queries.invalidateQueries({ queryKey: keyOf(listUnits) })
  const close = () => setOpen(null)
  const over = (text: string) => {
    close()
    say(text)
    again()
  }
  const failed = listed.error ?? named.error ?? places.error
  if (failed) return <FailedBanner failed={failed} onRetry={() => void queries.invalidateQueries()} />
  if (!listed.data || !named.data || !places.data) return <Skeleton label="Units" lines={6} />
  const { units, shifts } = listed.data
  const sites = places.data.locations
  const nameOf = (person: string) => named.data.people.find((it) => it.id === person)?.name ?? 'somebody whose access has ended'
  const add = (
    <Button variant="primary" size="small" onPress={() => setOpen({ what: 'add' })}>
      Add a unit
    </Button>
  )
  return (
    <>
      <Panel title="Units" actions={units.length > 0 ? add : null}>
        {done}
        {units.length === 0 && (
          <EmptyState title="No units" level={3} action={add}>
            A unit is a ward or a team of a hospital. Who is on its roster cares for the patients who are placed there, for as long as they
            are on it. A practice in which everybody cares for all needs none.
          </EmptyState>
        )}
        {units.length > 0 && <p className="page__quiet">Who is on a unit’s roster cares for the patients who are placed there.</p>}
      </Panel>
      {units.map((unit) => (
        <Panel
          key={unit.unit}
          title={unit.name}
          level={3}
          actions={
            <Actions>
              <Button size="small" variant="quiet" aria-label={`Rename ${unit.name}`} onPress={() => setOpen({ what: 'rename', unit })}>
                Rename
              </Button>
              <Button size="small" variant="quiet" aria-label={`Close ${unit.name}`} onPress={() => setOpen({ what: 'close', unit })}>
                Close
              </Button>
              <Button size="small" aria-label={`Add to the roster of ${unit.name}`} onPress={() => setOpen({ what: 'shift', unit })}>
                Add to the roster
              </Button>
            </Actions>
          }
        >
          {sites.length > 0 && <p className="page__quiet">{placeOf(unit, sites)}</p>}
          <Roster unit={unit} shifts={shifts.filter((it) => it.unit === unit.unit)} nameOf={nameOf} onEnded={over} />
        </Panel>
      ))}
      {open?.what === 'add' && <UnitDialog unit={null} sites={sites} onClose={close} onSaved={(name) => over(`${name} was added.`)} />}
      {open?.what === 'rename' && (
        <UnitDialog unit={open.unit} sites={sites} onClose={close} onSaved={(name) => over(`The unit is called ${name} now.`)} />
      )}
      {open?.what === 'shift' && (
        <AddShift
          unit={open.unit}
          people={named.data.people}
          onClose={close}
          onAdded={(person) => over(`${nameOf(person)} is on the roster of ${open.unit.name}.`)}
        />
      )}
      {open?.what === 'close' && <CloseUnit unit={open.unit} onClose={close} onDone={() => over(`${open.unit.name} was closed.`)} />}
    </>
  )
}

const placeOf = (unit: Unit, sites: GivesOf<typeof listLocations>['locations']): string =>
  sites.find((it) => it.location === unit.location || (unit.location === null && it.main))?.name ?? ''

const Roster = ({
  unit,
  shifts,
  nameOf,
  onEnded,
}: {
  unit: Unit
  shifts: readonly Shift[]
  nameOf: (person: string) => string
  onEnded: (text: string) => void
}) => {
  const end = useAct(endShift)
  const format = useTimeFormat()
  const now = useNow()
  if (shifts.length === 0) return <p className="page__quiet">Nobody is on the roster.</p>
  const when = ({ from, until }: Shift) =>
    [
      from > now ? `from ${fullTime(from, format)}` : 'on it now',
      until === null ? 'until they are taken off' : `until ${fullTime(until, format)}`,
    ].join(', ')
  return (
    <>
      {end.failed && <FailedBanner failed={end.failed} />}
      <EntryList label={`Roster of ${unit.name}`}>
        {shifts.map((it) => (
          <Entry key={it.shift} name={nameOf(it.person)} note={when(it)}>
            <Button
              size="small"
              isPending={end.isPending}
              aria-label={`Take off the roster of ${unit.name}: ${nameOf(it.person)}`}
              onPress={async () => {
                if ((await end.run({ params: { shift: it.shift } })).ok) onEnded(`${nameOf(it.person)} is off the roster of ${unit.name}.`)
              }}
            >
              Take off
            </Button>
          </Entry>
        ))}
      </EntryList>
    </>
  )
}

const CloseUnit = ({ unit, onDone, onClose }: { unit: Unit; onDone: () => void; onClose: () => void }) => {
  const close = useAct(closeUnit)
  return (
    <AlertDialog
      isOpen
      onOpenChange={(isOpen) => !isOpen && onClose()}
      title={`Close ${unit.name}?`}
      actionLabel={`Close ${unit.name}`}
      isPending={close.isPending}
      onAction={() => void close.run({ params: { unit: unit.unit }, body: {} }).then((it) => it.ok && onDone())}
    >
      {close.failed ? (
        <FailedBanner failed={close.failed} />
      ) : (
        'Its roster ends: who was on it reaches patients by their other relationships only. It cannot be opened again.'
      )}
    </AlertDialog>
  )
}
