import type { GivesOf } from '@wardline/platform/contract'
import { useAct } from '@wardline/product/access/sessions/web'
import { Banner, Button, Checkbox, Dialog, ErrorSummary, Form, RadioGroup, TextArea, type FormProblem } from '@wardline/ui'
import { useState } from 'react'
import { outsideWords, setAdminNetworks, type adminNetworks, type Outside } from '../contract.ts'
import { namedLine, readLines, writeLines } from './lines.ts'

type SetNetworksProps = { standing: GivesOf<typeof adminNetworks>; onSaved: (text: string) => void; onClose: () => void }

const trial = 15

/** Says from which networks administration is done; nobody locks themselves out by it. */
export const SetNetworks = ({ standing: { inForce, here }, onSaved, onClose }: SetNetworksProps) => {
  const save = useAct(setAdminNetworks)
  const [text, setText] = useState(writeLines(inForce.networks))
  const [outside, setOutside] = useState<Outside>(inForce.outside)
  const [isTrial, setTrial] = useState(false)
  const [problem, setProblem] = useState<FormProblem | null>(null)
  const submit = async () => {
    const networks = readLines(text)
    setProblem(null)
    const result = await save.run({ body: { networks, outside, ...(isTrial ? { trialMinutes: trial } : {}) } })
    if (!result.ok) {
      return setProblem({ fieldId: 'networks-list', message: result.what + namedLine(result.field, networks), next: result.next })
    }
    onSaved(
      result.value.waits
        ? `It counts once a second person agrees${networks.length > 0 && outside === 'absent' ? ', from one of its networks' : ''}.`
        : networks.length === 0
          ? 'Administration is done from everywhere.'
          : isTrial
            ? `The list is tried for ${trial} minutes. Keep it from one of its networks.`
            : 'The list counts from now on.',
    )
  }
  return (
    <Dialog
      isOpen
      onOpenChange={(isOpen) => !isOpen && onClose()}
      title="From where administration is done"
      actions={
        <>
          <Button onPress={onClose}>Cancel</Button>
          <Button variant="primary" isPending={save.isPending} onPress={() => void submit()}>
            {isTrial ? `Try it for ${trial} minutes` : 'Save the list'}
          </Button>
        </>
      }
    >
      <ErrorSummary problems={problem === null ? [] : [problem]} />
      <Banner tone="info" title="You cannot lock yourself out.">
        A list without your own network is refused, unless you only try it: after {trial} minutes the one before comes back, unless somebody
        inside the new one keeps it. What hides administration elsewhere, or opens more than before, counts once an officer agrees. You come
        from <span className="wl-mono">{here}</span>.
      </Banner>
      <Form label="Networks" onSubmit={() => void submit()}>
        <TextArea
          id="networks-list"
          label="Networks"
          description="One a line, with its name after it: 203.0.113.0/24 Main office. No line: from everywhere."
          value={text}
          onChange={setText}
          autoFocus
          errorMessage={problem?.message}
        />
        <RadioGroup
          label="Administration from elsewhere"
          description="Patients’ care goes on from everywhere."
          value={outside}
          onChange={(id) => setOutside(id === 'step-up' ? 'step-up' : 'absent')}
          options={(['absent', 'step-up'] as const).map((id) => ({ id, label: outsideWords[id] }))}
        />
        <Checkbox isSelected={isTrial} onChange={setTrial}>
          Only try it for {trial} minutes
        </Checkbox>
      </Form>
    </Dialog>
  )
}
