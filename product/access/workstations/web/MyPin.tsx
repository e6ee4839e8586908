import { FailedBanner, keyOf, useAct, useAsk } from '@wardline/product/access/sessions/web'
import {
  AlertDialog,
  Button,
  Dialog,
  Entry,
  EntryList,
  ErrorSummary,
  Form,
  Skeleton,
  TextField,
  fullTime,
  useTimeFormat,
  type FormProblem,
} from '@wardline/ui'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { myPin, removeBadge, removePin, setPin } from '../contract.ts'
import { mostBadges } from '../preview.ts'
import { OwnBadge } from './BadgeDialog.tsx'
import './workstations.css'

/** One's own PIN and badges for shared workstations. */
export const MyPin = () => {
  const mine = useAsk(myPin)
  const queries = useQueryClient()
  const [open, setOpen] = useState<'pin' | 'badge' | 'own-badge' | 'remove' | null>(null)
  const drop = useAct(removePin)
  const dropBadge = useAct(removeBadge)
  const format = useTimeFormat()
  const changed = async () => {
    setOpen(null)
    await queries.invalidateQueries({ queryKey: keyOf(myPin) })
  }
  if (mine.error) return <FailedBanner failed={mine.error} onRetry={() => void mine.refetch()} />
  if (!mine.data) return <Skeleton label="Your PIN" lines={2} />
  const { setAt, shiftEndsAt, badges } = mine.data
  const failed = drop.failed ?? dropBadge.failed
  return (
    <>
      {failed && <FailedBanner failed={failed} />}
      <EntryList label="PIN and badges">
        <Entry
          name="PIN"
          note={
            setAt === null
              ? 'None. Every turn at a shared workstation asks for a full sign-in.'
              : `Set ${fullTime(setAt, format)}.${shiftEndsAt === null ? '' : ` Your shift lasts until ${fullTime(shiftEndsAt, format)}.`}`
          }
        >
          {setAt !== null && (
            <Button size="small" onPress={() => setOpen('remove')}>
              Remove PIN
            </Button>
          )}
          <Button size="small" onPress={() => setOpen('pin')}>
            {setAt === null ? 'Set a PIN' : 'Change PIN'}
          </Button>
        </Entry>
        {badges.map((it, i) => (
          <Entry
            key={it.badge}
            name={`Badge ${i + 1}`}
            note={
              it.waits
                ? `An administrator registered it for you ${fullTime(it.registeredAt, format)}. It counts once you have held it to a reader.`
                : `Registered ${fullTime(it.registeredAt, format)}. With your PIN it opens a shared workstation.`
            }
          >
            {it.waits && (
              <Button size="small" aria-label={`Use badge ${i + 1}`} onPress={() => setOpen('own-badge')}>
                Use
              </Button>
            )}
            <Button
              size="small"
              aria-label={`Remove badge ${i + 1}`}
              isPending={dropBadge.isPending}
              onPress={() => void dropBadge.run({ params: { badge: it.badge } }).then(changed)}
            >
              Remove
            </Button>
          </Entry>
        ))}
      </EntryList>
      <div>
        <Button
          size="small"
          onPress={() => setOpen('badge')}
          disabledReason={badges.length >= mostBadges ? 'There are three badges already.' : undefined}
        >
          Register a badge
        </Button>
      </div>
      {open === 'pin' && <SetPin onClose={() => setOpen(null)} onSet={() => void changed()} />}
      {(open === 'badge' || open === 'own-badge') && (
        <OwnBadge waits={open === 'own-badge'} onClose={() => setOpen(null)} onAdded={() => void changed()} />
      )}
      {open === 'remove' && (
        <AlertDialog
          isOpen
          onOpenChange={(isOpen) => !isOpen && setOpen(null)}
          title="Remove your PIN?"
          actionLabel="Remove PIN"
          isPending={drop.isPending}
          onAction={() => void drop.run().then(changed)}
        >
          Shared workstations will ask you for a full sign-in each time.
        </AlertDialog>
      )}
    </>
  )
}

type SetPinProps = { onClose: () => void; onSet: () => void }

/** Chooses a PIN, typed twice. */
export const SetPin = ({ onClose, onSet }: SetPinProps) => {
  const act = useAct(setPin)
  const [pin, choose] = useState('')
  const [again, repeat] = useState('')
  const [problems, setProblems] = useState<readonly FormProblem[]>([])
  const submit = async () => {
    const found = !/^\d{6}$/.test(pin)
      ? { fieldId: 'new-pin', message: 'Enter six digits.' }
      : pin !== again
        ? { fieldId: 'new-pin-again', message: 'The two are not the same.' }
        : null
    setProblems(found === null ? [] : [found])
    if (found !== null) return
    const result = await act.run({ body: { pin } })
    if (result.ok) return onSet()
    setProblems([{ fieldId: 'new-pin', message: result.what, next: result.next }])
  }
  const at = (id: string) => problems.find((it) => it.fieldId === id)?.message
  return (
    <Dialog
      isOpen
      onOpenChange={(isOpen) => !isOpen && onClose()}
      title="A PIN for shared workstations"
      subtitle="For this shift and those to come. It opens nothing anywhere else."
      actions={
        <Button variant="primary" isPending={act.isPending} onPress={() => void submit()}>
          Set PIN
        </Button>
      }
    >
      <ErrorSummary problems={problems} />
      <Form label="New PIN" onSubmit={() => void submit()}>
        <TextField
          id="new-pin"
          label="PIN"
          description="Six digits that do not count, repeat or mirror."
          type="password"
          inputMode="numeric"
          autoComplete="off"
          autoFocus
          value={pin}
          onChange={choose}
          errorMessage={at('new-pin')}
        />
        <TextField
          id="new-pin-again"
          label="The same again"
          type="password"
          inputMode="numeric"
          autoComplete="off"
          value={again}
          onChange={repeat}
          errorMessage={at('new-pin-again')}
        />
        <button type="submit" hidden />
      </Form>
    </Dialog>
  )
}
