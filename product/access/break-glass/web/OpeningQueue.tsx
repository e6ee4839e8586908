import { useQueryClient } from '@tanstack/react-query'
import type { GivesOf } from '@wardline/platform/contract'
import { useMay, useMe } from '@wardline/product/access/provisioning/web'
import { roleWords, type Role } from '@wardline/product/access/roles/preview'
import { FailedBanner, keyOf, useAct, useAsk } from '@wardline/product/access/sessions/web'
import { AppLink, Badge, Button, EmptyState, Facts, fullTime, ShieldIcon, Skeleton, useTimeFormat } from '@wardline/ui'
import { useState } from 'react'
import { listOpenings, outcomes, outcomeWords, reasonWords, reviewOpening } from '../contract.ts'
import { VerdictDialog } from './VerdictDialog.tsx'
import './break-glass.css'

type Opening = GivesOf<typeof listOpenings>['openings'][number]
/** How people and patients are called, and where a patient's record is. */
export type Naming = { nameOf: (person: string) => string; patientOf: (patient: string) => string; hrefOf: (patient: string) => string }

/** Emergency openings that wait for a review, then the reviewed ones. */
export const OpeningQueue = (naming: Naming) => {
  const page = useAsk(listOpenings, {}, { pollMs: 30_000 })
  const [reviewed, setReviewed] = useState<Opening | null>(null)
  if (page.error) return <FailedBanner failed={page.error} onRetry={() => void page.refetch()} />
  if (!page.data) return <Skeleton label="Reading the openings" lines={6} shape="rows" />
  const { openings, waiting, overdue } = page.data
  if (openings.length === 0)
    return (
      <EmptyState icon={ShieldIcon} title="Nobody has opened a record in an emergency">
        When somebody does, it stands here until another officer has reviewed it.
      </EmptyState>
    )
  return (
    <>
      <p className="oversight__sum">
        {waiting} to review{overdue > 0 && <Badge tone="stat">{`${overdue} overdue`}</Badge>}
      </p>
      <ul className="oversight__list" aria-label="Emergency openings">
        {openings.map((it) => (
          <OpeningRow key={it.opening} it={it} naming={naming} onReview={() => setReviewed(it)} />
        ))}
      </ul>
      {reviewed && <ReviewDialog it={reviewed} naming={naming} onClose={() => setReviewed(null)} />}
    </>
  )
}

const OpeningRow = ({ it, naming, onReview }: { it: Opening; naming: Naming; onReview: () => void }) => {
  const me = useMe()
  const may = useMay('break-glass.review').yes
  const format = useTimeFormat()
  return (
    <li className="oversight__row">
      <div className="oversight__head">
        <strong>{naming.nameOf(it.person)}</strong>
        <span>opened the record of</span>
        <AppLink className="oversight__link" href={naming.hrefOf(it.patient)}>
          {naming.patientOf(it.patient)}
        </AppLink>
        {it.review !== null ? (
          <Badge tone={it.review.outcome === 'appropriate' ? 'ok' : 'urgent'}>{outcomeWords[it.review.outcome]}</Badge>
        ) : it.overdue ? (
          <Badge tone="stat">Review overdue</Badge>
        ) : (
          <Badge tone="routine">To review</Badge>
        )}
      </div>
      <p className="oversight__words">“{it.explanation}”</p>
      <Facts
        layout="inline"
        facts={[
          { label: 'Reason', value: reasonWords[it.reason] },
          {
            label: 'As',
            value: [...it.roles.map((role) => roleWords[role as Role] ?? role), it.unit].filter((word) => word !== '').join(', '),
          },
          { label: 'When', value: fullTime(it.at, format) },
          { label: 'Looked at', value: it.screens.length === 0 ? 'nothing' : it.screens.map((one) => one.screen).join(', ') },
          ...(it.review === null
            ? [{ label: 'Review until', value: fullTime(it.dueAt - 1, format) }]
            : [{ label: 'Reviewed by', value: naming.nameOf(it.review.by) }]),
        ]}
      />
      {it.review !== null && it.review.note !== '' && <p className="oversight__words">{it.review.note}</p>}
      {it.review === null &&
        may &&
        (it.person === me.person ? (
          <p className="oversight__quiet">You opened it: another officer reviews it.</p>
        ) : (
          <div>
            <Button size="small" onPress={onReview}>
              Review it
            </Button>
          </div>
        ))}
    </li>
  )
}

const ReviewDialog = ({ it, naming, onClose }: { it: Opening; naming: Naming; onClose: () => void }) => {
  const queries = useQueryClient()
  const review = useAct(reviewOpening)
  return (
    <VerdictDialog
      title={`Review what ${naming.nameOf(it.person)} opened`}
      question="What you found"
      verdicts={outcomes}
      words={outcomeWords}
      noteFor={(outcome) => (outcome === 'appropriate' ? undefined : 'What was found and what happens next: at least ten characters.')}
      act="Record the review"
      isPending={review.isPending}
      failed={review.failed}
      onClose={onClose}
      onGiven={async (outcome, note) => {
        if (!(await review.run({ params: { opening: it.opening }, body: { outcome, note } })).ok) return
        await queries.invalidateQueries({ queryKey: keyOf(listOpenings) })
        onClose()
      }}
    />
  )
}
