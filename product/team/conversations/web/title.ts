import type { ConversationView } from '@wardline/product/team/messages/client'

/** Members who are in the conversation now, without oneself. */
const others = (it: ConversationView, me: string) => it.members.filter((member) => member.person !== me && !member.removed)

/** What a conversation is called: the other person, or the people of a group. It has no title of its own, which would be content. */
export function titleOf(it: ConversationView, me: string, nameOf: (person: string) => string): string {
  const names = (it.kind === 'direct' ? it.members.filter((member) => member.person !== me) : others(it, me)).map((member) =>
    nameOf(member.person),
  )
  if (names.length === 0) return 'Only you'
  // A group that has shrunk to two is still another place than what the two say to each other.
  if (it.kind === 'group' && names.length === 1) return `${names[0]} (group)`
  if (names.length <= 3) return names.join(', ')
  return `${names.slice(0, 2).join(', ')} and ${names.length - 2} more`
}

/** Whether this is the direct conversation with a person. */
export const isWith = (it: ConversationView, person: string): boolean =>
  it.kind === 'direct' && it.members.some((member) => member.person === person)
