import { teamFailures, type Team, type TeamFailureCode, type TeamState } from '@wardline/product/team/messages/client'
import { Banner, Button, Prose, Spinner, TaskPage } from '@wardline/ui'
import { Fragment, useState, type ReactNode } from 'react'
import { alarmWords } from './alarm-words.ts'
import { EnterRecoveryKey } from './EnterRecoveryKey.tsx'
import { KeepRecoveryKey } from './KeepRecoveryKey.tsx'

type DeviceSetupProps = {
  team: Pick<Team, 'createIdentity' | 'confirmRecoveryKey' | 'enrol' | 'dismissAlarm'>
  state: TeamState
  me: { readonly name: string; readonly organisation: string }
  /** A recovery key that came with the address. */
  givenKey: string | null
  onSignOut: () => void
  /** Keys are being made: stay here until `onReady`, the key is shown this once. */
  onCreating: () => void
  /** The device is ready, and its recovery key is kept. */
  onReady: () => void
  /** For people who also do other work: goes on without team messages in this browser. */
  onSkip?: (() => void) | undefined
  banners?: ReactNode
}

const titles: Readonly<Record<TeamState['status'], string>> = {
  starting: 'Opening your messages',
  'needs-new-person': 'Create your keys',
  'needs-recovery-key': 'Add this browser',
  ready: 'Add this browser',
  'other-tab': 'Open in another tab',
  revoked: 'This browser was removed',
  alarm: 'Stopped for safety',
}

/** Sets this browser up as a device of the signed-in person: first keys, or the recovery key of keys that are there. */
export const DeviceSetup = ({ team, state, me, givenKey, onSignOut, onCreating, onReady, onSkip, banners }: DeviceSetupProps) => {
  const [newKey, setNewKey] = useState<string | null>(null)
  const [isPending, setPending] = useState(false)
  const [failed, setFailed] = useState<TeamFailureCode | null>(null)
  const create = async () => {
    setPending(true)
    setFailed(null)
    onCreating()
    const result = await team.createIdentity()
    setPending(false)
    if (result.ok) setNewKey(result.value.recoveryKey)
    else setFailed(result.code)
  }
  const keep = async () => {
    setPending(true)
    const result = await team.confirmRecoveryKey()
    setPending(false)
    if (result.ok) onReady()
    else setFailed(result.code)
  }
  const enrol = async (typed: string) => {
    setPending(true)
    setFailed(null)
    const result = await team.enrol(typed)
    setPending(false)
    if (result.ok) onReady()
    else setFailed(result.code)
  }
  const title = newKey === null ? titles[state.status] : 'Your recovery key'
  return (
    <TaskPage
      brand="Wardline"
      title={title}
      subtitle={me.organisation}
      banners={banners}
      foot={
        newKey === null && (
          <>
            <span>Signed in as {me.name}.</span>
            {onSkip !== undefined && state.status !== 'starting' && (
              <Button variant="quiet" size="small" onPress={onSkip}>
                Go on without team messages
              </Button>
            )}
            <Button variant="quiet" size="small" onPress={onSignOut}>
              Sign out
            </Button>
          </>
        )
      }
    >
      <title>{`${title} · Wardline`}</title>
      {failed !== null && failed !== 'bad-recovery-key' && failed !== 'wrong-recovery-key' && (
        <Banner tone="danger" title={teamFailures[failed].what} live="polite">
          {teamFailures[failed].next}
        </Banner>
      )}
      {newKey !== null ? (
        <KeepRecoveryKey
          recoveryKey={newKey}
          person={me.name}
          organisation={me.organisation}
          onKept={() => void keep()}
          isPending={isPending}
        />
      ) : (
        <Step {...{ team, state, givenKey, isPending, failed, create, enrol }} />
      )}
    </TaskPage>
  )
}

type StepProps = Pick<DeviceSetupProps, 'team' | 'state' | 'givenKey'> & {
  isPending: boolean
  failed: TeamFailureCode | null
  create: () => Promise<void>
  enrol: (typed: string) => Promise<void>
}

const Step = ({ team, state, givenKey, isPending, failed, create, enrol }: StepProps) => {
  switch (state.status) {
    case 'starting':
    case 'ready':
      return <Spinner label="Opening your messages" size={20} />
    case 'needs-new-person':
      return (
        <>
          <Prose>
            <p>
              Messages between colleagues are encrypted on your devices. The keys are made here, in this browser, and the server never sees
              them.
            </p>
            <p>You will get a recovery key. Have a printer ready, or pen and paper.</p>
          </Prose>
          <Button variant="primary" isFullWidth onPress={() => void create()} isPending={isPending} pendingLabel="Making your keys">
            Create my keys
          </Button>
        </>
      )
    case 'revoked':
    case 'needs-recovery-key':
      return (
        <>
          <Prose>
            {state.status === 'revoked' ? (
              <p>This browser was taken off your devices and can read nothing new. If that was a mistake, add it again.</p>
            ) : (
              <p>Your keys were made on another device. Enter your recovery key to open your messages here.</p>
            )}
          </Prose>
          <EnterRecoveryKey given={givenKey} failed={failed} isPending={isPending} onEnter={(typed) => void enrol(typed)} />
        </>
      )
    case 'other-tab':
      return (
        <Prose>
          <p>Another tab of this browser holds your messages and does not answer. Close it, or reload it; this one goes on by itself.</p>
        </Prose>
      )
    case 'alarm':
      return (
        <>
          {state.alarms.map((it) => (
            <Fragment key={it.id}>
              <Banner tone="danger" title={alarmWords[it.kind].what}>
                {alarmWords[it.kind].next} <span className="wl-mono">({it.code})</span>
              </Banner>
              <Button onPress={() => void team.dismissAlarm(it.id)}>I have shown it</Button>
            </Fragment>
          ))}
          <Prose>
            <p>Nothing was lost. Messages that you wrote wait on this device.</p>
            {state.root !== null && (
              <p>
                Root that this device knows: <span className="wl-mono">{state.root.match(/.{1,8}/g)?.join(' ')}</span>
              </p>
            )}
          </Prose>
        </>
      )
  }
}
