import { useMe } from '@wardline/product/access/provisioning/web'
import { PeoplePane } from '@wardline/product/team/conversations/web'
import { useConversation, useTeam, useTeamState } from './team.tsx'

/** The pane of people beside a thread. */
export const ThreadPeople = ({ conversation }: { conversation: string }) => {
  const me = useMe()
  const team = useTeam()
  const state = useTeamState()
  const it = useConversation(conversation)
  if (team === null || it === null || it === undefined) return null
  return <PeoplePane key={conversation} team={team} it={it} me={me.person} root={state?.root ?? null} />
}
