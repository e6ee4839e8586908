import { useQueryClient } from '@tanstack/react-query'
import { FailedBanner, keyOf, useAct } from '@wardline/product/access/sessions/web'
import { Button, Dialog, ErrorSummary, Form, momentAt, TextField, useTimeFormat, type FormProblem } from '@wardline/ui'
import { useState } from 'react'
import { addVisit, listVisits } from '../contract.ts'

type BookVisitProps = { patient: string; name: string; day: string; onBooked: (day: string) => void; onClose: () => void }

/** Books a visit by the clock of the practice. */
export const BookVisit = ({ patient, name, day, onBooked, onClose }: BookVisitProps) => {
  const queries = useQueryClient()
  const { timeZone } = useTimeFormat()
  const [visit] = useState(() => crypto.randomUUID())
  const [date, setDate] = useState(day)
  const [time, setTime] = useState('')
  const [reason, setReason] = useState('')
  const [problems, setProblems] = useState<readonly FormProblem[]>([])
  const add = useAct(addVisit)
  const submit = async () => {
    const startsAt = momentAt(date.trim(), time.trim().padStart(5, '0'), timeZone)
    if (startsAt === null) return setProblems([{ fieldId: 'visit-time', message: 'Enter a day like 2026-03-11 and a time like 14:30.' }])
    setProblems([])
    const result = await add.run({ body: { visit, patient, startsAt, reason: reason.trim() } })
    if (!result.ok) return
    await queries.invalidateQueries({ queryKey: keyOf(listVisits) })
    onBooked(date.trim())
  }
  return (
    <Dialog
      title={`Book a visit for ${name}`}
      isOpen
      onOpenChange={(isOpen) => !isOpen && onClose()}
      size="small"
      actions={
        <>
          <Button onPress={onClose}>Cancel</Button>
          <Button variant="primary" onPress={() => void submit()} isPending={add.isPending}>
            Book the visit
          </Button>
        </>
      }
    >
      {add.failed && <FailedBanner failed={add.failed} />}
      <ErrorSummary problems={problems} />
      <Form label="Visit" onSubmit={() => void submit()}>
        <TextField id="visit-day" label="Day" description="Year-month-day." value={date} onChange={setDate} isMono autoComplete="off" />
        <TextField
          id="visit-time"
          label="Time"
          description="24 hours, by the practice’s clock."
          value={time}
          onChange={setTime}
          isMono
          autoComplete="off"
          autoFocus
          errorMessage={problems[0]?.message}
        />
        <TextField label="Reason" isOptional description="Never part of a text." value={reason} onChange={setReason} autoComplete="off" />
      </Form>
    </Dialog>
  )
}
