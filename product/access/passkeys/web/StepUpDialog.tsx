import { stepUpByCode } from '@wardline/product/access/mfa/contract'
import { useAsk, useCalls } from '@wardline/product/access/sessions/web'
import { Actions, Button, CodeField, Dialog, ErrorSummary, Form, KeyIcon, Prose, type FormProblem } from '@wardline/ui'
import { useState } from 'react'
import { beginStepUp, myPasskeys, stepUpByPasskey } from '../contract.ts'
import { askPasskey, hasPasskeys } from './webauthn.ts'

/** Asks the person to prove themselves once more, by passkey or code, before what they asked for goes on. */
export const StepUpDialog = ({ onDone }: { onDone: (proven: boolean) => void }) => {
  const { call } = useCalls()
  const own = useAsk(myPasskeys).data
  const [code, setCode] = useState('')
  const [tries, setTries] = useState(0)
  const [isPending, setPending] = useState<'passkey' | 'code' | null>(null)
  const [problems, setProblems] = useState<readonly FormProblem[]>([])
  const byPasskey = async () => {
    setPending('passkey')
    setProblems([])
    const begun = await call(beginStepUp)
    const answered = begun.ok ? await askPasskey(begun.value) : null
    const result = answered === null ? null : await call(stepUpByPasskey, { body: { assertion: answered.assertion } })
    setPending(null)
    if (result?.ok === true) return onDone(true)
    const failed = begun.ok ? (result ?? { what: 'No passkey was used.', next: 'Try again, or use a code.' }) : begun
    setProblems([{ message: `${failed.what} ${failed.next}` }])
  }
  const byCode = async (typed: string) => {
    if (isPending !== null) return
    if (!/^\d{6}$/.test(typed))
      return setProblems([{ fieldId: 'step-up-code', message: 'Enter the six digits that your authenticator shows.' }])
    setPending('code')
    setProblems([])
    const result = await call(stepUpByCode, { body: { code: typed } })
    setPending(null)
    if (result.ok) return onDone(true)
    setTries((before) => before + 1)
    setCode('')
    setProblems([{ fieldId: 'step-up-code', message: `${result.what} ${result.next}` }])
  }
  const canPasskey = hasPasskeys() && own !== undefined && own.passkeys.some((it) => !it.copied)
  return (
    <Dialog title="Confirm that it is you" isOpen onOpenChange={(isOpen) => !isOpen && onDone(false)}>
      <Prose>
        <p>Show once more who you are; it counts for a few minutes. What you asked for goes on by itself afterwards.</p>
      </Prose>
      <ErrorSummary problems={problems} />
      {canPasskey && (
        <Button
          variant="primary"
          isFullWidth
          icon={<KeyIcon />}
          isPending={isPending === 'passkey'}
          pendingLabel="Waiting for your passkey"
          onPress={() => void byPasskey()}
        >
          Confirm with a passkey
        </Button>
      )}
      <Form label="Confirm with a code" onSubmit={() => void byCode(code)}>
        <CodeField
          key={tries}
          id="step-up-code"
          label="Code from your authenticator"
          description="Six digits. They change every 30 seconds."
          autoFocus={!canPasskey}
          onChange={setCode}
          onComplete={(typed) => void byCode(typed)}
          errorMessage={problems.find((it) => it.fieldId === 'step-up-code')?.message}
        />
        <Actions>
          <Button onPress={() => onDone(false)}>Cancel</Button>
          <Button type="submit" variant={canPasskey ? 'secondary' : 'primary'} isPending={isPending === 'code'} pendingLabel="Checking">
            Confirm with the code
          </Button>
        </Actions>
      </Form>
    </Dialog>
  )
}
