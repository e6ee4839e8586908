import { EmptyState, InboxIcon } from '@wardline/ui'
import { useInboxRows } from './rows.ts'

/** Beside the inbox, before anything of it is opened. On a phone the list stands here instead. */
export const InboxHome = () => {
  const rows = useInboxRows()
  const needing = rows?.filter((it) => it.needsMe).length ?? 0
  return (
    <>
      <title>Inbox · Wardline</title>
      <EmptyState
        icon={InboxIcon}
        title={needing === 0 ? 'Nothing waits for you' : needing === 1 ? 'One conversation needs you' : `${needing} conversations need you`}
      >
        {rows?.length === 0
          ? 'What you open from the list stands here.'
          : 'Choose one from the list. J and K move, Enter opens, C writes a new message.'}
      </EmptyState>
    </>
  )
}
