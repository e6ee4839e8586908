import type { ReactNode } from 'react'
import {
  BangIcon,
  CheckIcon,
  ClockIcon,
  CrossIcon,
  DotsIcon,
  DoubleBangIcon,
  EnvelopeIcon,
  LockIcon,
  MinusIcon,
  type Icon,
} from '../icons.tsx'

/** What a badge means. The hue follows from it and is never the only sign: each tone has its shape and its word. */
export type Tone = 'stat' | 'urgent' | 'routine' | 'secure' | 'unsecure' | 'expired' | 'ok' | 'fail' | 'pending'

const signs: Record<Tone, { icon: Icon; word: string }> = {
  stat: { icon: DoubleBangIcon, word: 'STAT' },
  urgent: { icon: BangIcon, word: 'Urgent' },
  routine: { icon: MinusIcon, word: 'Routine' },
  secure: { icon: LockIcon, word: 'Encrypted' },
  unsecure: { icon: EnvelopeIcon, word: 'SMS, not secure' },
  expired: { icon: ClockIcon, word: 'Expired' },
  ok: { icon: CheckIcon, word: 'Delivered' },
  fail: { icon: CrossIcon, word: 'Not sent' },
  pending: { icon: DotsIcon, word: 'Pending' },
}

export type BadgeProps = {
  tone: Tone
  /** Other words than the tone's own, for instance "E-mail, not secure". */
  children?: ReactNode
  /** Another shape of the same meaning, for instance a phone for an unsecured call. */
  icon?: Icon
}

/** A small filled label: word, shape and fill together. */
export const Badge = ({ tone, children, icon }: BadgeProps) => {
  const Sign = icon ?? signs[tone].icon
  return (
    <span className={`wl-badge wl-badge--${tone}`}>
      <Sign size={12} />
      <span className="wl-badge__word">{children ?? signs[tone].word}</span>
    </span>
  )
}

/** A count of things that wait ("12", "99+"), with words for screen readers: `words` is read instead of the number. */
export const CountMark = ({ count, words, tone = 'plain' }: { count: number; words: string; tone?: 'plain' | 'accent' | 'stat' }) =>
  count <= 0 ? null : (
    <span className={`wl-count wl-count--${tone}`}>
      <span aria-hidden="true">{count > 99 ? '99+' : count}</span>
      <span className="wl-hidden">{words}</span>
    </span>
  )
