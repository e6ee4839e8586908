import { reissueEnrolment } from '@wardline/product/access/provisioning/contract'
import { useMe } from '@wardline/product/access/provisioning/web'
import { FailedBanner, useAct } from '@wardline/product/access/sessions/web'
import { Actions, Badge, Banner, Button, DataTable, Form, Prose, TextArea } from '@wardline/ui'
import { useRef, useState } from 'react'
import { checkPeople, importLimit, importPeople } from '../contract.ts'
import type { RowProblem } from '../contract.ts'
import { readPeople, type PeopleRow } from '../preview.ts'
import { CodeSheets, type Code } from './CodeSheets.tsx'
import { useLookAgain, type StepProps } from './standing.ts'
import { rowWords } from './step-words.ts'

type Judged = { rows: readonly PeopleRow[]; problems: readonly (readonly RowProblem[])[] }

/** People from a pasted list or a file, seen before they are added; then their codes, to hand out. */
export const PeopleStep = ({ standing, onDone }: StepProps) => {
  const me = useMe()
  const [pasted, setPasted] = useState('')
  const [judged, setJudged] = useState<Judged | null>(null)
  const [codes, setCodes] = useState<readonly Code[] | null>(null)
  const check = useAct(checkPeople)
  const add = useAct(importPeople)
  const renew = useAct(reissueEnrolment)
  const lookAgain = useLookAgain()
  const file = useRef<HTMLInputElement>(null)
  const rows = readPeople(pasted)
  const tooMany = rows.length > importLimit
  const bodyOf = (of: readonly PeopleRow[]) => ({
    rows: of.map((it) => ({
      name: it.name.slice(0, 120),
      signInName: it.signInName.slice(0, 64),
      title: it.title.slice(0, 120),
      roles: it.roles.slice(0, 8).map((role) => role.slice(0, 40)),
    })),
  })
  const look = async () => {
    if (rows.length === 0 || tooMany) return
    const result = await check.run({ body: bodyOf(rows) })
    if (result.ok) setJudged({ rows, problems: result.value.problems })
  }
  const send = async () => {
    if (judged === null) return
    const result = await add.run({ body: bodyOf(judged.rows) })
    if (!result.ok) return setJudged(null)
    setCodes(result.value.people)
    setPasted('')
    setJudged(null)
    await lookAgain()
  }
  if (codes !== null)
    return (
      <CodeSheets
        codes={codes}
        organisation={me.organisation.name}
        onDone={() => {
          setCodes(null)
          onDone()
        }}
      />
    )
  const wrong = judged?.problems.filter((found) => found.length > 0).length ?? 0
  const failed = add.failed ?? check.failed ?? renew.failed
  return (
    <>
      {failed && <FailedBanner failed={failed} />}
      {judged === null ? (
        <Form label="People" onSubmit={() => void look()}>
          <TextArea
            id="people-list"
            label="People, one a line"
            description="Name, sign-in name, role, title: copied from a spreadsheet, or with commas between. Without a sign-in name one is made. Roles: clinician, nurse, front desk, operator, auditor."
            rows={6}
            value={pasted}
            onChange={setPasted}
            spellCheck="false"
            placeholder={'Ana Rivera, ana.rivera, nurse, RN\nBen Okafor, ben, front desk'}
            {...(tooMany ? { errorMessage: `At most ${importLimit} people at once. Paste the rest afterwards.` } : {})}
          />
          <input
            ref={file}
            type="file"
            accept=".csv,.txt,text/csv,text/plain"
            hidden
            aria-label="File with people"
            onChange={(event) => void event.target.files?.[0]?.text().then(setPasted)}
          />
          <Actions>
            <Button onPress={() => file.current?.click()}>Read a CSV file</Button>
            <Button type="submit" variant="primary" isPending={check.isPending} isDisabled={rows.length === 0}>
              Look at the list
            </Button>
          </Actions>
          <Prose>
            <p>
              Officers are named in the next step, and a second administrator when Wardline is open: Settings, People and roles, where an
              officer agrees.
            </p>
          </Prose>
        </Form>
      ) : (
        <>
          {wrong > 0 && (
            <Banner tone="danger" title={`${wrong} of ${judged.rows.length} rows cannot be added.`} live="polite">
              Nobody has been added. Correct the rows that are named, then look again.
            </Banner>
          )}
          <DataTable
            caption={`People in the list: ${judged.rows.length}`}
            onPhones="stack"
            rows={judged.rows.map((it, index) => ({ ...it, index, problems: judged.problems[index] ?? [] }))}
            rowKey={(it) => String(it.index)}
            columns={[
              { id: 'name', title: 'Name', cell: (it) => (it.name === '' ? 'Not given' : it.name), isRowHeader: true },
              { id: 'sign-in', title: 'Signs in as', cell: (it) => <span className="wl-mono">{it.signInName}</span> },
              { id: 'roles', title: 'Roles', cell: (it) => it.roles.join(', ').replaceAll('-', ' ') },
              {
                id: 'state',
                title: 'Can be added',
                cell: (it) =>
                  it.problems.length === 0 ? (
                    <Badge tone="ok">Yes</Badge>
                  ) : (
                    `No. ${it.problems.map((problem) => rowWords[problem]).join(' ')}`
                  ),
              },
            ]}
          />
          <Actions>
            <Button onPress={() => setJudged(null)}>Change the list</Button>
            <Button variant="primary" isDisabled={wrong > 0} isPending={add.isPending} onPress={() => void send()}>
              {judged.rows.length === 1 ? 'Add 1 person' : `Add ${judged.rows.length} people`}
            </Button>
          </Actions>
        </>
      )}
      {judged === null && standing.waiting.length > 0 && (
        <>
          <Prose>
            <h2>Not signed in yet</h2>
            <p>A new code ends the earlier one. Hand it over in person.</p>
          </Prose>
          <ul className="first-run__items">
            {standing.waiting.map((it) => (
              <li key={it.person} className="first-run__item">
                <span className="first-run__words">
                  <strong>{it.name}</strong>
                  <span className="first-run__note wl-mono">{it.signInName}</span>
                </span>
                <Button
                  size="small"
                  aria-label={`New code for ${it.name}`}
                  isPending={renew.isPending}
                  onPress={() =>
                    void renew.run({ params: { person: it.person } }).then((result) => {
                      if (result.ok) setCodes([{ ...result.value, name: it.name, signInName: it.signInName }])
                    })
                  }
                >
                  New code
                </Button>
              </li>
            ))}
          </ul>
        </>
      )}
      {judged === null && standing.people.length > 1 && (
        <Actions>
          <Button onPress={onDone}>Go on with these {standing.people.length} people</Button>
        </Actions>
      )}
    </>
  )
}
