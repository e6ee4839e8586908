import { me as meEndpoint } from '@wardline/product/access/provisioning/contract'
import { MeProvider, type Me } from '@wardline/product/access/provisioning/web'
import { openCalls } from '@wardline/product/access/sessions/web'
import { beginShift, veil } from '@wardline/product/access/workstations/contract'
import {
  forgetStationHere,
  LockScreen,
  sweepBrowser,
  useBadge,
  type Shift,
  type StationFlag,
} from '@wardline/product/access/workstations/web'
import { Banner, Button, Spinner, TaskPage } from '@wardline/ui'
import { lazy, useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { flushSync } from 'react-dom'
import { openServerClock } from '../clock.ts'
import { history } from '../navigate.ts'
import { paths } from '../paths.ts'
import { DemoBar } from './DemoBar.tsx'
import { isLeaving, noteLeaving } from './last-session.ts'
import { useProving } from './proving.ts'
import { openQueries } from './queries.ts'
import { Surroundings } from './Surroundings.tsx'
import { useIdle } from './useIdle.ts'

const SignIn = lazy(async () => ({ default: (await import('@wardline/product/access/sign-in/web')).SignIn }))
const PasskeyButton = lazy(async () => ({ default: (await import('@wardline/product/access/passkeys/web')).PasskeyButton }))
const SsoOffers = lazy(async () => ({ default: (await import('@wardline/product/access/sso/web')).SsoOffers }))
const SignedIn = lazy(async () => ({ default: (await import('./SignedIn.tsx')).SignedIn }))

type Standing =
  | { is: 'starting' }
  /** Nobody: who can come back here, or the whole sign-in. `left`: a session of the one before is not known to have ended. */
  | { is: 'locked'; isFull: boolean; left: boolean }
  | { is: 'signed-in'; me: Me; shift: Shift }
  /** The screen is empty, and everything of the person is leaving the page. */
  | { is: 'covered' }

/** How long a device may take to write what is left of a person's work, ms; afterwards the page goes all the same. */
const mostToWrite = 4_000
const leaveAgain = 5_000

/** Whether the server knows of no session here any more. */
const isOver = (veiled: { readonly ok: boolean; readonly code?: string }) =>
  veiled.ok || veiled.code === 'signed-out' || veiled.code === 'not-a-workstation'

/**
 * A browser that several people use in turn. Whoever leaves takes everything along: the screens are taken down, the worker writes sealed what is
 * theirs and ends, the session is over at the server, the storage is swept, and the page is loaded anew.
 */
export const StationApp = ({ flag, givenKey }: { flag: StationFlag; givenKey: string | null }) => {
  const [standing, setStanding] = useState<Standing>({ is: 'starting' })
  const serverClock = useMemo(() => openServerClock(), [])
  const queries = useMemo(() => openQueries(), [])
  const { stepUp, proving, giveUp } = useProving()
  const isIn = useRef(false)
  const covering = useRef(false)
  const leaving = useRef<Promise<void>>(Promise.resolve())
  const ended = useRef<() => void>(() => undefined)
  // The session may end from elsewhere: then the page goes the same way. A sign-in that is refused is no such end.
  const calls = useMemo(() => openCalls(() => isIn.current && ended.current(), stepUp), [stepUp])

  const cover = useCallback(
    async (how: { endShift?: boolean } = {}) => {
      if (covering.current) return
      covering.current = true
      noteLeaving(true)
      giveUp()
      flushSync(() => setStanding({ is: 'covered' }))
      queries.clear()
      // Addresses of screens hold random ids only; this one is the lock screen's from here on.
      history.replace(paths.signIn())
      await Promise.race([leaving.current, new Promise<void>((resolve) => setTimeout(resolve, mostToWrite))])
      if (isOver(await calls.call(veil, { body: how }))) noteLeaving(false)
      await sweepBrowser()
      location.replace(paths.signIn())
    },
    [calls, giveUp, queries],
  )
  useEffect(() => {
    ended.current = () => void cover()
  }, [cover])

  const removed = useCallback(async () => {
    await sweepBrowser()
    forgetStationHere()
    location.replace(paths.signIn())
  }, [])

  const enter = useCallback(async () => {
    const lock = async (left: boolean) => {
      await sweepBrowser()
      setStanding((before) => ({ is: 'locked', isFull: before.is === 'locked' && before.isFull, left }))
    }
    if (isLeaving()) {
      if (isOver(await calls.call(veil))) noteLeaving(false)
      else return lock(true)
    }
    // A lock screen stands before nobody's session: where that is not certain, it is ended before anything else, and no reload opens it.
    const unless = (isNobody: boolean) => {
      if (!isNobody) noteLeaving(true)
      return lock(!isNobody)
    }
    const shift = await calls.call(beginShift)
    if (!shift.ok) return shift.code === 'not-a-workstation' ? removed() : unless(shift.code === 'signed-out')
    const me = await calls.call(meEndpoint)
    if (!me.ok) return unless(me.code === 'signed-out')
    isIn.current = true
    if (history.location.pathname === paths.signIn()) history.replace(paths.inbox())
    setStanding({ is: 'signed-in', me: me.value, shift: shift.value })
  }, [calls, removed])

  /** Somebody has just proven themselves: the server has ended what this browser's cookie was before. */
  const arrive = useCallback(() => {
    noteLeaving(false)
    void enter()
  }, [enter])

  useEffect(() => {
    void enter()
    // A page that the browser took out of its memory of pages shows nothing and begins anew.
    const shown = (event: PageTransitionEvent) => event.persisted && location.reload()
    window.addEventListener('pageshow', shown)
    return () => window.removeEventListener('pageshow', shown)
  }, [enter])

  const isLeft = standing.is === 'locked' && standing.left
  useEffect(() => {
    if (!isLeft) return
    const timer = setInterval(() => void enter(), leaveAgain)
    return () => clearInterval(timer)
  }, [isLeft, enter])

  const shift = standing.is === 'signed-in' ? standing.shift : null
  useIdle(shift?.veilSeconds ?? null, () => void cover())
  // Whoever holds a badge to the reader is next, or goes: what stands there is covered.
  useBadge(() => void cover(), shift !== null)
  const station = useMemo(
    () => shift && { shift, cover: () => void cover(), onLeaving: (left: Promise<void>) => void (leaving.current = left) },
    [shift, cover],
  )
  const doubt = useCallback(() => void calls.quietly(meEndpoint), [calls])
  const signOut = useCallback(() => cover({ endShift: true }), [cover])
  const me = standing.is === 'signed-in' ? standing.me : null
  const opening = (
    <TaskPage brand="Wardline" title="Opening Wardline" subtitle={flag.name} banners={<DemoBar />}>
      <title>Wardline</title>
      <Spinner label="Opening Wardline" size={20} />
    </TaskPage>
  )
  if (standing.is === 'covered') return <title>Wardline</title>
  return (
    <Surroundings
      queries={queries}
      calls={calls}
      serverClock={serverClock}
      zone={me?.organisation.zone ?? 'UTC'}
      proving={me && proving}
      opening={opening}
    >
      {standing.is === 'starting' ? (
        opening
      ) : standing.is === 'signed-in' ? (
        <MeProvider me={standing.me}>
          <SignedIn givenKey={givenKey} serverClock={serverClock} onDoubt={doubt} onSignOut={signOut} {...(station && { station })} />
        </MeProvider>
      ) : standing.isFull ? (
        <SignIn
          passkey={() => (
            <>
              <PasskeyButton place={flag.place} onSignedIn={arrive} />
              <SsoOffers place={flag.place} address={undefined} />
            </>
          )}
          banners={<DemoBar />}
          notice={
            <Button variant="quiet" size="small" onPress={() => setStanding({ ...standing, isFull: false })}>
              Back to who is here
            </Button>
          }
          onSignedIn={arrive}
        />
      ) : (
        <LockScreen
          flag={flag}
          banners={<DemoBar />}
          onOpened={arrive}
          onFull={() => setStanding({ ...standing, isFull: true })}
          onRemoved={() => void removed()}
          notice={
            standing.left && (
              <Banner tone="warning" title="Whoever was here may still be signed in on the server." live="polite">
                Nothing of theirs is shown, and it is tried again every few seconds.
              </Banner>
            )
          }
        />
      )}
    </Surroundings>
  )
}
