import { useQueryClient } from '@tanstack/react-query'
import { FailedBanner, keyOf, useAct, useAsk } from '@wardline/product/access/sessions/web'
import { useMayWithPatients, useToday } from '@wardline/product/patients/roster/web'
import { reasonsSaid } from '@wardline/product/patients/texting/contract'
import { Badge, Banner, Button, Panel, PlusIcon, Skeleton, dayAfter, fullTime, timeOfDay, useTimeFormat } from '@wardline/ui'
import { useState } from 'react'
import { cancelVisit, listVisits, sendReminders } from '../contract.ts'
import { BookVisit } from './BookVisit.tsx'
import './appointments.css'

type VisitsProps = { patient: string; name: string; onSent: () => void }

/** A patient's visits today and on the two days after, with a reminder for each. */
export const Visits = ({ patient, name, onSent }: VisitsProps) => {
  const today = useToday()
  const [more, setMore] = useState<string | null>(null)
  const [isBooking, setBooking] = useState(false)
  const mayEdit = useMayWithPatients('appointment.edit')
  const near = [today, dayAfter(today), dayAfter(today, 2)]
  const days = more === null || near.includes(more) ? near : [...near, more]
  return (
    <Panel
      title="Visits"
      level={3}
      actions={
        <Button size="small" icon={<PlusIcon />} onPress={() => setBooking(true)} disabledReason={mayEdit.yes ? undefined : mayEdit.reason}>
          Book
        </Button>
      }
    >
      <ul className="visits">
        {days.map((day) => (
          <Day key={day} day={day} patient={patient} onSent={onSent} />
        ))}
      </ul>
      {isBooking && (
        <BookVisit
          patient={patient}
          name={name}
          day={dayAfter(today)}
          onBooked={(day) => {
            setMore(day)
            setBooking(false)
          }}
          onClose={() => setBooking(false)}
        />
      )}
    </Panel>
  )
}

const Day = ({ day, patient, onSent }: { day: string; patient: string; onSent: () => void }) => {
  const queries = useQueryClient()
  const format = useTimeFormat()
  const visits = useAsk(listVisits, { body: { day } })
  const mayRemind = useMayWithPatients('patient.reminder.send')
  const mayEdit = useMayWithPatients('appointment.edit')
  const remind = useAct(sendReminders)
  const cancel = useAct(cancelVisit)
  const [said, setSaid] = useState<string | null>(null)
  if (visits.error)
    return (
      <li>
        <FailedBanner failed={visits.error} onRetry={() => void visits.refetch()} />
      </li>
    )
  if (!visits.data)
    return (
      <li>
        <Skeleton label="Reading the visits" lines={1} />
      </li>
    )
  const send = async (visit: string) => {
    const result = await remind.run({ body: { visits: [visit] } })
    await queries.invalidateQueries({ queryKey: keyOf(listVisits) })
    if (!result.ok) return
    const [line] = result.value.reminders
    const decision = line?.decision
    setSaid(
      line?.alreadySent === true
        ? 'The reminder of this visit was sent before.'
        : decision == null || decision.kind === 'send'
          ? null
          : reasonsSaid(decision.reasons),
    )
    onSent()
  }
  const drop = async (visit: string) => {
    await cancel.run({ params: { visit } })
    await queries.invalidateQueries({ queryKey: keyOf(listVisits) })
  }
  return visits.data.visits
    .filter((it) => it.patient === patient)
    .map((it) => (
      <li key={it.visit} className="visits__one">
        <span className="visits__line">
          <strong>{fullTime(it.startsAt, format)}</strong>
          {it.state === 'cancelled' && <Badge tone="expired">Cancelled</Badge>}
        </span>
        {it.reason !== '' && <span className="visits__note">{it.reason}</span>}
        {it.remindedAt !== null && <span className="visits__note">Reminder {timeOfDay(it.remindedAt, format)}</span>}
        {(remind.failed ?? cancel.failed) && <FailedBanner failed={(remind.failed ?? cancel.failed)!} />}
        {said !== null && (
          <Banner tone="warning" live="polite">
            {said}
          </Banner>
        )}
        {it.state === 'booked' && (
          <span className="visits__line">
            {it.remindedAt === null && (
              <Button
                size="small"
                onPress={() => void send(it.visit)}
                isPending={remind.isPending}
                disabledReason={mayRemind.yes ? undefined : mayRemind.reason}
              >
                Send a reminder
              </Button>
            )}
            <Button
              size="small"
              variant="quiet"
              onPress={() => void drop(it.visit)}
              isPending={cancel.isPending}
              disabledReason={mayEdit.yes ? undefined : mayEdit.reason}
            >
              Cancel the visit
            </Button>
          </span>
        )}
      </li>
    ))
}
