/** What happens after a message is stored: its way to the phone, and signed webhooks with Twilio's retries. */
import { randomUUID } from 'node:crypto'
import type { Account, CallbackFault, Message, SentWebhook } from './model.ts'
import type { Scheduler } from './scheduler.ts'
import { sign, signedUrl } from './sign.ts'
import type { Inbound, World } from './world.ts'

/** Milliseconds after storing, and between the attempts of one webhook. */
const delays = { sent: 150, delivered: 600, callback: 20, retry: 500 } as const

/** Delivery codes of phones that texts do not reach (Twilio error dictionary). */
const failures = { unreachable: 30003, unknown: 30005, filtered: 30007 } as const

/**
 * Twilio's connection overrides at the end of a webhook URL ("Webhook connection overrides"): how often to try again
 * (rc, default 1, at most 5), after what (rp, default ct: only when no connection was made), and how long to wait (rt).
 */
const overridesOf = (url: string) => {
  const given = new URLSearchParams(URL.parse(url)?.hash.slice(1) ?? '')
  return {
    retries: Math.min(5, Number(given.get('rc') ?? 1) || 0),
    policy: (given.get('rp') ?? 'ct').split(','),
    readTimeoutMs: Math.min(15_000, Number(given.get('rt')) || 15_000),
  }
}

const noConnection = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EHOSTUNREACH', 'UND_ERR_CONNECT_TIMEOUT'])

/** Two digits each of year, month, day, hour and minute, as carriers date their delivery receipts. */
const receiptTime = (at: Date): string => at.toISOString().replace(/\D/g, '').slice(2, 12)

/** The deliveries of one pretend Twilio. */
export type Delivery = ReturnType<typeof createDelivery>

/** Delivers on a scheduler; `log` is told statuses, never contents. */
export const createDelivery = (world: World, scheduler: Scheduler, log: (line: string) => void) => {
  const sentWebhooks: SentWebhook[] = []
  const waiting: { readonly message: Message; readonly deliver: () => void }[] = []

  const attempt = async (account: Account, url: string, params: Record<string, string>, token: string, timeoutMs: number) => {
    const target = signedUrl(url)
    const credentials = new URL(url)
    const login = credentials.username === '' ? undefined : `${credentials.username}:${credentials.password}`
    // The port is left out of a signature over https only; the request itself goes to the configured port.
    credentials.hash = credentials.username = credentials.password = ''
    try {
      const response = await fetch(credentials, {
        method: 'POST',
        redirect: 'manual',
        signal: AbortSignal.timeout(timeoutMs),
        headers: {
          'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
          'user-agent': 'TwilioProxy/1.1',
          'x-twilio-signature': sign(account.authToken, target, params),
          'i-twilio-idempotency-token': token,
          ...(login !== undefined && { authorization: `Basic ${Buffer.from(decodeURIComponent(login)).toString('base64')}` }),
        },
        body: new URLSearchParams(params).toString(),
      })
      await response.arrayBuffer()
      return response.status
    } catch (error) {
      const cause = error instanceof Error ? (error.cause as { code?: string } | undefined) : undefined
      return noConnection.has(cause?.code ?? '') ? 'ct' : 'rt'
    }
  }

  /** One webhook now, and again later while its URL's policy says so. */
  const post = async (account: Account, url: string, params: Record<string, string>): Promise<void> => {
    const { retries, policy, readTimeoutMs } = overridesOf(url)
    const record: SentWebhook = { url, params, answers: [] }
    sentWebhooks.push(record)
    const token = randomUUID()
    const tryOnce = async (): Promise<void> => {
      const answer = await attempt(account, url, params, token, readTimeoutMs)
      record.answers.push(answer)
      log(`webhook ${params['MessageStatus'] ?? params['SmsStatus'] ?? ''} answered ${answer}`)
      const failure = typeof answer === 'number' ? (answer >= 500 ? '5xx' : answer >= 400 ? '4xx' : undefined) : answer
      const again = failure !== undefined && (policy.includes(failure) || policy.includes('all'))
      if (again && record.answers.length <= retries) scheduler.after(delays.retry, tryOnce)
    }
    await tryOnce()
  }

  const statusParams = (account: Account, message: Message): Record<string, string> => ({
    SmsSid: message.sid,
    SmsStatus: message.status,
    MessageStatus: message.status,
    To: message.to,
    MessageSid: message.sid,
    AccountSid: account.sid,
    From: message.from,
    ApiVersion: '2010-04-01',
    ...(message.errorCode !== null && { ErrorCode: String(message.errorCode) }),
    ...((message.status === 'delivered' || message.status === 'undelivered') && { RawDlrDoneDate: receiptTime(message.updated) }),
  })

  /** A stored outbound message's way: sent, then delivered or not, each with its callback. The initial status has none. */
  const dispatch = (account: Account, message: Message, fault: CallbackFault | undefined) => {
    const report = (delayMs: number) => {
      if (message.statusCallback === null || fault === 'lost') return
      const url = message.statusCallback
      const params = statusParams(account, message)
      const late = fault === 'reversed' && message.status === 'sent' ? delays.delivered * 2 : 0
      for (const extra of fault === 'duplicate' ? [0, delays.callback] : [0]) {
        scheduler.after(delayMs + late + extra, () => post(account, url, params))
      }
    }
    const deliver = () => {
      world.move(message, 'delivered')
      report(delays.callback)
    }
    const finish = async () => {
      const reach = world.phone(message.to).reach
      if (reach === 'unreachable' || reach === 'unknown' || reach === 'filtered') {
        world.move(message, 'undelivered', failures[reach])
        report(delays.callback)
      } else if (reach === 'off') waiting.push({ message, deliver })
      else deliver()
    }
    scheduler.after(delays.sent, async () => {
      world.move(message, 'sent')
      report(delays.callback)
    })
    scheduler.after(delays.delivered, finish)
  }

  /** The inbound webhook of a text from a phone, if its number has a URL. OptOutType comes with Advanced Opt-Out only. */
  const announce = ({ message, account, owned, keyword }: Inbound) => {
    const { smsUrl } = owned
    if (smsUrl === undefined) return
    const params: Record<string, string> = {
      ToCountry: 'US',
      SmsMessageSid: message.sid,
      NumMedia: String(message.media),
      SmsSid: message.sid,
      SmsStatus: 'received',
      Body: message.body,
      FromCountry: 'US',
      To: message.to,
      NumSegments: String(message.segments),
      MessageSid: message.sid,
      AccountSid: account.sid,
      From: message.from,
      ApiVersion: '2010-04-01',
      ...(account.optOut === 'advanced' && keyword !== undefined && { OptOutType: keyword }),
    }
    scheduler.after(delays.callback, () => post(account, smsUrl, params))
  }

  /** Delivers what waited for a phone that is on again. */
  const catchUp = (number: string) => {
    const ready = waiting.filter(({ message }) => message.to === number)
    for (const entry of ready) {
      waiting.splice(waiting.indexOf(entry), 1)
      scheduler.after(0, async () => entry.deliver())
    }
  }

  return { dispatch, announce, catchUp, sentWebhooks }
}
