/**
 * Twilio's wire format as pure rules: statuses, error codes, signature base string, webhook forms.
 * No I/O and no URL class, so that it runs and can be tested anywhere.
 */
import { carrierStatuses, optOutTypes } from './contract.ts'
import type { Believed, CarrierStatus, InboundText, OptOutType, Problem, ProblemCode, StatusUpdate } from './contract.ts'

/** A decoded form in the order it arrived; names may repeat. */
export type FormFields = readonly (readonly [name: string, value: string])[]

/** True for a plus sign and 7 to 15 digits without a leading zero (ITU-T E.164). */
export const isE164 = (number: string): boolean => /^\+[1-9]\d{6,14}$/.test(number)

/** True when a text can go through a form and a database unchanged: no U+0000, no lone surrogate. */
export const isCleanText = (text: string): boolean => text.isWellFormed() && !text.includes('\u0000')

/** True for an outbox id that may travel in a URL. */
export const isHint = (hint: string): boolean => /^[A-Za-z0-9_-]{1,64}$/.test(hint)

/** Twilio's statuses of an outbound message and what they are to us; its inbound statuses are not in here. */
export const twilioStatuses = {
  accepted: 'queued',
  scheduled: 'queued',
  queued: 'queued',
  sending: 'queued',
  sent: 'sent',
  partially_delivered: 'sent',
  canceled: 'failed',
  failed: 'failed',
  undelivered: 'undelivered',
  delivered: 'delivered',
  read: 'delivered',
} as const satisfies Record<string, CarrierStatus>

/** Our status for Twilio's, or undefined for a word that no outbound message has. */
export const fromTwilioStatus = (status: string): CarrierStatus | undefined =>
  Object.hasOwn(twilioStatuses, status) ? twilioStatuses[status as keyof typeof twilioStatuses] : undefined

/** The later of two statuses. Commutative, associative, idempotent: callbacks in any order, doubled or late, end the same. */
export const advance = (old: CarrierStatus, next: CarrierStatus): CarrierStatus =>
  carrierStatuses.indexOf(next) > carrierStatuses.indexOf(old) ? next : old

/** Twilio's error dictionary, as far as it concerns SMS: our word, and whether trying again is pointless. */
const twilioErrors: ReadonlyMap<number, readonly [code: ProblemCode, permanent: boolean]> = new Map([
  [14107, ['rate-limited', false]],
  [20003, ['not-authorised', false]],
  [20005, ['account-suspended', false]],
  [20429, ['rate-limited', false]],
  [21211, ['invalid-number', true]],
  [21212, ['sender-not-ours', true]],
  [21265, ['invalid-number', true]],
  [21266, ['bad-request', true]],
  [21408, ['region-not-enabled', false]],
  [21601, ['sender-not-ours', true]],
  [21602, ['empty-body', true]],
  [21603, ['bad-request', true]],
  [21604, ['bad-request', true]],
  [21605, ['too-long', true]],
  [21606, ['sender-not-ours', true]],
  [21609, ['bad-request', true]],
  [21610, ['opted-out', true]],
  [21611, ['rate-limited', false]],
  [21612, ['unroutable', true]],
  [21614, ['not-textable', true]],
  [21617, ['too-long', true]],
  [21619, ['empty-body', true]],
  [21635, ['not-textable', true]],
  [21659, ['sender-not-ours', true]],
  [21660, ['sender-not-ours', true]],
  [30001, ['rate-limited', false]],
  [30002, ['account-suspended', false]],
  [30003, ['number-unreachable', false]],
  [30004, ['filtered', false]],
  [30005, ['number-unknown', true]],
  [30006, ['not-textable', true]],
  [30007, ['filtered', false]],
  [30022, ['rate-limited', false]],
  [30023, ['rate-limited', false]],
  [30024, ['sender-not-registered', false]],
  [30032, ['sender-not-registered', false]],
  [30034, ['sender-not-registered', false]],
  [30036, ['expired', false]],
] as const)

/** What an HTTP status without a known Twilio code means. 5xx, 408 and redirects never come here: they are `unknown`. */
const problemOfHttp = (httpStatus: number | null): readonly [ProblemCode, boolean] => {
  if (httpStatus === 401 || httpStatus === 403 || httpStatus === 404) return ['not-authorised', false]
  if (httpStatus === 429) return ['rate-limited', false]
  if (httpStatus !== null && httpStatus >= 400 && httpStatus < 500) return ['bad-request', true]
  return ['other', false]
}

/**
 * Reads a refusal (Twilio's code and the HTTP status) or a callback's ErrorCode (HTTP status null).
 * A code Twilio adds tomorrow falls back to its HTTP status, and is never taken for an opt-out.
 */
export const problemOf = (providerCode: number | null, httpStatus: number | null): Problem => {
  const [code, permanent] = (providerCode === null ? undefined : twilioErrors.get(providerCode)) ?? problemOfHttp(httpStatus)
  return { code, permanent, optedOut: code === 'opted-out', providerCode }
}

/** Seconds of a Retry-After header (RFC 9110 10.2.3, seconds form), held to 1..3600; undefined for anything else. */
export const retryAfterSeconds = (header: string | null): number | undefined =>
  header !== null && /^\d{1,9}$/.test(header) ? Math.min(3600, Math.max(1, Number(header))) : undefined

/** Twilio's date (RFC 2822, always GMT) as ISO 8601 to the second; undefined when it is not one. */
export const isoSecond = (rfc2822: string): string | undefined => {
  const match = /^(?:[A-Z][a-z]{2}, )?(\d{1,2}) ([A-Z][a-z]{2}) (\d{4}) (\d{2}:\d{2}:\d{2}) [+-]0000$/.exec(rfc2822)
  if (!match) return undefined
  const [, day = '', monthName = '', year = '', time = ''] = match
  const month = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'].indexOf(monthName) + 1
  return month === 0 ? undefined : `${year}-${String(month).padStart(2, '0')}-${day.padStart(2, '0')}T${time}Z`
}

/** True for an instant in ISO 8601 that is in UTC and so can be compared as text. */
export const isIsoUtc = (instant: string): boolean => /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$/.test(instant)

/** The status callback's URL with the outbox id in its query; Twilio's `#rc=…` connection overrides stay at the end. */
export const withHint = (url: string, hint: string): string => {
  const [base = '', ...fragment] = url.split('#')
  const marked = `${base}${base.includes('?') ? '&' : '?'}hint=${hint}`
  return fragment.length === 0 ? marked : `${marked}#${fragment.join('#')}`
}

/** The outbox id in a callback's URL, if a well-formed one is there. */
export const hintOf = (url: string): string | undefined => /[?&]hint=([A-Za-z0-9_-]{1,64})(?:[&#]|$)/.exec(url)?.[1]

/**
 * The URLs Twilio may have signed for one webhook: as given, and with or without the port, the credentials and the
 * connection overrides, because its own back ends differ in that. All are checked under the secret, so none weakens it.
 */
export const signedUrls = (url: string): readonly string[] => {
  const match = /^(https?):\/\/([^/?#@]*@)?(\[[^\]]*\]|[^/?#:@]+)(?::(\d+))?([^#]*)(#.*)?$/i.exec(url)
  if (!match) return [url]
  const [, scheme = '', credentials = '', host = '', port, rest = '', fragment = ''] = match
  const ports = [`:${port ?? (scheme.toLowerCase() === 'https' ? '443' : '80')}`, '']
  const urls = ports.flatMap((p) => [credentials, ''].flatMap((c) => [fragment, ''].map((f) => `${scheme}://${c}${host}${p}${rest}${f}`)))
  return [...new Set([url, ...urls])]
}

/** By UTF-16 code units, as Twilio sorts; never by locale. */
const byCodeUnit = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** Most fields of a webhook that is believed. Twilio's largest, an inbound text with ten pictures, has about fifty. */
export const mostFields = 100

/** True for what an HMAC-SHA1 looks like in base64; anything else is no signature and not worth computing one for. */
export const isSignature = (text: string): boolean => /^[A-Za-z0-9+/]{27}=$/.test(text)

/**
 * The parameters' part of the string under X-Twilio-Signature: each one's name and value in the order of the names, a repeated name once
 * for each distinct value in order (Twilio, "Validating requests"). The URL goes before it.
 */
export const signedFields = (fields: FormFields): string => {
  const valuesOf = new Map<string, Set<string>>()
  for (const [name, value] of fields) {
    const values = valuesOf.get(name)
    if (values) values.add(value)
    else valuesOf.set(name, new Set([value]))
  }
  return [...valuesOf]
    .toSorted(([a], [b]) => byCodeUnit(a, b))
    .flatMap(([name, values]) => [...values].toSorted(byCodeUnit).map((value) => name + value))
    .join('')
}

const malformed = { kind: 'rejected', code: 'malformed' } as const

/** A field that must be there once. The signature covers no order and no borders, so a repeated one is not believed. */
const single = (fields: FormFields, name: string): string | undefined => {
  const values = fields.filter(([other]) => other === name)
  return values.length === 1 ? values[0]?.[1] : undefined
}

const isMessageSid = (sid: string | undefined): sid is string => sid !== undefined && /^(SM|MM)[0-9a-fA-F]{32}$/.test(sid)

/** The AccountSid of a webhook's form, if it is there once. */
export const accountOf = (fields: FormFields): string | undefined => single(fields, 'AccountSid')

/** Reads a status callback's form and the hint in its URL. Its signature must have been checked. */
export const parseStatus = (fields: FormFields, url: string): Believed<StatusUpdate> => {
  const providerId = single(fields, 'MessageSid') ?? single(fields, 'SmsSid')
  const status = fromTwilioStatus(single(fields, 'MessageStatus') ?? single(fields, 'SmsStatus') ?? '')
  const errorCode = single(fields, 'ErrorCode') ?? ''
  if (!isMessageSid(providerId) || status === undefined || !/^\d{0,6}$/.test(errorCode)) return malformed
  const hint = hintOf(url)
  const hasProblem = status === 'failed' || status === 'undelivered'
  return {
    kind: 'believed',
    value: {
      providerId,
      status,
      ...(hasProblem && { problem: problemOf(errorCode === '' || Number(errorCode) === 0 ? null : Number(errorCode), null) }),
      ...(hint !== undefined && { hint }),
    },
  }
}

/** Reads an inbound text's form. Its signature must have been checked. Nothing a patient can type makes it malformed. */
export const parseInbound = (fields: FormFields): Believed<InboundText> => {
  const providerId = single(fields, 'MessageSid') ?? single(fields, 'SmsSid')
  const from = single(fields, 'From')
  const to = single(fields, 'To')
  const body = single(fields, 'Body')
  const media = single(fields, 'NumMedia') ?? '0'
  if (!isMessageSid(providerId) || from === undefined || to === undefined || body === undefined) return malformed
  if (!/^\+?\d{3,15}$/.test(from) || !/^\+?\d{3,15}$/.test(to) || !/^\d{1,2}$/.test(media)) return malformed
  const optOutType = single(fields, 'OptOutType')
  return {
    kind: 'believed',
    value: {
      providerId,
      from,
      to,
      body: body.toWellFormed().replaceAll('\u0000', '\uFFFD'),
      mediaCount: Number(media),
      ...(optOutTypes.includes(optOutType as OptOutType) && { optOutType: optOutType as OptOutType }),
    },
  }
}
