import type { GivesOf } from '@wardline/platform/contract'
import { QrCode } from '@wardline/product/access/mfa/web'
import { useAct } from '@wardline/product/access/sessions/web'
import { Button, ButtonLink, CodeField, ErrorSummary, Form, PasswordField, Prose, TextField, type FormProblem } from '@wardline/ui'
import { useState } from 'react'
import { beginEnrolment, finishEnrolment } from '../contract.ts'
import { messageAt, problemOf } from './problems.tsx'
import type { Session } from './session.ts'

type Begun = GivesOf<typeof beginEnrolment>

/** The key of an authenticator in groups of four, as one types it. */
const grouped = (key: string) => key.replace(/(.{4})(?=.)/g, '$1 ')

/** The first sign-in: name and one-time code, then an authenticator and a password of one's own. */
export const EnrolSteps = ({ onSignedIn }: { onSignedIn: (session: Session) => void }) => {
  const [name, setName] = useState('')
  const [secret, setSecret] = useState('')
  const [begun, setBegun] = useState<Begun | null>(null)
  const [password, setPassword] = useState('')
  const [code, setCode] = useState('')
  const [problems, setProblems] = useState<readonly FormProblem[]>([])
  const begin = useAct(beginEnrolment)
  const finish = useAct(finishEnrolment)
  const messageFor = (id: string) => messageAt(problems, id)

  const start = async () => {
    const missing = [
      ...(name.trim() === '' ? [{ fieldId: 'enrol-name', message: 'Enter your sign-in name.' }] : []),
      ...(secret.trim() === '' ? [{ fieldId: 'enrol-secret', message: 'Enter the one-time code.' }] : []),
    ]
    setProblems(missing)
    if (missing.length > 0) return
    const result = await begin.run({ body: { name: name.trim().toLowerCase(), secret: secret.trim() } })
    if (result.ok) setBegun(result.value)
    else setProblems([problemOf(result, result.code === 'wrong-secret' ? 'enrol-secret' : undefined)])
  }
  const end = async () => {
    const missing = [
      ...(password === '' ? [{ fieldId: 'enrol-password', message: 'Choose a password.' }] : []),
      ...(/^\d{6}$/.test(code) ? [] : [{ fieldId: 'enrol-code', message: 'Enter the six digits that your authenticator shows.' }]),
    ]
    setProblems(missing)
    if (missing.length > 0) return
    const result = await finish.run({ body: { name: name.trim().toLowerCase(), secret: secret.trim(), password, code } })
    if (result.ok) return onSignedIn(result.value)
    switch (result.code) {
      case 'password-too-short':
      case 'password-too-long':
      case 'password-common':
      case 'password-about-you':
        return setProblems([problemOf(result, 'enrol-password')])
      case 'wrong-code':
        return setProblems([problemOf(result, 'enrol-code')])
      case 'wrong-secret':
      case 'not-begun':
        setBegun(null)
        return setProblems([problemOf(result)])
      default:
        return setProblems([problemOf(result)])
    }
  }
  const title = <title>{problems.length > 0 ? 'Error: Set up your sign-in · Wardline' : 'Set up your sign-in · Wardline'}</title>
  if (begun === null)
    return (
      <>
        {title}
        <ErrorSummary problems={problems} />
        <Form label="One-time code" onSubmit={() => void start()}>
          <TextField
            id="enrol-name"
            label="Sign-in name"
            value={name}
            onChange={setName}
            autoFocus
            autoComplete="username"
            spellCheck="false"
            errorMessage={messageFor('enrol-name')}
          />
          <TextField
            id="enrol-secret"
            label="One-time code"
            description="Your administrator gave it to you. It works once."
            value={secret}
            onChange={setSecret}
            autoComplete="off"
            spellCheck="false"
            isMono
            errorMessage={messageFor('enrol-secret')}
          />
          <Button type="submit" variant="primary" isFullWidth isPending={begin.isPending} pendingLabel="Checking">
            Continue
          </Button>
        </Form>
      </>
    )
  return (
    <>
      {title}
      <ErrorSummary problems={problems} />
      <Prose>
        <p>Add this account to your authenticator app: scan the code, open the link on this device, or type the key.</p>
        <QrCode text={begun.uri} label="QR code of this account for an authenticator app. The key below says the same." />
        <p>
          <ButtonLink href={begun.uri} render={(parts) => <a {...parts} />}>
            Open in an authenticator app
          </ButtonLink>
        </p>
        <p>
          Key: <span className="wl-mono">{grouped(begun.key)}</span>
        </p>
      </Prose>
      <Form label="Password and code" onSubmit={() => void end()}>
        <PasswordField
          id="enrol-password"
          label="Choose a password"
          description={`At least ${begun.shortest} characters. A few words that do not belong together are good.`}
          value={password}
          onChange={setPassword}
          autoComplete="new-password"
          errorMessage={messageFor('enrol-password')}
        />
        <CodeField id="enrol-code" label="Code from your authenticator" onChange={setCode} errorMessage={messageFor('enrol-code')} />
        <Button type="submit" variant="primary" isFullWidth isPending={finish.isPending} pendingLabel="Setting up">
          Finish and sign in
        </Button>
      </Form>
    </>
  )
}
