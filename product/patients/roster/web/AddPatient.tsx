import { useQueryClient } from '@tanstack/react-query'
import { FailedBanner, keyOf, useAct } from '@wardline/product/access/sessions/web'
import { Button, Dialog, ErrorSummary, Form, Select, TextField, type FormProblem } from '@wardline/ui'
import { useState } from 'react'
import { addNumber, createPatient, listPatients } from '../contract.ts'
import { PatientFields, patientProblems } from './PatientFields.tsx'

type AddPatientProps = { onAdded: (patient: string) => void; onClose: () => void }

/** A new patient with a first number. The id is drawn here, so pressing twice adds one. */
export const AddPatient = ({ onAdded, onClose }: AddPatientProps) => {
  const queries = useQueryClient()
  const [patient] = useState(() => crypto.randomUUID())
  const [it, setIt] = useState({ given: '', family: '', birthDate: '', language: 'en' as 'en' | 'es', number: '' })
  const [problems, setProblems] = useState<readonly FormProblem[]>([])
  const create = useAct(createPatient)
  const add = useAct(addNumber)
  const change = (part: Partial<typeof it>) => setIt((before) => ({ ...before, ...part }))
  const messageFor = (id: string) => problems.find((problem) => problem.fieldId === id)?.message
  const submit = async () => {
    const missing = patientProblems('patient', it, true)
    setProblems(missing)
    if (missing.length > 0) return
    const created = await create.run({
      body: {
        patient,
        given: it.given.trim(),
        family: it.family.trim(),
        language: it.language,
        ...(it.birthDate.trim() === '' ? {} : { birthDate: it.birthDate.trim() }),
      },
    })
    if (!created.ok) return
    if (it.number.trim() !== '') {
      const added = await add.run({ params: { patient }, body: { number: it.number.trim() } })
      if (!added.ok) return setProblems([{ fieldId: 'patient-number', message: `${added.what} The patient was added without it.` }])
    }
    await queries.invalidateQueries({ queryKey: keyOf(listPatients) })
    onAdded(patient)
  }
  return (
    <Dialog
      title="Add a patient"
      isOpen
      onOpenChange={(isOpen) => !isOpen && onClose()}
      isDismissable={it.family === '' && it.given === ''}
      actions={
        <>
          <Button onPress={onClose}>Cancel</Button>
          <Button variant="primary" onPress={() => void submit()} isPending={create.isPending || add.isPending}>
            Add the patient
          </Button>
        </>
      }
    >
      {create.failed && <FailedBanner failed={create.failed} />}
      <ErrorSummary problems={problems} />
      <Form label="New patient" onSubmit={() => void submit()}>
        <PatientFields prefix="patient" value={it} isBornOptional onChange={change} messageFor={messageFor} />
        <TextField
          id="patient-number"
          label="Mobile number"
          isOptional
          description="With area code. A number that a household shares is fine."
          value={it.number}
          onChange={(number) => change({ number })}
          type="tel"
          autoComplete="off"
          errorMessage={messageFor('patient-number')}
        />
        <Select
          label="Language of texts"
          options={[
            { id: 'en', text: 'English' },
            { id: 'es', text: 'Spanish' },
          ]}
          value={it.language}
          onChange={(id) => change({ language: id === 'es' ? 'es' : 'en' })}
        />
      </Form>
    </Dialog>
  )
}
