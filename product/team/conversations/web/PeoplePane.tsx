import { type ConversationView, type Team, type TeamFailureCode } from '@wardline/product/team/messages/client'
import {
  AlertDialog,
  Avatar,
  Badge,
  Button,
  DotsIcon,
  IconButton,
  KeyIcon,
  Menu,
  MenuItem,
  Pane,
  Panel,
  PlusIcon,
  TrashIcon,
} from '@wardline/ui'
import { lazy, Suspense, useState } from 'react'
import { ArchiveLine } from './ArchiveLine.tsx'
import './conversations.css'
import { SafetyNumber, TeamFailed, useColleagues } from '@wardline/product/team/directory/web'

const AddPeople = lazy(async () => ({ default: (await import('./AddPeople.tsx')).AddPeople }))

type PeoplePaneProps = {
  team: Pick<Team, 'addPeople' | 'removePerson' | 'safetyNumber'>
  it: ConversationView
  me: string
  /** The root that this device has pinned. */
  root: string | null
}

/** Who is in a conversation, whether they are who they say, and who else could ever read it. */
export const PeoplePane = ({ team, it, me, root }: PeoplePaneProps) => {
  const colleagues = useColleagues()
  const [open, setOpen] = useState<{ is: 'number' | 'remove'; person: string } | { is: 'add' } | null>(null)
  const [isPending, setPending] = useState(false)
  const [failed, setFailed] = useState<TeamFailureCode | null>(null)
  const present = it.members.filter((member) => !member.removed)
  const gone = it.members.filter((member) => member.removed)
  const remove = async (person: string) => {
    setPending(true)
    setFailed(null)
    const result = await team.removePerson(it.conversation, person)
    setPending(false)
    setOpen(null)
    if (!result.ok) setFailed(result.code)
  }
  return (
    <Pane title="People" level={2} beside={<span className="people__count">{present.length}</span>}>
      <Panel
        title="In this conversation"
        level={3}
        actions={
          it.kind === 'group' &&
          it.may.add && (
            <Button size="small" icon={<PlusIcon />} onPress={() => setOpen({ is: 'add' })}>
              Add
            </Button>
          )
        }
      >
        {failed !== null && <TeamFailed code={failed} />}
        <ul className="people">
          {present.map(({ person, alarm, renewed }) => (
            <li key={person} className="people__row">
              <Avatar name={colleagues.nameOf(person)} id={person} size={32} />
              <span className="people__words">
                <span className="people__name">
                  {colleagues.nameOf(person)}
                  {person === me && <span className="people__note"> (you)</span>}
                </span>
                <span className="people__note">{colleagues.find(person)?.title}</span>
                {alarm && <Badge tone="urgent">Keys do not verify</Badge>}
                {renewed !== null && !renewed.seen && <Badge tone="urgent">New identity</Badge>}
              </span>
              {(person !== me || it.may.leave) && (
                <Menu
                  label={colleagues.nameOf(person)}
                  placement="bottom end"
                  onAction={(id) => setOpen({ is: id === 'number' ? 'number' : 'remove', person })}
                  trigger={
                    <IconButton label={`More about ${colleagues.nameOf(person)}`} size="small">
                      <DotsIcon />
                    </IconButton>
                  }
                >
                  {person !== me && (
                    <MenuItem id="number" icon={<KeyIcon />} description="Compare it to be sure who they are">
                      Safety number
                    </MenuItem>
                  )}
                  {(person === me ? it.may.leave : it.may.remove) && (
                    <MenuItem id="remove" icon={<TrashIcon />} tone="danger">
                      {person === me ? 'Leave' : 'Remove'}
                    </MenuItem>
                  )}
                </Menu>
              )}
            </li>
          ))}
        </ul>
        {gone.length > 0 && <p className="people__note">Removed: {gone.map((member) => colleagues.nameOf(member.person)).join(', ')}</p>}
      </Panel>
      <Panel title="Who else can read it" level={3}>
        <ArchiveLine root={root} nameOf={colleagues.nameOf} />
      </Panel>
      {open?.is === 'number' && (
        <SafetyNumber team={team} person={open.person} name={colleagues.nameOf(open.person)} onClose={() => setOpen(null)} />
      )}
      <Suspense fallback={null}>{open?.is === 'add' && <AddPeople team={team} it={it} onClose={() => setOpen(null)} />}</Suspense>
      {open?.is === 'remove' && (
        <AlertDialog
          isOpen
          onOpenChange={(isOpen) => !isOpen && setOpen(null)}
          title={open.person === me ? 'Leave this conversation?' : `Remove ${colleagues.nameOf(open.person)}?`}
          actionLabel={open.person === me ? 'Leave this conversation' : `Remove ${colleagues.nameOf(open.person)}`}
          onAction={() => void remove(open.person)}
          isPending={isPending}
        >
          {open.person === me
            ? 'You get no more messages here. What you have stays on your device until it expires. All members see that you left.'
            : 'They are cut off at once, and the next message is sealed without them. What they have read they may keep. All members see it.'}
        </AlertDialog>
      )}
    </Pane>
  )
}
