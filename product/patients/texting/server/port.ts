import type { Db } from '@wardline/platform/db'
import type { KeyLedger, Services } from '@wardline/platform/server'
import type { Carrier } from '@wardline/product/integrations/sms/contract'
import { activeChannel } from './queries.ts'
import type { ChannelRow } from './tables.ts'

/** What texting is composed of. */
export interface TextingOptions {
  /** The text carrier; null: this server has no account with one, and the gate says so. */
  readonly carrier: Carrier | null
  /** Where the carrier reaches this server, without a trailing slash; asked when it is needed, because a port may be found late. */
  readonly publicOrigin: () => string
  /** What the carrier wants to hear to a webhook that was understood, and that makes it say nothing to the phone. */
  readonly received: { readonly contentType: string; readonly body: string }
}

/** What the use-cases of texting work with. */
export interface Desk extends TextingOptions {
  readonly keys: KeyLedger
  readonly live: Services['live']
  readonly hint: () => void
}

/** A desk for a request or a sweep. */
export const deskOf = (options: TextingOptions, services: Pick<Services, 'keys' | 'live' | 'hint'>): Desk => ({
  ...options,
  keys: services.keys,
  live: services.live,
  hint: () => services.hint(),
})

/** Twilio's connection overrides: try again five times when there was no connection, no answer in time, or a failure of ours. */
export const tryAgain = '#rc=5&rp=ct,rt,5xx'

/** The addresses that the carrier calls for a channel. */
export const webhookUrl = (options: TextingOptions, channel: string, which: 'inbound' | 'status'): string =>
  `${options.publicOrigin()}/api/v1/webhooks/sms/${channel}/${which}${tryAgain}`

/** The organisation's channel, if the server's carrier is the one that it was connected with. */
export async function channelInUse(db: Db, options: TextingOptions): Promise<ChannelRow | undefined> {
  const channel = await activeChannel(db)
  return channel && options.carrier?.name === channel.carrier ? channel : undefined
}

/** The topic on which open inboxes of an organisation hear that a thread changed. */
export const topicOf = (org: string) => `patients|${org}`
