import { useQueryClient } from '@tanstack/react-query'
import type { GivesOf } from '@wardline/platform/contract'
import { FailedBanner, keyOf, useAct, useAsk } from '@wardline/product/access/sessions/web'
import { patientName, useMayWithPatients, useToday } from '@wardline/product/patients/roster/web'
import { reasonsSaid } from '@wardline/product/patients/texting/contract'
import {
  Badge,
  Banner,
  Button,
  CalendarIcon,
  Checkbox,
  ChevronLeftIcon,
  ChevronRightIcon,
  EmptyState,
  IconButton,
  Pane,
  Skeleton,
  TextLink,
  TimeOfDay,
  dayAfter,
  timeOfDay,
  useTimeFormat,
} from '@wardline/ui'
import { useState } from 'react'
import { listVisits, previewReminders, sendReminders } from '../contract.ts'
import './appointments.css'

type Line = GivesOf<typeof previewReminders>['reminders'][number]

type RemindersProps = {
  /** ISO 8601; tomorrow where absent. */
  day: string | undefined
  onDay: (day: string) => void
  hrefOfPatient: (patient: string) => string
  onBack: () => void
}

const canGo = (it: Line) => !it.alreadySent && (it.decision.kind === 'send' || it.decision.kind === 'hold')

/** A day's reminders before they go out: for each visit what will be sent, or why it is not. */
export const Reminders = ({ day, onDay, hrefOfPatient, onBack }: RemindersProps) => {
  const queries = useQueryClient()
  const today = useToday()
  const format = useTimeFormat()
  const shown = day !== undefined && /^\d{4}-\d{2}-\d{2}$/.test(day) ? day : dayAfter(today)
  const preview = useAsk(previewReminders, { body: { day: shown } })
  const may = useMayWithPatients('patient.reminder.send')
  const send = useAct(sendReminders)
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set())
  const [sent, setSent] = useState<number | null>(null)
  const lines = preview.data?.reminders ?? []
  const going = lines.filter((it) => canGo(it) && !left.has(it.visit))
  const title = shown === today ? 'Today’s reminders' : shown === dayAfter(today) ? 'Tomorrow’s reminders' : `Reminders for ${shown}`
  const submit = async () => {
    const result = await send.run({ body: { visits: going.map((it) => it.visit) } })
    await Promise.all([previewReminders, listVisits].map((it) => queries.invalidateQueries({ queryKey: keyOf(it) })))
    if (result.ok) setSent(result.value.reminders.filter((it) => it.decision?.kind === 'send' || it.decision?.kind === 'hold').length)
  }
  return (
    <Pane
      title={title}
      subtitle={
        lines.length === 0
          ? undefined
          : `${lines.length} ${lines.length === 1 ? 'visit' : 'visits'}, ${going.length} ${going.length === 1 ? 'text' : 'texts'} to send`
      }
      onBack={onBack}
      backLabel="Back to the patients"
      actions={
        <>
          <IconButton label="Day before" onPress={() => onDay(dayAfter(shown, -1))}>
            <ChevronLeftIcon />
          </IconButton>
          <IconButton label="Day after" onPress={() => onDay(dayAfter(shown))}>
            <ChevronRightIcon />
          </IconButton>
        </>
      }
    >
      <title>Reminders · Wardline</title>
      <div className="reminders">
        {(preview.error ?? send.failed) && <FailedBanner failed={(preview.error ?? send.failed)!} onRetry={() => void preview.refetch()} />}
        {sent !== null && (
          <Banner
            tone="info"
            live="polite"
            onDismiss={() => setSent(null)}
            title={sent === 1 ? '1 reminder goes out.' : `${sent} reminders go out.`}
          >
            Answers appear in the inbox.
          </Banner>
        )}
        {preview.isLoading ? (
          <Skeleton label="Reading the visits" lines={6} shape="rows" />
        ) : lines.length === 0 && !preview.error ? (
          <EmptyState icon={CalendarIcon} title="No visits on this day">
            Visits are booked at the patient. Reminders carry date and time only.
          </EmptyState>
        ) : (
          <>
            <ul className="reminders__list">
              {lines.map((it) => (
                <li key={it.visit} className="reminders__one">
                  <span className="reminders__when">
                    <TimeOfDay at={it.startsAt} format={format} />
                  </span>
                  <div className="reminders__what">
                    {canGo(it) ? (
                      <Checkbox
                        isSelected={!left.has(it.visit)}
                        onChange={(isChosen) =>
                          setLeft((before) => new Set(isChosen ? [...before].filter((id) => id !== it.visit) : [...before, it.visit]))
                        }
                      >
                        <strong>{patientName(it)}</strong>
                      </Checkbox>
                    ) : (
                      <strong>
                        <TextLink href={hrefOfPatient(it.patient)}>{patientName(it)}</TextLink>
                      </strong>
                    )}
                    {it.alreadySent ? (
                      <Badge tone="ok">Sent</Badge>
                    ) : it.decision.kind === 'send' ? (
                      <span className="reminders__text">{it.body}</span>
                    ) : it.decision.kind === 'hold' ? (
                      <>
                        <Badge tone="pending">
                          {it.decision.until === null ? 'Waits' : `From ${timeOfDay(it.decision.until, format)}`}
                        </Badge>
                        <span className="reminders__text">{it.body}</span>
                      </>
                    ) : (
                      <span className="reminders__refused">
                        <Badge tone="fail">Cannot go</Badge> {reasonsSaid(it.decision.reasons)}
                      </span>
                    )}
                  </div>
                </li>
              ))}
            </ul>
            {lines.some(canGo) && (
              <div className="reminders__foot">
                <Button
                  variant="primary"
                  onPress={() => void submit()}
                  isPending={send.isPending}
                  disabledReason={may.yes ? (going.length === 0 ? 'There is nothing to send on this day.' : undefined) : may.reason}
                >
                  {going.length === 1 ? 'Text 1 patient' : `Text ${going.length} patients`}
                </Button>
              </div>
            )}
          </>
        )}
      </div>
    </Pane>
  )
}
