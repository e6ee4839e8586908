import { useMe } from '@wardline/product/access/provisioning/web'
import { titleOf } from '@wardline/product/team/conversations/web'
import { useColleagues } from '@wardline/product/team/directory/web'
import { useMemo } from 'react'
import { previewOf } from './phrases.ts'
import { useConversations } from './team.tsx'

/** A conversation as the inbox shows it. */
export type TeamRow = {
  readonly conversation: string
  readonly title: string
  /** What the avatar's tint follows, and its shape. */
  readonly about: string
  readonly isGroup: boolean
  readonly preview: string
  readonly at: number
  readonly unread: number
  readonly notSent: boolean
  readonly waiting: number
}

/** The rows of my conversations, newest message first; null until they are read. */
export function useTeamRows(): readonly TeamRow[] | null {
  const me = useMe()
  const { nameOf } = useColleagues()
  const conversations = useConversations()
  return useMemo(
    () =>
      conversations?.map((it) => ({
        conversation: it.conversation,
        title: titleOf(it, me.person, nameOf),
        about:
          it.kind === 'direct' ? (it.members.find((member) => member.person !== me.person)?.person ?? it.conversation) : it.conversation,
        isGroup: it.kind === 'group',
        preview: previewOf(it, nameOf),
        at: it.newest?.at ?? it.lastAt ?? it.createdAt,
        unread: it.unread,
        notSent: it.newest?.sending?.is === 'not-sent',
        waiting: it.waiting,
      })) ?? null,
    [conversations, me.person, nameOf],
  )
}
