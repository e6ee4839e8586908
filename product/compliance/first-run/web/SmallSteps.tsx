import { recoveryCodesLeft } from '@wardline/product/access/mfa/contract'
import { RecoveryCodes } from '@wardline/product/access/mfa/web'
import { myPasskeys } from '@wardline/product/access/passkeys/contract'
import { MyPasskeys } from '@wardline/product/access/passkeys/web'
import { useMe } from '@wardline/product/access/provisioning/web'
import { FailedBanner, useAsk } from '@wardline/product/access/sessions/web'
import { warnings } from '@wardline/product/patients/consent/contract'
import { Actions, Banner, Button, Panel, Prose } from '@wardline/ui'
import { useEffect, useEffectEvent, useState } from 'react'
import { useLookAgain, useMark, type StepProps } from './standing.ts'

const languages = { en: 'English', es: 'Spanish' } as const

/** Passkeys and recovery codes of the administrator themselves. */
export const SignInStep = ({ standing, onDone }: StepProps) => {
  const me = useMe()
  const lookAgain = useLookAgain()
  const passkeys = useAsk(myPasskeys).data?.passkeys.length ?? standing.passkeys.have
  const codes = useAsk(recoveryCodesLeft).data?.left ?? standing.recoveryCodes
  const there = `${passkeys} ${codes}`
  // What was there when "Go on" was pressed: what is added later goes on only when it is pressed again, so that codes stay until they are kept.
  const [asked, setAsked] = useState<string | null>(null)
  const isDone = standing.items.some((it) => it.item === 'sign-in' && it.state === 'done')
  const isAsked = asked === there
  const goOn = useEffectEvent(onDone)
  useEffect(() => {
    if (isAsked && isDone) goOn()
  }, [isAsked, isDone])
  const { required } = standing.passkeys
  const missing = [
    ...(passkeys < required ? [required === 1 ? 'a passkey' : `passkeys, ${passkeys} of ${required} are there`] : []),
    ...(codes === 0 ? ['recovery codes'] : []),
  ]
  return (
    <>
      <Prose>
        <p>
          Your account opens all others. A passkey cannot be talked out of you as a password can; recovery codes let you in when a phone is
          lost.
        </p>
      </Prose>
      <Panel title="Passkeys">
        <MyPasskeys vault={null} />
      </Panel>
      <Panel title="Recovery codes">
        <RecoveryCodes person={me.name} organisation={me.organisation.name} />
      </Panel>
      {(missing.length > 0 ? asked !== null : isAsked && !isDone) && (
        <Banner
          tone="warning"
          title={missing.length === 0 ? 'Your passkeys do not meet what is asked here.' : `Missing: ${missing.join(' and ')}.`}
          live="polite"
        >
          Add what is missing, or put this step off: then it stays red in the checklist.
        </Banner>
      )}
      <Actions>
        <Button variant="primary" onPress={() => void lookAgain().then(() => setAsked(there))}>
          Go on
        </Button>
      </Actions>
    </>
  )
}

/** One's own keys are made by the page that opens messages; it stands before this one as soon as the organisation has its root key. */
export const OwnKeysStep = ({ standing, onDone, onMake }: StepProps & { onMake: () => void }) => {
  const lookAgain = useLookAgain()
  const hasKeys = standing.items.some((it) => it.item === 'own-keys' && it.state === 'done')
  // They may have been made since the server was asked.
  useEffect(() => void lookAgain(), [lookAgain])
  return hasKeys ? (
    <>
      <Prose>
        <p>Your keys are made, or your roles need none.</p>
      </Prose>
      <Actions>
        <Button variant="primary" onPress={onDone}>
          Go on
        </Button>
      </Actions>
    </>
  ) : (
    <>
      <Prose>
        <p>
          {standing.hasRoot
            ? 'Your keys are made in this browser. You get a recovery key on paper and type a part of it again.'
            : 'First the organisation needs its root key: the step before this one.'}
        </p>
      </Prose>
      {standing.hasRoot && (
        <Actions>
          <Button variant="primary" onPress={onMake}>
            Make my keys
          </Button>
        </Actions>
      )}
    </>
  )
}

/** What patients are told before they agree to texts. */
export const ConsentStep = ({ onDone }: StepProps) => {
  const { set, failed, isPending } = useMark()
  return (
    <>
      {failed && <FailedBanner failed={failed} />}
      <Prose>
        <p>This is read out, or signed, before a patient gets texts that say more than when to come. Each receipt holds these words.</p>
      </Prose>
      {warnings.map((it) => (
        <section key={it.version} aria-label={languages[it.language]}>
          <Prose>
            <h2>{languages[it.language]}</h2>
          </Prose>
          <blockquote className="first-run__quote" lang={it.language}>
            {it.text}
          </blockquote>
        </section>
      ))}
      <Actions>
        <Button variant="primary" isPending={isPending} onPress={() => void set('consent', 'looked-at').then((ok) => ok && onDone())}>
          I have read it
        </Button>
      </Actions>
    </>
  )
}
