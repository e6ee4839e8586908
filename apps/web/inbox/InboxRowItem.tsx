import { Age, Avatar, Badge, CountMark, EditIcon, ListRow, useNow, useTimeFormat } from '@wardline/ui'
import { paths, type InboxShow } from '../paths.ts'
import type { InboxRow } from './rows.ts'

/** One row: who, the beginning of the newest message, how old it is, what waits. */
export const InboxRowItem = ({ it, show, current }: { it: InboxRow; show: InboxShow; current: string | undefined }) => {
  const now = useNow()
  const format = useTimeFormat()
  const age = <Age at={it.at} now={now} format={format} />
  if (it.of === 'team') {
    const { row } = it
    const isCurrent = current === row.conversation
    // Whoever has it open sees it where they write it.
    const isDraft = row.draft && !isCurrent
    return (
      <ListRow
        href={paths.thread(row.conversation, { show })}
        title={row.title}
        preview={row.preview}
        age={age}
        leading={<Avatar name={row.letters} id={row.about} shape={row.isGroup ? 'role' : 'person'} />}
        isUnread={row.unread > 0}
        unreadWords={`${row.unread} unread`}
        isCurrent={isCurrent}
        badges={
          row.notSent ? (
            <Badge tone="fail" />
          ) : row.waiting > 0 ? (
            <Badge tone="pending">{row.waiting} waiting</Badge>
          ) : isDraft || row.unread > 1 ? (
            <>
              {isDraft && (
                <Badge tone="pending" icon={EditIcon}>
                  Draft
                </Badge>
              )}
              {row.unread > 1 && <CountMark count={row.unread} words={`${row.unread} unread`} tone="accent" />}
            </>
          ) : undefined
        }
      />
    )
  }
  const { row } = it
  return (
    <ListRow
      href={row.patient === null ? paths.texts(row.thread, { in: 'inbox', show }) : paths.patient(row.patient, { in: 'inbox', show })}
      title={row.title}
      preview={row.preview}
      age={age}
      leading={<Avatar name={row.title} id={row.patient ?? row.thread} />}
      isUnread={it.needsMe}
      unreadWords="Waits for an answer"
      isCurrent={current !== undefined && (current === row.patient || current === row.thread)}
      badges={row.optedOut ? <Badge tone="fail">Stopped</Badge> : <Badge tone="unsecure">SMS</Badge>}
    />
  )
}
