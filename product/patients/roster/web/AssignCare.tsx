import { FailedBanner, useAct } from '@wardline/product/access/sessions/web'
import {
  Button,
  ComboBox,
  dayAfter,
  Dialog,
  ErrorSummary,
  Form,
  momentAt,
  TextField,
  useNow,
  useTimeFormat,
  type FormProblem,
} from '@wardline/ui'
import { useState } from 'react'
import { assignCare } from '../contract.ts'
import type { Colleague } from './colleague.ts'

type AssignCareProps = {
  patient: string
  name: string
  colleagues: readonly Colleague[]
  onAssigned: (person: string) => void
  onClose: () => void
}

/** Puts a colleague on a patient's care team, without end or until the end of a day. */
export const AssignCare = ({ patient, name, colleagues, onAssigned, onClose }: AssignCareProps) => {
  const { timeZone } = useTimeFormat()
  const now = useNow()
  const assign = useAct(assignCare)
  const [person, setPerson] = useState<string | null>(null)
  const [lastDay, setLastDay] = useState('')
  const [problems, setProblems] = useState<readonly FormProblem[]>([])
  const messageFor = (id: string) => problems.find((it) => it.fieldId === id)?.message
  const submit = async () => {
    const typed = lastDay.trim()
    const isDay = /^\d{4}-\d{2}-\d{2}$/.test(typed) && !Number.isNaN(Date.parse(typed))
    const until = typed === '' ? undefined : isDay ? momentAt(dayAfter(typed), '00:00', timeZone) : null
    const wrong = [
      ...(person === null ? [{ fieldId: 'care-person', message: 'Choose a colleague.' }] : []),
      ...(until === null ? [{ fieldId: 'care-until', message: 'Enter the last day as year-month-day, for example 2026-03-31.' }] : []),
      ...(until !== null && until !== undefined && until <= now
        ? [{ fieldId: 'care-until', message: 'Enter a day that is not over.' }]
        : []),
    ]
    setProblems(wrong)
    if (wrong.length > 0 || person === null || until === null) return
    const body = until === undefined ? {} : { until }
    if ((await assign.run({ params: { patient, person }, body })).ok) onAssigned(person)
  }
  return (
    <Dialog
      isOpen
      onOpenChange={(isOpen) => !isOpen && onClose()}
      size="small"
      title="Add to the care team"
      subtitle={name}
      actions={
        <>
          <Button onPress={onClose}>Cancel</Button>
          <Button variant="primary" isPending={assign.isPending} onPress={() => void submit()}>
            Add to the care team
          </Button>
        </>
      }
    >
      {assign.failed && <FailedBanner failed={assign.failed} />}
      <ErrorSummary problems={problems} />
      <Form label="Care team" onSubmit={() => void submit()}>
        <div id="care-person">
          <ComboBox
            label="Colleague"
            description="They reach this patient’s record from now on."
            options={colleagues.map((it) => ({ id: it.person, text: it.name, ...(it.title === '' ? {} : { description: it.title }) }))}
            value={person}
            onChange={(it) => setPerson(it === null ? null : String(it))}
            autoFocus
            errorMessage={messageFor('care-person')}
          />
        </div>
        <TextField
          id="care-until"
          label="Last day"
          isOptional
          description="Year-month-day. Empty: until they are taken off."
          value={lastDay}
          onChange={setLastDay}
          isMono
          autoComplete="off"
          errorMessage={messageFor('care-until')}
        />
      </Form>
    </Dialog>
  )
}
