import { useQueryClient } from '@tanstack/react-query'
import type { GivesOf } from '@wardline/platform/contract'
import { FailedBanner, keyOf, useAct } from '@wardline/product/access/sessions/web'
import { Badge, Button, Dialog, Form, Panel, PlusIcon, TextField, fullTime, useTimeFormat } from '@wardline/ui'
import { useState } from 'react'
import { addNumber, getPatient, judgeNumber } from '../contract.ts'
import { lineWords, phoneText } from './phone.ts'
import { useMayWithPatients } from './reach.ts'
import './roster.css'

/** A patient with their numbers, as the server gives them. */
export type PatientRecord = GivesOf<typeof getPatient>
/** One number of a patient. */
export type PatientNumber = PatientRecord['numbers'][number]

const verifiedWords: Readonly<Record<NonNullable<PatientNumber['verifiedHow']>, string>> = {
  code: 'by a code',
  reply: 'by a reply',
  visit: 'at a visit',
}

type NumbersProps = { patient: PatientRecord; onVerify: (number: PatientNumber) => void }

/** The numbers of a patient: what stands behind each, and what can be done about it. */
export const Numbers = ({ patient, onVerify }: NumbersProps) => {
  const queries = useQueryClient()
  const format = useTimeFormat()
  const mayEdit = useMayWithPatients('patient.roster.edit')
  const mayVerify = useMayWithPatients('patient.phone.verify')
  const judge = useAct(judgeNumber)
  const [isAdding, setAdding] = useState(false)
  const standing = async (number: string, word: 'theirs' | 'not-theirs') => {
    await judge.run({ params: { patient: patient.patient, number }, body: { standing: word } })
    await queries.invalidateQueries({ queryKey: keyOf(getPatient, { params: { patient: patient.patient } }) })
  }
  return (
    <Panel
      title="Numbers"
      level={3}
      actions={
        <Button size="small" icon={<PlusIcon />} onPress={() => setAdding(true)} disabledReason={mayEdit.yes ? undefined : mayEdit.reason}>
          Add
        </Button>
      }
    >
      {judge.failed && <FailedBanner failed={judge.failed} />}
      {patient.numbers.length === 0 && <p className="numbers__note">No number is known. Ask the patient for one.</p>}
      <ul className="numbers">
        {patient.numbers.map((it) => (
          <li key={it.number} className="numbers__one">
            <span className="numbers__line">
              <strong>{phoneText(it.e164)}</strong>
              <NumberBadge it={it} />
            </span>
            <span className="numbers__note">
              {[
                lineWords[it.lineType],
                it.verifiedHow !== null && it.verifiedAt !== null
                  ? `verified ${verifiedWords[it.verifiedHow]}, ${fullTime(it.verifiedAt, format)}`
                  : '',
                it.sharedWith > 0 ? `shared with ${it.sharedWith} other ${it.sharedWith === 1 ? 'patient' : 'patients'}` : '',
              ]
                .filter((words) => words !== '')
                .join(', ')
                .replace(/^./, (letter) => letter.toLocaleUpperCase())}
            </span>
            <span className="numbers__line">
              {it.state === 'unverified' && (
                <Button size="small" onPress={() => onVerify(it)} disabledReason={mayVerify.yes ? undefined : mayVerify.reason}>
                  Verify by a code
                </Button>
              )}
              {(it.state === 'frozen' || it.state === 'wrong-person') && (
                <Button size="small" onPress={() => void standing(it.number, 'theirs')} isPending={judge.isPending}>
                  It is the patient’s
                </Button>
              )}
              {it.state === 'frozen' && (
                <Button size="small" variant="quiet" onPress={() => void standing(it.number, 'not-theirs')} isPending={judge.isPending}>
                  It is not the patient’s
                </Button>
              )}
            </span>
          </li>
        ))}
      </ul>
      {isAdding && <AddNumber patient={patient.patient} onClose={() => setAdding(false)} />}
    </Panel>
  )
}

/** How a number stands, in a word with its shape. */
export const NumberBadge = ({ it }: { it: Pick<PatientNumber, 'state' | 'verifiedHow'> }) => {
  switch (it.state) {
    case 'verified':
      return <Badge tone="ok">Verified</Badge>
    case 'unverified':
      return <Badge tone="pending">Not verified</Badge>
    case 'frozen':
      return <Badge tone="fail">Frozen</Badge>
    case 'wrong-person':
      return <Badge tone="expired">Not theirs</Badge>
  }
}

const AddNumber = ({ patient, onClose }: { patient: string; onClose: () => void }) => {
  const queries = useQueryClient()
  const [number, setNumber] = useState('')
  const [isEmpty, setEmpty] = useState(false)
  const add = useAct(addNumber)
  const submit = async () => {
    setEmpty(number.trim() === '')
    if (number.trim() === '') return
    const result = await add.run({ params: { patient }, body: { number: number.trim() } })
    if (!result.ok) return
    await queries.invalidateQueries({ queryKey: keyOf(getPatient, { params: { patient } }) })
    onClose()
  }
  return (
    <Dialog
      title="Add a number"
      isOpen
      onOpenChange={(isOpen) => !isOpen && onClose()}
      size="small"
      actions={
        <>
          <Button onPress={onClose}>Cancel</Button>
          <Button variant="primary" onPress={() => void submit()} isPending={add.isPending}>
            Add the number
          </Button>
        </>
      }
    >
      <Form label="New number" onSubmit={() => void submit()}>
        <TextField
          id="new-number"
          label="Number"
          description="With area code."
          value={number}
          onChange={setNumber}
          type="tel"
          autoComplete="off"
          autoFocus
          errorMessage={isEmpty ? 'Enter a number.' : add.failed ? `${add.failed.what} ${add.failed.next}` : undefined}
        />
      </Form>
    </Dialog>
  )
}
