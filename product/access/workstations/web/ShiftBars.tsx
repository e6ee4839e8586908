import type { GivesOf } from '@wardline/platform/contract'
import { Banner, Button, useNow } from '@wardline/ui'
import { useState } from 'react'
import type { beginShift } from '../contract.ts'
import { shiftWarning } from '../preview.ts'
import { SetPin } from './MyPin.tsx'

/** Where a person stands at a shared workstation. */
export type Shift = GivesOf<typeof beginShift>

/** What somebody at a shared workstation must know: that they have no PIN yet, and that their shift ends. */
export const ShiftBars = ({ shift }: { shift: Shift }) => {
  const now = useNow(10_000)
  const [isOpen, setOpen] = useState(false)
  const [hasPin, setHasPin] = useState(shift.hasPin)
  const left = shiftWarning(shift.shiftEndsAt - now)
  return (
    <>
      {left !== null && (
        <Banner tone="warning" isBar title={`Your shift here ends in ${left}.`} live="polite">
          What you are writing is kept. After that sign in fully to go on.
        </Banner>
      )}
      {!hasPin && (
        <Banner
          tone="info"
          isBar
          title="Set a PIN to come back here in seconds."
          action={
            <Button size="small" onPress={() => setOpen(true)}>
              Set a PIN
            </Button>
          }
        >
          Without one this shared workstation asks for a full sign-in each time.
        </Banner>
      )}
      {isOpen && (
        <SetPin
          onClose={() => setOpen(false)}
          onSet={() => {
            setOpen(false)
            setHasPin(true)
          }}
        />
      )}
    </>
  )
}
