import { Actions, Banner, Button, ErrorSummary, Form, Prose, TextField, type FormProblem } from '@wardline/ui'
import { useState } from 'react'
import './devices.css'

/** The groups of a printed key, and the letters of a typed one. */
const groupsOf = (key: string) => key.split(/[\s-]+/).filter((it) => it !== '')
const plain = (typed: string) => typed.replace(/[\s-]/g, '').toUpperCase()

/** Two different groups to type again, of as many as there are. */
const chosen = (count: number): readonly [number, number] => {
  const drawn = crypto.getRandomValues(new Uint8Array(2))
  const first = (drawn[0] ?? 0) % count
  return [first, (first + 1 + ((drawn[1] ?? 0) % (count - 1))) % count].sort((a, b) => a - b) as unknown as readonly [number, number]
}

type KeepRecoveryKeyProps = {
  recoveryKey: string
  person: string
  organisation: string
  /** Both groups were typed right: the person has the key. */
  onKept: () => void
  isPending: boolean
  /** What comes after it. */
  next?: string
}

/** Shows a new recovery key, once, lets it be printed, and asks for two of its groups back. */
export const KeepRecoveryKey = ({
  recoveryKey,
  person,
  organisation,
  onKept,
  isPending,
  next = 'Your messages are open on this device as soon as this is done.',
}: KeepRecoveryKeyProps) => {
  const groups = groupsOf(recoveryKey)
  const [asked] = useState(() => chosen(groups.length))
  const [isAsking, setAsking] = useState(false)
  const [typed, setTyped] = useState<readonly [string, string]>(['', ''])
  const [problems, setProblems] = useState<readonly FormProblem[]>([])
  const check = () => {
    const found = asked.flatMap((group, index) =>
      plain(typed[index as 0 | 1]) === plain(groups[group] ?? '')
        ? []
        : [
            {
              fieldId: `recovery-group-${index}`,
              message: `Group ${group + 1} is not what was shown. Compare it with your print or note.`,
            },
          ],
    )
    setProblems(found)
    if (found.length === 0) onKept()
  }
  if (!isAsking)
    return (
      <>
        <Prose>
          <p>
            With this key you open your messages on another device, or here if the browser loses its data. It is shown{' '}
            <strong>this once</strong>. Nobody can make it again, and whoever has it can read what you can read.
          </p>
        </Prose>
        <div className="recovery-kit">
          <p className="recovery-kit__title">Recovery key</p>
          <p className="recovery-kit__whose">
            {person}, {organisation}
          </p>
          <p className="recovery-kit__key" translate="no">
            {groups.map((group, index) => (
              <span key={index} className="recovery-kit__group">
                {group}{' '}
              </span>
            ))}
          </p>
          <p className="recovery-kit__hint">Keep this sheet where you keep your keys, not at the screen.</p>
        </div>
        <Actions>
          <Button onPress={() => window.print()}>Print it</Button>
          <Button variant="primary" onPress={() => setAsking(true)}>
            I have kept it
          </Button>
        </Actions>
      </>
    )
  return (
    <>
      <Prose>
        <p>So that we know it is legible: type two of its eight groups from your print or note.</p>
      </Prose>
      <ErrorSummary problems={problems} />
      <Form label="Recovery key check" onSubmit={check}>
        {asked.map((group, index) => (
          <TextField
            key={group}
            id={`recovery-group-${index}`}
            label={`Group ${group + 1}`}
            value={typed[index as 0 | 1]}
            onChange={(text) => setTyped(index === 0 ? [text, typed[1]] : [typed[0], text])}
            autoComplete="off"
            spellCheck="false"
            isMono
            autoFocus={index === 0}
            errorMessage={problems.find((it) => it.fieldId === `recovery-group-${index}`)?.message}
          />
        ))}
        <Actions>
          <Button onPress={() => setAsking(false)}>Show the key again</Button>
          <Button type="submit" variant="primary" isPending={isPending}>
            Done
          </Button>
        </Actions>
      </Form>
      <Banner tone="info">{next}</Banner>
    </>
  )
}
