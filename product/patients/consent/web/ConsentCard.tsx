import { useMayWithPatients } from '@wardline/product/patients/roster/web'
import { useQueryClient } from '@tanstack/react-query'
import { FailedBanner, keyOf, useAct } from '@wardline/product/access/sessions/web'
import { Badge, Button, Panel, fullTime, useTimeFormat } from '@wardline/ui'
import { consentState, revokeConsent } from '../contract.ts'
import './consent.css'
import { basisWords, scopeWords, standingOf, type ConsentState } from './standing.ts'

type ConsentCardProps = {
  patient: string
  number: string
  /** Named in the title where the patient has several numbers. */
  called?: string
  state: ConsentState
  nameOf: (person: string) => string
  onRecord: () => void
  onStop: () => void
}

const kindWords: Readonly<Record<ConsentState['receipts'][number]['kind'], string>> = {
  grant: 'Agreed to texts',
  revoke: 'Ended a consent',
  'opt-out': 'Stopped all texts',
  resume: 'Wants texts again',
}

/** What is agreed for a number, every receipt behind it, and what can be done. */
export const ConsentCard = ({ patient, number, called, state, nameOf, onRecord, onStop }: ConsentCardProps) => {
  const queries = useQueryClient()
  const format = useTimeFormat()
  const mayRecord = useMayWithPatients('patient.consent.record')
  const mayStop = useMayWithPatients('patient.opt-out.record')
  const revoke = useAct(revokeConsent)
  const standing = standingOf(state, number)
  const receipts = state.receipts.filter((it) => it.number === number).toSorted((a, b) => b.recordedAt - a.recordedAt)
  const live = new Set(state.numbers.find((it) => it.number === number)?.live.map((it) => it.receipt))
  const end = async (consent: string) => {
    await revoke.run({ params: { patient, consent }, body: { receipt: crypto.randomUUID(), told: 'spoken' } })
    await queries.invalidateQueries({ queryKey: keyOf(consentState, { params: { patient } }) })
  }
  return (
    <Panel title={called === undefined ? 'Consent' : `Consent, ${called}`} level={3}>
      {revoke.failed && <FailedBanner failed={revoke.failed} />}
      <p className="consent-card__line">
        {standing.is === 'stopped' ? (
          <>
            <Badge tone="fail">Stopped</Badge> since {fullTime(standing.at, format)}
          </>
        ) : standing.is === 'none' ? (
          <>
            <Badge tone="pending">None</Badge> This number may not be texted.
          </>
        ) : (
          <>
            <Badge tone="ok">Agreed</Badge> {standing.scopes.map((it) => scopeWords[it]).join(', ')}
          </>
        )}
      </p>
      <div className="consent-card__actions">
        {standing.is !== 'stopped' && (
          <Button size="small" onPress={onRecord} disabledReason={mayRecord.yes ? undefined : mayRecord.reason}>
            {standing.is === 'none' ? 'Record consent' : 'Record another'}
          </Button>
        )}
        {standing.is !== 'stopped' && (
          <Button size="small" onPress={onStop} disabledReason={mayStop.yes ? undefined : mayStop.reason}>
            Stop all texts
          </Button>
        )}
      </div>
      {receipts.length > 0 && (
        <ol className="consent-card__receipts" aria-label="Receipts">
          {receipts.map((it) => (
            <li key={it.receipt}>
              <strong>{kindWords[it.kind]}</strong>
              {it.basis !== null && `, ${basisWords[it.basis]}`}
              <span className="consent-card__note">
                {fullTime(it.recordedAt, format)}
                {it.recordedBy === null ? '' : `, ${nameOf(it.recordedBy)}`}
                {it.expiresAt === null ? '' : `, until ${fullTime(it.expiresAt, format)}`}
              </span>
              {it.kind === 'grant' && live.has(it.receipt) && (
                <span className="consent-card__act">
                  <Button size="small" onPress={() => void end(it.receipt)} isPending={revoke.isPending}>
                    End this consent
                  </Button>
                </span>
              )}
            </li>
          ))}
        </ol>
      )}
    </Panel>
  )
}
