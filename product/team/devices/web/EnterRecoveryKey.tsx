import { teamFailures, type TeamFailureCode } from '@wardline/product/team/messages/client'
import { Banner, Button, ErrorSummary, Form, TextField, type FormProblem } from '@wardline/ui'
import { useState } from 'react'

type EnterRecoveryKeyProps = {
  /** What giving it does, as its button says it. */
  label: string
  /** Fills the field, for instance from the code of a printed kit. */
  given: string | null
  failed: TeamFailureCode | null
  isPending: boolean
  onEnter: (typed: string) => void
}

/** One field for the recovery key. Case, spaces and hyphens do not matter. */
export const EnterRecoveryKey = ({ label, given, failed, isPending, onEnter }: EnterRecoveryKeyProps) => {
  const [typed, setTyped] = useState(given ?? '')
  const [isEmpty, setEmpty] = useState(false)
  const problem: FormProblem | undefined = isEmpty
    ? { fieldId: 'recovery-key', message: 'Enter your recovery key: eight groups of four characters.' }
    : failed === 'bad-recovery-key' || failed === 'wrong-recovery-key'
      ? { fieldId: 'recovery-key', message: teamFailures[failed].what, next: teamFailures[failed].next }
      : undefined
  const submit = () => {
    setEmpty(typed.trim() === '')
    if (typed.trim() !== '') onEnter(typed)
  }
  return (
    <>
      {given !== null && problem === undefined && (
        <Banner tone="info">Your recovery kit has filled the key in. It is no longer in the address.</Banner>
      )}
      <ErrorSummary problems={problem === undefined ? [] : [problem]} />
      <Form label={label} onSubmit={submit}>
        <TextField
          id="recovery-key"
          label="Recovery key"
          description="Eight groups of four characters, from your print."
          value={typed}
          onChange={setTyped}
          autoComplete="off"
          spellCheck="false"
          isMono
          errorMessage={problem?.message}
        />
        <Button type="submit" variant="primary" isFullWidth isPending={isPending} pendingLabel="Opening your keys">
          {label}
        </Button>
      </Form>
    </>
  )
}
