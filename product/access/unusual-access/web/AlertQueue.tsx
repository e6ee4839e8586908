import { useQueryClient } from '@tanstack/react-query'
import type { GivesOf } from '@wardline/platform/contract'
import { VerdictDialog, type Naming } from '@wardline/product/access/break-glass/web'
import { useMe } from '@wardline/product/access/provisioning/web'
import { FailedBanner, keyOf, useAct, useAsk } from '@wardline/product/access/sessions/web'
import { AppLink, Badge, Button, EmptyState, Facts, fullTime, ShieldIcon, Skeleton, useTimeFormat } from '@wardline/ui'
import { useState } from 'react'
import { closeAlert, closings, closingWords, listAlerts, ruleWords } from '../contract.ts'

type Alert = GivesOf<typeof listAlerts>['alerts'][number]

/** Looks that somebody should explain, open ones first. */
export const AlertQueue = (naming: Naming) => {
  const me = useMe()
  const format = useTimeFormat()
  const page = useAsk(listAlerts, {}, { pollMs: 30_000 })
  const [chosen, setChosen] = useState<Alert | null>(null)
  if (page.error) return <FailedBanner failed={page.error} onRetry={() => void page.refetch()} />
  if (!page.data) return <Skeleton label="Reading the alerts" lines={6} shape="rows" />
  if (page.data.alerts.length === 0)
    return (
      <EmptyState icon={ShieldIcon} title="Nothing unusual">
        Looks at relatives, colleagues, very many patients, or at night without a care relationship would stand here.
      </EmptyState>
    )
  return (
    <>
      <p className="oversight__sum">{page.data.open} open</p>
      <ul className="oversight__list" aria-label="Unusual access">
        {page.data.alerts.map((it) => (
          <li key={it.alert} className="oversight__row">
            <div className="oversight__head">
              <strong>{naming.nameOf(it.person)}</strong>
              <span>{ruleWords[it.rule]}</span>
              {it.closed === null ? <Badge tone="urgent">Open</Badge> : <Badge tone="ok">{closingWords[it.closed.reason]}</Badge>}
            </div>
            <Facts
              layout="inline"
              facts={[
                ...(it.patient === null
                  ? []
                  : [
                      {
                        label: 'Patient',
                        value: (
                          <AppLink className="oversight__link" href={naming.hrefOf(it.patient)}>
                            {naming.patientOf(it.patient)}
                          </AppLink>
                        ),
                      },
                    ]),
                { label: it.times > 1 ? 'Last of ' + String(it.times) : 'When', value: fullTime(it.lastAt, format) },
                ...(it.closed === null ? [] : [{ label: 'Closed by', value: naming.nameOf(it.closed.by) }]),
              ]}
            />
            {it.closed !== null && it.closed.note !== '' && <p className="oversight__words">{it.closed.note}</p>}
            {it.closed === null &&
              (it.person === me.person ? (
                <p className="oversight__quiet">This is about you: another officer closes it.</p>
              ) : (
                <div>
                  <Button size="small" onPress={() => setChosen(it)}>
                    Close it
                  </Button>
                </div>
              ))}
          </li>
        ))}
      </ul>
      {chosen && <CloseDialog it={chosen} naming={naming} onClose={() => setChosen(null)} />}
    </>
  )
}

const CloseDialog = ({ it, naming, onClose }: { it: Alert; naming: Naming; onClose: () => void }) => {
  const queries = useQueryClient()
  const close = useAct(closeAlert)
  return (
    <VerdictDialog
      title={`Close the alert about ${naming.nameOf(it.person)}`}
      subtitle="As part of the work or a coincidence, the same is not raised again for 30 days."
      question="What it was"
      verdicts={closings}
      words={closingWords}
      act="Close the alert"
      isPending={close.isPending}
      failed={close.failed}
      onClose={onClose}
      onGiven={async (reason, note) => {
        if (!(await close.run({ params: { alert: it.alert }, body: { reason, note } })).ok) return
        await queries.invalidateQueries({ queryKey: keyOf(listAlerts) })
        onClose()
      }}
    />
  )
}
