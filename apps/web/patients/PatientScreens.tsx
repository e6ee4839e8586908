import { EmergencyOffer, useOpenings } from '@wardline/product/access/break-glass/web'
import { useMay } from '@wardline/product/access/provisioning/web'
import { useAsk } from '@wardline/product/access/sessions/web'
import { Reminders, Visits } from '@wardline/product/patients/appointments/web'
import { consentState } from '@wardline/product/patients/consent/contract'
import { ConsentCard, OptOut, RecordConsent } from '@wardline/product/patients/consent/web'
import { getPatient } from '@wardline/product/patients/roster/contract'
import {
  AddPatient,
  CareTeam,
  CoverOffer,
  LookUp,
  Numbers,
  PatientList,
  VerifyNumber,
  patientName,
  type PatientNumber,
  type PatientRecord,
} from '@wardline/product/patients/roster/web'
import { calledOf, PatientThread, SharedNumber, type OpenDialog } from '@wardline/product/patients/texting/web'
import { gateWords, type GateCode } from '@wardline/product/patients/texting/contract'
import { useColleagues } from '@wardline/product/team/directory/web'
import { ButtonLink, CalendarIcon, EmptyState, Pane, PeopleIcon, Skeleton, useHasSide } from '@wardline/ui'
import { useQueryClient } from '@tanstack/react-query'
import { InboxList } from '../inbox/InboxList.tsx'
import { go, goWith, togglePane } from '../navigate.ts'
import { inboxShows, paths } from '../paths.ts'
import type { ScreenProps } from '../screen.ts'

const showOf = (search: ScreenProps['search']) => inboxShows.find((it) => it === search['show'])

const toList = (search: ScreenProps['search']) => go(search['in'] === 'inbox' ? paths.inbox({ show: showOf(search) }) : paths.patients())

/** Beside the list of patients, before one is opened. */
export const PatientsHome = ({ search }: ScreenProps) => (
  <>
    <title>Patients · Wardline</title>
    <EmptyState icon={PeopleIcon} title="Choose a patient">
      Search by a name, a birth date or a number. Opening a patient is noted in the audit log.
    </EmptyState>
    <NewPatient isOpen={search['open'] === 'new'} />
    {search['open'] === 'find' && <LookUp onFound={(patient) => go(paths.patient(patient))} onClose={() => goWith({ open: undefined })} />}
  </>
)

/** The column beside a patient: the roster, or the inbox where one came from there. */
export const PatientColumn = (props: ScreenProps) => {
  const mayLookUp = useMay('patient.look-up').yes
  return props.search['in'] === 'inbox' ? (
    <InboxList {...props} />
  ) : (
    <PatientList
      current={props.params['patient']}
      hrefOf={(patient) => paths.patient(patient)}
      onAdd={() => go(paths.patients({ open: 'new' }))}
      links={
        <>
          <ButtonLink variant="quiet" size="small" href={paths.reminders()} icon={<CalendarIcon />}>
            Tomorrow’s reminders
          </ButtonLink>
          {mayLookUp && (
            <ButtonLink variant="quiet" size="small" href={paths.patients({ open: 'find' })} icon={<PeopleIcon />}>
              Not in this list
            </ButtonLink>
          )}
        </>
      }
    />
  )
}

const NewPatient = ({ isOpen }: { isOpen: boolean }) =>
  isOpen ? <AddPatient onAdded={(patient) => go(paths.patient(patient))} onClose={() => goWith({ open: undefined })} /> : null

const openDialog = (dialog: OpenDialog, number: PatientNumber) => goWith({ open: dialog, number: number.number })

/** A patient's thread. */
export const PatientScreen = ({ params, search, composerRef }: ScreenProps) => {
  const hasSide = useHasSide()
  const pane = search['pane']
  return (
    <>
      <Emergency patient={params['patient'] ?? ''} />
      <PatientThread
        patient={params['patient'] ?? ''}
        onBack={() => toList(search)}
        onDetails={() => togglePane('details')}
        areDetailsOpen={pane === undefined ? hasSide : pane !== 'closed'}
        onOpen={openDialog}
        hrefOfTexts={(thread) => paths.texts(thread, { in: search['in'] === 'inbox' ? 'inbox' : undefined, show: showOf(search) })}
        composerRef={composerRef}
      />
      <Dialogs patient={params['patient'] ?? ''} open={search['open']} number={search['number']} />
    </>
  )
}

/** Where the record, or its texts, are closed to somebody who may open them in an emergency. */
const Emergency = ({ patient }: { patient: string }) => {
  const record = useAsk(getPatient, { params: { patient } })
  const isOpened = useOpenings().some((it) => it.patient === patient)
  const texts = useMay('patient.thread.read')
  if (isOpened) return null
  if (record.error?.code === 'not-found')
    return <EmergencyOffer patient={patient} says="This record is not open to you." other={<CoverOffer patient={patient} />} />
  if (texts.yes && texts.reach === 'opened')
    return <EmergencyOffer patient={patient} says="The texts of this patient are not open to you." />
  return null
}

/** Numbers, consent and visits of the patient. */
export const PatientSide = ({ params }: ScreenProps) => {
  const patient = params['patient'] ?? ''
  const record = useAsk(getPatient, { params: { patient } })
  const consent = useAsk(consentState, { params: { patient } })
  const { list, nameOf } = useColleagues()
  const queries = useQueryClient()
  if (!record.data) return record.error ? null : <Skeleton label="Reading the details" lines={8} />
  return (
    <Pane title="Details" level={2}>
      <Numbers patient={record.data} onVerify={(number) => openDialog('verify', number)} />
      {consent.data !== undefined &&
        record.data.numbers.map((it) => (
          <ConsentCard
            key={it.number}
            patient={patient}
            number={it.number}
            {...(record.data.numbers.length > 1 ? { called: calledOf(it) } : {})}
            state={consent.data}
            nameOf={nameOf}
            onRecord={() => openDialog('consent', it)}
            onStop={() => openDialog('stop', it)}
          />
        ))}
      <CareTeam patient={patient} name={patientName(record.data)} colleagues={list} nameOf={nameOf} />
      <Visits patient={patient} name={patientName(record.data)} onSent={() => void queries.invalidateQueries()} />
    </Pane>
  )
}

/** The dialogs over a patient, opened by the address. */
const Dialogs = ({ patient, open, number }: { patient: string; open: string | undefined; number: string | undefined }) => {
  const record = useAsk(getPatient, { params: { patient } }).data
  const it = record?.numbers.find((one) => one.number === number)
  if (record === undefined || it === undefined) return null
  return <Dialog record={record} it={it} open={open} />
}

const Dialog = ({ record, it, open }: { record: PatientRecord; it: PatientNumber; open: string | undefined }) => {
  const queries = useQueryClient()
  const common = {
    patient: record.patient,
    number: it.number,
    called: calledOf(it),
    onClose: () => {
      goWith({ open: undefined, number: undefined })
      // Whether one may text has changed with it.
      void queries.invalidateQueries()
    },
  }
  switch (open) {
    case 'consent':
      return <RecordConsent {...common} language={record.language} />
    case 'verify':
      return <VerifyNumber {...common} reasonOf={(code) => gateWords[code as GateCode] ?? code} />
    case 'stop':
      return <OptOut {...common} />
    default:
      return null
  }
}

/** A number that several patients share. */
export const SharedNumberScreen = ({ params, search }: ScreenProps) => (
  <SharedNumber
    thread={params['thread'] ?? ''}
    hrefOf={(patient) => paths.patient(patient, { in: search['in'] === 'inbox' ? 'inbox' : undefined, show: showOf(search) })}
    onBack={() => toList(search)}
  />
)

/** A day's reminders. */
export const RemindersScreen = ({ search }: ScreenProps) => (
  <Reminders
    day={search['day']}
    onDay={(day) => go(paths.reminders(day))}
    hrefOfPatient={(patient) => paths.patient(patient)}
    onBack={() => go(paths.patients())}
  />
)
