/** The web door of sessions: how every screen calls the server, and how the end of a session is noticed. */
export { CallsProvider, keyOf, openCalls, useAct, useAsk, useCalls, useReads } from './call.tsx'
export type { Act, Call, CallArgs, Calls, Failed } from './call.tsx'
export { FailedBanner } from './FailedBanner.tsx'
export { MySessions } from './MySessions.tsx'
export { placeWords } from './place.ts'
export type { Place } from './place.ts'
export { SessionWatch } from './SessionWatch.tsx'
