import type { GivesOf } from '@wardline/platform/contract'
import type { people as peopleOf } from '@wardline/product/access/provisioning/contract'
import { FailedBanner, useAct } from '@wardline/product/access/sessions/web'
import { Button, ComboBox, Dialog, ErrorSummary, Form, TextField, useNow, useTimeFormat, type FormProblem } from '@wardline/ui'
import { useState } from 'react'
import { addShift, type listUnits } from '../contract.ts'
import { momentOf } from './when.ts'

type AddShiftProps = {
  unit: GivesOf<typeof listUnits>['units'][number]
  people: GivesOf<typeof peopleOf>['people']
  onAdded: (person: string) => void
  onClose: () => void
}

const wrongTime = 'Enter a day and a time like 2026-03-10 07:00.'

/** Puts a colleague on a unit's roster: from now or later, until a moment or until they are taken off. */
export const AddShift = ({ unit, people, onAdded, onClose }: AddShiftProps) => {
  const { timeZone } = useTimeFormat()
  const now = useNow()
  const add = useAct(addShift)
  const [shift] = useState(() => crypto.randomUUID())
  const [person, setPerson] = useState<string | null>(null)
  const [begins, setBegins] = useState('')
  const [ends, setEnds] = useState('')
  const [problems, setProblems] = useState<readonly FormProblem[]>([])
  const messageFor = (id: string) => problems.find((it) => it.fieldId === id)?.message
  const submit = async () => {
    const from = begins.trim() === '' ? now : momentOf(begins, timeZone)
    const until = ends.trim() === '' ? undefined : momentOf(ends, timeZone)
    const wrong = [
      ...(person === null ? [{ fieldId: 'shift-person', message: 'Choose a colleague.' }] : []),
      ...(from === null ? [{ fieldId: 'shift-from', message: wrongTime }] : []),
      ...(until === null ? [{ fieldId: 'shift-until', message: wrongTime }] : []),
      ...(from !== null && until !== null && until !== undefined && until <= from
        ? [{ fieldId: 'shift-until', message: 'Enter an end after the beginning.' }]
        : []),
    ]
    setProblems(wrong)
    if (wrong.length > 0 || person === null || from === null || until === null) return
    const body = { shift, person, from, ...(until === undefined ? {} : { until }) }
    if ((await add.run({ params: { unit: unit.unit }, body })).ok) onAdded(person)
  }
  return (
    <Dialog
      isOpen
      onOpenChange={(isOpen) => !isOpen && onClose()}
      size="small"
      title="Put somebody on the roster"
      subtitle={unit.name}
      actions={
        <>
          <Button onPress={onClose}>Cancel</Button>
          <Button variant="primary" isPending={add.isPending} onPress={() => void submit()}>
            Add to the roster
          </Button>
        </>
      }
    >
      {add.failed && <FailedBanner failed={add.failed} />}
      <ErrorSummary problems={problems} />
      <Form label="Shift" onSubmit={() => void submit()}>
        <div id="shift-person">
          <ComboBox
            label="Colleague"
            options={people.map((it) => ({ id: it.id, text: it.name, ...(it.title === '' ? {} : { description: it.title }) }))}
            value={person}
            onChange={(it) => setPerson(it === null ? null : String(it))}
            autoFocus
            errorMessage={messageFor('shift-person')}
          />
        </div>
        <TextField
          id="shift-from"
          label="Begins"
          isOptional
          description="Day and time, like 2026-03-10 07:00. Empty: now."
          value={begins}
          onChange={setBegins}
          isMono
          autoComplete="off"
          errorMessage={messageFor('shift-from')}
        />
        <TextField
          id="shift-until"
          label="Ends"
          isOptional
          description="Empty: when they are taken off."
          value={ends}
          onChange={setEnds}
          isMono
          autoComplete="off"
          errorMessage={messageFor('shift-until')}
        />
      </Form>
    </Dialog>
  )
}
