import type { GivesOf } from '@wardline/platform/contract'
import { FailedBanner, useAct } from '@wardline/product/access/sessions/web'
import { Button, Dialog, Form, RadioGroup } from '@wardline/ui'
import { useState } from 'react'
import { restrictPatient, type patientCare } from '../contract.ts'

type Restriction = GivesOf<typeof patientCare>['restricted']

/** Why a record is restricted, as a sentence. */
export const restrictionWords: Readonly<Record<NonNullable<Restriction>, string>> = {
  'well-known': 'A well-known person.',
  study: 'Part of a study.',
  colleague: 'Works here.',
}

type RestrictProps = {
  patient: string
  name: string
  restricted: Restriction
  onDone: (now: Restriction) => void
  onClose: () => void
}

/** Restricts a record to those who care for the patient, or lifts that. */
export const Restrict = ({ patient, name, restricted, onDone, onClose }: RestrictProps) => {
  const restrict = useAct(restrictPatient)
  const [why, setWhy] = useState<Restriction>(restricted)
  const submit = async () => {
    if ((await restrict.run({ params: { patient }, body: { restricted: why } })).ok) onDone(why)
  }
  return (
    <Dialog
      isOpen
      onOpenChange={(isOpen) => !isOpen && onClose()}
      size="small"
      title="Who may look"
      subtitle={name}
      actions={
        <>
          <Button onPress={onClose}>Cancel</Button>
          <Button variant="primary" isPending={restrict.isPending} isDisabled={why === restricted} onPress={() => void submit()}>
            {why === null ? 'Lift the restriction' : 'Restrict the record'}
          </Button>
        </>
      }
    >
      {restrict.failed && <FailedBanner failed={restrict.failed} />}
      <Form label="Restriction" onSubmit={() => void submit()}>
        <RadioGroup
          label="Restriction"
          description="A restricted record is in nobody’s lists but those of its care team and of privacy officers. Everybody else finds it closed, and opens it in an emergency only: for an hour, with a reason that an officer reviews."
          value={why ?? 'none'}
          onChange={(id) => setWhy(id === 'none' ? null : (id as Restriction))}
          options={[
            { id: 'none', label: 'Not restricted' },
            { id: 'well-known', label: 'A well-known person' },
            { id: 'study', label: 'Part of a study' },
            { id: 'colleague', label: 'Somebody who works here', description: 'Colleagues do not read colleagues out of curiosity.' },
          ]}
        />
      </Form>
    </Dialog>
  )
}
