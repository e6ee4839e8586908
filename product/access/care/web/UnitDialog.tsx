import type { GivesOf } from '@wardline/platform/contract'
import type { listLocations } from '@wardline/product/access/locations/contract'
import { useAct } from '@wardline/product/access/sessions/web'
import { Button, Dialog, ErrorSummary, Form, Select, TextField, type FormProblem } from '@wardline/ui'
import { useState } from 'react'
import { addUnit, renameUnit, type listUnits } from '../contract.ts'

type Unit = GivesOf<typeof listUnits>['units'][number]
type UnitDialogProps = {
  /** Null: a new one. */
  unit: Unit | null
  sites: GivesOf<typeof listLocations>['locations']
  onSaved: (name: string) => void
  onClose: () => void
}

/** Adds a unit, or gives one another name. */
export const UnitDialog = ({ unit, sites, onSaved, onClose }: UnitDialogProps) => {
  const add = useAct(addUnit)
  const rename = useAct(renameUnit)
  const [id] = useState(() => unit?.unit ?? crypto.randomUUID())
  const [name, setName] = useState(unit?.name ?? '')
  const [location, setLocation] = useState<string | null>(sites.find((it) => it.main)?.location ?? null)
  const [problem, setProblem] = useState<FormProblem | null>(null)
  const submit = async () => {
    const called = name.trim()
    if (called === '') return setProblem({ fieldId: 'unit-name', message: 'Enter the name of the unit.' })
    setProblem(null)
    const result =
      unit === null
        ? await add.run({ body: { unit: id, name: called, ...(location === null ? {} : { location }) } })
        : await rename.run({ params: { unit: id }, body: { name: called } })
    if (result.ok) return onSaved(called)
    const next = result.code === 'not-found' ? 'You can change units of a location where you work.' : result.next
    setProblem({ ...(result.code === 'name-taken' ? { fieldId: 'unit-name' } : {}), message: result.what, next })
  }
  return (
    <Dialog
      isOpen
      onOpenChange={(isOpen) => !isOpen && onClose()}
      size="small"
      title={unit === null ? 'Add a unit' : `Rename ${unit.name}`}
      actions={
        <>
          <Button onPress={onClose}>Cancel</Button>
          <Button variant="primary" isPending={add.isPending || rename.isPending} onPress={() => void submit()}>
            {unit === null ? 'Add the unit' : 'Save the name'}
          </Button>
        </>
      }
    >
      <ErrorSummary problems={problem === null ? [] : [problem]} />
      <Form label="Unit" onSubmit={() => void submit()}>
        <TextField
          id="unit-name"
          label="Name"
          description="As everybody says it, for example 4 West."
          value={name}
          onChange={setName}
          maxLength={80}
          autoFocus
          errorMessage={problem?.fieldId === undefined ? undefined : problem.message}
        />
        {unit === null && sites.length > 0 && (
          <Select
            label="Location"
            options={sites.map((it) => ({ id: it.location, text: it.name }))}
            value={location}
            onChange={(it) => setLocation(String(it))}
          />
        )}
      </Form>
    </Dialog>
  )
}
