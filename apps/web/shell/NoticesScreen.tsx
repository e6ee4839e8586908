import { EmergencyNotices } from '@wardline/product/access/break-glass/web'
import { OwnNotices } from '@wardline/product/access/mfa/web'
import { useMe } from '@wardline/product/access/provisioning/web'
import { may } from '@wardline/product/access/roles/preview'
import { useAsk } from '@wardline/product/access/sessions/web'
import { listPatients } from '@wardline/product/patients/roster/contract'
import { patientName } from '@wardline/product/patients/roster/web'
import { useColleagues } from '@wardline/product/team/directory/web'
import { Pane } from '@wardline/ui'
import { go } from '../navigate.ts'
import { paths } from '../paths.ts'
import './shell.css'

/** All that one was told: what was changed about oneself, and emergencies that concern one. */
export const NoticesScreen = () => {
  const me = useMe()
  const { nameOf } = useColleagues()
  const { data } = useAsk(listPatients, {}, { enabled: may(me.roles, 'patient.roster.read').yes })
  const patientOf = (patient: string) => {
    const known = data?.patients.find((it) => it.patient === patient)
    return known === undefined ? `patient ${patient.slice(0, 8)}` : patientName(known)
  }
  return (
    <Pane title="Notices" onBack={() => go(paths.settings())} backLabel="Back to Settings">
      <title>Notices · Wardline</title>
      <div className="page">
        <OwnNotices nameOf={nameOf} settings={paths.settings()} />
        <EmergencyNotices nameOf={nameOf} patientOf={patientOf} hrefOf={(patient) => paths.patient(patient)} />
      </div>
    </Pane>
  )
}
