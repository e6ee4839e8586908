import { useEffect, useLayoutEffect, useRef, useState, type ReactNode } from 'react'
import { Button } from '../actions/Button.tsx'
import { ArrowDownIcon } from '../icons.tsx'

/** Pixels from the end within which a reader counts as being at the newest message. */
const nearEnd = 48

export type MessageLogProps = {
  /** Accessible name: "Messages with cardiology on call". */
  label: string
  /** Changes when a newer message stands at the end; a reader at the end is kept there, any other is left in peace. */
  newestKey: string
  /** The newest message was written here: its author is taken to it from wherever they were reading. */
  isNewestOwn?: boolean
  /** Message, DaySeparator and NewSeparator elements, oldest first. */
  children: ReactNode
  /** Called when the beginning comes near; leave out when there is nothing older. */
  onReachStart?: () => void
  newestLabel?: string
}

/**
 * The messages of a conversation: an `<ol>` in a region that can be focused and scrolled by keyboard. It is no live
 * region, because readers would read history again; new messages are told by `useAnnounce`.
 */
export const MessageLog = ({
  label,
  newestKey,
  isNewestOwn = false,
  children,
  onReachStart,
  newestLabel = 'Newest messages',
}: MessageLogProps) => {
  const region = useRef<HTMLDivElement>(null)
  const start = useRef<HTMLDivElement>(null)
  const isAtEnd = useRef(true)
  const [isBehind, setBehind] = useState(false)
  const toEnd = () => {
    const box = region.current
    if (box !== null) box.scrollTop = box.scrollHeight
  }
  useLayoutEffect(() => {
    if (isAtEnd.current || isNewestOwn) toEnd()
  }, [newestKey, isNewestOwn])
  // A composer that grows, a keyboard that opens or an image that loads must not push the newest message out of sight.
  useEffect(() => {
    const box = region.current
    if (box === null) return
    const watch = new ResizeObserver(() => {
      if (isAtEnd.current) toEnd()
    })
    watch.observe(box)
    if (box.firstElementChild !== null) watch.observe(box.firstElementChild)
    return () => watch.disconnect()
  }, [])
  useEffect(() => {
    const [box, mark] = [region.current, start.current]
    if (onReachStart === undefined || box === null || mark === null) return
    const watch = new IntersectionObserver((entries) => entries.some((entry) => entry.isIntersecting) && onReachStart(), {
      root: box,
      rootMargin: '400px 0px 0px',
    })
    watch.observe(mark)
    return () => watch.disconnect()
  }, [onReachStart])
  const scrolled = () => {
    const box = region.current
    if (box === null) return
    isAtEnd.current = box.scrollHeight - box.scrollTop - box.clientHeight <= nearEnd
    setBehind(!isAtEnd.current)
  }
  return (
    <div className="wl-log">
      <div className="wl-log__region" role="region" aria-label={label} tabIndex={0} ref={region} onScroll={scrolled}>
        <div className="wl-log__content">
          <div ref={start} />
          <ol className="wl-log__list">{children}</ol>
        </div>
      </div>
      {isBehind && (
        <div className="wl-log__newest">
          <Button
            size="small"
            icon={<ArrowDownIcon />}
            onPress={() => {
              toEnd()
              region.current?.focus({ preventScroll: true })
            }}
          >
            {newestLabel}
          </Button>
        </div>
      )}
    </div>
  )
}

/** The day that begins here, in words ("Tuesday, November 17"). */
export const DaySeparator = ({ children }: { children: ReactNode }) => (
  <li className="wl-day">
    <span>{children}</span>
  </li>
)

/** Where the unread messages begin. */
export const NewSeparator = ({ children = 'New' }: { children?: ReactNode }) => (
  <li className="wl-day wl-day--new">
    <span>{children}</span>
  </li>
)

/** Something that happened in the conversation (joined, escalated, policy changed), in one quiet line with its time. */
export const LogEvent = ({ icon, time, children }: { icon?: ReactNode; time?: ReactNode; children: ReactNode }) => (
  <li className="wl-event">
    {icon}
    <span>{children}</span>
    {time !== undefined && <span className="wl-event__time">{time}</span>}
  </li>
)
