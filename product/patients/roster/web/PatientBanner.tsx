import { useAsk } from '@wardline/product/access/sessions/web'
import { Badge, Facts, WarningIcon } from '@wardline/ui'
import { Fragment } from 'react'
import { listPatients } from '../contract.ts'
import { bornText, dayInRecord } from './born.ts'
import { isSimilarName, patientName, type Named } from './name.ts'
import './roster.css'
import { useToday } from './today.ts'

type PatientBannerProps = {
  patient: Named & {
    readonly patient: string
    readonly birthDate?: string | null | undefined
    readonly test: boolean
    readonly language?: 'en' | 'es'
  }
}

/** Who the patient is, always in view: name without a label, then labelled values; a warning where another patient has nearly the same name. */
export const PatientBanner = ({ patient }: PatientBannerProps) => {
  const today = useToday()
  const others = useAsk(listPatients).data?.patients ?? []
  const similar = others.filter((it) => it.patient !== patient.patient && isSimilarName(it, patient))
  return (
    <div className="patient-banner">
      <Facts
        layout="inline"
        facts={[
          { label: 'Born', value: bornText(patient.birthDate, today) },
          ...(patient.language === undefined ? [] : [{ label: 'Language', value: patient.language === 'es' ? 'Spanish' : 'English' }]),
        ]}
      />
      {patient.test && <Badge tone="routine">Invented patient</Badge>}
      {similar.length > 0 && (
        <p className="patient-banner__similar">
          <WarningIcon />
          <span>
            Similar name:{' '}
            {similar.map((it, index) => (
              <Fragment key={it.patient}>
                {index > 0 && '; '}
                {patientName(it)},{' '}
                <span className="patient-banner__born">born {it.birthDate === null ? 'not known' : dayInRecord(it.birthDate)}</span>
              </Fragment>
            ))}
          </span>
        </p>
      )}
    </div>
  )
}
