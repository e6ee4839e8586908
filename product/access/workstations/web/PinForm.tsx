import { useAct } from '@wardline/product/access/sessions/web'
import { Banner, Button, ErrorSummary, Form, TextField, type FormProblem } from '@wardline/ui'
import { useState } from 'react'
import { switchUser } from '../contract.ts'

/** Whom a PIN is asked of: somebody whose tile or badge it was, or whoever types their sign-in name. */
export type Whose = { person: string; name: string; badge?: string } | null

/** One field for the PIN; at its sixth digit it is sent. */
export const PinForm = ({
  whose,
  onOpened,
  onBack,
  onFull,
}: {
  whose: Whose
  onOpened: () => void
  onBack: () => void
  onFull: () => void
}) => {
  const act = useAct(switchUser)
  const [name, setName] = useState('')
  const [pin, setPin] = useState('')
  const [problems, setProblems] = useState<readonly FormProblem[]>([])
  const submit = async (typed: string) => {
    if (act.isPending) return
    const missing = [
      ...(whose === null && name.trim() === '' ? [{ fieldId: 'station-name', message: 'Enter your sign-in name.' }] : []),
      ...(/^\d{6}$/.test(typed) ? [] : [{ fieldId: 'station-pin', message: 'Enter the six digits of your PIN.' }]),
    ]
    setProblems(missing)
    if (missing.length > 0) return
    const who = whose === null ? { name: name.trim().toLowerCase() } : { person: whose.person, ...(whose.badge && { badge: whose.badge }) }
    const result = await act.run({ body: { ...who, pin: typed } })
    setPin('')
    if (result.ok) return onOpened()
    if (result.code !== 'unreachable') setProblems([{ fieldId: 'station-pin', message: result.what, next: result.next }])
  }
  const change = (typed: string) => {
    const digits = typed.replaceAll(/\s/g, '')
    setPin(digits)
    if (digits.length === 6 && /^\d{6}$/.test(digits) && (whose !== null || name.trim() !== '')) void submit(digits)
  }
  const at = (id: string) => problems.find((it) => it.fieldId === id)?.message
  return (
    <>
      <ErrorSummary problems={problems} />
      {act.failed?.code === 'unreachable' && (
        <Banner tone="warning" title={act.failed.what} live="polite">
          Nobody can be opened here until the connection is back.
        </Banner>
      )}
      <Form label={whose === null ? 'Sign-in name and PIN' : `PIN of ${whose.name}`} onSubmit={() => void submit(pin)}>
        {whose === null && (
          <TextField
            id="station-name"
            label="Sign-in name"
            value={name}
            onChange={setName}
            autoComplete="off"
            spellCheck="false"
            autoFocus
            errorMessage={at('station-name')}
          />
        )}
        <TextField
          id="station-pin"
          label="PIN"
          description="Six digits. They work for the shift that you have begun with a full sign-in."
          type="password"
          inputMode="numeric"
          autoComplete="one-time-code"
          value={pin}
          onChange={change}
          autoFocus={whose !== null}
          errorMessage={at('station-pin')}
        />
        <Button type="submit" variant="primary" isFullWidth isPending={act.isPending} pendingLabel="Opening">
          Open
        </Button>
        <Button variant="quiet" isFullWidth onPress={onFull}>
          Sign in fully instead
        </Button>
        <Button variant="quiet" isFullWidth onPress={onBack}>
          Somebody else
        </Button>
      </Form>
    </>
  )
}
