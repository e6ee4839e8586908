/** The Messages resource of Twilio's REST API, version 2010-04-01: create, list, fetch. */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { Delivery } from './delivery.ts'
import type { Account, CallbackFault, Message, SendFault } from './model.ts'
import { badLogin, normalised, notFound, refuse, serverError, tooManyRequests, unavailable } from './refusals.ts'
import type { Refusal } from './refusals.ts'
import type { World } from './world.ts'

/** What the API answers: JSON, an error, or nothing at all (a fault). */
export type ApiAnswer =
  | { readonly kind: 'json'; readonly status: number; readonly json: unknown }
  | { readonly kind: 'refusal'; readonly refusal: Refusal }
  | { readonly kind: 'silence' }
  | { readonly kind: 'reset' }

/** A request, decoded. `path` is as it was sent. */
export type ApiRequest = {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly form: URLSearchParams
  readonly authorization: string | undefined
}

/** Faults that wait for the next request or message, first come, first served. */
export type Faults = { readonly sends: SendFault[]; readonly callbacks: CallbackFault[] }

const rfc2822 = (at: Date | null): string | null => (at === null ? null : at.toUTCString().replace('GMT', '+0000'))

const messageJson = (message: Message) => {
  const uri = `/2010-04-01/Accounts/${message.accountSid}/Messages/${message.sid}`
  return {
    body: message.body,
    num_segments: String(message.segments),
    direction: message.direction,
    from: message.from,
    date_updated: rfc2822(message.updated),
    price: null,
    error_message: null,
    uri: `${uri}.json`,
    account_sid: message.accountSid,
    num_media: String(message.media),
    to: message.to,
    date_created: rfc2822(message.created),
    status: message.status,
    sid: message.sid,
    date_sent: rfc2822(message.sent),
    messaging_service_sid: null,
    error_code: message.errorCode,
    price_unit: 'USD',
    api_version: '2010-04-01',
    subresource_uris: { media: `${uri}/Media.json` },
  }
}

const same = (a: string, b: string): boolean =>
  timingSafeEqual(createHash('sha256').update(a).digest(), createHash('sha256').update(b).digest())

/** The account whose SID and token the Basic authorization carries (RFC 7617). */
const loginOf = (world: World, authorization: string | undefined): Account | undefined => {
  const [, encoded = ''] = /^Basic ([A-Za-z0-9+/=]+)$/i.exec(authorization ?? '') ?? []
  const [user = '', ...password] = Buffer.from(encoded, 'base64').toString('utf8').split(':')
  const account = world.accounts.get(user)
  return account !== undefined && same(password.join(':'), account.authToken) ? account : undefined
}

const json = (status: number, body: unknown): ApiAnswer => ({ kind: 'json', status, json: body })
const refusal = (reason: Refusal): ApiAnswer => ({ kind: 'refusal', refusal: reason })

/** The API over a world. */
export const createApi = (world: World, delivery: Delivery, faults: Faults) => {
  const recentSends = new Map<string, number[]>()

  /** True when the account has sent its share of this second; a refused request does not count. */
  const isTooFast = (account: Account): boolean => {
    const now = world.now().getTime()
    const recent = (recentSends.get(account.sid) ?? []).filter((at) => now - at < 1000)
    recentSends.set(account.sid, recent)
    if (account.sendsPerSecond === undefined || recent.length < account.sendsPerSecond) {
      recent.push(now)
      return false
    }
    return true
  }

  const create = (account: Account, form: URLSearchParams): ApiAnswer => {
    const fault = faults.sends.shift()
    if (fault === 'reset-before-storing') return { kind: 'reset' }
    if (fault === 'error-before-storing') return refusal(unavailable)
    if (fault === 'too-many-requests' || isTooFast(account)) return refusal(tooManyRequests)
    const reason = refuse(world, account, form)
    if (reason !== undefined) return refusal(reason)
    const message = world.store({
      accountSid: account.sid,
      direction: 'outbound-api',
      from: normalised(form.get('From') ?? '') ?? '',
      to: normalised(form.get('To') ?? '') ?? '',
      body: form.get('Body') ?? '',
      media: form.getAll('MediaUrl').length,
      statusCallback: form.get('StatusCallback'),
      status: 'queued',
    })
    const answer = json(201, messageJson(message))
    delivery.dispatch(account, message, faults.callbacks.shift())
    if (fault === 'times-out') return { kind: 'silence' }
    if (fault === 'reset-after-storing') return { kind: 'reset' }
    return fault === 'error-after-storing' ? refusal(serverError) : answer
  }

  /** Dates are compared by their GMT day; a message that was not sent yet has none and matches no date filter. */
  const matches = (message: Message, query: URLSearchParams): boolean => {
    const day = message.sent?.toISOString().slice(0, 10)
    const on = query.get('DateSent')
    const from = query.get('DateSent>')?.slice(0, 10)
    const until = query.get('DateSent<')?.slice(0, 10)
    if (query.has('To') && message.to !== query.get('To')) return false
    if (query.has('From') && message.from !== query.get('From')) return false
    if (day === undefined) return on === null && from === undefined && until === undefined
    return (on === null || day === on) && (from === undefined || day >= from) && (until === undefined || day <= until)
  }

  const list = (account: Account, query: URLSearchParams): ApiAnswer => {
    const size = Math.min(1000, Math.max(1, Number(query.get('PageSize')) || 50))
    const page = Math.max(0, Number(query.get('Page')) || 0)
    const all = world.messages.filter((message) => message.accountSid === account.sid && matches(message, query)).toReversed()
    const rows = all.slice(page * size, (page + 1) * size)
    const uriOf = (index: number) => {
      const params = new URLSearchParams(query)
      params.set('PageSize', String(size))
      params.set('Page', String(index))
      return `/2010-04-01/Accounts/${account.sid}/Messages.json?${params.toString()}`
    }
    return json(200, {
      end: Math.max(0, page * size + rows.length - 1),
      first_page_uri: uriOf(0),
      next_page_uri: (page + 1) * size < all.length ? uriOf(page + 1) : null,
      page,
      page_size: size,
      previous_page_uri: page > 0 ? uriOf(page - 1) : null,
      messages: rows.map(messageJson),
      start: page * size,
      uri: uriOf(page),
    })
  }

  /** Answers one request below /2010-04-01. */
  return (request: ApiRequest): ApiAnswer => {
    const account = loginOf(world, request.authorization)
    if (account === undefined) return refusal(badLogin)
    const [, owner, , sid] = /^\/2010-04-01\/Accounts\/([^/]+)\/Messages(\/([^/]+))?\.json$/.exec(request.path) ?? []
    if (owner !== account.sid) return refusal(notFound(request.path))
    if (sid === undefined && request.method === 'POST') return create(account, request.form)
    if (sid === undefined && request.method === 'GET') return list(account, request.query)
    const message = world.messages.find((one) => one.sid === sid && one.accountSid === account.sid)
    if (message !== undefined && request.method === 'GET') return json(200, messageJson(message))
    return message === undefined ? refusal(notFound(request.path)) : refusal({ status: 405, code: 20004, message: 'Method not allowed' })
  }
}
