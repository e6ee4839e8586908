import { useMe } from '@wardline/product/access/provisioning/web'
import { useAsk } from '@wardline/product/access/sessions/web'
import { container } from '@wardline/product/team/devices/contract'
import { Actions, Button, Prose, TaskPage, fullTime, useDone, useNow, useTimeFormat } from '@wardline/ui'
import { lazy, Suspense, useCallback, useEffect, useEffectEvent, useMemo, useState, type ReactNode } from 'react'
import { keepShowing, lastShowing } from './container-kept.ts'
import { useDesk } from './desk.tsx'
import { useIdle } from './useIdle.ts'
import './container.css'

const StepUpDialog = lazy(async () => ({ default: (await import('@wardline/product/access/passkeys/web')).StepUpDialog }))

const veiledKey = 'wl-veiled'

type ContainerProps = {
  /** False at a shared workstation, which has a veil of its own. */
  isPrivate: boolean
  onSignOut: () => void
  children: ReactNode
}

/** What the organisation lets the screen show: copying, a mark behind messages, and a veil over an idle screen. */
export const Container = ({ isPrivate, onSignOut, children }: ContainerProps) => {
  const { session } = useMe()
  const { live } = useDesk()
  const { data: answer, refetch } = useAsk(container, {}, { pollMs: 60_000 })
  useEffect(() => {
    // Not all windows of an organisation at one moment: the server says within how many milliseconds.
    const later = (within: number) =>
      setTimeout(() => void refetch(), ((crypto.getRandomValues(new Uint16Array(1))[0] ?? 0) / 65_536) * within)
    return live?.hear(({ t, within }) => void (t === 'policies' && later(typeof within === 'number' ? within : 2_000)))
  }, [live, refetch])
  const [before] = useState(lastShowing)
  const it = answer ?? before
  useEffect(() => {
    if (answer !== undefined) keepShowing(answer)
  }, [answer])
  const [isVeiled, setVeiled] = useState(() => isPrivate && localStorage.getItem(veiledKey) === session.id)
  const isBlocked = !it.copying
  const veil = useCallback(() => {
    // A reload or another window brings it no nearer.
    localStorage.setItem(veiledKey, session.id)
    setVeiled(true)
  }, [session.id])
  useIdle(isPrivate && !isVeiled ? it.veilMinutes * 60 : null, veil, true)
  const { done: refused, say } = useDone()
  // A key that does nothing is no answer.
  const stop = useEffectEvent((event: Event) => {
    if (stopCopy(event)) say('Nothing was copied: your organisation has switched off copying out of messages.')
  })
  useEffect(() => {
    if (!isBlocked) return
    const stopped = (event: Event) => stop(event)
    const root = document.documentElement
    root.dataset['copying'] = 'blocked'
    document.addEventListener('copy', stopped, true)
    document.addEventListener('cut', stopped, true)
    document.addEventListener('dragstart', stopped, true)
    return () => {
      delete root.dataset['copying']
      document.removeEventListener('copy', stopped, true)
      document.removeEventListener('cut', stopped, true)
      document.removeEventListener('dragstart', stopped, true)
    }
  }, [isBlocked])
  if (isVeiled)
    return (
      <Veil
        onOpened={() => {
          localStorage.removeItem(veiledKey)
          setVeiled(false)
        }}
        onSignOut={onSignOut}
      />
    )
  return (
    <>
      {children}
      {it.watermark && <Watermark />}
      {isBlocked && refused !== null && (
        <section className="refused" aria-label="Copying">
          {refused}
        </section>
      )}
    </>
  )
}

/** Whatever is marked in a thread, or in the line of it that a list shows, stays there; fields are their writer's own. True: it was stopped. */
function stopCopy(event: Event): boolean {
  const marked = document.getSelection()
  const ends = [marked?.anchorNode, marked?.focusNode, event.target]
  const logs = document.querySelectorAll('.wl-log, .wl-row__preview')
  const isInLog = ends.some((node) => node instanceof Node && [...logs].some((log) => log.contains(node)))
  // A mark that runs over a thread from outside takes its text along too.
  const runsOver = marked !== null && !marked.isCollapsed && [...logs].some((log) => marked.containsNode(log, true))
  if (isInLog || runsOver) event.preventDefault()
  return isInLog || runsOver
}

/** The reader's name and the time behind what is shown: whoever photographs the screen photographs them too. */
const Watermark = () => {
  const me = useMe()
  const now = useNow()
  const format = useTimeFormat()
  const text = `${me.name} · ${fullTime(Math.floor(now / 60_000) * 60_000, format)}`
  // Enough for a large screen; what is more than it shows is cut off.
  const marks = useMemo(() => Array.from({ length: 400 }, (_, i) => <span key={i} data-text={text} />), [text])
  return (
    <div className="watermark" aria-hidden="true">
      {marks}
    </div>
  )
}

/** Nothing of the screens is in the page until the person has proven who they are. */
const Veil = ({ onOpened, onSignOut }: { onOpened: () => void; onSignOut: () => void }) => {
  const me = useMe()
  const [isAsking, setAsking] = useState(false)
  return (
    <TaskPage brand="Wardline" title="Covered" subtitle={me.organisation.name}>
      <title>Covered · Wardline</title>
      <Prose>
        <p>Nobody has worked here for a while, so what was on the screen is covered. Only {me.name} can open it again.</p>
      </Prose>
      <Actions>
        <Button onPress={onSignOut}>Sign out</Button>
        <Button variant="primary" onPress={() => setAsking(true)}>
          Open again
        </Button>
      </Actions>
      {isAsking && (
        <Suspense fallback={null}>
          <StepUpDialog
            onDone={(proven) => {
              setAsking(false)
              if (proven) onOpened()
            }}
          />
        </Suspense>
      )}
    </TaskPage>
  )
}
