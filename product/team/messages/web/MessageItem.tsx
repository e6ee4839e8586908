import type { MessageView, Team } from '@wardline/product/team/messages/client'
import { Button, Message, RefreshIcon, StateMark, TimeOfDay, TrashIcon, useTimeFormat } from '@wardline/ui'
import type { ReactNode } from 'react'
import { disputeWords, notSentWords } from './phrases.ts'

type MessageItemProps = {
  it: MessageView
  name: string
  isContinued: boolean
  /** Its state is told by a later message of mine that has got as far. */
  isStateToldLater: boolean
  team: Pick<Team, 'retry' | 'discard'>
  onReceipts: (message: MessageView) => void
}

/** One message of a team thread: text and state in words, never a blank. */
export const MessageItem = ({ it, name, isContinued, isStateToldLater, team, onReceipts }: MessageItemProps) => {
  const format = useTimeFormat()
  const { marks, actions } = marksOf(it, isStateToldLater, team, onReceipts)
  return (
    <Message
      id={`m-${it.id}`}
      author={name}
      authorId={it.person}
      isOwn={it.mine}
      isContinued={isContinued}
      time={<TimeOfDay at={it.at} format={format} />}
      {...(marks === undefined ? {} : { marks })}
      {...(actions === undefined ? {} : { actions })}
    >
      <Body it={it} />
    </Message>
  )
}

const Body = ({ it }: { it: MessageView }): ReactNode => {
  const { content } = it
  switch (content.is) {
    case 'text':
    case 'disputed':
      return content.text
    case 'waiting':
      return <em>This message cannot be opened yet. It opens by itself when the key comes.</em>
    case 'damaged':
      return <em>This message is damaged: its bytes are not what was sealed.</em>
    case 'before':
      return <em>{content.what === 'joining' ? 'Written before you joined.' : 'Written before your new identity: it stays closed.'}</em>
    case 'erased':
      return <em>Its retention has ended.</em>
    case 'newer':
      return <em>This kind of message needs a newer version of the page. Reload it.</em>
  }
}

function marksOf(
  it: MessageView,
  isToldLater: boolean,
  team: MessageItemProps['team'],
  onReceipts: (message: MessageView) => void,
): { marks?: ReactNode; actions?: ReactNode } {
  if (it.content.is === 'disputed')
    return { marks: <StateMark state={{ kind: 'disputed' }}>: {disputeWords[it.content.reason]}. Ask before you rely on it.</StateMark> }
  if (it.content.is === 'waiting') return { marks: <StateMark state={{ kind: 'no-key' }} /> }
  const { sending } = it
  if (sending === null) return {}
  switch (sending.is) {
    case 'waiting':
      return { marks: <StateMark state={{ kind: 'waiting' }} /> }
    case 'sending':
      return { marks: <StateMark state={{ kind: 'sending' }} /> }
    case 'not-sent':
      return {
        marks: <StateMark state={{ kind: 'not-sent', why: notSentWords[sending.code] }} />,
        actions: (
          <>
            <Button size="small" icon={<RefreshIcon />} onPress={() => void team.retry(it.id)}>
              Try again
            </Button>
            <Button size="small" variant="quiet" icon={<TrashIcon />} onPress={() => void team.discard(it.id)}>
              Delete
            </Button>
          </>
        ),
      }
    case 'sent': {
      if (isToldLater) return {}
      const { delivered, shown, of } = sending
      const press = of > 1 ? { onPress: () => onReceipts(it) } : {}
      if (shown > 0 && shown === of) return { marks: <StateMark state={{ kind: 'shown', count: shown, of }} {...press} /> }
      if (delivered > 0)
        return {
          marks: (
            <StateMark state={{ kind: 'delivered', count: delivered, of }} {...press}>
              {shown > 0 && `, shown ${shown}`}
            </StateMark>
          ),
        }
      return { marks: <StateMark state={{ kind: 'sent' }} {...press} /> }
    }
  }
}
