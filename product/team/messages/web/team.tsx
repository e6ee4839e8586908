import type { ConversationView, MessageView, Team, TeamState } from '@wardline/product/team/messages/client'
import { createContext, useContext, useEffect, useSyncExternalStore, type ReactNode } from 'react'
import type { TeamStore, ThreadState } from './store.ts'

const TeamContext = createContext<TeamStore | null>(null)

/** Gives every screen below the device's engine, or null for people who have no team messages. */
export const TeamProvider = ({ store, children }: { store: TeamStore | null; children: ReactNode }) => (
  <TeamContext value={store}>{children}</TeamContext>
)

const nothing = () => () => {}

/** The engine, for what a button does; null where the person has none. */
export const useTeam = (): Team | null => useContext(TeamContext)?.team ?? null

/** Status, connection and waiting messages of this device; null until the engine has answered. */
export const useTeamState = (): TeamState | null => {
  const store = useContext(TeamContext)
  return useSyncExternalStore(store?.subscribe ?? nothing, () => store?.state() ?? null)
}

/** My conversations, newest message first; null until they are read. */
export const useConversations = (): readonly ConversationView[] | null => {
  const store = useContext(TeamContext)
  return useSyncExternalStore(store?.subscribe ?? nothing, () => store?.conversations() ?? null)
}

/** One of my conversations; undefined where there is none, null until they are read. */
export const useConversation = (conversation: string): ConversationView | null | undefined => {
  const list = useConversations()
  return list === null ? null : list.find((it) => it.conversation === conversation)
}

/** What has been read of a thread, and the way to the page above. */
export const useThread = (conversation: string): { thread: ThreadState | undefined; older: () => void } => {
  const store = useContext(TeamContext)
  useEffect(() => store?.open(conversation), [store, conversation])
  const thread = useSyncExternalStore(store?.subscribe ?? nothing, () => store?.thread(conversation))
  return { thread, older: () => store?.older(conversation) }
}

/** Hears each new message of somebody else while the part is on the screen. `hear` must keep its identity. */
export const useNewMessages = (hear: (message: MessageView) => void): void => {
  const store = useContext(TeamContext)
  useEffect(() => store?.onNew(hear), [store, hear])
}
