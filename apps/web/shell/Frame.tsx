import { useQueryClient } from '@tanstack/react-query'
import { useRouterState, useSearch } from '@tanstack/react-router'
import { Notices } from '@wardline/product/access/mfa/web'
import { EmergencyBars, EmergencyOffer, useOpenings } from '@wardline/product/access/break-glass/web'
import { AdministrationElsewhere, Elsewhere, useAdministersElsewhere, useElsewhere } from '@wardline/product/access/networks/web'
import { me as meEndpoint } from '@wardline/product/access/provisioning/contract'
import { useMay, useMe, WaitingEnrolments, type Me } from '@wardline/product/access/provisioning/web'
import { may } from '@wardline/product/access/roles/preview'
import { keyOf, SessionWatch } from '@wardline/product/access/sessions/web'
import { ShiftBars } from '@wardline/product/access/workstations/web'
import { HeldBack, TrainingBar, useHeldBack } from '@wardline/product/compliance/training/web'
import { mayWithPatients } from '@wardline/product/patients/roster/web'
import { useThreadFrames } from '@wardline/product/patients/texting/web'
import { useColleagues } from '@wardline/product/team/directory/web'
import { NewIdentityBar } from '@wardline/product/team/lost-keys/web'
import { Alarms } from '@wardline/product/team/devices/web'
import { useTeam, useTeamState } from '@wardline/product/team/messages/web'
import {
  Avatar,
  Banner,
  Button,
  ButtonLink,
  CommandButton,
  InboxIcon,
  LockIcon,
  Menu,
  MenuItem,
  Pane,
  PeopleIcon,
  Rail,
  SettingsIcon,
  ShieldIcon,
  Shell,
  SignOutIcon,
  Skeleton,
  TopBar,
  WarningIcon,
  type RailItem,
} from '@wardline/ui'
import { lazy, Suspense, useCallback, useEffect, useRef, useState } from 'react'
import { useInboxRows } from '../inbox/rows.ts'
import { go, goWith, togglePane } from '../navigate.ts'
import { paths } from '../paths.ts'
import type { Screen, ScreenProps } from '../screen.ts'
import { nowhere, screens } from '../screens.tsx'
import { Connection } from './Connection.tsx'
import { DemoBar } from './DemoBar.tsx'
import { useDesk } from './desk.tsx'
import './frame.css'
import { useKeys } from './keys.ts'
import { NewMessageTold } from './NewMessageTold.tsx'

// What opens over the page comes when it is opened for the first time.
const Palette = lazy(async () => ({ default: (await import('./Palette.tsx')).Palette }))
const Help = lazy(async () => ({ default: (await import('./Help.tsx')).Help }))
const NewMessage = lazy(async () => ({ default: (await import('./NewMessage.tsx')).NewMessage }))

/** The frame around every screen, and the screen of the address in it. */
export const Frame = () => {
  const me = useMe()
  const { signOut, station } = useDesk()
  const { screen, params, pathname } = useUnlessClosed(useScreen(me))
  const search = useSearch({ strict: false }) as Readonly<Record<string, string | undefined>>
  const [open, setOpen] = useState<'palette' | 'help' | null>(null)
  const composer = useRef<HTMLTextAreaElement>(null)
  useKeys({
    onPalette: () => setOpen('palette'),
    onHelp: () => setOpen('help'),
    onReply: () => composer.current?.focus(),
    onNew: () => may(me.roles, 'team.conversation.create').yes && go(paths.inbox({ open: 'new' })),
    toList: () => go(screen.place === 'patients' && search['in'] !== 'inbox' ? paths.patients() : paths.inbox()),
    toPlace: (place) => go(place === 'patients' ? paths.patients() : place === 'audit' ? paths.audit() : paths.inbox()),
    onLock: () => station?.cover(),
    onSide: () => togglePane(screen.place === 'patients' ? 'details' : 'people'),
  })
  const props = { params, search, composerRef: composer }
  const { main: Main, list: List, side: Side } = screen
  return (
    <>
      <Shell
        viewKey={pathname}
        phoneView={screen.isList === true ? 'list' : 'main'}
        rail={<Places me={me} place={search['in'] === 'inbox' ? 'inbox' : screen.place} />}
        header={
          <TopBar
            start={<span className="frame__name">{me.organisation.name}</span>}
            middle={<CommandButton label="Search or run a command" onPress={() => setOpen('palette')} />}
            end={
              <>
                <Connection />
                {station !== null && (
                  <Button size="small" icon={<LockIcon />} onPress={station.cover} aria-label="Lock and switch user">
                    <span className="frame__person wl-topbar__stays">Lock</span>
                  </Button>
                )}
                <Menu
                  label={me.name}
                  placement="bottom end"
                  onAction={(id) => (id === 'out' ? void signOut() : go(paths.settings()))}
                  trigger={
                    <Button
                      variant="quiet"
                      aria-label={`${me.name}, settings and signing out`}
                      icon={<Avatar name={me.name} id={me.person} size={24} />}
                    >
                      <span className="frame__person">{me.name}</span>
                    </Button>
                  }
                >
                  <MenuItem id="settings" icon={<SettingsIcon />}>
                    Settings
                  </MenuItem>
                  <MenuItem id="out" icon={<SignOutIcon />}>
                    Sign out
                  </MenuItem>
                </Menu>
              </>
            }
          />
        }
        banners={<Bars />}
        {...(List === undefined
          ? {}
          : {
              list: (
                <Suspense fallback={<Skeleton label="Opening the list" lines={6} shape="rows" />}>
                  <List {...props} />
                </Suspense>
              ),
              listLabel: screen.listLabel ?? 'List',
            })}
        {...(Side === undefined
          ? {}
          : {
              side: (
                <Suspense fallback={<Skeleton label="Opening the details" lines={6} />}>
                  <Side {...props} />
                </Suspense>
              ),
              sideLabel: screen.sideLabel ?? 'Details',
              sideState:
                search['pane'] === 'closed' ? ('closed' as const) : search['pane'] === undefined ? ('auto' as const) : ('open' as const),
              onCloseSide: () => goWith({ pane: undefined }),
            })}
      >
        <Suspense fallback={<Skeleton label="Opening the page" lines={6} />}>
          <Main {...props} />
        </Suspense>
      </Shell>
      <NewMessageTold />
      <Suspense fallback={null}>
        {search['open'] === 'new' && screen.place === 'inbox' && <NewMessage with={search['with']} />}
        {open === 'palette' && <Palette onClose={() => setOpen(null)} onHelp={() => setOpen('help')} />}
        {open === 'help' && <Help onClose={() => setOpen(null)} />}
      </Suspense>
    </>
  )
}

/** The screen of the address, if this person may see it. All of it comes from the match: the address alone is ahead of what is drawn. */
function useScreen(me: Me): { screen: Screen; params: Readonly<Record<string, string>>; pathname: string } {
  const match = useRouterState({ select: (state) => state.matches.at(-1) })
  const found = screens.find((it) => it.path === match?.routeId)
  // Who has nothing in the inbox begins where their work is.
  const first =
    found?.path === '/' && !hasInbox(me)
      ? screens.find((it) => it.path === (may(me.roles, 'audit.read').yes ? '/audit' : '/settings'))
      : found
  const isAllowed = first !== undefined && (first.may === undefined || first.may(me))
  return {
    screen: isAllowed ? first : nowhere,
    params: (match?.params ?? {}) as Readonly<Record<string, string>>,
    pathname: match?.pathname ?? '/',
  }
}

/**
 * The same; but for who is held back, or comes from another network, one calm page where patients' records would be, except those that they
 * opened in an emergency, and one where administration would be.
 */
function useUnlessClosed(found: ReturnType<typeof useScreen>): ReturnType<typeof useScreen> {
  const isHeldBack = useHeldBack()
  const { screen, params } = found
  const isElsewhere = useElsewhere(screen.place === 'audit' ? 'audit.read' : 'patient.roster.read')
  const administersElsewhere = useAdministersElsewhere()
  const openings = useOpenings()
  if (screen.administers !== undefined && administersElsewhere(screen.administers))
    return { ...found, screen: { path: screen.path, place: screen.place, main: AdministrationScreen } }
  const showsRecords = screen.place === 'patients' || screen.place === 'audit'
  if (!showsRecords || openings.some((it) => it.patient === params['patient'])) return found
  const main = isElsewhere ? ElsewhereScreen : isHeldBack ? HeldBackScreen : null
  return main === null ? found : { ...found, screen: { path: screen.path, place: screen.place, main } }
}

const offerOf = (patient: string | undefined) =>
  patient !== undefined && <EmergencyOffer patient={patient} says="This record is not open to you." />

const HeldBackScreen = ({ params }: ScreenProps) => (
  <Pane title="Records are closed to you">
    <title>Training · Wardline</title>
    <HeldBack inEmergency={offerOf(params['patient'])} door={<ButtonLink href={paths.settings()}>Your trainings</ButtonLink>} />
  </Pane>
)

const ElsewhereScreen = ({ params }: ScreenProps) => (
  <Pane title="Records are closed here">
    <title>Another network · Wardline</title>
    <Elsewhere inEmergency={offerOf(params['patient'])} />
  </Pane>
)

const AdministrationScreen = () => (
  <Pane title="Administration is closed here" onBack={() => go(paths.settings())} backLabel="Back to Settings">
    <title>Another network · Wardline</title>
    <AdministrationElsewhere />
  </Pane>
)

const hasInbox = (me: Me): boolean => may(me.roles, 'team.conversation.read').yes || mayWithPatients(me, 'patient.thread.read').yes

/** The rail: places that this person has, with what waits there. */
const Places = ({ me, place }: { me: Me; place: Screen['place'] }) => {
  const rows = useInboxRows()
  const waiting = rows?.filter((it) => it.needsMe).length ?? 0
  const items: readonly RailItem[] = [
    ...(hasInbox(me)
      ? [
          {
            href: paths.inbox(),
            label: 'Inbox',
            icon: InboxIcon,
            isCurrent: place === 'inbox',
            ...(waiting > 0 ? { count: waiting, countWords: `${waiting} need you`, countTone: 'accent' as const } : {}),
          },
        ]
      : []),
    ...(mayWithPatients(me, 'patient.thread.read').yes
      ? [{ href: paths.patients(), label: 'Patients', icon: PeopleIcon, isCurrent: place === 'patients' }]
      : []),
    ...(may(me.roles, 'audit.read').yes ? [{ href: paths.audit(), label: 'Audit', icon: ShieldIcon, isCurrent: place === 'audit' }] : []),
    ...(may(me.roles, 'break-glass.read').yes || may(me.roles, 'security-policy.read').yes
      ? [{ href: paths.oversight(), label: 'Review', icon: WarningIcon, isCurrent: place === 'oversight' }]
      : []),
    { href: paths.settings(), label: 'Settings', icon: SettingsIcon, isCurrent: place === 'settings' },
  ]
  return <Rail label="Places" items={items} />
}

/** The bars over everything: demonstration, end of the session, alarms, what is not safe yet. */
const Bars = () => {
  const team = useTeam()
  const state = useTeamState()
  const { live, isWithoutTeam, resumeTeam, station } = useDesk()
  const writes = useMay('team.conversation.read').yes
  const { nameOf } = useColleagues()
  const isElsewhere = useElsewhere('patient.thread.read')
  const hasTexts = mayWithPatients(useMe(), 'patient.thread.read').yes
  useThreadFrames(live?.hear)
  const queries = useQueryClient()
  // A window that connects again may come from another network.
  useEffect(
    () => live?.hear((frame) => void (frame.t === 'open' && queries.invalidateQueries({ queryKey: keyOf(meEndpoint) }))),
    [live, queries],
  )
  const onActive = useCallback(() => live?.tell({ t: 'session.active' }) ?? false, [live])
  return (
    <>
      <DemoBar />
      <EmergencyBars hrefOf={(patient) => paths.patient(patient)} />
      <SessionWatch onActive={onActive} />
      {station !== null && <ShiftBars shift={station.shift} />}
      <WaitingEnrolments />
      <NewIdentityBar nameOf={nameOf} />
      <Notices href={paths.notices()} settings={paths.settings()} />
      <TrainingBar />
      {isWithoutTeam && writes && (
        <Banner
          tone="info"
          isBar
          title="Team messages are not open in this browser."
          short="Messages closed"
          action={
            <Button size="small" onPress={resumeTeam}>
              Set it up
            </Button>
          }
        >
          {hasTexts && !isElsewhere && 'Texts to patients work.'}
        </Banner>
      )}
      {team !== null && state !== null && <Alarms team={team} alarms={state.alarms} nameOf={nameOf} />}
      {state?.holdsBack === 'waiting' && (
        <Banner tone="danger" isBar title="This browser may not keep messages any more." live="assertive">
          {state.waiting > 0
            ? 'What you wrote and is not sent yet goes out first. Then what is kept here is removed, and you unlock your messages again.'
            : 'An urgent message of yours was not sent. Send it again or discard it; then what is kept here is removed.'}
        </Banner>
      )}
      {state?.holdsBack === 'no-way-back' && (
        <Banner tone="danger" isBar title="This browser may not keep messages any more, and it has your only keys." live="assertive">
          Make a recovery key and keep it. Then what is kept here is removed, and the key opens your messages again.
        </Banner>
      )}
      {state?.isUnsaved === true && (
        <Banner tone="danger" isBar title="Your drafts are not kept at the server." live="assertive">
          There is too much of them. Send or shorten what you are writing before you close this page; nothing of it stays in this browser.
        </Banner>
      )}
      {state !== null && state.status === 'ready' && !state.recoveryKeyKept && (
        <Banner
          tone="warning"
          isBar
          title="You have not confirmed your recovery key."
          short="Recovery key"
          action={
            <ButtonLink size="small" href={paths.settings()}>
              Make a new one
            </ButtonLink>
          }
        >
          Without it nobody can open your messages on another device.
        </Banner>
      )}
    </>
  )
}
