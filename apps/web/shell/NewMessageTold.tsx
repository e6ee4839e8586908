import { useColleagues } from '@wardline/product/team/directory/web'
import type { MessageView } from '@wardline/product/team/messages/client'
import { useNewMessages } from '@wardline/product/team/messages/web'
import { useAnnounce } from '@wardline/ui'
import { useCallback } from 'react'

/** Says to screen readers who has written, never what. */
export const NewMessageTold = () => {
  const { nameOf } = useColleagues()
  const announce = useAnnounce()
  useNewMessages(useCallback((message: MessageView) => announce.polite(`New message from ${nameOf(message.person)}`), [announce, nameOf]))
  return null
}
