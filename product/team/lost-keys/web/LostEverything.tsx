import { useQueryClient } from '@tanstack/react-query'
import { FailedBanner, keyOf, useAct, useAsk } from '@wardline/product/access/sessions/web'
import { type Team, type TeamFailureCode } from '@wardline/product/team/messages/client'
import { Actions, Banner, Button, Dialog, Panel, Prose, Skeleton, fullTime, useTimeFormat } from '@wardline/ui'
import { useEffect, useEffectEvent, useState, type ReactNode } from 'react'
import { askNewIdentity, newIdentities, stopNewIdentity } from '../contract.ts'
import './lost-keys.css'
import { isStuck } from '../preview.ts'
import { groupsOf, standingOf } from './words.ts'
import { TeamFailed, useColleagues } from '@wardline/product/team/directory/web'

type Drawn = { readonly identityKey: string; readonly digits: string }

type LostEverythingProps = {
  team: Pick<Team, 'drawNewKeys' | 'drawnKeys' | 'dropNewKeys' | 'useNewKeys'>
  /** Shows the new recovery key, once, and says when it is kept. */
  keepKey: (recoveryKey: string, onKept: () => void) => ReactNode
  /** Nothing may be kept in this browser any more; it waits with forgetting until the new keys are in use. */
  isHeldBack: boolean
  /** Whether keys that were drawn here wait for administrators or for their day. */
  onWaiting: (isWaiting: boolean) => void
  /** The new keys are in use here. */
  onReady: () => void
}

/** The last way back to messages: new keys, which two administrators sign while everybody can see it and stop it. */
export const LostEverything = ({ team, keepKey, isHeldBack, onWaiting, onReady }: LostEverythingProps) => {
  const queries = useQueryClient()
  const listed = useAsk(newIdentities, {}, { pollMs: 15_000 })
  const ask = useAct(askNewIdentity)
  const stop = useAct(stopNewIdentity)
  const { nameOf } = useColleagues()
  const format = useTimeFormat()
  const [isAsking, setAsking] = useState(false)
  const [isPending, setPending] = useState(false)
  const [newKey, setNewKey] = useState<string | null>(null)
  const [waiting, setWaiting] = useState<readonly Drawn[]>([])
  const [failed, setFailed] = useState<TeamFailureCode | null>(null)
  const mine = listed.data?.requests.find((it) => it.mine)
  const drawn = waiting.find((it) => it.identityKey === mine?.identityKey)
  const isHere = mine !== undefined && drawn !== undefined
  useEffect(() => {
    let isOver = false
    void team.drawnKeys().then((it) => !isOver && it.ok && setWaiting(it.value))
    return () => {
      isOver = true
    }
  }, [team])
  const tell = useEffectEvent(onWaiting)
  useEffect(() => {
    tell(isHere)
  }, [isHere])
  const again = () => queries.invalidateQueries({ queryKey: keyOf(newIdentities) })
  const begin = async () => {
    setPending(true)
    setFailed(null)
    const made = await team.drawNewKeys()
    const asked = made.ok ? await ask.run({ body: { identityKey: made.value.identityKey } }) : null
    setPending(false)
    setAsking(false)
    if (!made.ok) return setFailed(made.code)
    if (!asked?.ok) return
    setWaiting([made.value])
    // What was drawn for an earlier request ended with it.
    await team.dropNewKeys([made.value.identityKey])
    setNewKey(made.value.recoveryKey)
    await again()
  }
  const use = async (request: string, identityKey: string) => {
    setPending(true)
    setFailed(null)
    const used = await team.useNewKeys(request, identityKey)
    setPending(false)
    if (!used.ok) return setFailed(used.code)
    // Nothing is under way any more, also for the bar on the screens that follow.
    await again()
    onReady()
  }
  const end = async (request: string) => {
    const stopped = await stop.run({ params: { request }, body: {} })
    if (stopped.ok) {
      await team.dropNewKeys([])
      setWaiting([])
    }
    await again()
  }
  // Whoever is here when the day has passed goes on without a further press.
  const blocks = mine?.devices?.work === true ? mine.devices.seen : null
  const ready = isHere && mine.state === 'ready' && blocks === null && newKey === null ? mine : null
  const goOn = useEffectEvent(() => ready && void use(ready.request, ready.identityKey))
  const readyRequest = ready?.request ?? null
  useEffect(() => {
    if (readyRequest !== null) goOn()
  }, [readyRequest])

  return (
    <>
      {failed !== null && <TeamFailed code={failed} />}
      {ask.failed && <FailedBanner failed={ask.failed} />}
      {stop.failed && <FailedBanner failed={stop.failed} />}
      {!listed.data ? (
        listed.error ? (
          <FailedBanner failed={listed.error} onRetry={() => void listed.refetch()} />
        ) : (
          <Skeleton label="Your new identity" lines={1} />
        )
      ) : mine === undefined ? (
        <Button variant="quiet" isFullWidth onPress={() => setAsking(true)}>
          I have none of these any more
        </Button>
      ) : (
        <Panel title="Your new identity">
          {blocks !== null && (
            <Banner tone="warning" title="A device that opens your messages has been in use since you asked." live="polite">
              It is {blocks.name}, last here {fullTime(blocks.at, format)}. Nobody can sign meanwhile, and your new keys wait. If you have
              it, open your messages there and stop this request. If somebody else has it, choose “I have lost a device” below.
            </Banner>
          )}
          <Prose>
            <p>{standingOf(mine, nameOf, format)}</p>
            {isStuck(mine) && (
              <p>
                Tell your privacy officer: only a key ceremony names more administrators, and it takes two besides you. To write with
                colleagues before then, have an administrator add you as a new colleague with another sign-in name; you begin there without
                what was written before. This request ends on {fullTime(mine.until, format)}.
              </p>
            )}
            {isHere ? (
              mine.state === 'ready' || mine.state === 'waits' ? (
                <p>Come back to this browser then: your messages begin anew here. It keeps your new keys until then.</p>
              ) : (
                <>
                  <p>Read these digits to each administrator, face to face or on a call in which they know you:</p>
                  <Digits digits={drawn?.digits ?? ''} />
                </>
              )
            ) : (
              <p>
                Its keys are not in this browser: it was asked for in another one, or this one had to forget them. Go on where you asked; or{' '}
                {mine.state === 'asked' ? 'ask again here, which ends that request.' : 'stop it, and ask again here.'}
              </p>
            )}
            {isHere && isHeldBack && (
              <p>
                Your organisation asks this browser to keep nothing. It waits with that for your new keys; once they are in use, or the
                request has ended, it forgets them, and your new recovery key opens your messages at each visit.
              </p>
            )}
          </Prose>
          <Actions>
            {ready !== null && (
              <Button
                variant="primary"
                isPending={isPending}
                pendingLabel="Putting your new keys in place"
                onPress={() => void use(ready.request, ready.identityKey)}
              >
                Go on with my new keys
              </Button>
            )}
            {!isHere && mine.state === 'asked' && (
              <Button variant="quiet" onPress={() => setAsking(true)}>
                Ask again here
              </Button>
            )}
            <Button variant="quiet" isPending={stop.isPending} onPress={() => void end(mine.request)}>
              Stop it
            </Button>
          </Actions>
        </Panel>
      )}
      {isAsking && (
        <Dialog
          title="Is everything gone?"
          isOpen
          onOpenChange={(isOpen) => !isOpen && setAsking(false)}
          actions={
            <Button variant="primary" isPending={isPending} pendingLabel="Making your keys" onPress={() => void begin()}>
              Make new keys and ask
            </Button>
          }
        >
          <Prose>
            <p>
              If no device, passkey or recovery key of yours is left, you get a new identity. Two administrators sign it, after they have
              compared it with you. It counts a day later.
            </p>
            <p>
              Report every device that somebody else may have as lost first. While one that opens your messages is in use, nobody can sign.
            </p>
            <p>
              Everybody you write with sees it, and so do the officers; you and they can stop it. All your earlier devices are cut off. What
              was written before stays closed to you: only the archive opens it.
            </p>
          </Prose>
        </Dialog>
      )}
      {newKey !== null && (
        <Dialog title="Your new recovery key" isOpen isDismissable={false} onOpenChange={(isOpen) => !isOpen && setNewKey(null)}>
          {keepKey(newKey, () => setNewKey(null))}
        </Dialog>
      )}
    </>
  )
}

/** Thirty digits in groups of five, as they are read out. */
const Digits = ({ digits }: { digits: string }) => (
  <p className="lost-keys__digits" translate="no">
    {groupsOf(digits).map((group, index) => (
      <span key={index}>{group} </span>
    ))}
  </p>
)
