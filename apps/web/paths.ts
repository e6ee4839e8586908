/** What the address says about the inbox: which rows, and whether a dialog is open. Never a name or a word of content. */
export type InboxSearch = { show?: InboxShow | undefined; open?: 'new' | undefined; with?: string | undefined }

/** Which rows of the inbox. */
export const inboxShows = ['all', 'needs-me', 'team', 'patients'] as const
/** One of {@link inboxShows}. */
export type InboxShow = (typeof inboxShows)[number]

/** Beside which list a patient is shown, and whether the details are open. */
export type PatientSearch = { in?: 'inbox' | undefined; show?: InboxShow | undefined; pane?: 'details' | undefined }

const withSearch = (path: string, search: Readonly<Record<string, string | undefined>>): string => {
  const given = Object.entries(search).filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== '')
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given).toString()}`
}

/** Every address of the staff application. Ids in them are random; nothing in them tells who or what. */
export const paths = {
  inbox: (search: InboxSearch = {}) => withSearch('/', { ...search, show: search.show === 'all' ? undefined : search.show }),
  thread: (conversation: string, search: InboxSearch & { pane?: 'people' | undefined } = {}) =>
    withSearch(`/t/${encodeURIComponent(conversation)}`, { ...search, show: search.show === 'all' ? undefined : search.show }),
  patients: (search: { open?: 'new' | 'find' | undefined } = {}) => withSearch('/patients', search),
  patient: (patient: string, search: PatientSearch = {}) =>
    withSearch(`/patients/${encodeURIComponent(patient)}`, { ...search, show: search.show === 'all' ? undefined : search.show }),
  texts: (thread: string, search: PatientSearch = {}) =>
    withSearch(`/texts/${encodeURIComponent(thread)}`, { ...search, show: search.show === 'all' ? undefined : search.show }),
  reminders: (day?: string) => withSearch('/reminders', { day }),
  audit: (before?: string) => withSearch('/audit', { before }),
  oversight: (tab?: string) => withSearch('/oversight', { tab }),
  settings: () => '/settings',
  setUp: () => '/set-up',
  people: () => '/settings/people',
  workstations: () => '/settings/workstations',
  notices: () => '/settings/notices',
  units: () => '/settings/units',
  training: () => '/settings/training',
  permissions: () => '/settings/permissions',
  signIn: () => '/sign-in',
  ssoReturn: () => '/sso/return',
  directory: () => '/admin/sign-in',
} as const
