import type { GivesOf } from '@wardline/platform/contract'
import { useCalls, type Place } from '@wardline/product/access/sessions/web'
import { Banner, Button, KeyIcon } from '@wardline/ui'
import { useState } from 'react'
import { beginPasskeySignIn, signInByPasskey } from '../contract.ts'
import { holdSecret } from './held.ts'
import { askPasskey, hasPasskeys } from './webauthn.ts'

type PasskeyButtonProps = { place: Place; onSignedIn: (session: GivesOf<typeof signInByPasskey>) => void }

/** Signs in by a passkey, without name and password. Nothing where the browser or the address has none. */
export const PasskeyButton = ({ place, onSignedIn }: PasskeyButtonProps) => {
  const { call } = useCalls()
  const [isPending, setPending] = useState(false)
  const [failed, setFailed] = useState<{ what: string; next: string } | null>(null)
  if (!hasPasskeys()) return null
  const enter = async () => {
    setPending(true)
    setFailed(null)
    const begun = await call(beginPasskeySignIn)
    const answered = begun.ok ? await askPasskey(begun.value) : null
    const result = answered === null ? null : await call(signInByPasskey, { body: { assertion: answered.assertion, place } })
    setPending(false)
    if (result?.ok === true) {
      if (answered?.prf) holdSecret(result.value.person, answered.prf)
      return onSignedIn(result.value)
    }
    if (!begun.ok) setFailed(begun)
    else setFailed(result ?? { what: 'No passkey was used.', next: 'Nothing was changed. Try again, or use your name and password.' })
  }
  return (
    <>
      {failed !== null && (
        <Banner tone="warning" title={failed.what} live="polite">
          {failed.next}
        </Banner>
      )}
      <Button
        variant="primary"
        isFullWidth
        icon={<KeyIcon />}
        isPending={isPending}
        pendingLabel="Waiting for your passkey"
        onPress={() => void enter()}
      >
        Sign in with a passkey
      </Button>
    </>
  )
}
