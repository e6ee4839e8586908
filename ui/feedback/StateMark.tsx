import type { ReactNode } from 'react'
import { Button as AriaButton } from 'react-aria-components'
import {
  CheckIcon,
  ClockIcon,
  CrossIcon,
  DotsIcon,
  DoubleCheckIcon,
  EyeIcon,
  KeyIcon,
  QuestionIcon,
  ShieldIcon,
  WarningIcon,
  WifiOffIcon,
  type Icon,
} from '../icons.tsx'
import { Turning } from './Spinner.tsx'

/** What is known about a message on its way. Times are written by the caller ("14:03"). */
export type DeliveryState =
  | { kind: 'waiting' }
  | { kind: 'sending' }
  /** Kept by the server and goes out by itself, `until` written by the caller ("08:00"). */
  | { kind: 'queued'; until?: string }
  | { kind: 'sent'; at?: string }
  | { kind: 'delivered'; count: number; of: number }
  | { kind: 'read'; count: number; of?: number }
  /** On the screen in front of that many: less than read, and all that a device can know. */
  | { kind: 'shown'; count: number; of: number }
  | { kind: 'acknowledged'; by: string; at: string }
  | { kind: 'not-sent'; why?: string }
  | { kind: 'unknown'; why?: string }
  | { kind: 'expired' }
  | { kind: 'disputed' }
  /** Came in, but this device has no key for it yet. */
  | { kind: 'no-key' }

type Look = { icon: Icon; fill: 'none' | 'ok' | 'fail' | 'pending' | 'expired' | 'urgent' }

const looks: Record<DeliveryState['kind'], Look> = {
  waiting: { icon: WifiOffIcon, fill: 'pending' },
  sending: { icon: DotsIcon, fill: 'none' },
  queued: { icon: ClockIcon, fill: 'none' },
  sent: { icon: CheckIcon, fill: 'none' },
  delivered: { icon: DoubleCheckIcon, fill: 'none' },
  read: { icon: DoubleCheckIcon, fill: 'none' },
  shown: { icon: EyeIcon, fill: 'none' },
  acknowledged: { icon: ShieldIcon, fill: 'ok' },
  'not-sent': { icon: CrossIcon, fill: 'fail' },
  unknown: { icon: QuestionIcon, fill: 'pending' },
  expired: { icon: ClockIcon, fill: 'expired' },
  disputed: { icon: WarningIcon, fill: 'urgent' },
  'no-key': { icon: KeyIcon, fill: 'pending' },
}

/** A delivery state in words, as it is drawn and read out. */
export const stateWords = (state: DeliveryState): string => {
  switch (state.kind) {
    case 'waiting':
      return 'Waiting for connection'
    case 'sending':
      return 'Sending…'
    case 'queued':
      return state.until === undefined ? 'Queued' : `Queued until ${state.until}`
    case 'sent':
      return state.at === undefined ? 'Sent' : `Sent ${state.at}`
    case 'delivered':
      return state.of === 1 ? 'Delivered' : `Delivered ${state.count} of ${state.of}`
    case 'read':
      return state.of === undefined ? `Read ${state.count}` : `Read ${state.count} of ${state.of}`
    case 'shown':
      return state.of === 1 ? 'Shown' : `Shown ${state.count} of ${state.of}`
    case 'acknowledged':
      return `Acknowledged by ${state.by} ${state.at}`
    case 'not-sent':
      return state.why === undefined ? 'Not sent' : `Not sent: ${state.why}`
    case 'unknown':
      return state.why === undefined ? 'Unknown' : `Unknown: ${state.why}`
    case 'expired':
      return 'Expired'
    case 'disputed':
      return 'Disputed'
    case 'no-key':
      return 'Waiting for key'
  }
}

export type StateMarkProps = {
  state: DeliveryState
  /** Words after the state, for instance ", read 1, acknowledged 0". */
  children?: ReactNode
  /** Makes it a button, for instance to open names and times. */
  onPress?: () => void
}

/**
 * Where a message stands, in words with a shape. What went as it should is plain text; what someone must notice
 * (acknowledged, waiting, failed, unknown, expired, disputed) is filled. Sent never looks like delivered.
 */
export const StateMark = ({ state, children, onPress }: StateMarkProps) => {
  const { icon: Shape, fill } = looks[state.kind]
  const className = `wl-state wl-state--${fill}`
  const content = (
    <>
      {state.kind === 'sending' ? <Turning /> : <Shape size={fill === 'none' ? 16 : 12} />}
      <span>
        {stateWords(state)}
        {children}
      </span>
    </>
  )
  if (onPress === undefined) return <span className={className}>{content}</span>
  return (
    <AriaButton className={`${className} wl-state--button`} onPress={onPress}>
      {content}
    </AriaButton>
  )
}
