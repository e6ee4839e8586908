/**
 * Who may do what, as data: the one place (45 CFR 164.308(a)(4), 164.312(a)(1)). Everything that is not listed is denied.
 * A cell says how far a role's right reaches; what lies within reach is checked by the feature that owns the records.
 */

/** The roles of this version. A person can have several; rights add up, except where `rules.ts` forbids the combination. */
export const roles = ['administrator', 'privacy-officer', 'clinician', 'front-desk', 'auditor'] as const
export type Role = (typeof roles)[number]

/** How a screen names a role. */
export const roleWords: Readonly<Record<Role, string>> = {
  administrator: 'administrator',
  'privacy-officer': 'privacy officer',
  clinician: 'clinician',
  'front-desk': 'front desk',
  auditor: 'auditor',
}

/** Y everything in the organisation · L own location · R members of the conversation or care team · O one's own · - denied. */
export type Cell = 'Y' | 'L' | 'R' | 'O' | '-'

interface Row {
  /** The act, to stand after "may". */
  readonly says: string
  /** One cell for each role, in the order of `roles`. */
  readonly cells: `${Cell} ${Cell} ${Cell} ${Cell} ${Cell}`
}

const row = (says: string, cells: Row['cells']): Row => ({ says, cells })

// Columns: administrator, privacy officer, clinician, front desk, auditor.
export const matrix = {
  'colleague.read': row('see colleagues', 'Y Y Y Y Y'),
  'person.create': row('add a colleague', 'Y - - - -'),
  'person.enrol': row('issue a new enrolment code', 'Y - - - -'),
  'person.deactivate': row('end a colleague’s access', 'Y - - - -'),
  'role.grant': row('change roles', 'Y - - - -'),
  'agreement.read': row('see agreements', 'Y Y - - Y'),
  'agreement.record': row('record or end an agreement', '- Y - - -'),
  'archive-policy.store': row('store a signed archive policy', 'Y Y - - -'),
  'switch.set': row('use an emergency switch', 'Y Y - - -'),
  'break-glass.open': row('open a patient’s record in an emergency', '- Y Y - -'),
  'break-glass.read': row('see emergency openings of records', '- Y - - Y'),
  'break-glass.review': row('review emergency openings of records', '- Y - - -'),
  'unusual-access.review': row('look into unusual access', '- Y - - -'),
  'security-policy.read': row('see the security policy and its history', 'Y Y - - Y'),
  'security-policy.propose': row('propose a change of the security policy', 'Y Y - - -'),
  'security-policy.approve': row('approve a change of the security policy', '- Y - - -'),
  'network.set': row('say from which networks administration is done', 'Y - - - -'),
  'hold.read': row('see legal holds', '- Y - - Y'),
  'hold.set': row('set or release a legal hold', '- Y - - -'),

  'team.conversation.create': row('start a conversation', '- Y Y Y -'),
  'team.conversation.read': row('read a conversation', '- R R R -'),
  'team.message.send': row('send a team message', '- R R R -'),
  'team.removal.sign': row('remove someone from a conversation', 'Y R R R -'),
  'team.device.enrol': row('enrol a device', 'O O O O O'),
  'team.device.revoke': row('revoke a device', 'Y O O O O'),

  'patient.roster.read': row('see patients', '- Y R L -'),
  'patient.roster.edit': row('add or change a patient', '- - R L -'),
  'patient.import': row('import patients', '- - - L -'),
  'patient.phone.verify': row('verify a patient’s number', '- - R L -'),
  'patient.consent.record': row('record consent', '- Y R L -'),
  'patient.opt-out.record': row('record that a patient wants no texts', 'Y Y Y Y -'),
  'patient.thread.read': row('read a patient’s texts', '- - R L -'),
  'patient.text.send': row('text a patient', '- - R L -'),
  'patient.reminder.send': row('send reminders', '- - R L -'),
  'patient.channel.set': row('connect the number that texts come from', 'Y - - - -'),
  'appointment.read': row('see appointments', '- - R L -'),
  'appointment.edit': row('change appointments', '- - R L -'),

  'audit.read': row('read the audit log', '- Y - - Y'),
  'audit.read-own': row('see who looked at one’s own threads', 'O O O O O'),
  'audit.verify': row('verify the audit log', 'Y Y - - Y'),
  'audit.export': row('export the audit log', '- Y - - Y'),
  'archive.request': row('ask for the archive to be opened', '- Y - - -'),
  'archive.approve': row('approve the opening of the archive', 'Y Y - - -'),
  'archive.custody': row('hold a share of the archive’s key', 'O O O O O'),
} as const satisfies Readonly<Record<string, Row>>

/** An act that the matrix knows. */
export type Action = keyof typeof matrix
