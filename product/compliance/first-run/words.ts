/** The steps of the first run, in the order in which one is led through them. */
export const steps = ['sign-in', 'organisation', 'people', 'officers', 'archive-key', 'own-keys', 'texting', 'consent'] as const
export type Step = (typeof steps)[number]

/** What the checklist asks beyond the steps: things that only time or the machine's owner brings about. */
export const watched = ['everybody-in', 'second-administrator', 'reachable'] as const
export type Item = Step | (typeof watched)[number]

/** `later`: put off by somebody, and still unsafe. */
export type ItemState = 'done' | 'later' | 'open'

/** What can be wrong with a row of people. */
export const rowProblems = [
  'no-name',
  'bad-sign-in-name',
  'name-taken',
  'twice',
  'no-role',
  'unknown-role',
  'needs-second',
  'roles-exclude',
] as const
export type RowProblem = (typeof rowProblems)[number]

/** The most people of one import. */
export const importLimit = 200
