import { me as meEndpoint } from '@wardline/product/access/provisioning/contract'
import { MeProvider, type Me } from '@wardline/product/access/provisioning/web'
import { signOut as signOutEndpoint } from '@wardline/product/access/sessions/contract'
import { FailedBanner, openCalls, type Failed } from '@wardline/product/access/sessions/web'
import { thisWorkstation } from '@wardline/product/access/workstations/contract'
import { noteStation } from '@wardline/product/access/workstations/web'
import { container } from '@wardline/product/team/devices/contract'
import { forgetColleagues } from '@wardline/product/team/directory/web'
import { Banner, Button, Spinner, TaskPage } from '@wardline/ui'
import { lazy, useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { openServerClock } from '../clock.ts'
import { sweepSession } from '../kept.ts'
import { DemoBar } from './DemoBar.tsx'
import { useProving } from './proving.ts'
import { openQueries } from './queries.ts'
import { Surroundings } from './Surroundings.tsx'
import { keepNothing } from './keeping.ts'
import { isLeaving, lastSession, noteLeaving, rememberSession } from './last-session.ts'

// Who signs in needs no screens yet, and who is signed in no form.
const SignIn = lazy(async () => ({ default: (await import('@wardline/product/access/sign-in/web')).SignIn }))
const PasskeyButton = lazy(async () => ({ default: (await import('@wardline/product/access/passkeys/web')).PasskeyButton }))
const SsoOffers = lazy(async () => ({ default: (await import('@wardline/product/access/sso/web')).SsoOffers }))
const SignedIn = lazy(async () => ({ default: (await import('./SignedIn.tsx')).SignedIn }))

type Standing =
  | { is: 'starting' }
  | { is: 'signed-out'; wasSignedIn: boolean }
  | { is: 'unreachable'; failed: Failed }
  | { is: 'signed-in'; me: Me }
  /** Signed out here, and the server does not know it yet. */
  | { is: 'leaving'; failed: Failed | null }

/** How often an unfinished sign-out is tried again, ms. */
const leaveAgain = 5_000

/** Who is at this browser: nobody yet, or a person with everything below made for them alone. */
export const App = ({ givenKey }: { givenKey: string | null }) => {
  const [standing, setStanding] = useState<Standing>({ is: 'starting' })
  const serverClock = useMemo(() => openServerClock(), [])
  const queries = useMemo(() => openQueries(), [])
  const { stepUp, proving, giveUp } = useProving()
  const ended = useCallback(() => {
    // Nothing of the person who was here stays in the page; what they wrote is kept by their device.
    queries.clear()
    sweepSession()
    forgetColleagues()
    giveUp()
    setStanding((before) => ({
      is: 'signed-out',
      wasSignedIn: before.is === 'signed-in' || (before.is === 'signed-out' && before.wasSignedIn),
    }))
  }, [queries, giveUp])
  const calls = useMemo(() => openCalls(ended, stepUp), [ended, stepUp])
  const others = useRef<BroadcastChannel | null>(null)

  const signOut = useCallback(async () => {
    // The screen is emptied first; until the server has ended the session, nothing here may open it again.
    noteLeaving(true)
    ended()
    setStanding((before) => (before.is === 'leaving' ? before : { is: 'leaving', failed: null }))
    const result = await calls.call(signOutEndpoint)
    if (!result.ok && result.code !== 'signed-out') return setStanding({ is: 'leaving', failed: result })
    noteLeaving(false)
    setStanding({ is: 'signed-out', wasSignedIn: false })
    others.current?.postMessage('changed')
  }, [calls, ended])

  /** Whether this is a shared workstation is the server's to say, not this browser's memory: one that forgot it begins anew as one. */
  const isJudged = useRef(false)
  /** Whose names and session may be noted here; nobody's before the server has said that anything may be kept. */
  const mayRemember = useRef(false)
  const beginAsStation = useCallback(async () => {
    const told = await calls.quietly(container)
    mayRemember.current = told.ok && told.value.storage === 'cache'
    if (told.ok && told.value.storage === 'memory') keepNothing()
    if (!told.ok) return false
    isJudged.current = told.value.because !== 'workstation'
    if (isJudged.current) return false
    const here = await calls.quietly(thisWorkstation)
    if (!here.ok) return false
    const { name, organisation, place } = here.value
    noteStation({ name, organisation, place })
    location.reload()
    return true
  }, [calls])

  const readMe = useCallback(
    async (quietly: boolean) => {
      if (isLeaving()) return signOut()
      const result = await (quietly ? calls.quietly : calls.call)(meEndpoint)
      if (result.ok && !isJudged.current && (await beginAsStation())) return
      if (result.ok) {
        if (mayRemember.current) rememberSession(result.value, Date.now())
        setStanding((before) => {
          if (before.is === 'signed-in' && before.me.session.id === result.value.session.id) return before
          queries.clear()
          return { is: 'signed-in', me: result.value }
        })
      } else if (result.code !== 'signed-out') {
        const last = lastSession(Date.now())
        setStanding((before) =>
          before.is === 'signed-in'
            ? before
            : last !== null
              ? { is: 'signed-in', me: last }
              : { is: 'unreachable', failed: result as Failed },
        )
      }
    },
    [calls, queries, signOut, beginAsStation],
  )

  useEffect(() => {
    if (standing.is !== 'leaving' || standing.failed === null) return
    const timer = setTimeout(() => void signOut(), leaveAgain)
    return () => clearTimeout(timer)
  }, [standing, signOut])

  useEffect(() => {
    void readMe(false)
    // Windows of one browser share one session: when another person signs in, or this window comes back into view, look who it is.
    const channel = new BroadcastChannel('wl-session')
    others.current = channel
    const look = () => {
      if (document.visibilityState === 'visible') void readMe(true)
    }
    channel.onmessage = look
    document.addEventListener('visibilitychange', look)
    return () => {
      document.removeEventListener('visibilitychange', look)
      channel.close()
    }
  }, [readMe])

  const isSignedOut = standing.is === 'signed-out'
  useEffect(() => {
    if (!isSignedOut) return
    // A lost phone lies at this very screen: it asks whether it is to wipe itself, also when its connection comes back.
    const ask = () => void import('../engine/open.ts').then(({ obeyOrders }) => obeyOrders())
    ask()
    const timer = setInterval(ask, 60_000)
    window.addEventListener('online', ask)
    return () => {
      clearInterval(timer)
      window.removeEventListener('online', ask)
    }
  }, [isSignedOut])

  const doubt = useCallback(() => void readMe(true), [readMe])
  const signedIn = useCallback(() => {
    void readMe(false)
    others.current?.postMessage('changed')
  }, [readMe])

  const me = standing.is === 'signed-in' ? standing.me : null
  return (
    <Surroundings
      queries={queries}
      calls={calls}
      serverClock={serverClock}
      zone={me?.organisation.zone ?? 'UTC'}
      proving={me && proving}
      opening={<Opening />}
    >
      {standing.is === 'starting' ? (
        <Opening />
      ) : standing.is === 'unreachable' ? (
        <TaskPage brand="Wardline" title="No connection" banners={<DemoBar />}>
          <title>No connection · Wardline</title>
          <FailedBanner failed={standing.failed} onRetry={() => void readMe(false)} />
        </TaskPage>
      ) : standing.is === 'leaving' ? (
        <TaskPage brand="Wardline" title="Signing out" banners={<DemoBar />}>
          <title>Signing out · Wardline</title>
          {standing.failed === null ? (
            <Spinner label="Signing out" />
          ) : (
            <Banner
              tone="danger"
              title="You are still signed in on the server."
              live="assertive"
              action={
                <Button size="small" onPress={() => void signOut()}>
                  Try again
                </Button>
              }
            >
              Nothing of yours is shown here, and it is tried again every few seconds. Until this page says that you are signed out, do not
              leave this computer to anybody else. <span className="wl-mono">({standing.failed.code})</span>
            </Banner>
          )}
        </TaskPage>
      ) : standing.is === 'signed-out' ? (
        <SignIn
          passkey={(place) => (
            <>
              <PasskeyButton place={place} onSignedIn={signedIn} />
              <SsoOffers place={place} address={/^\/sso\/([a-z0-9][a-z0-9-]{1,39})$/.exec(location.pathname)?.[1]} />
            </>
          )}
          banners={<DemoBar />}
          notice={
            standing.wasSignedIn && (
              <Banner tone="info" title="Your session has ended." live="assertive">
                What you were writing is kept for you. Sign in to go on.
              </Banner>
            )
          }
          onSignedIn={signedIn}
        />
      ) : (
        <MeProvider me={standing.me}>
          <SignedIn key={standing.me.session.id} givenKey={givenKey} serverClock={serverClock} onDoubt={doubt} onSignOut={signOut} />
        </MeProvider>
      )}
    </Surroundings>
  )
}

const Opening = () => (
  <TaskPage brand="Wardline" title="Opening Wardline" banners={<DemoBar />}>
    <title>Wardline</title>
    <Spinner label="Opening Wardline" size={20} />
  </TaskPage>
)
