import { type ConversationView, type Team, type TeamFailureCode } from '@wardline/product/team/messages/client'
import { Button, Checkbox, Dialog } from '@wardline/ui'
import { useState } from 'react'
import { PeoplePicker } from './PeoplePicker.tsx'
import { TeamFailed, useColleagues } from '@wardline/product/team/directory/web'

type AddPeopleProps = { team: Pick<Team, 'addPeople'>; it: ConversationView; onClose: () => void }

/** Adds people to a group, with or without what was written before. */
export const AddPeople = ({ team, it, onClose }: AddPeopleProps) => {
  const colleagues = useColleagues()
  const [chosen, setChosen] = useState<readonly string[]>([])
  const [withHistory, setWithHistory] = useState(false)
  const [isPending, setPending] = useState(false)
  const [problem, setProblem] = useState<string>()
  const [failed, setFailed] = useState<TeamFailureCode | null>(null)
  const members = new Set(it.members.filter((member) => !member.removed).map((member) => member.person))
  const add = async () => {
    if (chosen.length === 0) return setProblem('Choose at least one person.')
    setProblem(undefined)
    setFailed(null)
    setPending(true)
    const result = await team.addPeople(it.conversation, chosen, withHistory)
    setPending(false)
    if (result.ok) onClose()
    else setFailed(result.code)
  }
  return (
    <Dialog
      title="Add people"
      isOpen
      onOpenChange={(isOpen) => !isOpen && onClose()}
      actions={
        <>
          <Button onPress={onClose}>Cancel</Button>
          <Button variant="primary" onPress={() => void add()} isPending={isPending}>
            {chosen.length === 1 ? 'Add 1 person' : chosen.length > 1 ? `Add ${chosen.length} people` : 'Add'}
          </Button>
        </>
      }
    >
      {failed !== null && <TeamFailed code={failed} />}
      <PeoplePicker
        label="Whom"
        people={colleagues.list.filter((person) => !members.has(person.person))}
        chosen={chosen}
        onChange={setChosen}
        errorMessage={problem}
      />
      <Checkbox
        isSelected={withHistory}
        onChange={setWithHistory}
        description="As far as the conversation's own rule allows it. All members see it."
      >
        They may read what was written before
      </Checkbox>
    </Dialog>
  )
}
