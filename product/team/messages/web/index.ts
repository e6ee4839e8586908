/** The web door of team messages: threads, rows of the inbox, and the page's copy of the device's engine. */
export { useDraft } from './draft.ts'
export { useTeamRows } from './rows.ts'
export type { TeamRow } from './rows.ts'
export { openTeamStore } from './store.ts'
export type { TeamStore } from './store.ts'
export { TeamProvider, useConversations, useNewMessages, useTeam, useTeamState } from './team.tsx'
export { Thread } from './Thread.tsx'
export { ThreadPeople } from './ThreadPeople.tsx'
