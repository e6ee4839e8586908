import type { GivesOf } from '@wardline/platform/contract'
import { Banner, Button, useNow } from '@wardline/ui'
import { useState } from 'react'
import type { beginShift } from '../contract.ts'
import { shiftWarning } from '../preview.ts'
import { OwnBadge } from './BadgeDialog.tsx'
import { SetPin } from './MyPin.tsx'

/** Where a person stands at a shared workstation. */
export type Shift = GivesOf<typeof beginShift>

/** What somebody at a shared workstation must know: that they have no PIN yet, that a badge waits for them, and that their shift ends. */
export const ShiftBars = ({ shift }: { shift: Shift }) => {
  const now = useNow(10_000)
  const [open, setOpen] = useState<'pin' | 'badge' | null>(null)
  const [hasPin, setHasPin] = useState(shift.hasPin)
  const [badgeWaits, setBadgeWaits] = useState(shift.badgeWaits)
  const left = shiftWarning(shift.shiftEndsAt - now)
  return (
    <>
      {left !== null && (
        <Banner tone="warning" isBar title={`Your shift here ends in ${left}.`} short={`Shift ends in ${left}`} live="polite">
          What you are writing is kept. After that sign in fully to go on.
        </Banner>
      )}
      {!hasPin && (
        <Banner
          tone="info"
          isBar
          title="Set a PIN to come back here in seconds."
          short="No PIN yet"
          action={
            <Button size="small" onPress={() => setOpen('pin')}>
              Set a PIN
            </Button>
          }
        >
          Without one this shared workstation asks for a full sign-in each time.
        </Banner>
      )}
      {hasPin && badgeWaits && (
        <Banner
          tone="info"
          isBar
          title="An administrator registered a badge for you."
          short="A badge waits"
          action={
            <Button size="small" onPress={() => setOpen('badge')}>
              Use it
            </Button>
          }
        >
          Hold it to the reader once. If it is not yours, remove it in your settings.
        </Banner>
      )}
      {open === 'badge' && (
        <OwnBadge
          waits
          onClose={() => setOpen(null)}
          onAdded={() => {
            setOpen(null)
            setBadgeWaits(false)
          }}
        />
      )}
      {open === 'pin' && (
        <SetPin
          onClose={() => setOpen(null)}
          onSet={() => {
            setOpen(null)
            setHasPin(true)
          }}
        />
      )}
    </>
  )
}
