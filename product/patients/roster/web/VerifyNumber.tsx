import { useQueryClient } from '@tanstack/react-query'
import { FailedBanner, keyOf, useAct } from '@wardline/product/access/sessions/web'
import { Banner, Button, CodeField, Dialog, Form, Prose, timeOfDay, useTimeFormat } from '@wardline/ui'
import { useState } from 'react'
import { confirmVerification, getPatient, startVerification } from '../contract.ts'

type VerifyNumberProps = {
  patient: string
  number: string
  /** "mobile ending 17". */
  called: string
  /** The sentence of each reason for which no code was sent. */
  reasonOf: (code: string) => string
  onClose: () => void
}

/** Sends a code to the number and takes it from the patient, who reads it out: then the number is theirs. */
export const VerifyNumber = ({ patient, number, called, reasonOf, onClose }: VerifyNumberProps) => {
  const queries = useQueryClient()
  const format = useTimeFormat()
  const [sent, setSent] = useState<{ until: number | null; turn: number } | null>(null)
  const [refused, setRefused] = useState<readonly string[]>([])
  const [code, setCode] = useState('')
  const start = useAct(startVerification)
  const confirm = useAct(confirmVerification)
  const send = async () => {
    confirm.clear()
    const result = await start.run({ params: { patient, number }, body: { verification: crypto.randomUUID() } })
    if (!result.ok) return
    setRefused(result.value.refused)
    if (result.value.sent) setSent((before) => ({ until: result.value.expiresAt, turn: (before?.turn ?? 0) + 1 }))
  }
  const check = async (typed: string) => {
    const result = await confirm.run({ params: { patient, number }, body: { code: typed } })
    if (!result.ok) return
    await queries.invalidateQueries({ queryKey: keyOf(getPatient, { params: { patient } }) })
    onClose()
  }
  return (
    <Dialog title={`Verify the ${called}`} isOpen onOpenChange={(isOpen) => !isOpen && onClose()} size="small">
      {start.failed && <FailedBanner failed={start.failed} />}
      {refused.length > 0 && (
        <Banner tone="danger" title="No code was sent." live="polite">
          {refused.map(reasonOf).join(' ')}
        </Banner>
      )}
      {sent === null ? (
        <>
          <Prose>
            <p>The patient gets a text with six digits and reads them out to you, here or on the phone.</p>
          </Prose>
          <Button variant="primary" onPress={() => void send()} isPending={start.isPending}>
            {`Send a code to the ${called}`}
          </Button>
        </>
      ) : (
        <Form label="Code" onSubmit={() => void check(code)}>
          <CodeField
            key={sent.turn}
            id="verify-code"
            label="Code that the patient reads out"
            {...(sent.until === null ? {} : { description: `It works until ${timeOfDay(sent.until, format)}.` })}
            autoFocus
            onChange={setCode}
            onComplete={(typed) => void check(typed)}
            errorMessage={confirm.failed ? `${confirm.failed.what} ${confirm.failed.next}` : undefined}
          />
          <Button type="submit" variant="primary" isPending={confirm.isPending}>
            Verify
          </Button>
          <Button variant="quiet" onPress={() => void send()} isPending={start.isPending}>
            Send a new code
          </Button>
        </Form>
      )}
    </Dialog>
  )
}
