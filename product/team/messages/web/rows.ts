import { useMe } from '@wardline/product/access/provisioning/web'
import { titleOf } from '@wardline/product/team/conversations/web'
import { useColleagues } from '@wardline/product/team/directory/web'
import type { ConversationView } from '@wardline/product/team/messages/client'
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
  /** What the avatar's letters are of: the person, or the first names of two of the group. */
  readonly letters: string
  readonly preview: string
  readonly at: number
  readonly unread: number
  readonly notSent: boolean
  readonly waiting: number
  /** Something of mine is being written there. */
  readonly draft: boolean
}

/** A title before a name says nothing about who it is. */
const firstName = (name: string) => name.replace(/^(dr|rn|mr|mrs|ms|prof)\.?\s+/i, '').split(' ')[0] ?? ''

function lettersOf(it: ConversationView, me: string, nameOf: (person: string) => string): string {
  const names = it.members.filter((member) => member.person !== me && !member.removed).map((member) => nameOf(member.person))
  return it.kind === 'direct' || names.length < 2 ? (names[0] ?? '') : names.slice(0, 2).map(firstName).join(' ')
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
        letters: lettersOf(it, me.person, nameOf),
        preview: previewOf(it, nameOf),
        at: it.newest?.at ?? it.lastAt ?? it.createdAt,
        // Whoever has answered has seen what was before, on whichever of their devices.
        unread: it.newest?.mine === true ? 0 : it.unread,
        notSent: it.newest?.sending?.is === 'not-sent',
        waiting: it.waiting,
        draft: it.draft,
      })) ?? null,
    [conversations, me.person, nameOf],
  )
}
