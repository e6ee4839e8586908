import { addLocation, listLocations } from '@wardline/product/access/locations/contract'
import { FailedBanner, keyOf, useAct, useAsk } from '@wardline/product/access/sessions/web'
import { useQueryClient } from '@tanstack/react-query'
import { Actions, Button, ComboBox, ErrorSummary, Form, Prose, TextField, type FormProblem } from '@wardline/ui'
import { useMemo, useState } from 'react'
import { changeOrganisation } from '../contract.ts'
import { useMark, type StepProps } from './standing.ts'

/** Name, time zone, places. */
export const OrganisationStep = ({ standing, onDone }: StepProps) => {
  const { organisation } = standing
  const zones = useMemo(() => {
    const known = Intl.supportedValuesOf('timeZone')
    return (known.includes(organisation.zone) ? known : [organisation.zone, ...known]).map((id) => ({ id, text: id.replaceAll('_', ' ') }))
  }, [organisation.zone])
  const [name, setName] = useState(organisation.name)
  const [zone, setZone] = useState<string | null>(organisation.zone)
  const [problems, setProblems] = useState<readonly FormProblem[]>([])
  const change = useAct(changeOrganisation)
  const { set, failed, isPending } = useMark()
  const save = async () => {
    const missing = [
      ...(name.trim() === '' ? [{ fieldId: 'organisation-name', message: 'Enter the organisation’s name.' }] : []),
      ...(zone === null ? [{ fieldId: 'organisation-zone', message: 'Choose a time zone.' }] : []),
    ]
    setProblems(missing)
    if (missing.length > 0 || zone === null) return
    const isSame = name.trim() === organisation.name && zone === organisation.zone
    if (!isSame && !(await change.run({ body: { name: name.trim(), zone } })).ok) return
    if (await set('organisation', 'looked-at')) onDone()
  }
  return (
    <>
      {(change.failed ?? failed) && <FailedBanner failed={(change.failed ?? failed)!} />}
      <ErrorSummary problems={problems} />
      <Form label="The organisation" onSubmit={() => void save()}>
        <TextField
          id="organisation-name"
          label="Name"
          description="As patients and staff know it."
          value={name}
          onChange={(it) => setName(it.slice(0, 200))}
          errorMessage={problems.find((it) => it.fieldId === 'organisation-name')?.message}
        />
        <ComboBox
          id="organisation-zone"
          label="Time zone"
          description="Quiet hours and dates of visits follow it."
          options={zones}
          value={zone}
          onChange={(it) => setZone(it === null ? null : String(it))}
          errorMessage={problems.find((it) => it.fieldId === 'organisation-zone')?.message}
        />
        <Actions>
          <Button type="submit" variant="primary" isPending={change.isPending || isPending}>
            This is right
          </Button>
        </Actions>
      </Form>
      <Places zone={zone ?? organisation.zone} />
    </>
  )
}

/** Places, where there are several. */
const Places = ({ zone }: { zone: string }) => {
  const places = useAsk(listLocations)
  const add = useAct(addLocation)
  const queries = useQueryClient()
  const [name, setName] = useState('')
  const send = async () => {
    if (name.trim() === '') return
    const result = await add.run({ body: { location: crypto.randomUUID(), name: name.trim(), zone } })
    if (!result.ok) return
    setName('')
    await queries.invalidateQueries({ queryKey: keyOf(listLocations) })
  }
  return (
    <>
      <Prose>
        <h2>Several places</h2>
        <p>
          {(places.data?.locations.length ?? 0) === 0
            ? 'There is one place. Add another one only if patients come to several; the one there is becomes the main location.'
            : `Places: ${places.data!.locations.map((it) => it.name).join(', ')}.`}
        </p>
      </Prose>
      {add.failed && <FailedBanner failed={add.failed} />}
      <Form label="Another place" onSubmit={() => void send()}>
        <TextField id="place-name" label="Another place" isOptional value={name} onChange={(it) => setName(it.slice(0, 120))} />
        <Actions>
          <Button type="submit" isPending={add.isPending} isDisabled={name.trim() === ''}>
            Add this place
          </Button>
        </Actions>
      </Form>
    </>
  )
}
