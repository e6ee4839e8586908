import { type Team, type TeamFailureCode } from '@wardline/product/team/messages/client'
import { Badge, Button, Dialog, Form, RadioGroup } from '@wardline/ui'
import { useState } from 'react'
import { PeoplePicker } from './PeoplePicker.tsx'
import { TeamFailed, useColleagues } from '@wardline/product/team/directory/web'

type NewConversationProps = {
  team: Pick<Team, 'createConversation'>
  me: string
  /** Chosen already, for instance from the palette. */
  people?: readonly string[]
  onBegun: (conversation: string) => void
  onClose: () => void
}

/** Whom to write to: one person is a direct conversation, several are a group. */
export const NewConversation = ({ team, me, people = [], onBegun, onClose }: NewConversationProps) => {
  const colleagues = useColleagues()
  const [conversation] = useState(() => crypto.randomUUID())
  const [chosen, setChosen] = useState<readonly string[]>(people)
  const [history, setHistory] = useState<'from-join' | 'all'>('from-join')
  const [isPending, setPending] = useState(false)
  const [problem, setProblem] = useState<string>()
  const [failed, setFailed] = useState<TeamFailureCode | null>(null)
  const begin = async () => {
    if (chosen.length === 0) return setProblem('Choose at least one person.')
    setProblem(undefined)
    setFailed(null)
    setPending(true)
    const result = await team.createConversation({
      conversation,
      kind: chosen.length === 1 ? 'direct' : 'group',
      people: chosen,
      ...(chosen.length === 1 ? {} : { history }),
    })
    setPending(false)
    if (result.ok) onBegun(result.value.conversation)
    else setFailed(result.code)
  }
  return (
    <Dialog
      title="New message"
      subtitle={<Badge tone="secure">Encrypted between your devices</Badge>}
      isOpen
      onOpenChange={(isOpen) => !isOpen && onClose()}
      actions={
        <>
          <Button onPress={onClose}>Cancel</Button>
          <Button variant="primary" onPress={() => void begin()} isPending={isPending} pendingLabel="Making the keys of the conversation">
            {chosen.length > 1 ? `Write to ${chosen.length} people` : 'Write'}
          </Button>
        </>
      }
    >
      {failed !== null && <TeamFailed code={failed} />}
      <Form label="New message" onSubmit={() => void begin()}>
        <PeoplePicker
          label="To"
          people={colleagues.list.filter((it) => it.person !== me)}
          chosen={chosen}
          onChange={setChosen}
          errorMessage={problem}
        />
        {chosen.length > 1 && (
          <RadioGroup
            label="People who are added later"
            value={history}
            onChange={(it) => setHistory(it === 'all' ? 'all' : 'from-join')}
            options={[
              { id: 'from-join', label: 'Read from when they joined' },
              { id: 'all', label: 'May read everything from the beginning' },
            ]}
          />
        )}
      </Form>
    </Dialog>
  )
}
