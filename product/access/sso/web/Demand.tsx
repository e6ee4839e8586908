import { useQueryClient } from '@tanstack/react-query'
import type { GivesOf } from '@wardline/platform/contract'
import { people } from '@wardline/product/access/provisioning/contract'
import { useMay } from '@wardline/product/access/provisioning/web'
import { keyOf, useAct, useAsk } from '@wardline/product/access/sessions/web'
import { Button, CheckboxGroup, Dialog, ErrorSummary, Form, RadioGroup, useDone, type FormProblem } from '@wardline/ui'
import { useState } from 'react'
import { connections, setDemand } from '../contract.ts'

type Standing = Pick<GivesOf<typeof connections>, 'connections' | 'demanded' | 'exempt'>

const nobody = 'nobody'

/** Whether everybody must sign in by the organisation's provider, and who may come in without it while it is away. */
export const Demand = (it: Standing) => {
  const maySet = useMay('directory.set').yes
  const named = useAsk(people)
  const { done, say } = useDone()
  const [isOpen, setOpen] = useState(false)
  const nameOf = (person: string) => named.data?.people.find((one) => one.id === person)?.name ?? 'somebody whose access has ended'
  const demanded = it.connections.find((one) => one.id === it.demanded)
  return (
    <section className="directory__one" aria-label="Who must use it">
      {done}
      <div className="directory__row">
        <span>
          <strong>Who must use it</strong>
        </span>
        {maySet && (
          <span className="directory__buttons">
            <Button size="small" isDisabled={!named.data} onPress={() => setOpen(true)}>
              Change who must use it
            </Button>
          </span>
        )}
      </div>
      <p className="page__quiet">
        {demanded === undefined
          ? 'Nobody: who has a password, passkey or code of our own signs in with that too.'
          : `Everybody signs in by ${demanded.label}. While it is away only ${it.exempt.map(nameOf).join(' and ')} can come in, and officers are told each time.`}
      </p>
      {isOpen && (
        <DemandDialog
          {...it}
          administrators={(named.data?.people ?? []).filter((one) => one.roles.includes('administrator'))}
          onClose={() => setOpen(false)}
          onSaved={(label) => {
            setOpen(false)
            say(label === null ? 'Nobody must use a connection any more.' : `Everybody must sign in by ${label} from now on.`)
          }}
        />
      )}
    </section>
  )
}

type DemandDialogProps = Standing & {
  administrators: GivesOf<typeof people>['people']
  onSaved: (label: string | null) => void
  onClose: () => void
}

const DemandDialog = ({ connections: all, demanded, exempt, administrators, onSaved, onClose }: DemandDialogProps) => {
  const queries = useQueryClient()
  const save = useAct(setDemand)
  const [connection, setConnection] = useState<string | null>(demanded)
  const [named, setNamed] = useState<readonly string[]>(exempt)
  const [problem, setProblem] = useState<FormProblem | null>(null)
  const submit = async () => {
    setProblem(null)
    const result = await save.run({ body: { connection, exempt: connection === null ? [] : [...named] } })
    if (!result.ok) {
      const fieldId = result.code === 'not-tried' ? 'demand-which' : 'demand-exempt'
      return setProblem({ fieldId, message: result.what, next: result.next })
    }
    await queries.invalidateQueries({ queryKey: keyOf(connections) })
    onSaved(all.find((it) => it.id === connection)?.label ?? null)
  }
  const messageFor = (id: string) => (problem?.fieldId === id ? problem.message : undefined)
  return (
    <Dialog
      isOpen
      onOpenChange={(isOpen) => !isOpen && onClose()}
      title="Who must use it"
      actions={
        <>
          <Button onPress={onClose}>Cancel</Button>
          <Button variant="primary" isPending={save.isPending} onPress={() => void submit()}>
            {connection === null ? 'Demand it of nobody' : 'Demand it of everybody'}
          </Button>
        </>
      }
    >
      <ErrorSummary problems={problem === null ? [] : [problem]} />
      <Form label="Demand" onSubmit={() => void submit()}>
        <div id="demand-which">
          <RadioGroup
            label="Everybody must sign in by"
            description="Other ways to sign in are refused from then on. Who is signed in stays so."
            value={connection ?? nobody}
            onChange={(id) => setConnection(id === nobody ? null : id)}
            options={[
              { id: nobody, label: 'No connection: every way is open' },
              ...all.map((it) => ({
                id: it.id,
                label: it.label,
                ...(it.on ? {} : { description: 'It is off.', isDisabled: true }),
              })),
            ]}
            errorMessage={messageFor('demand-which')}
          />
        </div>
        {connection !== null && (
          <div id="demand-exempt">
            <CheckboxGroup
              label="Who may come in without it"
              description="For the day on which the provider is away. Name two administrators who have a password or passkey of their own. Each time one of them comes in so, every officer is told."
              value={[...named]}
              onChange={setNamed}
              options={administrators.map((it) => ({ id: it.id, label: it.name }))}
              errorMessage={messageFor('demand-exempt')}
            />
          </div>
        )}
      </Form>
    </Dialog>
  )
}
