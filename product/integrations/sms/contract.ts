/**
 * The port to an SMS carrier: what Wardline asks of any carrier and how a carrier may answer.
 * Pure types and closed lists; an adapter (server/twilio.ts) fills them in, patients/texting uses them.
 */

/** A phone number as ITU-T E.164 writes it: plus sign, country code, at most 15 digits. */
export type E164 = string

/**
 * Where an accepted text stands at the carrier, weakest first. `delivered` is last because a handset's receipt
 * outweighs an earlier "undelivered" of one of several attempts. `advance` (rules.ts) never goes back in this list.
 */
export const carrierStatuses = ['queued', 'sent', 'failed', 'undelivered', 'delivered'] as const

/** One of {@link carrierStatuses}. */
export type CarrierStatus = (typeof carrierStatuses)[number]

/** Why a carrier would not take or could not deliver a text, for every carrier the same words. */
export const problemCodes = [
  'opted-out', // the recipient said STOP and the carrier enforces it (47 CFR 64.1200(a)(10))
  'invalid-number',
  'not-textable', // a landline or a line without SMS
  'number-unreachable', // switched off or out of coverage for long
  'number-unknown', // no longer in service: may have a new owner
  'filtered', // blocked by the carrier as unwanted content
  'sender-not-ours',
  'sender-not-registered', // 10DLC or toll-free verification is missing
  'region-not-enabled',
  'unroutable',
  'empty-body',
  'too-long',
  'rate-limited',
  'expired', // waited in the carrier's queue beyond its validity
  'not-authorised', // our credentials were refused
  'account-suspended',
  'carrier-down', // no connection could be made, so nothing was sent
  'bad-request',
  'other',
] as const

/** One of {@link problemCodes}. */
export type ProblemCode = (typeof problemCodes)[number]

/** A reason not to have delivered. `permanent`: the same text to the same number will be refused again. */
export type Problem = {
  readonly code: ProblemCode
  readonly permanent: boolean
  /** True when the carrier keeps an opt-out for this pair of numbers: to be mirrored as a revoked consent. */
  readonly optedOut: boolean
  /** The carrier's own number for it, for the operator; null when there is none. */
  readonly providerCode: number | null
}

/** One text to send. `body` is at most 1,600 characters of well-formed Unicode. */
export type OutboundText = {
  readonly from: E164
  readonly to: E164
  readonly body: string
  /** Absolute https URL (http only on loopback) of our status webhook, without anything private in it. */
  readonly statusCallback: string
  /**
   * The outbox row's random id ([A-Za-z0-9_-], at most 64). Carriers without idempotency get it inside the
   * callback URL, so that the callback of a text whose answer was lost still says which row it is.
   */
  readonly idempotencyHint: string
}

/** Why nobody knows whether a text went out. Such a text is looked up, never sent again by itself. */
export const unknownReasons = ['timed-out', 'connection-lost', 'server-error', 'unreadable-reply'] as const

/** One of {@link unknownReasons}. */
export type UnknownReason = (typeof unknownReasons)[number]

/** The three answers to a send. */
export type SendOutcome =
  | { readonly kind: 'accepted'; readonly providerId: string; readonly status: CarrierStatus; readonly segments?: number }
  | ({ readonly kind: 'refused'; readonly retryAfterSeconds?: number } & Problem)
  | { readonly kind: 'unknown'; readonly why: UnknownReason }

/** What is known of a text whose send ended as `unknown`. */
export type LookUpQuery = {
  readonly from: E164
  readonly to: E164
  readonly body: string
  /** When we began to send, less the clock skew to allow for; ISO 8601 in UTC with a final Z. */
  readonly sentAfter: string
  /** Provider ids that already belong to other texts: two equal texts are told apart by them. */
  readonly known?: readonly string[]
}

/**
 * `absent` says that the carrier lists no such text now. Listings lag, so only a repeated `absent` after the
 * carrier's usual delay means that it was never taken.
 */
export type LookUpOutcome =
  | { readonly kind: 'found'; readonly providerId: string; readonly status: CarrierStatus }
  | { readonly kind: 'absent' }
  | { readonly kind: 'unknown'; readonly why: UnknownReason | 'refused' | 'carrier-down' | 'too-many' | 'bad-query' }

/** A carrier's request to one of our webhooks, before anything in it is believed. */
export type Webhook = {
  /** The exact URL the carrier was given: our configured public origin plus the request's raw path and query. */
  readonly url: string
  /** The body's bytes as they arrived. */
  readonly rawBody: Uint8Array
  readonly contentType: string | undefined
  /** The signature header (Twilio: X-Twilio-Signature). */
  readonly signature: string | undefined
}

/** A change in a text's delivery. The same update may arrive twice and in any order. */
export type StatusUpdate = {
  readonly providerId: string
  readonly status: CarrierStatus
  readonly problem?: Problem
  /** The {@link OutboundText.idempotencyHint} that came back with the callback's URL. */
  readonly hint?: string
}

/** What the carrier itself understood an inbound text to be. */
export const optOutTypes = ['STOP', 'START', 'HELP'] as const

/** One of {@link optOutTypes}. */
export type OptOutType = (typeof optOutTypes)[number]

/** A text from a phone. `providerId` is the key for idempotency: a replayed webhook carries the same one. */
export type InboundText = {
  readonly providerId: string
  /** E.164, or a short code's digits. */
  readonly from: string
  readonly to: string
  /** Well-formed Unicode without U+0000, which PostgreSQL cannot store; may be empty when there are media. */
  readonly body: string
  readonly mediaCount: number
  readonly optOutType?: OptOutType
}

/** Why a webhook is not believed: answer 403 to the first two and 400 to the last, and count them. */
export const webhookRejections = ['bad-signature', 'wrong-account', 'malformed'] as const

/** One of {@link webhookRejections}. */
export type WebhookRejection = (typeof webhookRejections)[number]

/** A believed webhook's content, or why it is not believed. */
export type Believed<T> = { readonly kind: 'believed'; readonly value: T } | { readonly kind: 'rejected'; readonly code: WebhookRejection }

/** An SMS carrier. No function throws for anything the network or the carrier does. */
export type Carrier = {
  readonly name: string
  /** True when the carrier confirms STOP, START and HELP itself; then we send no confirmation of our own. */
  readonly answersStop: boolean
  /** Hands one text over, once: nothing in here retries. */
  readonly send: (text: OutboundText) => Promise<SendOutcome>
  /** Looks for a text whose send ended as `unknown`. */
  readonly lookUp: (query: LookUpQuery) => Promise<LookUpOutcome>
  /** Checks a status webhook's signature and account, then reads it. */
  readonly readStatus: (webhook: Webhook) => Believed<StatusUpdate>
  /** Checks an inbound webhook's signature and account, then reads it. */
  readonly readInbound: (webhook: Webhook) => Believed<InboundText>
}

/** What is wrong with a carrier's configuration; thrown as an Error's `code` when the server starts. */
export const carrierConfigProblems = ['bad-account', 'bad-token', 'insecure-url'] as const

/** One of {@link carrierConfigProblems}. */
export type CarrierConfigProblem = (typeof carrierConfigProblems)[number]
