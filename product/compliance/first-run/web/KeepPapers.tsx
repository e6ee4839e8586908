import type { CeremonyFile } from '@wardline/product/compliance/archive/client'
import { Actions, Button, ErrorSummary, Form, Prose, TextField, type FormProblem } from '@wardline/ui'
import { useState } from 'react'
import { groupsToRetype } from '../preview.ts'
import './first-run.css'

const plain = (typed: string) => typed.replace(/[\s-]/g, '').toUpperCase()
const secretLine = /^(Root key|Share): +(.+)$/m

/** The secret of a paper in the groups in which it is printed; none on the paper that only explains. */
const groupsOf = (text: string): readonly string[] => (secretLine.exec(text)?.[2] ?? '').split(/[\s-]+/).filter((it) => it !== '')

/** Two papers are read back: the root's key, and one of the shares. */
function asked(papers: readonly CeremonyFile[]): { paper: CeremonyFile; groups: readonly string[]; at: readonly number[] }[] {
  const drawn = crypto.getRandomValues(new Uint8Array(5))
  const secret = papers.filter((it) => groupsOf(it.text).length > 0)
  const [root, ...shares] = secret
  const share = shares[(drawn[4] ?? 0) % Math.max(1, shares.length)]
  return [root, share]
    .filter((it) => it !== undefined)
    .map((paper, index) => {
      const groups = groupsOf(paper.text)
      return { paper, groups, at: groupsToRetype(groups.length, [drawn[index * 2] ?? 0, drawn[index * 2 + 1] ?? 0]).slice(0, 1) }
    })
}

type KeepPapersProps = {
  papers: readonly CeremonyFile[]
  isPending: boolean
  /** What was read back is right: the papers are legible. */
  onKept: () => void
  /** Throws these papers away. */
  onAgain: () => void
}

/** The papers of a ceremony, to print or to save, and a part of them to type again. */
export const KeepPapers = ({ papers, isPending, onKept, onAgain }: KeepPapersProps) => {
  const [isAsking, setAsking] = useState(false)
  const [questions] = useState(() => asked(papers))
  const [typed, setTyped] = useState<readonly string[]>(['', ''])
  const [problems, setProblems] = useState<readonly FormProblem[]>([])
  const save = (paper: CeremonyFile) => {
    const link = document.createElement('a')
    link.href = URL.createObjectURL(new Blob([paper.text], { type: 'text/plain' }))
    link.download = paper.name
    link.click()
    URL.revokeObjectURL(link.href)
  }
  const check = () => {
    const found = questions.flatMap(({ groups, at }, index) =>
      plain(typed[index] ?? '') === plain(groups[at[0] ?? 0] ?? '')
        ? []
        : [{ fieldId: `paper-${index}`, message: `Group ${(at[0] ?? 0) + 1} is not what was shown. Compare it with the paper.` }],
    )
    setProblems(found)
    if (found.length === 0) onKept()
  }
  if (isAsking)
    return (
      <>
        <Prose>
          <p>So that we know the papers are legible: type one group from each of two of them.</p>
        </Prose>
        <ErrorSummary problems={problems} />
        <Form label="Papers read back" onSubmit={check}>
          {questions.map(({ paper, at }, index) => (
            <TextField
              key={paper.name}
              id={`paper-${index}`}
              label={`Group ${(at[0] ?? 0) + 1} of ${paper.name}`}
              description={index === 0 ? 'The groups after “Root key”.' : 'The groups after “Share”.'}
              value={typed[index] ?? ''}
              onChange={(it) => setTyped(typed.map((before, i) => (i === index ? it : before)))}
              autoComplete="off"
              spellCheck="false"
              isMono
              autoFocus={index === 0}
              errorMessage={problems.find((it) => it.fieldId === `paper-${index}`)?.message}
            />
          ))}
          <Actions>
            <Button onPress={() => setAsking(false)}>Show the papers again</Button>
            <Button type="submit" variant="primary" isPending={isPending} pendingLabel="Storing the public half">
              Store the keys
            </Button>
          </Actions>
        </Form>
      </>
    )
  return (
    <>
      <Prose>
        <p>
          These papers are shown <strong>this once</strong>, and nothing is stored until you have read a part of them back. Print them, or
          save each on a stick that only its owner keeps. Nobody should hold two shares.
        </p>
      </Prose>
      <div className="first-run__papers">
        {papers.map((paper) => (
          <div key={paper.name}>
            <section className="first-run__paper" aria-label={paper.name} translate="no">
              {paper.text}
            </section>
            <Actions>
              <Button size="small" aria-label={`Save ${paper.name}`} onPress={() => save(paper)}>
                Save
              </Button>
            </Actions>
          </div>
        ))}
      </div>
      <Actions>
        <Button onPress={onAgain}>Throw these away</Button>
        <Button onPress={() => window.print()}>Print all</Button>
        <Button variant="primary" onPress={() => setAsking(true)}>
          They are printed or saved
        </Button>
      </Actions>
    </>
  )
}
