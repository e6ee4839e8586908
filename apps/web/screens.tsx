import { lazy } from 'react'
import { InboxHome } from './inbox/InboxHome.tsx'
import { InboxList } from './inbox/InboxList.tsx'
import { TeamScreen, TeamSide } from './inbox/TeamScreen.tsx'
import type { Me } from '@wardline/product/access/provisioning/web'
import { may, type Action } from '@wardline/product/access/roles/preview'
import { mayWithPatients } from '@wardline/product/patients/roster/web'
import type { Screen } from './screen.ts'
import { NotFound } from './shell/NotFound.tsx'

const Patients = lazy(async () => ({ default: (await import('./patients/PatientScreens.tsx')).PatientsHome }))
const PatientColumn = lazy(async () => ({ default: (await import('./patients/PatientScreens.tsx')).PatientColumn }))
const Patient = lazy(async () => ({ default: (await import('./patients/PatientScreens.tsx')).PatientScreen }))
const PatientSide = lazy(async () => ({ default: (await import('./patients/PatientScreens.tsx')).PatientSide }))
const SharedNumber = lazy(async () => ({ default: (await import('./patients/PatientScreens.tsx')).SharedNumberScreen }))
const Reminders = lazy(async () => ({ default: (await import('./patients/PatientScreens.tsx')).RemindersScreen }))
const Audit = lazy(async () => ({ default: (await import('./shell/AuditScreen.tsx')).AuditScreen }))
const Directory = lazy(async () => ({ default: (await import('./shell/DirectoryScreen.tsx')).DirectoryScreen }))
const SetUp = lazy(async () => ({ default: (await import('./set-up/SetUpScreen.tsx')).SetUpScreen }))
const Oversight = lazy(async () => ({ default: (await import('./shell/OversightScreen.tsx')).OversightScreen }))
const Settings = lazy(async () => ({ default: (await import('./shell/Settings.tsx')).Settings }))

const People = lazy(async () => ({ default: (await import('./admin/AdminScreens.tsx')).PeopleScreen }))
const Stations = lazy(async () => ({ default: (await import('./admin/AdminScreens.tsx')).WorkstationsScreen }))
const Units = lazy(async () => ({ default: (await import('./admin/AdminScreens.tsx')).UnitsScreen }))
const Training = lazy(async () => ({ default: (await import('./admin/AdminScreens.tsx')).TrainingScreen }))
const AllNotices = lazy(async () => ({ default: (await import('./shell/NoticesScreen.tsx')).NoticesScreen }))
const Permissions = lazy(async () => ({ default: (await import('./admin/AdminScreens.tsx')).PermissionsScreen }))

const can = (action: Action) => (me: Me) => may(me.roles, action).yes
/** Who may open a screen that is administration from top to bottom. */
const administers = (action: Action) => ({ may: can(action), administers: action })
const withPatients = (action: Action) => (me: Me) => mayWithPatients(me, action).yes

/** The table of contents: every screen of the staff application. */
export const screens: readonly Screen[] = [
  { path: '/', place: 'inbox', main: InboxHome, list: InboxList, listLabel: 'Inbox', isList: true },
  {
    path: '/t/$conversation',
    place: 'inbox',
    may: can('team.conversation.read'),
    main: TeamScreen,
    list: InboxList,
    listLabel: 'Inbox',
    side: TeamSide,
    sideLabel: 'People',
  },
  {
    path: '/patients',
    place: 'patients',
    may: withPatients('patient.thread.read'),
    main: Patients,
    list: PatientColumn,
    listLabel: 'Patients',
    isList: true,
  },
  {
    path: '/patients/$patient',
    place: 'patients',
    // In an emergency also who has no such right.
    may: (me) => withPatients('patient.thread.read')(me) || can('break-glass.open')(me),
    main: Patient,
    list: PatientColumn,
    listLabel: 'Patients',
    side: PatientSide,
    sideLabel: 'Patient details',
  },
  {
    path: '/texts/$thread',
    place: 'patients',
    may: withPatients('patient.thread.read'),
    main: SharedNumber,
    list: PatientColumn,
    listLabel: 'Patients',
  },
  { path: '/reminders', place: 'patients', may: withPatients('patient.reminder.send'), main: Reminders },
  { path: '/audit', place: 'audit', may: can('audit.read'), main: Audit },
  { path: '/admin/sign-in', place: 'settings', ...administers('directory.read'), main: Directory },
  {
    path: '/oversight',
    place: 'oversight',
    may: (me) => can('break-glass.read')(me) || can('security-policy.read')(me),
    main: Oversight,
  },
  { path: '/settings', place: 'settings', main: Settings },
  { path: '/set-up', place: 'settings', ...administers('person.create'), main: SetUp },
  { path: '/settings/people', place: 'settings', may: can('pending.read'), main: People },
  { path: '/settings/workstations', place: 'settings', ...administers('workstation.set'), main: Stations },
  { path: '/settings/notices', place: 'settings', main: AllNotices },
  { path: '/settings/units', place: 'settings', may: can('unit.edit'), main: Units },
  { path: '/settings/training', place: 'settings', ...administers('training.read'), main: Training },
  { path: '/settings/permissions', place: 'settings', main: Permissions },
]

/** The screen of an address that is none. */
export const nowhere: Screen = { path: '*', place: 'inbox', main: NotFound }
