import { useMe } from '@wardline/product/access/provisioning/web'
import { NewConversation } from '@wardline/product/team/conversations/web'
import { useTeam } from '@wardline/product/team/messages/web'
import { go, goWith } from '../navigate.ts'
import { paths } from '../paths.ts'

/** The dialog of a new message, opened by the address. */
export const NewMessage = ({ with: person }: { with: string | undefined }) => {
  const me = useMe()
  const team = useTeam()
  if (team === null) return null
  return (
    <NewConversation
      team={team}
      me={me.person}
      {...(person === undefined ? {} : { people: [person] })}
      onBegun={(conversation) => go(paths.thread(conversation))}
      onClose={() => goWith({ open: undefined })}
    />
  )
}
