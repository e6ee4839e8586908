/** What happens to administration from elsewhere. */
export const outsideWords = {
  absent: 'It looks as if it were not there',
  'step-up': 'It asks for a fresh proof of who one is',
} as const
export type Outside = keyof typeof outsideWords

/** Minutes for which a list can be tried before it is confirmed from one of its own networks. */
export const trialMinutes = { least: 5, most: 60 } as const
