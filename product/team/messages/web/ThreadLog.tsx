import type { ConversationView, MessageView, Team } from '@wardline/product/team/messages/client'
import { DaySeparator, EmptyState, LockIcon, MessageLog, NewSeparator, Skeleton, dayText, useNow, useTimeFormat } from '@wardline/ui'
import { Fragment, lazy, Suspense, useState } from 'react'
import { MessageItem } from './MessageItem.tsx'
import { continues, firstNewOf } from './phrases.ts'
import type { ThreadState } from './store.ts'

const ReceiptsDialog = lazy(async () => ({ default: (await import('./ReceiptsDialog.tsx')).ReceiptsDialog }))

type ThreadLogProps = {
  title: string
  conversation: ConversationView
  thread: ThreadState
  team: Pick<Team, 'retry' | 'discard'>
  me: string
  nameOf: (person: string) => string
  onOlder: () => void
}

/** Whether a later message of mine has got exactly as far, so that one line tells for both. */
const isSame = (a: MessageView, b: MessageView | undefined) =>
  b !== undefined &&
  a.sending?.is === 'sent' &&
  b.sending?.is === 'sent' &&
  a.sending.delivered === b.sending.delivered &&
  a.sending.shown === b.sending.shown &&
  a.sending.of === b.sending.of

/** The messages of a thread with days and the place where unread ones began when it was opened. */
export const ThreadLog = ({ title, conversation, thread, team, me, nameOf, onOlder }: ThreadLogProps) => {
  const now = useNow()
  const format = useTimeFormat()
  const [firstShown] = useState(conversation.shown)
  const [receiptsOf, setReceiptsOf] = useState<MessageView | null>(null)
  const { messages } = thread
  if (messages.length === 0 && thread.isLoading) return <Skeleton label="Messages" lines={6} />
  if (messages.length === 0)
    return (
      <EmptyState icon={LockIcon} title="No message yet">
        What you write here is encrypted on this device and opened on theirs. The server keeps it sealed.
      </EmptyState>
    )
  const mine = messages.filter((it) => it.mine)
  const firstNew = firstNewOf(messages, firstShown)
  const nextOfMine = new Map(mine.map((it, index) => [it.id, mine[index + 1]]))
  return (
    <>
      <MessageLog
        label={`Messages with ${title}`}
        newestKey={messages.at(-1)?.id ?? ''}
        {...(thread.before === null ? {} : { onReachStart: onOlder })}
      >
        {messages.map((it, index) => {
          const before = messages[index - 1]
          const day = dayText(it.at, now, format)
          const isNewDay = before === undefined || dayText(before.at, now, format) !== day
          const isFirstNew = it.id === firstNew?.id
          return (
            <Fragment key={it.id}>
              {isNewDay && <DaySeparator>{day}</DaySeparator>}
              {isFirstNew && <NewSeparator />}
              <MessageItem
                it={it}
                name={nameOf(it.person)}
                isContinued={!isNewDay && !isFirstNew && continues(before, it)}
                isStateToldLater={isSame(it, nextOfMine.get(it.id))}
                team={team}
                onReceipts={setReceiptsOf}
              />
            </Fragment>
          )
        })}
      </MessageLog>
      <Suspense fallback={null}>
        {receiptsOf !== null && (
          <ReceiptsDialog
            message={receiptsOf}
            conversation={conversation}
            receipts={thread.receipts}
            me={me}
            nameOf={nameOf}
            onClose={() => setReceiptsOf(null)}
          />
        )}
      </Suspense>
    </>
  )
}
