/**
 * The trainings that an organisation can ask for, and of whom (45 CFR 164.308(a)(5)(i), 164.530(b)(1): the whole workforce, as its work needs).
 * What is taught is the organisation's own; it names the version.
 */
export const trainings = {
  'privacy-and-security': {
    says: 'Privacy and security in daily work',
    roles: ['administrator', 'privacy-officer', 'security-officer', 'clinician', 'nurse', 'front-desk', 'operator', 'auditor'],
  },
  'texting-patients': {
    says: 'Texting patients: consent, minimum necessary, stop words',
    roles: ['clinician', 'nurse', 'front-desk'],
  },
  'officers-duties': {
    says: 'Duties of administrators, officers and auditors',
    roles: ['administrator', 'privacy-officer', 'security-officer', 'auditor'],
  },
} as const

/** The name of a training. */
export type Training = keyof typeof trainings
/** All of them, in the order in which a screen shows them. */
export const trainingNames = Object.keys(trainings) as unknown as readonly [Training, ...Training[]]

/**
 * How somebody stands with a training. `done`: nothing to do yet. `open`: to be done, in good time. `soon`: due within the days of the
 * reminder. `overdue`: past its day. `held-back`: past the grace too, so that patients' records are closed to them.
 */
export const states = ['done', 'open', 'soon', 'overdue', 'held-back'] as const
export type State = (typeof states)[number]
