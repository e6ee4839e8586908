/**
 * The Twilio adapter: plain HTTP over an injected fetch, no SDK. It sends once, answers `unknown` whenever Twilio may
 * have taken the text, and never puts a credential, a number or a body into a result or an error.
 */
import type {
  Believed,
  Carrier,
  CarrierConfigProblem,
  CarrierStatus,
  LookUpOutcome,
  LookUpQuery,
  OutboundText,
  SendOutcome,
  UnknownReason,
  Webhook,
} from '../contract.ts'
import {
  accountOf,
  fromTwilioStatus,
  isCleanText,
  isE164,
  isHint,
  isIsoUtc,
  isoSecond,
  parseInbound,
  parseStatus,
  problemOf,
  retryAfterSeconds,
  withHint,
} from '../rules.ts'
import type { FormFields } from '../rules.ts'
import { verifyTwilioWebhook } from './signature.ts'

/** One Twilio account (or subaccount) as the configuration names it. */
export type TwilioConfig = {
  readonly accountSid: string
  /** Signs webhooks, and authenticates requests unless an API key is given. */
  readonly authToken: string
  /** Still accepted on webhooks while the token is being rotated. */
  readonly previousAuthToken?: string
  readonly apiKey?: { readonly sid: string; readonly secret: string }
  /** https, or http on loopback for the pretend Twilio. Default: https://api.twilio.com */
  readonly baseUrl?: string
  /** For one request, answer included, in milliseconds. Default: 10,000. */
  readonly timeoutMs?: number
  /** False where Twilio's own STOP and HELP answers are switched off for the account. Default: true. */
  readonly answersStop?: boolean
}

const sendReplyLimit = 64 * 1024
const listReplyLimit = 2 * 1024 * 1024
const listPages = 10

/** Failures of a connection that was never made; anything else may have happened after the request was written. */
const neverConnected = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'ENETUNREACH', 'EHOSTUNREACH', 'UND_ERR_CONNECT_TIMEOUT'])

type Reply =
  | {
      readonly kind: 'reply'
      readonly status: number
      readonly retryAfter: string | null
      readonly json: Record<string, unknown> | undefined
    }
  | { readonly kind: 'not-sent' }
  | { readonly kind: 'unknown'; readonly why: UnknownReason }

const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined)

const isNeverConnected = (error: unknown): boolean => {
  const cause = error instanceof Error ? error.cause : undefined
  const attempts = cause instanceof AggregateError ? cause.errors : [cause]
  return attempts.length > 0 && attempts.every((attempt) => neverConnected.has(String(codeOf(attempt))))
}

/** The body as text, or undefined as soon as it is longer than the limit. */
const readLimited = async (response: Response, limit: number): Promise<string | undefined> => {
  if (response.body === null) return ''
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body) {
    size += chunk.byteLength
    if (size > limit) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

const parseObject = (text: string | undefined): Record<string, unknown> | undefined => {
  try {
    const value: unknown = JSON.parse(text ?? '')
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

const configError = (code: CarrierConfigProblem): Error => Object.assign(new Error(`SMS carrier configuration: ${code}`), { code })

const isLoopback = (hostname: string): boolean => hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname)

/** True for https, and for http to this machine only: a credential or a text never crosses a network in clear. */
const isSafeUrl = (url: string): boolean => {
  const parsed = URL.parse(url)
  return parsed !== null && (parsed.protocol === 'https:' || (parsed.protocol === 'http:' && isLoopback(parsed.hostname)))
}

const refused = (providerCode: number | null, httpStatus: number | null, retryAfter?: string | null): SendOutcome => {
  const problem = problemOf(providerCode, httpStatus)
  const seconds = retryAfterSeconds(retryAfter ?? null) ?? (problem.code === 'rate-limited' ? 1 : undefined)
  return { kind: 'refused', ...problem, ...(seconds !== undefined && { retryAfterSeconds: seconds }) }
}

const notSent: SendOutcome = { kind: 'refused', code: 'carrier-down', permanent: false, optedOut: false, providerCode: null }
const badNumber: SendOutcome = { kind: 'refused', code: 'invalid-number', permanent: true, optedOut: false, providerCode: null }
const badRequest: SendOutcome = { kind: 'refused', code: 'bad-request', permanent: true, optedOut: false, providerCode: null }

/** A status that says nothing certain about whether the request was carried out. */
const isAmbiguous = (status: number): boolean => status >= 500 || status === 408 || status < 200 || (status >= 300 && status < 400)

const sendOutcome = (reply: Reply): SendOutcome => {
  if (reply.kind === 'unknown') return reply
  if (reply.kind === 'not-sent') return notSent
  if (isAmbiguous(reply.status))
    return { kind: 'unknown', why: reply.status >= 500 || reply.status === 408 ? 'server-error' : 'unreadable-reply' }
  if (reply.status >= 400)
    return refused(typeof reply.json?.['code'] === 'number' ? reply.json['code'] : null, reply.status, reply.retryAfter)
  const sid = reply.json?.['sid']
  const status = fromTwilioStatus(String(reply.json?.['status']))
  if (typeof sid !== 'string' || !/^(SM|MM)[0-9a-fA-F]{32}$/.test(sid) || status === undefined)
    return { kind: 'unknown', why: 'unreadable-reply' }
  const segments = Number(reply.json?.['num_segments'])
  return { kind: 'accepted', providerId: sid, status, ...(Number.isInteger(segments) && segments > 0 && { segments }) }
}

/** One row of Twilio's list that can be the text we look for. */
type Candidate = { readonly providerId: string; readonly status: CarrierStatus; readonly created: string }

/** A page of Twilio's list: what can be the text, and whether all of it is older, after which only older pages follow. */
type Page = { readonly candidates: readonly Candidate[]; readonly allOlder: boolean }

const readPage = (json: Record<string, unknown> | undefined, query: LookUpQuery): Page | undefined => {
  const rows: unknown = json?.['messages']
  if (!Array.isArray(rows)) return undefined
  const since = `${query.sentAfter.slice(0, 19)}Z`
  const read = rows.map((row: Record<string, unknown> | null) => ({
    providerId: row?.['sid'],
    status: fromTwilioStatus(String(row?.['status'])),
    created: isoSecond(String(row?.['date_created'])),
    same: row?.['to'] === query.to && row['from'] === query.from && row['body'] === query.body,
  }))
  const candidates = read.flatMap(({ providerId, status, created, same }): readonly Candidate[] =>
    same &&
    typeof providerId === 'string' &&
    status !== undefined &&
    created !== undefined &&
    created >= since &&
    !query.known?.includes(providerId)
      ? [{ providerId, status, created }]
      : [],
  )
  return { candidates, allOlder: read.length > 0 && read.every(({ created }) => created !== undefined && created < since) }
}

/**
 * A carrier on one Twilio account.
 * Throws an Error with a {@link CarrierConfigProblem} as `code` when the configuration is unusable or unsafe.
 */
export const twilioCarrier = (config: TwilioConfig, io: { readonly fetch: typeof globalThis.fetch }): Carrier => {
  const baseUrl = (config.baseUrl ?? 'https://api.twilio.com').replace(/\/+$/, '')
  if (!/^AC[0-9a-fA-F]{32}$/.test(config.accountSid)) throw configError('bad-account')
  if (config.authToken === '' || config.previousAuthToken === '' || config.apiKey?.secret === '') throw configError('bad-token')
  if (!isSafeUrl(baseUrl)) throw configError('insecure-url')
  const login = config.apiKey ?? { sid: config.accountSid, secret: config.authToken }
  const authorization = `Basic ${Buffer.from(`${login.sid}:${login.secret}`).toString('base64')}`
  const tokens = config.previousAuthToken === undefined ? [config.authToken] : [config.authToken, config.previousAuthToken]
  const messagesPath = `/2010-04-01/Accounts/${config.accountSid}/Messages.json`

  const call = async (path: string, limit: number, form?: URLSearchParams): Promise<Reply> => {
    try {
      const response = await io.fetch(baseUrl + path, {
        method: form === undefined ? 'GET' : 'POST',
        // A redirect would carry the text and the credentials to another place.
        redirect: 'manual',
        signal: AbortSignal.timeout(config.timeoutMs ?? 10_000),
        headers: { authorization, accept: 'application/json', ...(form && { 'content-type': 'application/x-www-form-urlencoded' }) },
        ...(form && { body: form.toString() }),
      })
      const json = parseObject(await readLimited(response, limit))
      return { kind: 'reply', status: response.status, retryAfter: response.headers.get('retry-after'), json }
    } catch (error) {
      if (error instanceof Error && error.name === 'TimeoutError') return { kind: 'unknown', why: 'timed-out' }
      return isNeverConnected(error) ? { kind: 'not-sent' } : { kind: 'unknown', why: 'connection-lost' }
    }
  }

  const send = async (text: OutboundText): Promise<SendOutcome> => {
    if (!isE164(text.to) || !isE164(text.from)) return badNumber
    if (!isCleanText(text.body) || !isHint(text.idempotencyHint) || !isSafeUrl(text.statusCallback)) return badRequest
    const form = new URLSearchParams({
      To: text.to,
      From: text.from,
      Body: text.body,
      StatusCallback: withHint(text.statusCallback, text.idempotencyHint),
    })
    return sendOutcome(await call(messagesPath, sendReplyLimit, form))
  }

  /** All candidates of one listing, page after page; a next page is only followed within our own account's list. */
  const list = async (
    filter: Record<string, string>,
    query: LookUpQuery,
  ): Promise<readonly Candidate[] | Exclude<LookUpOutcome, { kind: 'found' }>> => {
    const found: Candidate[] = []
    let path: unknown = `${messagesPath}?${new URLSearchParams({ To: query.to, From: query.from, ...filter, PageSize: '100' }).toString()}`
    for (let page = 0; page < listPages; page += 1) {
      if (typeof path !== 'string' || !path.startsWith(`${messagesPath}?`)) return { kind: 'unknown', why: 'unreadable-reply' }
      const reply = await call(path, listReplyLimit)
      if (reply.kind === 'not-sent') return { kind: 'unknown', why: 'carrier-down' }
      if (reply.kind === 'unknown') return reply
      if (reply.status !== 200) return { kind: 'unknown', why: reply.status >= 500 ? 'server-error' : 'refused' }
      const read = readPage(reply.json, query)
      if (read === undefined) return { kind: 'unknown', why: 'unreadable-reply' }
      found.push(...read.candidates)
      path = reply.json?.['next_page_uri'] ?? null
      if (path === null || read.allOlder) return found
    }
    return { kind: 'unknown', why: 'too-many' }
  }

  const lookUp = async (query: LookUpQuery): Promise<LookUpOutcome> => {
    if (!isE164(query.to) || !isE164(query.from) || !isIsoUtc(query.sentAfter)) return { kind: 'unknown', why: 'bad-query' }
    // The second listing is for a text that is still queued: it has no date_sent that a filter could match.
    for (const filter of [{ 'DateSent>': query.sentAfter.slice(0, 10) }, {}] as Record<string, string>[]) {
      const listed = await list(filter, query)
      if ('kind' in listed) return listed
      const [oldest] = listed.toSorted((a, b) => (a.created < b.created ? -1 : a.created > b.created ? 1 : 0))
      if (oldest) return { kind: 'found', providerId: oldest.providerId, status: oldest.status }
    }
    return { kind: 'absent' }
  }

  /** Signature first, then the account, then the content. */
  const believe = <T>(webhook: Webhook, parse: (fields: FormFields) => Believed<T>): Believed<T> => {
    const fields = verifyTwilioWebhook(tokens, webhook)
    if (fields === undefined) return { kind: 'rejected', code: 'bad-signature' }
    return accountOf(fields) === config.accountSid ? parse(fields) : { kind: 'rejected', code: 'wrong-account' }
  }

  return {
    name: 'twilio',
    answersStop: config.answersStop ?? true,
    send,
    lookUp,
    readStatus: (webhook) => believe(webhook, (fields) => parseStatus(fields, webhook.url)),
    readInbound: (webhook) => believe(webhook, parseInbound),
  }
}
