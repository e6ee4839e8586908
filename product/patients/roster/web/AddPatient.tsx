import { useQueryClient } from '@tanstack/react-query'
import { FailedBanner, keyOf, useAct } from '@wardline/product/access/sessions/web'
import { Button, Dialog, ErrorSummary, Form, Select, TextField, type FormProblem } from '@wardline/ui'
import { useState } from 'react'
import { addNumber, createPatient, listPatients } from '../contract.ts'

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
    const missing = [
      ...(it.family.trim() === '' ? [{ fieldId: 'patient-family', message: 'Enter the family name.' }] : []),
      ...(it.given.trim() === '' ? [{ fieldId: 'patient-given', message: 'Enter the given name.' }] : []),
      ...(it.birthDate === '' || /^\d{4}-\d{2}-\d{2}$/.test(it.birthDate)
        ? []
        : [{ fieldId: 'patient-born', message: 'Enter the birth date as year-month-day, for example 1981-07-14.' }]),
    ]
    setProblems(missing)
    if (missing.length > 0) return
    const created = await create.run({
      body: {
        patient,
        given: it.given.trim(),
        family: it.family.trim(),
        language: it.language,
        ...(it.birthDate === '' ? {} : { birthDate: it.birthDate }),
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
        <TextField
          id="patient-family"
          label="Family name"
          value={it.family}
          onChange={(family) => change({ family })}
          autoComplete="off"
          autoFocus
          errorMessage={messageFor('patient-family')}
        />
        <TextField
          id="patient-given"
          label="Given name"
          value={it.given}
          onChange={(given) => change({ given })}
          autoComplete="off"
          errorMessage={messageFor('patient-given')}
        />
        <TextField
          id="patient-born"
          label="Birth date"
          isOptional
          description="Year-month-day, for example 1981-07-14."
          value={it.birthDate}
          onChange={(birthDate) => change({ birthDate })}
          autoComplete="off"
          inputMode="numeric"
          isMono
          errorMessage={messageFor('patient-born')}
        />
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
