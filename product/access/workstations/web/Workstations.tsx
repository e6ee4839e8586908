import { useQueryClient } from '@tanstack/react-query'
import { listLocations } from '@wardline/product/access/locations/contract'
import { FailedBanner, keyOf, useAct, useAsk, useCalls } from '@wardline/product/access/sessions/web'
import { keepStationKey, newStationKey } from '@wardline/product/access/workstations/client'
import {
  Age,
  AlertDialog,
  Badge,
  Banner,
  Button,
  Dialog,
  EmptyState,
  Entry,
  EntryList,
  ErrorSummary,
  Form,
  Panel,
  Select,
  Skeleton,
  TextField,
  useNow,
  useTimeFormat,
  type FormProblem,
} from '@wardline/ui'
import { toBase64url } from '@wardline/crypto'
import { useState } from 'react'
import type { Static } from '@wardline/platform/contract'
import { listWorkstations, removeWorkstation, setUpWorkstation } from '../contract.ts'
import type { StationPlace as PlaceWord } from '../contract.ts'
import { noteStation, stationHere } from './flag.ts'
import './workstations.css'

type StationPlace = Static<typeof PlaceWord>

const placeWords: Readonly<Record<StationPlace, string>> = {
  counter: 'Counter or nurses’ station',
  hallway: 'Hallway or room that anybody enters',
  phone: 'Shared phone or tablet',
}

type WorkstationsProps = {
  organisation: string
  /** This browser has become a shared workstation: everything of the person is to leave it. */
  onSetUp: () => void
}

/** The organisation's shared workstations, for administrators: which there are, and making one of this browser. */
export const Workstations = ({ organisation, onSetUp }: WorkstationsProps) => {
  const all = useAsk(listWorkstations)
  const queries = useQueryClient()
  const remove = useAct(removeWorkstation)
  const [isOpen, setOpen] = useState(false)
  const [leaving, setLeaving] = useState<{ workstation: string; name: string } | null>(null)
  const now = useNow()
  const format = useTimeFormat()
  const isHere = stationHere() !== null || all.data?.workstations.some((it) => it.here) === true
  const drop = async () => {
    if (leaving === null) return
    await remove.run({ params: { workstation: leaving.workstation } })
    setLeaving(null)
    await queries.invalidateQueries({ queryKey: keyOf(listWorkstations) })
  }
  return (
    <Panel
      title="Shared workstations"
      actions={
        <Button size="small" onPress={() => setOpen(true)} disabledReason={isHere ? 'This browser is one already.' : undefined}>
          Make this browser one
        </Button>
      }
    >
      {remove.failed && <FailedBanner failed={remove.failed} />}
      {all.error ? (
        <FailedBanner failed={all.error} onRetry={() => void all.refetch()} />
      ) : all.data === undefined ? (
        <Skeleton label="Shared workstations" lines={3} />
      ) : all.data.workstations.length === 0 ? (
        <EmptyState title="There is no shared workstation yet">
          On a computer that several people use in turn they switch in seconds by PIN or badge, and nothing of one is left for the next.
        </EmptyState>
      ) : (
        <EntryList label="Shared workstations">
          {all.data.workstations.map((it) => (
            <Entry
              key={it.workstation}
              name={it.name}
              note={
                <>
                  {placeWords[it.place]}
                  {it.locationName === '' ? '' : `, ${it.locationName}`}, seen <Age at={it.lastSeenAt} now={now} format={format} />
                </>
              }
            >
              {it.here && <Badge tone="ok">This one</Badge>}
              <Button size="small" aria-label={`Remove ${it.name}`} onPress={() => setLeaving(it)}>
                Remove
              </Button>
            </Entry>
          ))}
        </EntryList>
      )}
      {isOpen && <SetUp organisation={organisation} onClose={() => setOpen(false)} onSetUp={onSetUp} />}
      {leaving !== null && (
        <AlertDialog
          isOpen
          onOpenChange={(open) => !open && setLeaving(null)}
          title={`Remove ${leaving.name}?`}
          actionLabel={`Remove ${leaving.name}`}
          isPending={remove.isPending}
          onAction={() => void drop()}
        >
          Whoever is signed in there is signed out at once, and nobody comes back there by PIN or badge. To use it again, set it up again on
          the machine.
        </AlertDialog>
      )}
    </Panel>
  )
}

const SetUp = ({ organisation, onClose, onSetUp }: { organisation: string; onClose: () => void; onSetUp: () => void }) => {
  const { call } = useCalls()
  const places = useAsk(listLocations)
  const [name, setName] = useState('')
  const [place, setPlace] = useState<StationPlace>('counter')
  const [location, setLocation] = useState('')
  const [isPending, setPending] = useState(false)
  const [problems, setProblems] = useState<readonly FormProblem[]>([])
  const locations = places.data?.locations ?? []
  const submit = async () => {
    if (name.trim() === '') return setProblems([{ fieldId: 'station-called', message: 'Enter a name by which people find it.' }])
    setProblems([])
    setPending(true)
    const key = await newStationKey()
    const body = { name: name.trim(), place, location: location === '' ? null : location, key: toBase64url(key.publicKey) }
    const result = await call(setUpWorkstation, { body })
    if (!result.ok) {
      setPending(false)
      return setProblems([{ fieldId: 'station-called', message: result.what, next: result.next }])
    }
    await keepStationKey(key)
    noteStation({ name: body.name, organisation, place })
    onSetUp()
  }
  return (
    <Dialog
      isOpen
      onOpenChange={(isOpen) => !isOpen && onClose()}
      title="Make this browser a shared workstation"
      actions={
        <Button variant="primary" isPending={isPending} onPress={() => void submit()}>
          Set it up and sign me out
        </Button>
      }
    >
      <Banner tone="warning" title="What anybody keeps in this browser is removed.">
        You are signed out. From then on keys, messages and drafts of whoever works here are in memory only, and leave with them.
      </Banner>
      <ErrorSummary problems={problems} />
      <Form label="Shared workstation" onSubmit={() => void submit()}>
        <TextField
          id="station-called"
          label="Name"
          description="As people call it: Ward 4, left."
          value={name}
          onChange={setName}
          autoComplete="off"
          errorMessage={problems[0]?.message}
        />
        <Select
          label="Where it stands"
          description="Decides how soon its screen is covered: a hallway and a phone after one minute, a counter after two."
          options={(Object.keys(placeWords) as StationPlace[]).map((id) => ({ id, text: placeWords[id] }))}
          value={place}
          onChange={(id) => setPlace(id as StationPlace)}
        />
        {locations.length > 0 && (
          <Select
            label="Location"
            description="Its lock screen names the people who began their shift at this location."
            options={[{ id: '', text: 'None: this machine alone' }, ...locations.map((it) => ({ id: it.location, text: it.name }))]}
            value={location}
            onChange={(id) => setLocation(String(id))}
          />
        )}
        <button type="submit" hidden />
      </Form>
    </Dialog>
  )
}
