import { FailedBanner, type Failed } from '@wardline/product/access/sessions/web'
import { Button, Dialog, RadioGroup, TextArea } from '@wardline/ui'
import { useState } from 'react'

type VerdictDialogProps<Verdict extends string> = {
  title: string
  subtitle?: string
  question: string
  /** The first one is chosen to begin with. */
  verdicts: readonly [Verdict, ...Verdict[]]
  words: Readonly<Record<Verdict, string>>
  /** What a verdict's note must say; undefined where it may be left out. */
  noteFor?: (verdict: Verdict) => string | undefined
  act: string
  isPending: boolean
  failed: Pick<Failed, 'code' | 'what' | 'next'> | null
  onGiven: (verdict: Verdict, note: string) => void
  onClose: () => void
}

/** An officer's verdict on something that happened, with a note. */
export const VerdictDialog = <Verdict extends string>({
  verdicts,
  words,
  noteFor,
  onGiven,
  onClose,
  ...it
}: VerdictDialogProps<Verdict>) => {
  const [verdict, setVerdict] = useState(verdicts[0])
  const [note, setNote] = useState('')
  const needed = noteFor?.(verdict)
  return (
    <Dialog
      isOpen
      onOpenChange={(open) => !open && onClose()}
      title={it.title}
      subtitle={it.subtitle}
      actions={
        <>
          <Button onPress={onClose}>Cancel</Button>
          <Button variant="primary" onPress={() => onGiven(verdict, note)} isPending={it.isPending}>
            {it.act}
          </Button>
        </>
      }
    >
      {it.failed && <FailedBanner failed={it.failed} />}
      <RadioGroup
        label={it.question}
        value={verdict}
        onChange={(id) => setVerdict(id as Verdict)}
        options={verdicts.map((id) => ({ id, label: words[id] }))}
      />
      <TextArea label="Note" isOptional={needed === undefined} description={needed} value={note} onChange={setNote} limit={1_000} />
    </Dialog>
  )
}
