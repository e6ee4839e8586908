import type { Content, ConversationView, DisputeReason, MessageView, NotSentCode } from '@wardline/product/team/messages/client'

/** Why a message cannot be believed as it stands, to stand after "Disputed: ". */
export const disputeWords: Readonly<Record<DisputeReason, string>> = {
  signature: 'it is not signed by the device that it names',
  'unknown-device': 'it came from a device that nobody has signed',
  revoked: 'its device had been removed before',
  chain: 'messages of its device before it are missing',
  replayed: 'it was shown already under another number',
  order: 'it is of keys that were no longer in use',
  'not-member': 'its author was not a member then',
  labels: 'the server told another sender than the message has',
}

/** Why a message was not sent, and what to do about it. */
export const notSentWords: Readonly<Record<NotSentCode, string>> = {
  'stale-epoch': 'the keys changed while it was sent. Try again.',
  'rekey-first': 'the conversation needs new keys first. Try again.',
  chain: 'an earlier message of this device is missing. Try again.',
  'bad-envelope': 'the server could not read it. Try again.',
  'bad-epoch': 'the new keys of the conversation were refused. Try again.',
  revoked: 'this browser was removed from your devices.',
  'not-a-device': 'this browser is not signed in as your device. Reload the page.',
  'bad-request': 'the server could not read it. Try again.',
  'not-found': 'you are no longer in this conversation.',
  'too-many': 'too many messages in a short time. Wait a minute and try again.',
  'too-large': 'it is too long. Send it in parts.',
  'disk-full': 'the server’s disk is full. Call whoever runs it.',
  unavailable: 'the server cannot reach its database. Try again.',
  internal: 'the server made a mistake. Try again.',
  'cannot-open': 'the newest keys of this conversation cannot be opened here.',
  alarm: 'this device has stopped for safety. See the alarm above.',
}

/** One line of a message for a row. */
export const lineOf = (content: Content): string => {
  switch (content.is) {
    case 'text':
      return content.text
    case 'disputed':
      return `Disputed: ${content.text}`
    case 'waiting':
      return 'Waiting for key'
    case 'damaged':
      return 'Damaged message'
    case 'before':
      return content.what === 'joining' ? 'From before you joined' : 'From before your new identity'
    case 'erased':
      return 'Its retention has ended'
    case 'newer':
      return 'Needs a newer version of this page'
  }
}

/** The preview of a conversation's row. */
export function previewOf(it: ConversationView, nameOf: (person: string) => string): string {
  const { newest } = it
  if (newest === null) return it.epoch.is === 'waiting' ? 'Waiting for key' : 'No message yet'
  const line = lineOf(newest.content)
  if (newest.mine) return `You: ${line}`
  return it.kind === 'group' ? `${nameOf(newest.person)}: ${line}` : line
}

/** Whether two messages stand together: one author, a few minutes, the same day, nothing in between that needs a name. */
export const continues = (before: MessageView | undefined, it: MessageView): boolean =>
  before !== undefined &&
  before.person === it.person &&
  it.at - before.at < 5 * 60_000 &&
  it.at >= before.at &&
  it.content.is === before.content.is

/** The message over which "New" stands: the oldest unread one after my own last message. Whoever has answered has read what was before. */
export function firstNewOf(messages: readonly MessageView[], shown: number): MessageView | undefined {
  const answered = messages.findLastIndex((it) => it.mine)
  return messages.find((it, index) => index > answered && it.sequence !== null && it.sequence > shown)
}
