import { anyone, DatabaseFailure, recordRead, refuse, serve, signedIn } from '@wardline/platform/server'
import type { Route } from '@wardline/platform/server'
import { can } from '@wardline/product/access/roles/server'
import { optedOut, resumed } from '@wardline/product/patients/consent/contract'
import { numberFrozen, numberVerified } from '@wardline/product/patients/roster/contract'
import { mayReach, reachOf } from '@wardline/product/patients/roster/server'
import {
  askWho,
  automationPaused,
  channelSet,
  getSmsChannel,
  getThread,
  inboundWebhook,
  listThreads,
  markLooked,
  previewText,
  sendText,
  setSmsChannel,
  statusWebhook,
  textDelivery,
  textNotSent,
  textQueued,
  textReceived,
  textRefused,
  textSent,
  textUnknown,
  textWithdrawn,
  threadLooked,
} from '../contract.ts'
import { shown } from './outbox.ts'
import { deskOf } from './port.ts'
import type { TextingOptions } from './port.ts'
import { isReached, look, shownIn, threadPage, threadsOf } from './threads.ts'
import { heedInbound, heedStatus } from './webhooks.ts'
import { ask, channelOf, connectNumber, preview, send } from './write.ts'

/** The routes of texting. */
export const routesOf = (options: TextingOptions): readonly Route[] => [
  serve(listThreads, {
    who: can('patient.thread.read'),
    audit: recordRead,
    phi: 'reads',
    run: async (ctx) => {
      const list = await ctx.read(async (db) => {
        const reached = await reachOf(db, ctx.caller, 'patient.thread.read')
        return reached && threadsOf(db, ctx, reached)
      })
      if (!list) throw refuse(listThreads, 'not-found')
      ctx.saw(shownIn(list.threads), 'patient threads')
      return list
    },
  }),
  serve(getThread, {
    who: can('patient.thread.read'),
    audit: recordRead,
    phi: 'reads',
    run: async (ctx, { before }, { thread }) => {
      const until = before === undefined ? ctx.clock.ms() + 60_000 : Math.min(Number(before), 253402300799999)
      const page = await ctx.read(async (db) => {
        const reached = await reachOf(db, ctx.caller, 'patient.thread.read')
        return reached && threadPage(db, ctx, reached, thread, until)
      })
      if (!page) throw refuse(getThread, 'not-found')
      const subjects = shownIn([page])
      // A thread of a number that nobody on the roster has is recorded by its own id.
      ctx.saw(subjects.length > 0 ? subjects : [thread], 'patient thread')
      return page
    },
  }),
  serve(previewText, {
    who: can('patient.text.send'),
    audit: recordRead,
    phi: 'reads',
    run: async (ctx, body) => {
      const judged = await ctx.read(async (db) => {
        if (!(await mayReach(db, ctx.caller, 'patient.text.send', body.patient))) throw refuse(previewText, 'not-found')
        return preview(db, deskOf(options, ctx), body, ctx.clock.ms())
      })
      ctx.saw([body.patient], 'text preview')
      return judged
    },
  }),
  serve(sendText, {
    who: can('patient.text.send'),
    // What becomes of a text by itself later is announced by the sweep.
    audit: [textQueued, textRefused, textWithdrawn, textSent, textNotSent, textUnknown],
    phi: 'writes',
    run: async (ctx, body) =>
      ctx.write(async (tx) => {
        const reached = await reachOf(tx, ctx.caller, 'patient.text.send')
        const there = reached?.has(body.patient) && (body.thread === undefined || (await isReached(tx, reached, body.thread)))
        if (!there) throw refuse(sendText, 'not-found')
        const queued = await send(tx, deskOf(options, ctx), body)
        if (queued.kind === 'id-taken') throw refuse(sendText, 'id-taken')
        if (queued.kind === 'no-such-thread') throw refuse(sendText, 'not-found')
        return { decision: shown(queued.verdict), thread: queued.thread }
      }),
  }),
  serve(askWho, {
    who: can('patient.text.send'),
    audit: [textQueued, textRefused],
    phi: 'none',
    run: async (ctx, { text }, { thread }) =>
      ctx.write(async (tx) => {
        const reached = await reachOf(tx, ctx.caller, 'patient.text.send')
        if (!reached || !(await isReached(tx, reached, thread))) throw refuse(askWho, 'not-found')
        const queued = await ask(tx, deskOf(options, ctx), thread, text)
        if (queued.kind === 'no-such-thread') throw refuse(askWho, 'not-found')
        if (queued.kind !== 'judged') throw refuse(askWho, queued.kind)
        return { decision: shown(queued.verdict) }
      }),
  }),
  serve(markLooked, {
    who: can('patient.thread.read'),
    audit: threadLooked,
    phi: 'none',
    run: async (ctx, { done }, { thread }) => {
      const there = await ctx.write(async (tx) => {
        const reached = await reachOf(tx, ctx.caller, 'patient.thread.read')
        return reached && (await isReached(tx, reached, thread)) && look(tx, deskOf(options, ctx), thread, done ?? false)
      })
      if (!there) throw refuse(markLooked, 'not-found')
      return {}
    },
  }),
  serve(getSmsChannel, {
    who: signedIn,
    audit: { none: 'shows the practice’s own number' },
    phi: 'none',
    run: async (ctx) => ctx.read((db) => channelOf(db, options)),
  }),
  serve(setSmsChannel, {
    who: can('patient.channel.set'),
    audit: channelSet,
    phi: 'none',
    run: async (ctx, body) => {
      const channel = await ctx
        .write((tx) => connectNumber(tx, options, body))
        .catch((thrown: unknown) => {
          const taken = thrown instanceof DatabaseFailure && thrown.constraint === 'sms_channel_number'
          throw taken ? refuse(setSmsChannel, 'number-taken') : thrown
        })
      if (!channel) throw refuse(setSmsChannel, 'no-carrier')
      return channel
    },
  }),
  serve(inboundWebhook, {
    who: anyone('signed by the carrier'),
    audit: [textReceived, automationPaused, optedOut, resumed, numberFrozen, numberVerified],
    phi: 'writes',
    limit: { most: 6_000, seconds: 60 },
    run: async (ctx, _body, { channel }) => {
      const heeded = await heedInbound(ctx, options, channel)
      if (heeded.kind !== 'ok') throw refuse(inboundWebhook, heeded.kind)
      return heeded.reply
    },
  }),
  serve(statusWebhook, {
    who: anyone('signed by the carrier'),
    audit: textDelivery,
    phi: 'none',
    limit: { most: 12_000, seconds: 60 },
    run: async (ctx, _body, { channel }) => {
      const heeded = await heedStatus(ctx, options, channel)
      if (heeded.kind !== 'ok') throw refuse(statusWebhook, heeded.kind)
      return heeded.reply
    },
  }),
]
