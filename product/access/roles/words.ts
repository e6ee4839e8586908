/**
 * Who may do what, as data: the one place (45 CFR 164.308(a)(4), 164.312(a)(1)). Everything that is not listed is denied.
 * A cell says how far a role's right reaches and what it costs; whether a record lies within reach is asked of the feature that knows.
 */

/** The roles that a person of the staff can have. Several add up, except where `rules.ts` forbids the combination. */
export const roles = [
  'administrator',
  'privacy-officer',
  'security-officer',
  'clinician',
  'nurse',
  'front-desk',
  'operator',
  'auditor',
] as const
export type Role = (typeof roles)[number]

/** Everybody whom the matrix has a column for. The last three are not staff: they cannot sign in as such, whatever a cell says. */
export const parties = [...roles, 'patient', 'caregiver', 'service-account'] as const
export type Party = (typeof parties)[number]

/** How a screen names them. */
export const roleWords: Readonly<Record<Party, string>> = {
  administrator: 'administrator',
  'privacy-officer': 'privacy officer',
  'security-officer': 'security officer',
  clinician: 'clinician',
  nurse: 'nurse',
  'front-desk': 'front desk',
  operator: 'operator',
  auditor: 'auditor',
  patient: 'patient',
  caregiver: 'caregiver',
  'service-account': 'service account',
}

/**
 * Y everything in the organisation · L own location · R where one is a member or in a care relationship · O one's own ·
 * B only what was opened in an emergency (break-glass) · P what a patient allowed their proxy · C what a service account was set up for · - denied.
 * S after it: only soon after a full sign-in or step-up. 2 after it: another person in another role must agree.
 */
export type Cell = `${'Y' | 'L' | 'R' | 'O' | 'B'}${'' | 'S' | '2' | 'S2'}` | 'P' | 'C' | '-'

/** What the letters say, for the page and the document. */
export const cellWords = {
  Y: 'everything in the organisation',
  L: 'at one’s own location',
  R: 'as a member, or in a care relationship',
  O: 'one’s own',
  B: 'what was opened in an emergency',
  P: 'what the patient allowed',
  C: 'what it was set up for',
  S: 'soon after a full sign-in or step-up',
  '2': 'with the consent of a second person',
  '-': 'no',
} as const

interface Row {
  /** The act, to stand after "may". */
  readonly says: string
  /** One cell for each of `parties`, in their order. */
  readonly cells: string
  /** For how many minutes a proof counts here, where that is not for the security policy to say. */
  readonly fresh?: number
  /** Whether it opens or changes patients' records, or opens archives: an organisation may keep it to its own networks. */
  readonly records?: boolean
}

/** True for eleven cells with a space between, so that a row with a missing or misspelt cell does not compile. */
type Eleven<Text extends string, Before extends readonly unknown[] = []> = Text extends `${infer One} ${infer Rest}`
  ? One extends Cell
    ? Eleven<Rest, [...Before, One]>
    : false
  : Text extends Cell
    ? Before['length'] extends 10
      ? true
      : false
    : false

const row = <const Cells extends string>(
  says: string,
  cells: Eleven<Cells> extends true ? Cells : never,
  more: { fresh?: number; records?: boolean } = {},
): Row => ({
  says,
  cells,
  ...more,
})

// Columns: administrator, privacy officer, security officer, clinician, nurse, front desk, operator, auditor · patient, caregiver, service account.
export const matrix = {
  'colleague.read': row('see colleagues', 'Y Y Y Y Y Y Y Y - - C'),
  'person.create': row('add a colleague', 'YS - - - - - - - - - C'),
  'person.enrol': row('issue a new enrolment code', 'YS - - - - - - - - - -'),
  'enrolment.stop': row('stop a colleague’s new enrolment code', 'Y Y Y - - - - - - - -'),
  'person.deactivate': row('end a colleague’s access', 'YS - YS - - - - - - - C'),
  'role.grant': row('change roles', 'YS - - - - - - - - - C'),
  'role.approve': row(
    'agree that somebody becomes administrator or officer, that a new enrolment code counts at once, from which networks records are opened or administration is done, or that somebody leaves a location that this depends on',
    '- YS YS - - - - - - - -',
  ),
  'guest.add': row('let a guest in until a day', 'YS - - - - - - - - - -'),
  'guest.read': row('see guests', 'Y Y Y - - - - Y - - -'),
  'location.read': row('see locations', 'Y Y Y Y Y Y Y Y - - -'),
  'location.edit': row('change locations and who works there', 'YS - - - - - - - - - -'),
  'workstation.set': row('set up and remove shared workstations', 'YS - - - - - - - - - -'),
  'pending.read': row('see what waits for a second person', 'Y Y Y - - - - Y - - -'),
  'agreement.read': row('see agreements', 'Y Y Y - - - - Y - - -'),
  'agreement.record': row('record or end an agreement', '- Y Y - - - - - - - -'),
  'archive-policy.store': row('store a signed archive policy', 'Y Y Y - - - - - - - -'),
  'switch.set': row('use an emergency switch', 'Y Y Y - - - - - - - -'),
  'break-glass.open': row('open a patient’s record in an emergency', '- YS YS YS YS - - - - - -'),
  'break-glass.read': row('see emergency openings of records', '- Y Y - - - - Y - - -', { records: true }),
  'break-glass.review': row('review emergency openings of records', '- Y Y - - - - - - - -'),
  'unusual-access.review': row('look into unusual access', '- Y Y - - - - - - - -', { records: true }),
  'security-policy.read': row('see the security policy and its history', 'Y Y Y - - - - Y - - -'),
  'security-policy.propose': row('propose a change of the security policy', 'Y Y YS - - - - - - - -'),
  'security-policy.approve': row('approve a change of the security policy', '- Y YS - - - - - - - -'),
  'training.read': row('see who has done which training', 'Y Y Y - - - - Y - - -'),
  'training.record': row('record that somebody has done a training', '- Y Y - - - - - - - -'),
  'training.set': row('say which trainings are asked for', '- YS YS - - - - - - - -'),
  'directory.read': row('see sign-in connections and the directory’s feed', 'Y - Y - - - - Y - - -'),
  'directory.set': row('set up sign-in connections and the directory’s feed', 'YS - - - - - - - - - -'),
  'network.set': row('say from which networks administration is done and records are opened', 'YS - YS - - - - - - - -'),
  'hold.read': row('see legal holds', '- Y - - - - - Y - - -'),
  'hold.set': row('set or release a legal hold', '- Y - - - - - - - - -'),

  'team.conversation.create': row('start a conversation', '- Y Y Y Y Y Y - - - -'),
  'team.conversation.read': row('read a conversation', '- R R R R R R - - - -'),
  'team.message.send': row('send a team message', '- R R R R R R - - - -'),
  'team.removal.sign': row('remove someone from a conversation', 'Y R R R R R R - - - -'),
  'team.device.enrol': row('enrol a device', 'O O O O O O O O - - -'),
  'identity.sign': row('sign a colleague’s new identity', 'YS - - - - - - - - - -'),
  'identity.stop': row('stop a colleague’s new identity', 'Y Y Y - - - - - - - -'),
  'team.device.revoke': row('revoke a device', 'Y O Y O O O O O - - -'),

  'care.read': row('see who cares for a patient', '- Y - R R L - - - - -', { records: true }),
  'care.assign': row('say who cares for a patient', '- - - R R L - - - - C', { records: true }),
  'care.cover': row('open a patient’s record while covering for a colleague', '- - - L L - - - - - -', { records: true }),
  'unit.edit': row('change units and their rosters', 'Y - - - - L L - - - C'),
  'patient.look-up': row('find a patient by full name and birth date', '- Y - Y Y L L - - - -'),
  'patient.flag': row('mark a patient’s record as restricted', '- YS - RS - - - - - - -', { records: true }),
  'patient.roster.read': row('see patients', '- Y B R R L - - - - -', { records: true }),
  'patient.roster.edit': row('add or change a patient', '- - - R R L - - - - -', { records: true }),
  'patient.import': row('import patients', '- - - - - L - - - - C'),
  'patient.phone.verify': row('verify or change a patient’s number', '- - - R R LS - - O - -', { fresh: 30, records: true }),
  'patient.consent.record': row('record consent', '- Y - R R L - - O - -'),
  'patient.opt-out.record': row('record that a patient wants no texts', 'Y Y Y Y Y Y Y - O P C'),
  'patient.thread.read': row('read a patient’s texts', '- B B R R L - - O P -', { records: true }),
  'patient.text.send': row('text a patient', '- - - R R L - - - - C', { records: true }),
  'patient.reminder.send': row('send reminders', '- - - R R L - - - - C', { records: true }),
  'patient.channel.set': row('connect the number that texts come from', 'YS - - - - - - - - - -'),
  'appointment.read': row('see appointments', '- - - R R L - - O P C', { records: true }),
  'appointment.edit': row('change appointments', '- - - R R L - - - - C', { records: true }),

  'audit.read': row('read the audit log', '- Y Y - - - - Y - - -', { records: true }),
  'audit.read-own': row('see who looked at one’s own threads', 'O O O O O O O O O P -'),
  'audit.verify': row('verify the audit log', 'Y Y Y - - - - Y - - -'),
  'audit.export': row('export the audit log', '- YS YS - - - - YS - - C', { records: true }),
  'archive.request': row('ask for the archive to be opened', '- Y - - - - - - - - -', { records: true }),
  'archive.approve': row('approve the opening of the archive', 'Y Y Y - - - - - - - -'),
  'archive.custody': row('hold a share of the archive’s key', 'O O O O O O O O - - -'),
} as const satisfies Readonly<Record<string, Row>>

/** An act that the matrix knows. */
export type Action = keyof typeof matrix
