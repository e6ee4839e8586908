import { placeWords, useAct, type Place } from '@wardline/product/access/sessions/web'
import { Button, CodeField, ErrorSummary, Form, Select, type FormProblem } from '@wardline/ui'
import { useState } from 'react'
import { signInCode } from '../contract.ts'
import { lastPlace, rememberPlace } from './last-place.ts'
import { messageAt, problemOf } from './problems.tsx'
import { RecoveryStep } from './RecoveryStep.tsx'
import type { Session } from './session.ts'

type CodeStepProps = { ticket: string; onSignedIn: (session: Session) => void; onBack: (why?: string) => void }

/** The authenticator's code, for a session. */
export const CodeStep = ({ ticket, onSignedIn, onBack }: CodeStepProps) => {
  const [code, setCode] = useState('')
  const [tries, setTries] = useState(0)
  const [isLost, setLost] = useState(false)
  const [place, setPlace] = useState<Place>(lastPlace)
  const [problems, setProblems] = useState<readonly FormProblem[]>([])
  const act = useAct(signInCode)
  const submit = async (typed: string) => {
    if (act.isPending) return
    if (!/^\d{6}$/.test(typed))
      return setProblems([{ fieldId: 'sign-in-code', message: 'Enter the six digits that your authenticator shows.' }])
    setProblems([])
    rememberPlace(place)
    const result = await act.run({ body: { ticket, code: typed, place } })
    if (result.ok) return onSignedIn(result.value)
    switch (result.code) {
      case 'ticket-gone':
        return onBack(`${result.what} Sign in again.`)
      case 'wrong-code':
        setTries((before) => before + 1)
        setCode('')
        return setProblems([problemOf(result, 'sign-in-code')])
      default:
        return setProblems([problemOf(result)])
    }
  }
  if (isLost) return <RecoveryStep ticket={ticket} place={place} onSignedIn={onSignedIn} onBack={onBack} />
  return (
    <>
      <title>{problems.length > 0 ? 'Error: Sign in · Wardline' : 'Sign in · Wardline'}</title>
      <ErrorSummary problems={problems} />
      <Form label="Code" onSubmit={() => void submit(code)}>
        <CodeField
          key={tries}
          id="sign-in-code"
          label="Code from your authenticator"
          description="Six digits. They change every 30 seconds."
          autoFocus
          onChange={setCode}
          onComplete={(typed) => void submit(typed)}
          errorMessage={messageAt(problems, 'sign-in-code')}
        />
        <Select
          label="Where you are"
          description="Decides how soon an idle screen signs out."
          options={(Object.keys(placeWords) as Place[]).map((id) => ({ id, text: placeWords[id] }))}
          value={place}
          onChange={(id) => setPlace(id as Place)}
        />
        <Button type="submit" variant="primary" isFullWidth isPending={act.isPending} pendingLabel="Signing in">
          Sign in
        </Button>
        <Button variant="quiet" onPress={() => setLost(true)} isFullWidth>
          Use a recovery code
        </Button>
        <Button variant="quiet" onPress={() => onBack()} isFullWidth>
          Use another name
        </Button>
      </Form>
    </>
  )
}
