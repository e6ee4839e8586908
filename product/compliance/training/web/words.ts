import type { Tone } from '@wardline/ui'
import type { State } from '../contract.ts'

/** How a screen names where somebody stands. */
export const stateWords: Readonly<Record<State, { readonly says: string; readonly tone: Tone }>> = {
  done: { says: 'Done', tone: 'ok' },
  open: { says: 'To do', tone: 'pending' },
  soon: { says: 'Due soon', tone: 'routine' },
  overdue: { says: 'Overdue', tone: 'urgent' },
  'held-back': { says: 'Records closed', tone: 'urgent' },
}

/** A day as people write it, in the organisation's zone. */
export const dayOf = (at: number, { locale, timeZone }: { readonly locale: string; readonly timeZone: string }): string =>
  new Intl.DateTimeFormat(locale, { timeZone, dateStyle: 'medium' }).format(at)
