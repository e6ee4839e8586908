/** The nouns of the pretend Twilio. */

/** What Twilio takes a text for; it only looks at texts of a single word, in any case. */
export type KeywordType = 'STOP' | 'START' | 'HELP'

/**
 * Who handles STOP, START and HELP. `standard`: Twilio blocks and answers the English words and says nothing of it in
 * the webhook. `advanced`: also the account's own words and answers, and the webhook carries OptOutType. `none`: the
 * customer does it all.
 */
export type OptOutHandling = 'standard' | 'advanced' | 'none'

/** One Twilio account. `sendsPerSecond` is the rate above which error 20429 is given. */
export type Account = {
  readonly sid: string
  readonly authToken: string
  readonly optOut: OptOutHandling
  readonly keywords?: Partial<Readonly<Record<KeywordType, readonly string[]>>>
  readonly answers?: Partial<Readonly<Record<KeywordType, string>>>
  readonly sendsPerSecond?: number
}

/** A number that an account owns. `smsUrl` gets inbound texts; `#rc=…&rp=…` at its end are Twilio's connection overrides. */
export type OwnedNumber = {
  readonly number: string
  readonly accountSid: string
  readonly smsUrl?: string
  readonly smsCapable: boolean
}

/** A message as the API lists it. */
export type Message = {
  readonly sid: string
  readonly accountSid: string
  readonly direction: 'inbound' | 'outbound-api'
  readonly from: string
  readonly to: string
  readonly body: string
  readonly segments: number
  readonly media: number
  readonly statusCallback: string | null
  readonly created: Date
  status: 'queued' | 'sent' | 'delivered' | 'undelivered' | 'received'
  updated: Date
  sent: Date | null
  errorCode: number | null
}

/** What happens to a text for this phone: it arrives, waits until the phone is on, is refused, or fails with a code. */
export type Reach = 'on' | 'off' | 'landline' | 'unreachable' | 'unknown' | 'filtered'

/** One text on a phone's screen. `peer` is the number it came from or went to. */
export type Bubble = {
  readonly sid: string
  readonly at: Date
  readonly direction: 'received' | 'sent'
  readonly peer: string
  readonly body: string
}

/** A patient's or a staff member's phone. */
export type Phone = { readonly number: string; label: string; reach: Reach; readonly bubbles: Bubble[] }

/** What goes wrong with the next request to send: before or after the message is stored. */
export type SendFault =
  | 'times-out' // stored, and never answered
  | 'reset-before-storing'
  | 'reset-after-storing'
  | 'error-before-storing' // 503
  | 'error-after-storing' // stored, and answered 500
  | 'too-many-requests' // 429, code 20429

/** What goes wrong with the status callbacks of the next message. */
export type CallbackFault = 'duplicate' | 'reversed' | 'lost'

/** One webhook as it was sent; `answers` has one entry an attempt: an HTTP status, `ct` (no connection) or `rt` (no answer). */
export type SentWebhook = {
  readonly url: string
  readonly params: Readonly<Record<string, string>>
  readonly answers: (number | 'ct' | 'rt')[]
}

/** One request to the API as it was received. */
export type ReceivedRequest = {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly form: URLSearchParams
}
