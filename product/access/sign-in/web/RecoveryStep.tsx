import { useAct, type Place } from '@wardline/product/access/sessions/web'
import { Button, ErrorSummary, Form, TextField, type FormProblem } from '@wardline/ui'
import { useState } from 'react'
import { signInRecovery } from '../contract.ts'
import { messageAt, problemOf } from './problems.tsx'
import type { Session } from './session.ts'

type RecoveryStepProps = { ticket: string; place: Place; onSignedIn: (session: Session) => void; onBack: (why?: string) => void }

/** A one-time recovery code in place of the authenticator's. */
export const RecoveryStep = ({ ticket, place, onSignedIn, onBack }: RecoveryStepProps) => {
  const [code, setCode] = useState('')
  const [problems, setProblems] = useState<readonly FormProblem[]>([])
  const act = useAct(signInRecovery)
  const submit = async () => {
    if (code.trim() === '') return setProblems([{ fieldId: 'recovery-code', message: 'Enter one of your recovery codes.' }])
    setProblems([])
    const result = await act.run({ body: { ticket, code: code.trim().slice(0, 60), place } })
    if (result.ok) return onSignedIn(result.value)
    if (result.code === 'ticket-gone') return onBack(`${result.what} Sign in again.`)
    setProblems([problemOf(result, result.code === 'wrong-code' ? 'recovery-code' : undefined)])
  }
  return (
    <>
      <title>{problems.length > 0 ? 'Error: Sign in · Wardline' : 'Sign in · Wardline'}</title>
      <ErrorSummary problems={problems} />
      <Form label="Recovery code" onSubmit={() => void submit()}>
        <TextField
          id="recovery-code"
          label="Recovery code"
          description="From your print. Each works once; you and your administrators are told that it was used."
          value={code}
          onChange={setCode}
          autoComplete="off"
          spellCheck="false"
          isMono
          autoFocus
          errorMessage={messageAt(problems, 'recovery-code')}
        />
        <Button type="submit" variant="primary" isFullWidth isPending={act.isPending} pendingLabel="Signing in">
          Sign in
        </Button>
        <Button variant="quiet" onPress={() => onBack()} isFullWidth>
          Use another name
        </Button>
      </Form>
    </>
  )
}
