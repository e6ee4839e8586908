import type { Tx } from '@wardline/platform/db'
import { bySystem } from '@wardline/platform/db'
import { RawReply } from '@wardline/platform/server'
import type { Ctx } from '@wardline/platform/server'
import type { Believed, Carrier, InboundText, StatusUpdate, Webhook } from '@wardline/product/integrations/sms/contract'
import { deskOf, tryAgain } from './port.ts'
import type { Desk, TextingOptions } from './port.ts'
import { findChannel, orgOfChannel } from './queries.ts'
import { receive } from './receive.ts'
import { report } from './report.ts'
import type { ChannelRow } from './tables.ts'

/** What becomes of a carrier's call: understood, or why it is not believed. */
export type Heeded = { readonly kind: 'ok'; readonly reply: RawReply } | { readonly kind: 'not-believed' } | { readonly kind: 'malformed' }

type OpenCtx = Pick<Ctx<null>, 'db' | 'keys' | 'live' | 'hint' | 'log' | 'raw'> & { readonly request: Ctx<null>['request'] }

/**
 * Believes a call and only then acts on it, in one transaction, before it is answered. The address, the raw bytes and the signature are
 * judged by the carrier's adapter; nothing of the body is read before.
 */
async function heed<T>(
  ctx: OpenCtx,
  options: TextingOptions,
  channelId: string,
  read: (carrier: Carrier, webhook: Webhook) => Believed<T>,
  act: (tx: Tx, desk: Desk, channel: ChannelRow, value: T) => Promise<boolean>,
): Promise<Heeded> {
  const { carrier } = options
  if (carrier === null) return { kind: 'not-believed' }
  // First whether the address is one that we gave out: strangers who know none cost a look into an index and no more.
  const owner = await ctx.db.sweep((sweep) => orgOfChannel(sweep, channelId))
  if (!owner) return { kind: 'not-believed' }
  const signature = ctx.request.headers['x-twilio-signature']
  const believed = read(carrier, {
    // With the fragment that we gave the carrier: the adapter tries the address with it and without.
    url: options.publicOrigin() + ctx.request.url + tryAgain,
    rawBody: ctx.raw,
    contentType: ctx.request.headers['content-type'],
    signature: typeof signature === 'string' ? signature : undefined,
  })
  if (believed.kind === 'rejected') {
    ctx.log.warn('texting.webhook-rejected', { request: ctx.request.id, code: believed.code })
    return { kind: believed.code === 'malformed' ? 'malformed' : 'not-believed' }
  }
  const done = await ctx.db.write(owner.org, bySystem, async (tx) => {
    const channel = await findChannel(tx, channelId)
    if (!channel || channel.carrier !== carrier.name) return false
    return act(tx, deskOf(options, ctx), channel, believed.value)
  })
  return done ? { kind: 'ok', reply: new RawReply(200, options.received.contentType, options.received.body) } : { kind: 'not-believed' }
}

/** A text from a phone. */
export const heedInbound = (ctx: OpenCtx, options: TextingOptions, channelId: string): Promise<Heeded> =>
  heed<InboundText>(
    ctx,
    options,
    channelId,
    (carrier, webhook) => carrier.readInbound(webhook),
    async (tx, desk, channel, it) => {
      // The carrier signed the address; that the text was for this channel's number is ours to check.
      if (it.to !== channel.number) return false
      await receive(tx, desk, channel, it)
      return true
    },
  )

/** A report on a text of ours. One that nobody knows is answered like the others: repeating it would not help. */
export const heedStatus = (ctx: OpenCtx, options: TextingOptions, channelId: string): Promise<Heeded> =>
  heed<StatusUpdate>(
    ctx,
    options,
    channelId,
    (carrier, webhook) => carrier.readStatus(webhook),
    async (tx, desk, channel, it) => {
      if (!(await report(tx, desk, channel, it))) ctx.log.warn('texting.report-on-nothing', { request: ctx.request.id })
      return true
    },
  )
