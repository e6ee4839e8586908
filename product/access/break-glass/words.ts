/** Why somebody opens a record in an emergency, as the dialog offers it and as the patient is told. */
export const reasonWords = {
  emergency: 'Emergency care',
  unassigned: 'Treating the patient, not yet on the care team',
  consult: 'Asked for advice by the care team',
  duty: 'Investigation or legal duty',
  other: 'Another reason',
} as const
export type ReasonCode = keyof typeof reasonWords
export const reasonCodes = Object.keys(reasonWords) as unknown as readonly [ReasonCode, ...ReasonCode[]]

/** What a review found. */
export const outcomeWords = {
  appropriate: 'Appropriate',
  'needs-follow-up': 'Needs a talk or a change of rights',
  inappropriate: 'Not appropriate: an incident',
} as const
export type Outcome = keyof typeof outcomeWords
export const outcomes = Object.keys(outcomeWords) as unknown as readonly [Outcome, ...Outcome[]]

/** The fewest characters of an explanation, spaces at the ends not counted. */
export const shortestExplanation = 10
