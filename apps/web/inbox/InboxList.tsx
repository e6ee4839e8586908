import { useMay } from '@wardline/product/access/provisioning/web'
import { useMayWithPatients } from '@wardline/product/patients/roster/web'
import { Button, CheckIcon, EditIcon, EmptyState, IconButton, List, ListHeading, Pane, Skeleton, Tabs } from '@wardline/ui'
import { go, goWith } from '../navigate.ts'
import { inboxShows, paths, type InboxShow } from '../paths.ts'
import type { ScreenProps } from '../screen.ts'
import { InboxRowItem } from './InboxRowItem.tsx'
import { isShown, useInboxRows } from './rows.ts'

const showWords: Readonly<Record<InboxShow, string>> = { all: 'All', 'needs-me': 'Needs you', team: 'Team', patients: 'Patients' }

const emptyWords: Readonly<Record<InboxShow, { title: string; why: string }>> = {
  all: { title: 'No conversation yet', why: 'Messages between colleagues and texts with patients appear here.' },
  'needs-me': { title: 'Nothing waits for you', why: 'What is unread, was not sent or waits for an answer appears here.' },
  team: { title: 'No conversation yet', why: 'Messages between colleagues appear here, encrypted between your devices.' },
  patients: { title: 'No texts yet', why: 'Texts with patients appear here once one was sent or came in.' },
}

/** Everything that is said to this person, in one list: what needs them first. */
export const InboxList = ({ params, search }: ScreenProps) => {
  const rows = useInboxRows()
  const canBegin = useMay('team.conversation.create')
  const hasPatients = useMayWithPatients('patient.thread.read').yes
  const hasTeam = useMay('team.conversation.read').yes
  const show = inboxShows.find((it) => it === search['show']) ?? 'all'
  const needing = rows?.filter((it) => it.needsMe) ?? []
  const shown = rows?.filter((it) => isShown(it, show)) ?? []
  const [mine, rest] = [shown.filter((it) => it.needsMe), shown.filter((it) => !it.needsMe)]
  const begin = () => go(paths.inbox({ open: 'new', show }))
  const items = inboxShows
    .filter((it) => it === 'all' || it === 'needs-me' || (hasPatients && hasTeam))
    .map((id) => ({
      id,
      label: showWords[id],
      ...(id === 'needs-me' && needing.length > 0 ? { count: needing.length, countWords: `${needing.length} need you` } : {}),
    }))
  const current = params['conversation'] ?? params['patient'] ?? params['thread']
  return (
    <Pane
      title="Inbox"
      actions={
        hasTeam && (
          <IconButton label="New message" keys="C" onPress={begin} disabledReason={canBegin.yes ? undefined : canBegin.reason}>
            <EditIcon />
          </IconButton>
        )
      }
      toolbar={
        <Tabs label="Show" look="filter" items={items} selected={show} onSelect={(id) => goWith({ show: id === 'all' ? undefined : id })} />
      }
    >
      {rows === null ? (
        <Skeleton label="Reading your inbox" lines={8} shape="rows" />
      ) : shown.length === 0 ? (
        <EmptyState
          icon={CheckIcon}
          title={emptyWords[show].title}
          action={
            canBegin.yes && show !== 'patients' ? (
              <Button variant="primary" onPress={begin}>
                Write to a colleague
              </Button>
            ) : undefined
          }
        >
          {emptyWords[show].why}
        </EmptyState>
      ) : (
        <List label={`Inbox, ${showWords[show].toLocaleLowerCase()}`}>
          {mine.length > 0 && rest.length > 0 && <ListHeading>Needs you</ListHeading>}
          {mine.map((it) => (
            <InboxRowItem key={it.key} it={it} show={show} current={current} />
          ))}
          {mine.length > 0 && rest.length > 0 && <ListHeading>Everything else</ListHeading>}
          {rest.map((it) => (
            <InboxRowItem key={it.key} it={it} show={show} current={current} />
          ))}
        </List>
      )}
    </Pane>
  )
}
