import { beginStepUp } from '@wardline/product/access/passkeys/contract'
import { askPasskey, hasPasskeys, takeSecret } from '@wardline/product/access/passkeys/web'
import { useCalls } from '@wardline/product/access/sessions/web'
import { LostEverything } from '@wardline/product/team/lost-keys/web'
import { type Team, type TeamFailureCode, type TeamState } from '@wardline/product/team/messages/client'
import { Banner, Button, Dialog, KeyIcon, Prose, Spinner, Switch, TaskPage } from '@wardline/ui'
import { Fragment, useEffect, useEffectEvent, useState, type ReactNode } from 'react'
import { alarmWords } from './alarm-words.ts'
import { EnterRecoveryKey } from './EnterRecoveryKey.tsx'
import { KeepRecoveryKey } from './KeepRecoveryKey.tsx'
import { MyDevices } from './MyDevices.tsx'
import { TeamFailed } from '@wardline/product/team/directory/web'

type DeviceSetupProps = {
  team: Pick<
    Team,
    | 'createIdentity'
    | 'confirmRecoveryKey'
    | 'enrol'
    | 'enrolByPasskey'
    | 'keepHere'
    | 'dismissAlarm'
    | 'drawNewKeys'
    | 'drawnKeys'
    | 'dropNewKeys'
    | 'useNewKeys'
  >
  state: TeamState
  me: { readonly person: string; readonly name: string; readonly organisation: string }
  /** A recovery key that came with the address. */
  givenKey: string | null
  onSignOut: () => void
  /** Keys are being made: stay here until `onReady`, the key is shown this once. */
  onCreating: () => void
  /** The device is ready, and its recovery key is kept. */
  onReady: () => void
  /** For people who also do other work: goes on without team messages in this browser. */
  onSkip?: (() => void) | undefined
  /** Whether the person may choose what this browser keeps: not at a shared workstation, which keeps nothing. */
  canChoose?: boolean
  banners?: ReactNode
}

const titles: Readonly<Record<TeamState['status'], string>> = {
  starting: 'Opening your messages',
  'needs-new-person': 'Create your keys',
  'needs-recovery-key': 'Add this browser',
  ready: 'Add this browser',
  locked: 'Locked until there is a connection',
  'other-tab': 'Open in another tab',
  revoked: 'This browser was removed',
  alarm: 'Stopped for safety',
}

/** Sets this browser up as a device of the signed-in person: first keys, or the recovery key of keys that are there. */
export const DeviceSetup = ({
  team,
  state,
  me,
  givenKey,
  onSignOut,
  onCreating,
  onReady,
  onSkip,
  canChoose = false,
  banners,
}: DeviceSetupProps) => {
  const [newKey, setNewKey] = useState<string | null>(null)
  const [isPending, setPending] = useState(false)
  const [failed, setFailed] = useState<TeamFailureCode | null>(null)
  const [isUnused, setUnused] = useState(false)
  const [isLosing, setLosing] = useState(false)
  const [isWaiting, setWaiting] = useState(false)
  const { call } = useCalls()
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
  const unlock = async (prf: Uint8Array) => {
    setPending(true)
    setFailed(null)
    const result = await team.enrolByPasskey(prf)
    prf.fill(0)
    setPending(false)
    if (result.ok) onReady()
    else setFailed(result.code)
  }
  const needsKey = state.status === 'needs-recovery-key' || state.status === 'revoked'
  // Who has just signed in with a passkey that opens the keys is not asked a second time.
  const unlocking = useEffectEvent((prf: Uint8Array) => void unlock(prf))
  useEffect(() => {
    const prf = needsKey ? takeSecret(me.person) : null
    if (prf !== null) unlocking(prf)
  }, [needsKey, me.person])
  const byPasskey = async () => {
    setFailed(null)
    setUnused(false)
    const begun = await call(beginStepUp)
    const answered = begun.ok ? await askPasskey(begun.value) : null
    if (answered?.prf) await unlock(answered.prf)
    else setUnused(true)
  }
  // A browser that keeps nothing is opened anew at each visit, and added by none.
  const isVisit = state.status === 'needs-recovery-key' && state.storage === 'memory'
  const title = newKey !== null ? 'Your recovery key' : isVisit ? 'Open your messages' : titles[state.status]
  // Not while new keys wait in this browser: it would forget them.
  const keeping = canChoose && !isWaiting && (state.status === 'needs-recovery-key' || state.status === 'needs-new-person') && (
    <Switch
      isSelected={state.storage === 'memory'}
      isDisabled={isPending || !state.mayKeep}
      onChange={(nothing) => void team.keepHere(nothing ? 'memory' : 'cache')}
      description={
        state.mayKeep
          ? 'Then each visit is opened by a passkey or your recovery key, and nothing of yours is left when this page is closed.'
          : 'Your organisation asks for it. Each visit is opened by a passkey or your recovery key.'
      }
    >
      Keep nothing in this browser
    </Switch>
  )
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
            {needsKey && (
              <Button variant="quiet" size="small" onPress={() => setLosing(true)}>
                I have lost a device
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
      {failed !== null && failed !== 'bad-recovery-key' && failed !== 'wrong-recovery-key' && <TeamFailed code={failed} />}
      {isUnused && (
        <Banner tone="warning" title="No passkey has opened your messages." live="polite">
          Nothing was changed. Try another passkey, or use your recovery key.
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
        <>
          <Step {...{ team, state, me, givenKey, isPending, failed, create, enrol, byPasskey, onReady, isWaiting, setWaiting, keeping }} />
        </>
      )}
      {isLosing && (
        <Dialog title="Which device have you lost?" isOpen onOpenChange={(isOpen) => !isOpen && setLosing(false)}>
          <MyDevices team={null} thisDevice={null} />
        </Dialog>
      )}
    </TaskPage>
  )
}

type StepProps = Pick<DeviceSetupProps, 'team' | 'state' | 'me' | 'givenKey' | 'onReady'> & {
  isPending: boolean
  failed: TeamFailureCode | null
  create: () => Promise<void>
  enrol: (typed: string) => Promise<void>
  byPasskey: () => Promise<void>
  /** A new identity was asked for here. */
  isWaiting: boolean
  setWaiting: (isWaiting: boolean) => void
  /** Whether this browser is to keep anything: asked before the button that it holds for. */
  keeping: ReactNode
}

const Step = ({
  team,
  state,
  me,
  givenKey,
  isPending,
  failed,
  create,
  enrol,
  byPasskey,
  onReady,
  isWaiting,
  setWaiting,
  keeping,
}: StepProps) => {
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
          {keeping}
          <Button variant="primary" isFullWidth onPress={() => void create()} isPending={isPending} pendingLabel="Making your keys">
            Create my keys
          </Button>
        </>
      )
    case 'revoked':
    case 'needs-recovery-key': {
      const open = (
        <Fragment key="open">
          <Prose>
            {isWaiting ? (
              <p>
                Have you found a passkey or your recovery key after all? With it you open everything that was written, and lose nothing.
              </p>
            ) : state.status === 'revoked' ? (
              <p>This browser was taken off your devices and can read nothing new. If that was a mistake, add it again.</p>
            ) : state.storage === 'memory' ? (
              <p>This browser keeps nothing, so each visit begins with a passkey or your recovery key.</p>
            ) : (
              <p>Your keys were made on another device. Open your messages here with a passkey or your recovery key.</p>
            )}
          </Prose>
          {keeping}
          {hasPasskeys() && (
            <Button
              variant={isWaiting ? 'secondary' : 'primary'}
              isFullWidth
              icon={<KeyIcon />}
              isPending={isPending}
              pendingLabel="Opening your keys"
              onPress={() => void byPasskey()}
            >
              Open with a passkey
            </Button>
          )}
          <EnterRecoveryKey
            label={state.storage === 'memory' ? 'Open my messages' : 'Add this browser'}
            given={givenKey}
            failed={failed}
            isPending={isPending}
            onEnter={(typed) => void enrol(typed)}
          />
        </Fragment>
      )
      const lost = (
        <LostEverything
          key="lost"
          team={team}
          keepKey={(recoveryKey, onKept) => (
            <KeepRecoveryKey
              recoveryKey={recoveryKey}
              person={me.name}
              organisation={me.organisation}
              isPending={false}
              next="Then two administrators compare your new identity with you."
              onKept={() => void team.confirmRecoveryKey().then(onKept)}
            />
          )}
          isHeldBack={state.holdsBack === 'no-way-back'}
          onWaiting={setWaiting}
          onReady={onReady}
        />
      )
      // What waits comes first; keyed, so that neither begins anew.
      return <>{isWaiting ? [lost, open] : [open, lost]}</>
    }
    case 'locked':
      return (
        <Prose>
          <p>
            This browser has been without the server for longer than your organisation allows. Nothing is shown until it has reached the
            server again; then it goes on by itself. Nothing was lost.
          </p>
        </Prose>
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
