import { useQueryClient } from '@tanstack/react-query'
import { useMay } from '@wardline/product/access/provisioning/web'
import { useAct } from '@wardline/product/access/sessions/web'
import { Button, Dialog, ErrorSummary, Form, TextArea, type FormProblem } from '@wardline/ui'
import { useState } from 'react'
import { coverPatient } from '../contract.ts'

/** Where a record is closed to somebody who may be covering for a colleague: a reason opens it for fifteen minutes, unless it is restricted. */
export const CoverOffer = ({ patient }: { patient: string }) => {
  const may = useMay('care.cover')
  const [isOpen, setOpen] = useState(false)
  if (!may.yes) return null
  return (
    <>
      <Button size="small" onPress={() => setOpen(true)}>
        Say that you cover
      </Button>
      {isOpen && <CoverDialog patient={patient} onClose={() => setOpen(false)} />}
    </>
  )
}

const CoverDialog = ({ patient, onClose }: { patient: string; onClose: () => void }) => {
  const queries = useQueryClient()
  const cover = useAct(coverPatient)
  const [reason, setReason] = useState('')
  const [problem, setProblem] = useState<FormProblem | null>(null)
  const submit = async () => {
    if (reason.trim().length < 10)
      return setProblem({ fieldId: 'cover-reason', message: 'Say in at least ten characters why you need it.' })
    setProblem(null)
    const result = await cover.run({ params: { patient }, body: { reason: reason.trim() } })
    if (result.ok) {
      await queries.resetQueries()
      return onClose()
    }
    setProblem(
      result.code === 'not-found'
        ? {
            message: 'Covering does not open this record.',
            next: 'It is restricted, or belongs to a location where you do not work. Ask to be put on its care team, or open it in an emergency.',
          }
        : { message: result.what, next: result.next },
    )
  }
  return (
    <Dialog
      isOpen
      onOpenChange={(isOpen) => !isOpen && onClose()}
      size="small"
      title="You cover for a colleague"
      subtitle="The record is open to you for fifteen minutes."
      actions={
        <>
          <Button onPress={onClose}>Cancel</Button>
          <Button variant="primary" isPending={cover.isPending} onPress={() => void submit()}>
            Open the record
          </Button>
        </>
      }
    >
      <ErrorSummary problems={problem === null ? [] : [problem]} />
      <Form label="Covering" onSubmit={() => void submit()}>
        <TextArea
          id="cover-reason"
          label="For whom, and why you need it"
          description="At least ten characters. It is kept in the audit log."
          value={reason}
          onChange={setReason}
          limit={300}
          autoFocus
          errorMessage={problem?.fieldId === undefined ? undefined : problem.message}
        />
      </Form>
    </Dialog>
  )
}
