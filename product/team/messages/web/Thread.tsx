import { useMe } from '@wardline/product/access/provisioning/web'
import { titleOf } from '@wardline/product/team/conversations/web'
import { SafetyNumber, useColleagues } from '@wardline/product/team/directory/web'
import { IdentityNotices } from '@wardline/product/team/lost-keys/web'
import {
  MAX_TEXT,
  routine,
  teamFailures,
  type ConversationView,
  type Team,
  type TeamFailureCode,
} from '@wardline/product/team/messages/client'
import { Badge, Banner, Composer, EmptyState, IconButton, Pane, PaneIcon, Skeleton } from '@wardline/ui'
import { useEffect, useState, type ReactNode, type Ref } from 'react'
import { ThreadLog } from './ThreadLog.tsx'
import { useDraft } from './draft.ts'
import './messages.css'
import { useConversation, useTeam, useThread } from './team.tsx'

type ThreadProps = {
  conversation: string
  onBack: () => void
  /** Opens and closes the pane of people. */
  onDetails: () => void
  composerRef?: Ref<HTMLTextAreaElement>
}

/** A team conversation: who is in it, what was written, where one writes. */
export const Thread = ({ conversation, ...rest }: ThreadProps): ReactNode => {
  const team = useTeam()
  const it = useConversation(conversation)
  if (team === null || it === undefined)
    return (
      <Pane title="Conversation" onBack={rest.onBack}>
        <title>Conversation · Wardline</title>
        <EmptyState title="There is no such conversation here for you">
          It may have been removed from this device, or you are not one of its members. Open one from the inbox.
        </EmptyState>
      </Pane>
    )
  if (it === null)
    return (
      <Pane title="Conversation" onBack={rest.onBack}>
        <title>Conversation · Wardline</title>
        <Skeleton label="Opening the conversation" lines={6} />
      </Pane>
    )
  // A key: what is typed, scrolled and counted as new belongs to one conversation.
  return <OpenThread key={conversation} team={team} it={it} {...rest} />
}

type OpenThreadProps = Omit<ThreadProps, 'conversation'> & { team: Team; it: ConversationView }

const OpenThread = ({ team, it, onBack, onDetails, composerRef }: OpenThreadProps) => {
  const me = useMe()
  const { nameOf, find } = useColleagues()
  const { thread, older } = useThread(it.conversation)
  useShown(team, it)
  const [compared, setCompared] = useState<string | null>(null)
  const title = titleOf(it, me.person, nameOf)
  const present = it.members.filter((member) => !member.removed)
  const other = it.kind === 'direct' ? find(it.members.find((member) => member.person !== me.person)?.person ?? '') : undefined
  return (
    <Pane
      title={title}
      beside={<Badge tone="secure" />}
      subtitle={it.kind === 'direct' ? other?.title : `${present.length} people`}
      onBack={onBack}
      body="fixed"
      actions={
        <IconButton label="People" keys="Mod+." onPress={onDetails}>
          <PaneIcon />
        </IconButton>
      }
    >
      <title>Conversation · Wardline</title>
      <Notices it={it} nameOf={nameOf} />
      <IdentityNotices it={it} me={me.person} team={team} nameOf={nameOf} onCompare={setCompared} />
      {compared !== null && <SafetyNumber team={team} person={compared} name={nameOf(compared)} onClose={() => setCompared(null)} />}
      {thread === undefined ? (
        <Skeleton label="Messages" lines={6} />
      ) : thread.failed !== null ? (
        <Banner tone="danger" title={teamFailures[thread.failed].what}>
          {teamFailures[thread.failed].next}
        </Banner>
      ) : (
        <ThreadLog {...{ title, conversation: it, thread, team, me: me.person, nameOf }} onOlder={older} />
      )}
      <TeamComposer team={team} it={it} title={title} {...(composerRef === undefined ? {} : { composerRef })} />
    </Pane>
  )
}

/** What everybody in the conversation must see before they rely on it. */
const Notices = ({ it, nameOf }: { it: ConversationView; nameOf: (person: string) => string }) => (
  <>
    {it.disputes.map((dispute) => (
      <Banner
        isBar
        key={`${dispute.epoch} ${dispute.reporter}`}
        tone="warning"
        title={`${nameOf(dispute.author)} made a wrong seal for the archive.`}
      >
        {nameOf(dispute.reporter)} found it. What was written then can be read by the members; the archive takes the right seal. Your
        privacy officer sees this too.
      </Banner>
    ))}
    {it.epoch.is === 'alarm' && (
      <Banner isBar tone="danger" title="The newest change of this conversation does not follow by its own rule.">
        It is not used, and nothing can be sent here. Show this to your privacy officer.
      </Banner>
    )}
    {it.epoch.is === 'waiting' && (
      <Banner isBar tone="warning" title="Your key for the newest messages is missing.">
        The other members were asked for it. It comes by itself when one of them is online.
      </Banner>
    )}
    {!it.member && (
      <Banner isBar tone="info">
        You are no longer in this conversation. What you have stays readable on this device.
      </Banner>
    )}
  </>
)

const TeamComposer = ({
  team,
  it,
  title,
  composerRef,
}: Pick<OpenThreadProps, 'team' | 'it'> & { title: string; composerRef?: Ref<HTMLTextAreaElement> }) => {
  const { text, setText } = useDraft(it.conversation)
  const [failed, setFailed] = useState<TeamFailureCode | null>(null)
  const disabledReason = !it.member
    ? 'You are no longer in this conversation.'
    : it.epoch.is === 'alarm'
      ? 'This conversation has stopped for safety.'
      : text.length > MAX_TEXT
        ? `The message is ${text.length - MAX_TEXT} characters too long. Send it in parts.`
        : undefined
  const send = async () => {
    const sent = text
    // At once: the field is free for the next message, and the engine keeps what was written.
    setText('')
    setFailed(null)
    const result = await team.send(it.conversation, { id: crypto.randomUUID(), body: { kind: 'text', text: sent.trim() }, flags: routine })
    if (result.ok) return
    setFailed(result.code)
    setText(sent)
  }
  return (
    <>
      {failed !== null && (
        <Banner tone="danger" isBar title={teamFailures[failed].what} live="polite" onDismiss={() => setFailed(null)}>
          {teamFailures[failed].next}
        </Banner>
      )}
      <Composer
        label={`Message to ${title}`}
        value={text}
        onChange={setText}
        onSend={() => void send()}
        disabledReason={disabledReason}
        {...(composerRef === undefined ? {} : { textAreaRef: composerRef })}
      />
    </>
  )
}

/** Tells the engine that the newest message is in front of a person: only while the window is in view. */
function useShown(team: Team, it: ConversationView): void {
  const { conversation, lastSequence, shown } = it
  useEffect(() => {
    if (lastSequence <= shown) return
    const tell = () => {
      if (document.visibilityState === 'visible') void team.markShown(conversation, lastSequence)
    }
    tell()
    document.addEventListener('visibilitychange', tell)
    return () => document.removeEventListener('visibilitychange', tell)
  }, [team, conversation, lastSequence, shown])
}
