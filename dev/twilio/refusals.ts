/** What the real Messages API refuses, with its codes, statuses and JSON (Twilio error dictionary). */
import type { Account } from './model.ts'
import type { World } from './world.ts'

/** An error as the API answers it. */
export type Refusal = { readonly status: number; readonly code: number; readonly message: string }

/** The JSON body of an error. */
export const refusalJson = ({ status, code, message }: Refusal) => ({
  code,
  message,
  more_info: `https://www.twilio.com/docs/errors/${code}`,
  status,
})

/** Errors that do not depend on what is sent. */
export const badLogin: Refusal = { status: 401, code: 20003, message: 'Authenticate' }
export const tooManyRequests: Refusal = { status: 429, code: 20429, message: 'Too Many Requests' }
export const serverError: Refusal = { status: 500, code: 20500, message: 'Internal Server Error' }
export const unavailable: Refusal = { status: 503, code: 20503, message: 'Service Unavailable' }
export const notFound = (path: string): Refusal => ({ status: 404, code: 20404, message: `The requested resource ${path} was not found` })

const bad = (code: number, message: string): Refusal => ({ status: 400, code, message })

/** Twilio's magic numbers for test credentials that refuse a recipient in one certain way. */
const magic: ReadonlyMap<string, (to: string) => Refusal> = new Map([
  ['+15005550001', (to) => bad(21211, `Invalid 'To' Phone Number: ${to}`)],
  ['+15005550002', (to) => bad(21612, `Message cannot be sent with the current combination of 'To' (${to}) and 'From' parameters`)],
  ['+15005550003', (to) => bad(21408, `Permission to send an SMS has not been enabled for the region indicated by the 'To' number: ${to}`)],
  ['+15005550004', () => bad(21610, 'Attempt to send to unsubscribed recipient')],
  ['+15005550009', (to) => bad(21614, `'To' number: ${to}, is not a valid mobile number`)],
] as const)

/** E.164 after taking out the punctuation Twilio forgives; undefined when it is no dialable number. */
export const normalised = (number: string): string | undefined => {
  const bare = number.replace(/[\s().-]/g, '')
  if (!/^\+[1-9]\d{6,14}$/.test(bare)) return undefined
  return bare.startsWith('+1') && !/^\+1[2-9]\d{2}[2-9]\d{6}$/.test(bare) && !magic.has(bare) ? undefined : bare
}

const isCallback = (url: string): boolean => {
  const parsed = URL.parse(url)
  return parsed !== null && /^https?:$/.test(parsed.protocol) && !parsed.hostname.includes('_')
}

/** The first reason to refuse this form, or undefined when the message may be created. */
export const refuse = (world: World, account: Account, form: URLSearchParams): Refusal | undefined => {
  const to = form.get('To') ?? ''
  const from = form.get('From') ?? ''
  const body = form.get('Body') ?? ''
  const callback = form.get('StatusCallback')
  if (to === '') return bad(21604, "A 'To' phone number is required.")
  if (from === '') return bad(21603, "A 'From' phone number is required.")
  if (body === '' && !form.has('MediaUrl')) return bad(21602, 'Message body is required.')
  if ([...body].length > 1600) return bad(21617, 'The concatenated message body exceeds the 1600 character limit.')
  const recipient = normalised(to)
  if (recipient === undefined) return bad(21211, `Invalid 'To' Phone Number: ${to}`)
  const owned = world.numbers.get(normalised(from) ?? '')
  if (owned === undefined) return bad(21659, `'${from}' is not a Twilio phone number or Short Code country mismatch`)
  if (owned.accountSid !== account.sid) return bad(21660, `Mismatch between the 'From' number ${from} and the account ${account.sid}`)
  if (!owned.smsCapable)
    return bad(21606, `The 'From' phone number provided (${from}) is not a valid message-capable Twilio phone number for this destination.`)
  if (recipient === owned.number) return bad(21266, "'To' and 'From' number cannot be the same")
  if (callback !== null && !isCallback(callback)) return bad(21609, "The 'StatusCallback' URL is not a valid URL.")
  const refuseMagic = magic.get(recipient)
  if (refuseMagic !== undefined) return refuseMagic(to)
  if (world.phones.get(recipient)?.reach === 'landline') return bad(21614, `'To' number: ${to}, is not a valid mobile number`)
  return world.isBlocked(account, owned.number, recipient) ? bad(21610, 'Attempt to send to unsubscribed recipient') : undefined
}
