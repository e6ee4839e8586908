import type { GivesOf } from '@wardline/platform/contract'
import { roles as allRoles, opensRecords, matrix, may, roleWords, type Action, type Role } from '@wardline/product/access/roles/preview'
import { useAct } from '@wardline/product/access/sessions/web'
import { Banner, Button, Checkbox, CheckboxGroup, Dialog, ErrorSummary, Form, TextArea, type FormProblem } from '@wardline/ui'
import { useState } from 'react'
import { keepRecords, type recordNetworks } from '../contract.ts'
import { namedLine, readLines, writeLines } from './lines.ts'

type SetRecordNetworksProps = {
  inForce: GivesOf<typeof recordNetworks>['inForce']
  here: string
  places: readonly { location: string; name: string }[]
  onSaved: (waits: boolean) => void
  onClose: () => void
}

const opening = (Object.keys(matrix) as Action[]).filter(opensRecords)
/** Roles that open any records. */
const openers = allRoles.filter((role) => opening.some((action) => may([role], action).yes))

/** Says to which networks records are kept and for whom. It counts once a second person agrees. */
export const SetRecordNetworks = ({ inForce, here, places, onSaved, onClose }: SetRecordNetworksProps) => {
  const save = useAct(keepRecords)
  const [text, setText] = useState(writeLines(inForce?.networks ?? []))
  const [roles, setRoles] = useState<readonly Role[]>(inForce?.roles ?? openers)
  const [locations, setLocations] = useState<readonly string[]>(inForce?.locations ?? [])
  const [isMeant, setMeant] = useState(false)
  const [problem, setProblem] = useState<(FormProblem & { code: string }) | null>(null)
  const submit = async () => {
    const networks = readLines(text)
    setProblem(null)
    if (roles.length === 0)
      return setProblem({ code: 'no-role', fieldId: 'records-roles', message: 'Choose at least one role.', next: 'Nothing was saved.' })
    const result = await save.run({
      body: { networks, roles: [...roles], locations: [...locations], ...(isMeant ? { anyway: true } : {}) },
    })
    if (!result.ok)
      return setProblem({
        code: result.code,
        fieldId: 'records-list',
        message: result.what + namedLine(result.field, networks),
        next: result.next,
      })
    onSaved(result.value.waits)
  }
  return (
    <Dialog
      isOpen
      onOpenChange={(isOpen) => !isOpen && onClose()}
      title="From where records are opened"
      actions={
        <>
          <Button onPress={onClose}>Cancel</Button>
          <Button variant="primary" isPending={save.isPending} onPress={() => void submit()}>
            Ask for it
          </Button>
        </>
      }
    >
      <ErrorSummary problems={problem === null ? [] : [problem]} />
      <Banner tone="info" title="A second person agrees, inside these networks, before it counts.">
        From elsewhere these people are told to join the staff network. They still write and read messages, and open a record in an
        emergency. You come from <span className="wl-mono">{here}</span>.
      </Banner>
      <Form label="Networks for patients’ records" onSubmit={() => void submit()}>
        <TextArea
          id="records-list"
          label="Networks"
          description="One a line, with its name after it: 203.0.113.0/24 Staff Wi-Fi. No line: from everywhere."
          value={text}
          onChange={setText}
          autoFocus
          errorMessage={problem?.fieldId === 'records-list' ? problem.message : undefined}
        />
        {problem?.code === 'closes-to-you' && (
          <Checkbox isSelected={isMeant} onChange={setMeant}>
            I mean it: somebody inside these networks agrees
          </Checkbox>
        )}
        <CheckboxGroup
          id="records-roles"
          {...(problem?.fieldId === 'records-roles' ? { errorMessage: problem.message } : {})}
          label="Whom it binds"
          description="Who also has another role that opens records keeps what that one opens."
          value={[...roles]}
          onChange={(held) => setRoles(openers.filter((it) => held.includes(it)))}
          options={openers.map((id) => ({ id, label: roleWords[id] }))}
        />
        {places.length > 0 && (
          <CheckboxGroup
            label="Who work at"
            description="None: wherever they work."
            value={[...locations]}
            onChange={(ids) => setLocations(ids)}
            options={places.map((it) => ({ id: it.location, label: it.name }))}
          />
        )}
      </Form>
    </Dialog>
  )
}
