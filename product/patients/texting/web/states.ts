import type { GivesOf } from '@wardline/platform/contract'
import { timeOfDay, type DeliveryState, type TimeFormat } from '@wardline/ui'
import type { getThread } from '../contract.ts'

/** One text of a thread, as the server gives it. */
export type ThreadText = GivesOf<typeof getThread>['texts'][number]

/** What a carrier's problem (the words of integrations/sms) says to a person; a new one is shown as it is. */
const problemWords: Readonly<Record<string, string>> = {
  'opted-out': 'the phone has stopped texts',
  'invalid-number': 'the carrier says that this is no number',
  'not-textable': 'this line takes no texts',
  'number-unreachable': 'the phone is off or out of reach',
  'number-unknown': 'the number is no longer in service',
  filtered: 'the carrier blocked it as unwanted',
  'sender-not-ours': 'the carrier does not let us send from our number',
  'sender-not-registered': 'our number is not registered with the carrier yet',
  'region-not-enabled': 'the carrier does not send there for us',
  unroutable: 'the carrier found no way to the number',
  'empty-body': 'it was empty',
  'too-long': 'it was too long',
  'rate-limited': 'too many texts at once',
  expired: 'it waited too long at the carrier',
  'not-authorised': 'the carrier refused our account',
  'account-suspended': 'our account with the carrier is suspended',
  'carrier-down': 'the carrier could not be reached',
  'bad-request': 'the carrier did not understand it',
  other: 'the carrier gave no reason that we know',
}

const says = (text: NonNullable<ThreadText['out']>): string =>
  text.problem === null ? text.reasons.map((it) => it.says).join(' ') : (problemWords[text.problem] ?? text.problem)

/** A due time with its weekday: most waits go over night. */
const dueText = (at: number, format: TimeFormat): string =>
  `${new Intl.DateTimeFormat(format.locale, { timeZone: format.timeZone, weekday: 'short' }).format(at)} ${timeOfDay(at, format)}`

/** How a text of ours stands, for its mark: state and the carrier's reports together. */
export function stateOf(out: NonNullable<ThreadText['out']>, format: TimeFormat): DeliveryState {
  const why = says(out)
  const reason = why === '' ? {} : { why }
  switch (out.state) {
    case 'held':
      return { kind: 'queued', until: dueText(out.dueAt, format) }
    case 'queued':
      return { kind: 'queued' }
    case 'sending':
      return { kind: 'sending' }
    case 'accepted':
      switch (out.delivery) {
        case 'delivered':
          return { kind: 'delivered', count: 1, of: 1 }
        case 'failed':
        case 'undelivered':
          return { kind: 'not-sent', ...reason }
        case 'queued':
        case 'sent':
        case null:
          return { kind: 'sent' }
      }
    // falls through
    case 'unknown':
      if (out.problem === 'unreadable')
        return { kind: 'unknown', why: 'what is kept of it is damaged, so it cannot be looked up. Ask the patient whether it came.' }
      return { kind: 'unknown', why: 'the carrier did not answer. It is being looked up and not sent again by itself.' }
    case 'refused':
    case 'not-taken':
    case 'withdrawn':
      return { kind: 'not-sent', ...reason }
  }
}
