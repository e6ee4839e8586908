import { useAct } from '@wardline/product/access/sessions/web'
import { Banner, Button, ErrorSummary, Form, PasswordField, TextField, type FormProblem } from '@wardline/ui'
import { useState } from 'react'
import { signIn } from '../contract.ts'
import { messageAt, problemOf } from './problems.tsx'

type PasswordStepProps = { notice: string | undefined; onTicket: (ticket: string) => void }

/** Name and password, for a ticket. Which of the two was wrong is never said. */
export const PasswordStep = ({ notice, onTicket }: PasswordStepProps) => {
  const [name, setName] = useState('')
  const [password, setPassword] = useState('')
  const [problems, setProblems] = useState<readonly FormProblem[]>([])
  const act = useAct(signIn)
  const submit = async () => {
    const missing = [
      ...(name.trim() === '' ? [{ fieldId: 'sign-in-name', message: 'Enter your sign-in name.' }] : []),
      ...(password === '' ? [{ fieldId: 'sign-in-password', message: 'Enter your password.' }] : []),
    ]
    setProblems(missing)
    if (missing.length > 0) return
    const result = await act.run({ body: { name: name.trim().toLowerCase(), password } })
    if (result.ok) return onTicket(result.value.ticket)
    setProblems([problemOf(result, result.code === 'wrong-name-or-password' ? 'sign-in-password' : undefined)])
  }
  const messageFor = (id: string) => messageAt(problems, id)
  return (
    <>
      <title>{problems.length > 0 ? 'Error: Sign in · Wardline' : 'Sign in · Wardline'}</title>
      {notice !== undefined && problems.length === 0 && (
        <Banner tone="info" live="polite">
          {notice}
        </Banner>
      )}
      <ErrorSummary problems={problems} />
      <Form label="Sign in" onSubmit={() => void submit()}>
        <TextField
          id="sign-in-name"
          label="Sign-in name"
          value={name}
          onChange={setName}
          autoFocus
          autoComplete="username"
          spellCheck="false"
          errorMessage={messageFor('sign-in-name')}
        />
        <PasswordField
          id="sign-in-password"
          label="Password"
          value={password}
          onChange={setPassword}
          autoComplete="current-password"
          errorMessage={messageFor('sign-in-password')}
        />
        <Button type="submit" variant="primary" isFullWidth isPending={act.isPending} pendingLabel="Signing in">
          Continue
        </Button>
      </Form>
    </>
  )
}
