/** The web door of consent: how a number stands, recording it, ending it. */
export { ConsentCard } from './ConsentCard.tsx'
export { OptOut } from './OptOut.tsx'
export { RecordConsent } from './RecordConsent.tsx'
export { basisInShort, basisWords, scopeWords, standingOf } from './standing.ts'
export type { ConsentState, Standing } from './standing.ts'
