/** What was unusual, as the queue says it. */
export const ruleWords = {
  'same-surname': 'Opened the record of somebody with the same surname',
  'same-address': 'Opened the record of somebody with the same address',
  'co-worker': 'Opened the record of somebody who works here',
  'off-hours': 'First opened a record at night, without a care relationship',
  volume: 'Opened many records within an hour',
  'break-glass': 'Opened records in an emergency again and again',
} as const
export type RuleName = keyof typeof ruleWords
export const ruleNames = Object.keys(ruleWords) as unknown as readonly [RuleName, ...RuleName[]]

/** How an alert is closed. */
export const closingWords = {
  expected: 'Part of the work',
  'false-alarm': 'A coincidence',
  'talked-to': 'Talked to the person',
  incident: 'An incident',
} as const
export type Closing = keyof typeof closingWords
export const closings = Object.keys(closingWords) as unknown as readonly [Closing, ...Closing[]]
