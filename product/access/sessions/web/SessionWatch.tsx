import { Banner, Button, countdownText, spokenCountdownSeconds, useAnnounce, useClock, useNow } from '@wardline/ui'
import { useEffect, useRef, useState } from 'react'
import { mySessions } from '../contract.ts'
import { useAsk, useCalls } from './call.tsx'

const warnMs = 60_000
const tellEveryMs = 60_000
const acts = ['pointerdown', 'keydown', 'wheel', 'touchmove'] as const
/** A server's clock that seems so far off was not heard yet: no session is that old. */
const absurdMs = 15 * 3_600_000

type SessionWatchProps = {
  /** Tells the server, without a request where it can, that its person is at work. True: it was told. */
  onActive: () => boolean
}

/**
 * Watches the idle and the absolute end of this session: tells the server at most once a minute that somebody is at work, warns 60 s
 * before the end, and asks the server when the time is over. Windows of one browser tell each other.
 */
export const SessionWatch = ({ onActive }: SessionWatchProps) => {
  const { call, quietly } = useCalls()
  const clock = useClock()
  const announce = useAnnounce()
  const now = useNow(1000)
  const own = useAsk(mySessions).data?.sessions.find((it) => it.current)
  // When the server last knew of somebody at work here, by its own clock.
  const lastActiveAt = own?.lastActiveAt ?? 0
  const [told, setTold] = useState(0)
  const knownAt = useRef(0)
  const channel = useRef<BroadcastChannel | null>(null)

  useEffect(() => {
    knownAt.current = Math.max(told, lastActiveAt)
  }, [told, lastActiveAt])

  useEffect(() => {
    const others = new BroadcastChannel('wl-session-active')
    channel.current = others
    others.onmessage = ({ data }: MessageEvent<unknown>) => typeof data === 'number' && setTold((before) => Math.max(before, data))
    const acted = () => {
      const at = clock.now()
      const since = at - knownAt.current
      if (since >= 0 && since < tellEveryMs) return
      knownAt.current = at
      setTold(at)
      others.postMessage(at)
      if (!onActive()) void call(mySessions)
    }
    // What only a person does: reading is scrolling, too.
    const real = (event: Event) => event.isTrusted && acted()
    for (const kind of acts) window.addEventListener(kind, real, { passive: true })
    return () => {
      for (const kind of acts) window.removeEventListener(kind, real)
      others.close()
      channel.current = null
    }
  }, [call, clock, onActive])

  const idleUntil = own === undefined ? Infinity : Math.max(told, lastActiveAt) + own.idleSeconds * 1_000
  const endsAt = own?.endsAt ?? Infinity
  const left = Math.min(idleUntil, endsAt) - now
  const isWarning = left <= warnMs && left > -absurdMs
  const isOver = isWarning && left <= 0
  const isAbsolute = endsAt <= idleUntil
  const seconds = Math.max(0, Math.ceil(left / 1000))

  useEffect(() => {
    if (isOver) void quietly(mySessions)
  }, [isOver, quietly])

  useEffect(() => {
    if (isWarning && (spokenCountdownSeconds as readonly number[]).includes(seconds))
      announce.alert(
        `Your session ends in ${seconds} seconds. ${isAbsolute ? 'What you are writing is kept.' : 'Press any key to stay signed in.'}`,
      )
  }, [isWarning, isAbsolute, seconds, announce])

  if (!isWarning || isOver) return null
  const stay = async () => {
    const result = await call(mySessions)
    if (!result.ok) return
    const at = clock.now()
    setTold(at)
    channel.current?.postMessage(at)
  }
  return (
    <Banner
      tone="warning"
      isBar
      title={`You will be signed out in ${countdownText(left)}.`}
      short={`Signed out in ${countdownText(left)}`}
      {...(isAbsolute
        ? {}
        : {
            action: (
              <Button size="small" onPress={() => void stay()}>
                Stay signed in
              </Button>
            ),
          })}
    >
      {isAbsolute ? 'A working day has passed since you signed in. ' : ''}
      What you are writing is kept.
    </Banner>
  )
}
