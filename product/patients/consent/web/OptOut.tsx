import { useQueryClient } from '@tanstack/react-query'
import { FailedBanner, keyOf, useAct } from '@wardline/product/access/sessions/web'
import { AlertDialog, RadioGroup } from '@wardline/ui'
import { useState } from 'react'
import { consentState, recordOptOut } from '../contract.ts'

type OptOutProps = { patient: string; number: string; called: string; onClose: () => void }

/** Stops every text to a number because the patient said so, in whatever way. */
export const OptOut = ({ patient, number, called, onClose }: OptOutProps) => {
  const queries = useQueryClient()
  const [receipt] = useState(() => crypto.randomUUID())
  const [told, setTold] = useState<'spoken' | 'written' | 'phone' | 'email' | 'other'>('spoken')
  const stop = useAct(recordOptOut)
  const submit = async () => {
    const result = await stop.run({ params: { patient, number }, body: { receipt, told } })
    if (!result.ok) return
    await queries.invalidateQueries({ queryKey: keyOf(consentState, { params: { patient } }) })
    onClose()
  }
  return (
    <AlertDialog
      isOpen
      onOpenChange={(isOpen) => !isOpen && onClose()}
      title={`Stop all texts to the ${called}?`}
      actionLabel={`Stop texts to the ${called}`}
      onAction={() => void submit()}
      isPending={stop.isPending}
    >
      {stop.failed && <FailedBanner failed={stop.failed} />}
      <p>It acts at once, for every patient who has this number. Only the phone itself can lift it, by replying START.</p>
      <RadioGroup
        label="How the patient said it"
        value={told}
        onChange={(it) => setTold(it as typeof told)}
        options={[
          { id: 'spoken', label: 'Here, in words' },
          { id: 'phone', label: 'By phone' },
          { id: 'written', label: 'In writing' },
          { id: 'email', label: 'By e-mail' },
          { id: 'other', label: 'In another way' },
        ]}
      />
    </AlertDialog>
  )
}
