import { FailedBanner, useAsk } from '@wardline/product/access/sessions/web'
import { Badge, Banner, DataTable, EmptyState, ShieldIcon, Skeleton, useTimeFormat } from '@wardline/ui'
import { useState, type ReactNode } from 'react'
import { ownTraining, trainings } from '../contract.ts'
import { dayOf, stateWords } from './words.ts'

const useOwn = () => useAsk(ownTraining, {}, { pollMs: 60_000 })

/** The trainings that are asked of oneself. */
export const OwnTraining = () => {
  const own = useOwn()
  const format = useTimeFormat()
  if (own.error) return <FailedBanner failed={own.error} onRetry={() => void own.refetch()} />
  if (!own.data) return <Skeleton label="Reading your trainings" lines={2} />
  if (own.data.trainings.length === 0) return <p>None is asked of you.</p>
  return (
    <DataTable
      caption="Your trainings"
      isCaptionHidden
      rows={own.data.trainings}
      rowKey={(it) => it.training}
      columns={[
        { id: 'training', title: 'Training', isRowHeader: true, cell: (it) => `${trainings[it.training].says}, ${it.version}` },
        { id: 'state', title: 'State', cell: (it) => <Badge tone={stateWords[it.state].tone}>{stateWords[it.state].says}</Badge> },
        { id: 'due', title: 'Due', cell: (it) => dayOf(it.due, format) },
        { id: 'done', title: 'Last done', cell: (it) => it.done?.on ?? 'Never' },
      ]}
    />
  )
}

/** Over every screen: a training that is due soon or overdue. Put away, it comes back with the page. */
export const TrainingBar = () => {
  const own = useOwn()
  const format = useTimeFormat()
  const [isAway, setAway] = useState(false)
  const [first] = (own.data?.trainings ?? [])
    .filter((it) => it.state === 'soon' || it.state === 'overdue' || it.state === 'held-back')
    .toSorted((a, b) => a.due - b.due)
  if (first === undefined || isAway) return null
  const name = trainings[first.training].says
  const isLate = first.state !== 'soon'
  return (
    <Banner
      tone={isLate ? 'warning' : 'info'}
      isBar
      title={isLate ? `A training of yours is overdue: ${name}.` : `A training of yours is due by ${dayOf(first.due, format)}: ${name}.`}
      short={isLate ? 'A training is overdue' : 'A training is due'}
      onDismiss={() => setAway(true)}
    >
      {first.state === 'held-back'
        ? 'Patients’ records are closed to you until an officer has recorded it.'
        : `From ${dayOf(first.heldBackFrom, format)} patients’ records are closed to you until it is recorded. Messages go on.`}
    </Banner>
  )
}

/** Whether patients' records are closed to oneself; the server decides again. */
export const useHeldBack = (): boolean => useOwn().data?.heldBack === true

/** In place of what shows patients' records, for who is held back. `inEmergency`: what they may do for the patient at hand; `door`: to their trainings. */
export const HeldBack = ({ inEmergency, door }: { inEmergency?: ReactNode; door?: ReactNode }) => (
  <>
    {inEmergency}
    <EmptyState icon={ShieldIcon} title="A training of yours is overdue" action={door}>
      Patients’ records are closed to you until it is done. Do the training, then ask your privacy or security officer to record it: this
      page opens by itself. Messages with colleagues, also urgent ones, work as ever.
    </EmptyState>
  </>
)
