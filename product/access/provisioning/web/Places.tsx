import type { GivesOf } from '@wardline/platform/contract'
import { addLocation, type listLocations } from '@wardline/product/access/locations/contract'
import { FailedBanner, useAct } from '@wardline/product/access/sessions/web'
import { Button, DataTable, Dialog, Panel, TextField } from '@wardline/ui'
import { useState } from 'react'
import { useMe } from './me.tsx'

type Place = GivesOf<typeof listLocations>['locations'][number]

/** The places of the organisation. One that has a single place is asked only whether there is another. */
export const Places = ({ places, onAdded }: { places: readonly Place[]; onAdded: () => void }) => {
  const me = useMe()
  const add = useAct(addLocation)
  const [isOpen, setOpen] = useState(false)
  const [name, setName] = useState('')
  const [zone, setZone] = useState(me.organisation.zone)
  const [senderName, setSenderName] = useState('')
  return (
    <Panel
      title="Locations"
      actions={
        <Button size="small" onPress={() => setOpen(true)}>
          Add a location
        </Button>
      }
    >
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
            { id: 'zone', title: 'Time zone', cell: (it) => it.zone },
            { id: 'sender', title: 'Texts begin with', cell: (it) => it.senderName ?? 'the organisation’s name' },
            { id: 'people', title: 'People', isNumber: true, cell: (it) => it.people },
          ]}
        />
      )}
      {isOpen && (
        <Dialog
          isOpen
          onOpenChange={setOpen}
          title="Add a location"
          actions={(close) => (
            <>
              <Button onPress={close}>Cancel</Button>
              <Button
                variant="primary"
                isPending={add.isPending}
                isDisabled={name.trim() === ''}
                onPress={async () => {
                  const sender = senderName.trim() === '' ? {} : { senderName: senderName.trim() }
                  const result = await add.run({ body: { location: crypto.randomUUID(), name: name.trim(), zone: zone.trim(), ...sender } })
                  if (!result.ok) return
                  setOpen(false)
                  setName('')
                  onAdded()
                }}
              >
                Add location
              </Button>
            </>
          )}
        >
          <div className="people__form">
            {add.failed && <FailedBanner failed={add.failed} />}
            {places.length === 0 && (
              <p>Everybody who works here now goes on working at {me.organisation.name}, which becomes the main location.</p>
            )}
            <TextField label="Name" value={name} onChange={setName} maxLength={120} autoFocus />
            <TextField label="Time zone" value={zone} onChange={setZone} maxLength={60} description="For example America/Chicago." />
            <TextField
              label="Texts to patients begin with"
              isOptional
              value={senderName}
              onChange={setSenderName}
              maxLength={60}
              description="Where the organisation’s own name would say too much about why somebody comes."
            />
          </div>
        </Dialog>
      )}
    </Panel>
  )
}
