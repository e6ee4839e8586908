import { Refusal, serve } from '@wardline/platform/server'
import type { Route } from '@wardline/platform/server'
import type { GivesOf } from '@wardline/platform/contract'
import { can } from '@wardline/product/access/roles/server'
import { messageAccepted, messagePage, receipts, sendMessage } from '@wardline/product/team/messages/contract'
import { readPage, readReceipts } from './read.ts'
import { send } from './send.ts'

export const routes: readonly Route[] = [
  serve(sendMessage, {
    who: can('team.message.send'),
    audit: messageAccepted,
    phi: 'none',
    largest: 1024 * 1024,
    run: (ctx, body, { conversation }) =>
      new Promise<GivesOf<typeof sendMessage>>((resolve, reject) =>
        send(ctx, ctx.caller, { conversation, ...body }, undefined, (answer) =>
          answer.ok
            ? resolve(answer.value)
            : reject(new Refusal(answer.refused.code, { ...(answer.refused.field === undefined ? {} : { field: answer.refused.field }) })),
        ),
      ),
  }),
  serve(messagePage, {
    who: can('team.conversation.read'),
    audit: { none: 'sealed envelopes; what a device shows of them is recorded as a receipt' },
    phi: 'none',
    run: (ctx, body, { conversation }) => readPage(ctx, ctx.caller, conversation, body),
  }),
  serve(receipts, {
    who: can('team.conversation.read'),
    audit: { none: 'watermarks of devices' },
    phi: 'none',
    run: (ctx, _body, { conversation }) => readReceipts(ctx, ctx.caller, conversation),
  }),
]
