import { RouterProvider } from '@tanstack/react-router'
import { useMay, useMe } from '@wardline/product/access/provisioning/web'
import { may } from '@wardline/product/access/roles/preview'
import { useCalls } from '@wardline/product/access/sessions/web'
import { dropSecret } from '@wardline/product/access/passkeys/web'
import { useFirstRun } from '@wardline/product/compliance/first-run/web'
import { mayWithPatients } from '@wardline/product/patients/roster/web'
import type { Shift } from '@wardline/product/access/workstations/web'
import { myDevices } from '@wardline/product/team/devices/contract'
import { openTeamStore, TeamProvider, useTeam, useTeamState, type TeamStore } from '@wardline/product/team/messages/web'
import { Spinner, TaskPage } from '@wardline/ui'
import { lazy, Suspense, useEffect, useMemo, useState, type ReactNode } from 'react'
import type { ServerClock } from '../clock.ts'
import { openEngine } from '../engine/open.ts'
import { Container } from './Container.tsx'
import { openLive, type Live } from '../live.ts'
import { router } from '../router.tsx'
import { DemoBar } from './DemoBar.tsx'
import { DeskProvider, useDesk } from './desk.tsx'
import { forgetPassing, keepNothing, notePassing, passedHere } from './keeping.ts'

const FirstRunPage = lazy(async () => ({ default: (await import('../set-up/FirstRunPage.tsx')).FirstRunPage }))
const DeviceSetup = lazy(async () => ({ default: (await import('@wardline/product/team/devices/web')).DeviceSetup }))

type SignedInProps = {
  givenKey: string | null
  serverClock: ServerClock
  /** The session may be over: ask the server. */
  onDoubt: () => void
  onSignOut: () => Promise<void>
  /** At a shared workstation. `onLeaving` is given when everything of the person is written and gone from the worker. */
  station?: { readonly shift: Shift; readonly cover: () => void; readonly onLeaving: (left: Promise<void>) => void }
}

/** Everything that belongs to one session of one person: the device's engine, the live connection, the screens. */
export const SignedIn = ({ givenKey, serverClock, onDoubt, onSignOut, station }: SignedInProps) => {
  const me = useMe()
  const calls = useCalls()
  const shift = station?.shift
  const onLeaving = station?.onLeaving
  const cover = station?.cover
  const writes = useMay('team.conversation.read').yes
  // Administrators write no messages, and sign with the keys of a device of their own what colleagues' devices verify.
  const maySign = useMay('identity.sign').yes
  const signs = maySign && shift === undefined
  // Also where records are closed: the way to one in an emergency leads through here.
  const hasPatients = mayWithPatients(me, 'patient.thread.read').yes
  const [store, setStore] = useState<TeamStore | null>(null)
  const [live, setLive] = useState<Live | null>(null)
  const [isWithoutTeam, setWithoutTeam] = useState(false)
  const [wantsTeam, setWantsTeam] = useState(false)
  // Officers may write messages and do not live by them: nobody makes a device of their browser before they ask for it.
  const livesByMessages = may(
    me.roles.filter((role) => role !== 'privacy-officer' && role !== 'security-officer'),
    'team.conversation.read',
  ).yes
  // Whoever sets the organisation up is led through it. Before it has a root key, nobody can make keys of their own.
  const leads = useMay('person.create').yes
  const firstRun = useFirstRun(leads)
  const standing = firstRun.data?.begun === true && !firstRun.data.finished ? firstRun.data : null
  const isLooking = leads && firstRun.isLoading
  const hasTeam = !isLooking && (standing === null ? writes || signs : writes && standing.hasRoot)

  useEffect(() => {
    if (!hasTeam) return
    const passed = passedHere()
    const engine = openEngine({
      person: me.person,
      ...(shift ? { station: { organisation: me.organisation.id, renew: shift.signedInBy === 'in-full' } } : { passed }),
    })
    const opened = openTeamStore(engine)
    let connection = opened.state()?.connection
    let hasAsked = false
    const stop = opened.subscribe(() => {
      const state = opened.state()
      const now = state?.connection
      if (state?.storage === 'memory') keepNothing()
      if (state?.storage === 'memory' && state.device !== null && !shift) notePassing(state.device)
      if (state?.storage === 'cache' && state.status === 'ready' && !hasAsked && passedHere().length > 0) {
        // They once asked that nothing be kept here, and no longer do.
        hasAsked = true
        void calls.quietly(myDevices).then((it) => it.ok && forgetPassing(it.value.devices.map(({ device }) => device)))
      }
      if (now === 'signed-out' && connection !== 'signed-out') onDoubt()
      connection = now
    })
    const online = () => void engine.reconnect()
    window.addEventListener('online', online)
    setStore(opened)
    return () => {
      window.removeEventListener('online', online)
      stop()
      opened.close()
      // What the screens still say as they go, a draft, is written before.
      const left = Promise.resolve().then(() => engine.leave())
      onLeaving?.(left)
      setStore(null)
    }
  }, [hasTeam, me.person, me.organisation.id, shift, onLeaving, onDoubt, calls])

  useEffect(() => {
    // The page's own connection: patients' threads, the server's clock, the end of the session. Team messages come through the engine.
    const opened = openLive(onDoubt)
    const stop = opened.hear(({ at, t }) => (t === 'open' || t === 'beat') && at !== undefined && serverClock.observe(at))
    setLive(opened)
    return () => {
      stop()
      opened.close()
      setLive(null)
    }
  }, [serverClock, onDoubt])

  const desk = useMemo(
    () => ({
      live,
      signOut: onSignOut,
      isWithoutTeam,
      resumeTeam: () => {
        setWantsTeam(true)
        setWithoutTeam(false)
      },
      station: shift !== undefined && cover !== undefined ? { shift, cover } : null,
    }),
    [live, onSignOut, isWithoutTeam, shift, cover],
  )
  const screens =
    standing === null ? (
      <Container isPrivate={station === undefined} onSignOut={() => void onSignOut()}>
        <RouterProvider router={router} />
      </Container>
    ) : (
      <Suspense fallback={<Starting name={standing.organisation.name} />}>
        <FirstRunPage standing={standing} onMakeKeys={() => setWithoutTeam(false)} onSignOut={() => void onSignOut()} />
      </Suspense>
    )
  if (isLooking) return <Starting name={me.organisation.name} />
  return (
    <DeskProvider desk={desk}>
      <TeamProvider store={isWithoutTeam ? null : store}>
        {!hasTeam || isWithoutTeam ? (
          screens
        ) : (
          <DeviceGate
            givenKey={givenKey}
            onSignOut={() => void onSignOut()}
            isAsked={livesByMessages || wantsTeam || standing !== null}
            onSkip={hasPatients || !livesByMessages || standing !== null ? () => setWithoutTeam(true) : undefined}
          >
            {screens}
          </DeviceGate>
        )}
      </TeamProvider>
    </DeskProvider>
  )
}

const Starting = ({ name }: { name: string }) => (
  <TaskPage brand="Wardline" title="Opening Wardline" subtitle={name} banners={<DemoBar />}>
    <title>Wardline</title>
    <Spinner label="Opening Wardline" size={20} />
  </TaskPage>
)

type DeviceGateProps = {
  givenKey: string | null
  /** False: a browser that is no device yet goes on without being asked to become one. */
  isAsked: boolean
  onSignOut: () => void
  onSkip: (() => void) | undefined
  children: ReactNode
}

/** Lets the screens be seen once this browser is a device of the person, and holds them back while new keys are being kept. */
const DeviceGate = ({ givenKey, isAsked, onSignOut, onSkip, children }: DeviceGateProps) => {
  const me = useMe()
  const team = useTeam()
  const state = useTeamState()
  const { station } = useDesk()
  const [isCreating, setCreating] = useState(false)
  const opening = (
    <TaskPage brand="Wardline" title="Opening your messages" subtitle={me.organisation.name} banners={<DemoBar />}>
      <title>Opening your messages · Wardline</title>
      <Spinner label="Opening your messages" size={20} />
    </TaskPage>
  )
  // What a passkey gave at sign-in is of no use once the keys are open.
  const isReady = state?.status === 'ready'
  useEffect(() => {
    if (isReady) dropSecret()
  }, [isReady])
  const isPassedBy = !isAsked && state !== null && state.status !== 'starting' && state.status !== 'ready' && !isCreating
  useEffect(() => {
    if (isPassedBy) onSkip?.()
  }, [isPassedBy, onSkip])
  if (team === null || state === null || isPassedBy || (state.status === 'starting' && !isCreating)) return opening
  if (state.status === 'ready' && !isCreating) return children
  return (
    <Suspense fallback={opening}>
      <DeviceSetup
        team={team}
        state={state}
        me={{ person: me.person, name: me.name, organisation: me.organisation.name }}
        givenKey={givenKey}
        onSignOut={onSignOut}
        onCreating={() => setCreating(true)}
        onReady={() => setCreating(false)}
        onSkip={onSkip}
        canChoose={station === null}
        banners={<DemoBar />}
      />
    </Suspense>
  )
}
