import type { GivesOf } from '@wardline/platform/contract'
import { FailedBanner, useAct } from '@wardline/product/access/sessions/web'
import { Button, Dialog, EmptyState, Entry, EntryList, ErrorSummary, Form, type FormProblem } from '@wardline/ui'
import { useState } from 'react'
import { lookUpPatient } from '../contract.ts'
import { bornText } from './born.ts'
import { patientName } from './name.ts'
import { PatientFields, patientProblems } from './PatientFields.tsx'
import { useToday } from './today.ts'

type LookUpProps = { onFound: (patient: string) => void; onClose: () => void }

/** Finds a patient who is in no list of one's own, by full name and birth date; what is looked for never stands in the address. */
export const LookUp = ({ onFound, onClose }: LookUpProps) => {
  const today = useToday()
  const act = useAct(lookUpPatient)
  const [it, setIt] = useState({ family: '', given: '', birthDate: '' })
  const [patients, setPatients] = useState<GivesOf<typeof lookUpPatient>['patients'] | null>(null)
  const [problems, setProblems] = useState<readonly FormProblem[]>([])
  const change = (part: Partial<typeof it>) => {
    setIt((before) => ({ ...before, ...part }))
    setPatients(null)
  }
  const messageFor = (id: string) => problems.find((problem) => problem.fieldId === id)?.message
  const submit = async () => {
    const missing = patientProblems('look-up', it, false)
    setProblems(missing)
    if (missing.length > 0) return
    const result = await act.run({ body: { given: it.given.trim(), family: it.family.trim(), birthDate: it.birthDate.trim() } })
    setPatients(result.ok ? result.value.patients : null)
  }
  return (
    <Dialog
      title="Find a patient who is not in your list"
      subtitle="By full name and birth date. It is noted in the audit log."
      isOpen
      onOpenChange={(isOpen) => !isOpen && onClose()}
      actions={
        <>
          <Button onPress={onClose}>Cancel</Button>
          <Button variant="primary" onPress={() => void submit()} isPending={act.isPending}>
            Find
          </Button>
        </>
      }
    >
      {act.failed && <FailedBanner failed={act.failed} />}
      <ErrorSummary problems={problems} />
      <Form label="Patient to find" onSubmit={() => void submit()}>
        <PatientFields prefix="look-up" value={it} onChange={change} messageFor={messageFor} />
        <button type="submit" hidden />
      </Form>
      {patients?.length === 0 && (
        <EmptyState title="Nobody has this name and birth date">
          Look at the spelling, and whether day and month are the right way round.
        </EmptyState>
      )}
      {patients !== null && patients.length > 0 && (
        <EntryList label="Patients found">
          {patients.map((one) => (
            <Entry
              key={one.patient}
              name={patientName(one)}
              note={`Born ${bornText(one.birthDate, today)}. ${one.reached ? 'Open to you.' : 'Not open to you: the record says what you can do.'}`}
            >
              <Button size="small" aria-label={`Open ${patientName(one)}`} onPress={() => onFound(one.patient)}>
                Open
              </Button>
            </Entry>
          ))}
        </EntryList>
      )}
    </Dialog>
  )
}
