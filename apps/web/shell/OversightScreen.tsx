import { OpeningQueue } from '@wardline/product/access/break-glass/web'
import {
  AdministrationElsewhere,
  Elsewhere,
  Networks,
  RecordNetworks,
  useAdministersElsewhere,
  useElsewhere,
} from '@wardline/product/access/networks/web'
import { SecurityPolicy } from '@wardline/product/access/policies/web'
import { useMe } from '@wardline/product/access/provisioning/web'
import { may, type Action } from '@wardline/product/access/roles/preview'
import { useAsk } from '@wardline/product/access/sessions/web'
import { AlertQueue } from '@wardline/product/access/unusual-access/web'
import { HeldBack, useHeldBack } from '@wardline/product/compliance/training/web'
import { listPatients } from '@wardline/product/patients/roster/contract'
import { patientName } from '@wardline/product/patients/roster/web'
import { useColleagues } from '@wardline/product/team/directory/web'
import { ButtonLink, Pane, Tabs } from '@wardline/ui'
import type { ReactNode } from 'react'
import { go } from '../navigate.ts'
import { paths } from '../paths.ts'
import type { ScreenProps } from '../screen.ts'
import './shell.css'

/** What officers look after: emergency openings, unusual access, the security policy. */
export const OversightScreen = ({ search }: ScreenProps) => {
  const me = useMe()
  const can = (action: Action) => may(me.roles, action).yes
  const { nameOf } = useColleagues()
  const isHeldBack = useHeldBack()
  const isElsewhere = useElsewhere('break-glass.read')
  const administersElsewhere = useAdministersElsewhere()
  const unlessOutside = (action: Action, content: ReactNode): ReactNode =>
    administersElsewhere(action) ? <AdministrationElsewhere /> : content
  /** What shows records, or the calm page where they would be. */
  const unlessClosed = (content: ReactNode): ReactNode =>
    isElsewhere ? <Elsewhere /> : isHeldBack ? <HeldBack door={<ButtonLink href={paths.settings()}>Your trainings</ButtonLink>} /> : content
  const isOpen = !isHeldBack && !isElsewhere
  const { data } = useAsk(listPatients, {}, { enabled: isOpen && may(me.roles, 'patient.roster.read').yes })
  const naming = {
    nameOf,
    // Who may not see who patients are sees the beginning of the id, as the audit log shows it.
    patientOf: (patient: string) => {
      const known = data?.patients.find((it) => it.patient === patient)
      return known === undefined ? `patient ${patient.slice(0, 8)}` : patientName(known)
    },
    hrefOf: (patient: string) => paths.patient(patient),
  }
  const tabs = [
    ...(can('break-glass.read')
      ? [
          {
            id: 'emergencies',
            label: 'Emergency openings',
            content: unlessOutside('break-glass.read', unlessClosed(<OpeningQueue {...naming} />)),
          },
        ]
      : []),
    ...(can('unusual-access.review')
      ? [
          {
            id: 'unusual',
            label: 'Unusual access',
            content: unlessOutside('unusual-access.review', unlessClosed(<AlertQueue {...naming} />)),
          },
        ]
      : []),
    ...(can('security-policy.read')
      ? [{ id: 'policy', label: 'Security policy', content: unlessOutside('security-policy.read', <SecurityPolicy nameOf={nameOf} />) }]
      : []),
    ...(can('security-policy.read')
      ? [
          {
            id: 'networks',
            label: 'Networks',
            content: unlessOutside(
              'security-policy.read',
              <>
                <Networks nameOf={nameOf} />
                <RecordNetworks nameOf={nameOf} />
              </>,
            ),
          },
        ]
      : []),
  ]
  const shown = tabs.find((it) => it.id === search['tab']) ?? tabs[0]
  return (
    <Pane title="Review">
      <title>Review · Wardline</title>
      <div className="page">
        <Tabs
          label="What to review"
          items={tabs}
          {...(shown === undefined ? {} : { selected: shown.id })}
          onSelect={(tab) => go(paths.oversight(tab))}
        />
      </div>
    </Pane>
  )
}
