import type { GivesOf } from '@wardline/platform/contract'
import { addLocation, changeLocation, closeLocation, type listLocations } from '@wardline/product/access/locations/contract'
import { FailedBanner, useAct } from '@wardline/product/access/sessions/web'
import { AlertDialog, Button, DataTable, Dialog, ErrorSummary, Form, Panel, TextField, useDone, type FormProblem } from '@wardline/ui'
import { useState } from 'react'
import { useMe } from './me.tsx'

type Place = GivesOf<typeof listLocations>['locations'][number]

/** The places of the organisation. One that has a single place is asked only whether there is another. */
export const Places = ({ places, onChanged }: { places: readonly Place[]; onChanged: () => void }) => {
  const { done, say } = useDone()
  const [open, setOpen] = useState<'add' | Place | null>(null)
  const [closing, setClosing] = useState<Place | null>(null)
  return (
    <Panel
      title="Locations"
      actions={
        <Button size="small" onPress={() => setOpen('add')}>
          Add a location
        </Button>
      }
    >
      {done}
      {places.length === 0 ? (
        <p className="page__quiet">Everybody works at one place. With a second one, patients and colleagues belong to a place each.</p>
      ) : (
        <DataTable
          caption="Locations"
          isCaptionHidden
          rows={places}
          rowKey={(it) => it.location}
          columns={[
            { id: 'name', title: 'Name', isRowHeader: true, cell: (it) => (it.main ? `${it.name} (main)` : it.name) },
            {
              id: 'change',
              title: 'Change',
              cell: (it) => (
                <Button size="small" aria-label={`Change the location ${it.name}`} onPress={() => setOpen(it)}>
                  Change
                </Button>
              ),
            },
            { id: 'zone', title: 'Time zone', cell: (it) => it.zone },
            { id: 'sender', title: 'Texts begin with', cell: (it) => it.senderName ?? 'the organisation’s name' },
            { id: 'people', title: 'People', isNumber: true, cell: (it) => it.people },
          ]}
        />
      )}
      {open !== null && (
        <PlaceDialog
          place={open === 'add' ? null : open}
          isFirst={places.length === 0}
          onClose={() => setOpen(null)}
          onCloseIt={() => {
            if (open !== 'add') setClosing(open)
            setOpen(null)
          }}
          onSaved={(name) => {
            say(open === 'add' ? `${name} was added.` : `${name} was saved.`)
            setOpen(null)
            onChanged()
          }}
        />
      )}
      {closing !== null && (
        <ClosePlace
          place={closing}
          onClose={() => setClosing(null)}
          onDone={() => {
            say(`${closing.name} was closed.`)
            setClosing(null)
            onChanged()
          }}
        />
      )}
    </Panel>
  )
}

type PlaceDialogProps = {
  /** Null: a new one. */
  place: Place | null
  isFirst: boolean
  onSaved: (name: string) => void
  onCloseIt: () => void
  onClose: () => void
}

const PlaceDialog = ({ place, isFirst, onSaved, onCloseIt, onClose }: PlaceDialogProps) => {
  const me = useMe()
  const add = useAct(addLocation)
  const change = useAct(changeLocation)
  const [location] = useState(() => place?.location ?? crypto.randomUUID())
  const [name, setName] = useState(place?.name ?? '')
  const [zone, setZone] = useState(place?.zone ?? me.organisation.zone)
  const [senderName, setSenderName] = useState(place?.senderName ?? '')
  const [problems, setProblems] = useState<readonly FormProblem[]>([])
  const messageFor = (id: string) => problems.find((it) => it.fieldId === id)?.message
  const submit = async () => {
    if (name.trim() === '') return setProblems([{ fieldId: 'place-name', message: 'Enter the name of the location.' }])
    setProblems([])
    const body = { name: name.trim(), zone: zone.trim(), ...(senderName.trim() === '' ? {} : { senderName: senderName.trim() }) }
    const result = place === null ? await add.run({ body: { location, ...body } }) : await change.run({ params: { location }, body })
    if (result.ok) return onSaved(body.name)
    const fieldId = result.code === 'bad-zone' ? 'place-zone' : result.code === 'name-taken' ? 'place-name' : undefined
    setProblems([{ ...(fieldId === undefined ? {} : { fieldId }), message: result.what, next: result.next }])
  }
  return (
    <Dialog
      isOpen
      onOpenChange={(isOpen) => !isOpen && onClose()}
      title={place === null ? 'Add a location' : place.name}
      {...(place?.main === true ? { subtitle: 'The main location: records without a place of their own belong to it.' } : {})}
      actions={
        <>
          {place !== null && !place.main && (
            <Button variant="danger" onPress={onCloseIt}>
              Close this location
            </Button>
          )}
          <Button onPress={onClose}>Cancel</Button>
          <Button variant="primary" isPending={add.isPending || change.isPending} onPress={() => void submit()}>
            {place === null ? 'Add location' : 'Save the location'}
          </Button>
        </>
      }
    >
      <ErrorSummary problems={problems} />
      <Form label="Location" onSubmit={() => void submit()}>
        {isFirst && <p>Everybody who works here now goes on working at {me.organisation.name}, which becomes the main location.</p>}
        <TextField
          id="place-name"
          label="Name"
          value={name}
          onChange={setName}
          maxLength={120}
          autoFocus
          errorMessage={messageFor('place-name')}
        />
        <TextField
          id="place-zone"
          label="Time zone"
          value={zone}
          onChange={setZone}
          maxLength={60}
          description="For example America/Chicago."
          errorMessage={messageFor('place-zone')}
        />
        <TextField
          label="Texts to patients begin with"
          isOptional
          value={senderName}
          onChange={setSenderName}
          maxLength={60}
          description="Where the organisation’s own name would say too much about why somebody comes."
        />
      </Form>
    </Dialog>
  )
}

const ClosePlace = ({ place, onDone, onClose }: { place: Place; onDone: () => void; onClose: () => void }) => {
  const close = useAct(closeLocation)
  const people = place.people === 1 ? 'One colleague works' : `${place.people} colleagues work`
  return (
    <AlertDialog
      isOpen
      onOpenChange={(isOpen) => !isOpen && onClose()}
      title={`Close ${place.name}?`}
      actionLabel={`Close ${place.name}`}
      isPending={close.isPending}
      onAction={() => void close.run({ params: { location: place.location }, body: {} }).then((it) => it.ok && onDone())}
    >
      {close.failed ? (
        <FailedBanner failed={close.failed} />
      ) : (
        `${people} there and will not any more. Its patients and units belong to the main location from then on. It cannot be opened again.`
      )}
    </AlertDialog>
  )
}
