import { FailedBanner, useAct } from '@wardline/product/access/sessions/web'
import { Button, Dialog, ErrorSummary, Form, TextField, useNow, useTimeFormat } from '@wardline/ui'
import { useState } from 'react'
import { moveGuestEnd } from '../contract.ts'
import { endOf, lastDayOf } from './last-day.ts'

type MoveEndProps = { person: string; name: string; endsAt: number; onMoved: (endsAt: number) => void; onClose: () => void }

/** Moves the day on which a guest's access ends, to a later or an earlier one. */
export const MoveEnd = ({ person, name, endsAt, onMoved, onClose }: MoveEndProps) => {
  const { timeZone } = useTimeFormat()
  const now = useNow()
  const move = useAct(moveGuestEnd)
  const [lastDay, setLastDay] = useState(lastDayOf(endsAt, timeZone))
  const [problem, setProblem] = useState<string | null>(null)
  const submit = async () => {
    const wanted = endOf(lastDay, timeZone, now)
    setProblem(typeof wanted === 'string' ? wanted : null)
    if (typeof wanted === 'string') return
    if ((await move.run({ params: { person }, body: { endsAt: wanted } })).ok) onMoved(wanted)
  }
  return (
    <Dialog
      isOpen
      onOpenChange={(isOpen) => !isOpen && onClose()}
      size="small"
      title="Move the end"
      subtitle={name}
      actions={
        <>
          <Button onPress={onClose}>Cancel</Button>
          <Button variant="primary" isPending={move.isPending} onPress={() => void submit()}>
            Move the end
          </Button>
        </>
      }
    >
      {move.failed && <FailedBanner failed={move.failed} />}
      <ErrorSummary problems={problem === null ? [] : [{ fieldId: 'guest-end', message: problem }]} />
      <Form label="End" onSubmit={() => void submit()}>
        <TextField
          id="guest-end"
          label="Last day"
          description="Year-month-day, within a year. Access ends by itself at the end of this day."
          value={lastDay}
          onChange={setLastDay}
          inputMode="numeric"
          isMono
          autoComplete="off"
          autoFocus
          errorMessage={problem ?? undefined}
        />
      </Form>
    </Dialog>
  )
}
