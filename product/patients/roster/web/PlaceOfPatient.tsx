import type { GivesOf } from '@wardline/platform/contract'
import type { listUnits } from '@wardline/product/access/care/contract'
import type { listLocations } from '@wardline/product/access/locations/contract'
import { FailedBanner, useAct } from '@wardline/product/access/sessions/web'
import { Button, Dialog, Form, Select } from '@wardline/ui'
import { useState } from 'react'
import { setPlace } from '../contract.ts'

type PlaceOfPatientProps = {
  patient: string
  name: string
  unit: string | null
  location: string | null
  units: GivesOf<typeof listUnits>['units']
  sites: GivesOf<typeof listLocations>['locations']
  onMoved: () => void
  onClose: () => void
}

const none = 'none'

/** Says on which unit a patient is, and to which location the record belongs. */
export const PlaceOfPatient = ({ patient, name, units, sites, onMoved, onClose, ...before }: PlaceOfPatientProps) => {
  const place = useAct(setPlace)
  const [unit, setUnit] = useState(before.unit)
  const [location, setLocation] = useState(before.location ?? sites.find((it) => it.main)?.location ?? null)
  const submit = async () => {
    const main = sites.find((it) => it.main)?.location
    const body = {
      ...(unit === before.unit ? {} : { unit }),
      ...(sites.length === 0 || location === (before.location ?? main) ? {} : { location: location === main ? null : location }),
    }
    if ((await place.run({ params: { patient }, body })).ok) onMoved()
  }
  return (
    <Dialog
      isOpen
      onOpenChange={(isOpen) => !isOpen && onClose()}
      size="small"
      title="Move the patient"
      subtitle={name}
      actions={
        <>
          <Button onPress={onClose}>Cancel</Button>
          <Button variant="primary" isPending={place.isPending} onPress={() => void submit()}>
            Move the patient
          </Button>
        </>
      }
    >
      {place.failed && <FailedBanner failed={place.failed} />}
      <Form label="Place" onSubmit={() => void submit()}>
        {units.length > 0 && (
          <Select
            label="Unit"
            description="Who is on its roster cares for the patient."
            options={[{ id: none, text: 'On no unit' }, ...units.map((it) => ({ id: it.unit, text: it.name }))]}
            value={unit ?? none}
            onChange={(id) => setUnit(id === none ? null : String(id))}
          />
        )}
        {sites.length > 0 && (
          <Select
            label="Location"
            description="Who works there sees the patient in their lists."
            options={sites.map((it) => ({ id: it.location, text: it.name }))}
            value={location}
            onChange={(id) => setLocation(String(id))}
          />
        )}
      </Form>
    </Dialog>
  )
}
