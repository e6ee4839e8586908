import { refuse, serve } from '@wardline/platform/server'
import type { Route } from '@wardline/platform/server'
import { can } from '@wardline/product/access/roles/server'
import {
  addEpoch as addEpochEndpoint,
  conversationCreated,
  createConversation as createEndpoint,
  disputeSeals,
  epochAccepted,
  epochsAfter,
  handSigned,
  listLeavers,
  makeHand,
  myConversations,
  oneConversation,
  personReadmitted,
  personRemoved,
  readHand,
  removePerson as removeEndpoint,
  repairSeal as repairEndpoint,
  reportSeal as reportEndpoint,
  sealRepaired,
  sealReported,
  sealsDisputed,
  signHand,
} from '@wardline/product/team/conversations/contract'
import { personIntroduced, trustChanged } from '@wardline/product/team/devices/contract'
import { addEpoch } from './add-epoch.ts'
import { createConversation } from './create.ts'
import { readEpochs } from './epochs.ts'
import { listed, listedAll } from './list.ts'
import { removePerson } from './remove.ts'
import { leaversNow } from './leavers-list.ts'
import { directoryHand } from './hand.ts'
import { nameHand, standingOfHand } from './name-hand.ts'
import { lockOrganisation } from './queries.ts'
import { dispute, repairSeal, reportSeal } from './seals.ts'

const largest = 1024 * 1024

export const routes: readonly Route[] = [
  serve(createEndpoint, {
    who: can('team.conversation.create'),
    audit: [conversationCreated, epochAccepted],
    phi: 'none',
    largest,
    run: (ctx, body) => createConversation(ctx, ctx.caller, body),
  }),
  serve(myConversations, {
    who: can('team.conversation.read'),
    audit: { none: 'lists conversations; their content is sealed' },
    phi: 'none',
    run: async (ctx) => ({ conversations: await ctx.read((db) => listedAll(db, ctx.caller.person, ctx.clock.now())) }),
  }),
  serve(oneConversation, {
    who: can('team.conversation.read'),
    audit: { none: 'shows a conversation’s members; its content is sealed' },
    phi: 'none',
    run: async (ctx, _body, { conversation }) => {
      const found = await ctx.read((db) => listed(db, ctx.caller.person, conversation, ctx.clock.now()))
      if (!found) throw refuse(oneConversation, 'not-found')
      return found
    },
  }),
  serve(epochsAfter, {
    who: can('team.conversation.read'),
    audit: { none: 'statements and seals for the caller; what they open is recorded as a receipt' },
    phi: 'none',
    run: (ctx, body, { conversation }) => readEpochs(ctx, ctx.caller, conversation, Number(body.after ?? '0')),
  }),
  serve(addEpochEndpoint, {
    who: can('team.message.send'),
    audit: epochAccepted,
    phi: 'none',
    largest,
    run: (ctx, body, { conversation }) => addEpoch(ctx, ctx.caller, conversation, body),
  }),
  serve(removeEndpoint, {
    who: can('team.removal.sign'),
    audit: [personRemoved, personReadmitted],
    phi: 'none',
    run: removePerson,
  }),
  serve(repairEndpoint, {
    who: can('team.message.send'),
    audit: sealRepaired,
    phi: 'none',
    run: (ctx, body, { conversation }) => repairSeal(ctx, ctx.caller, conversation, body),
  }),
  serve(reportEndpoint, {
    who: can('team.conversation.read'),
    audit: sealReported,
    phi: 'none',
    run: (ctx, body, { conversation }) => reportSeal(ctx, ctx.caller, conversation, body.n),
  }),
  serve(disputeSeals, {
    who: can('team.conversation.read'),
    audit: sealsDisputed,
    phi: 'none',
    run: (ctx, body, { conversation }) => dispute(ctx, ctx.caller, conversation, body),
  }),
  serve(readHand, {
    who: can('directory.read'),
    audit: { none: 'the organisation’s own set-up' },
    phi: 'none',
    run: (ctx) => ctx.read(standingOfHand),
  }),
  serve(listLeavers, {
    who: can('directory.read'),
    audit: { none: 'the organisation’s own people and devices' },
    phi: 'none',
    run: (ctx) => ctx.read(async (db) => ({ leavers: await leaversNow(db) })),
  }),
  serve(makeHand, {
    who: can('directory.set'),
    audit: personIntroduced,
    phi: 'none',
    run: (ctx) =>
      ctx.write(async (tx) => {
        await lockOrganisation(tx)
        await directoryHand(tx, ctx.keys)
        return standingOfHand(tx)
      }),
  }),
  serve(signHand, {
    who: can('directory.set'),
    audit: [handSigned, trustChanged, personRemoved],
    phi: 'none',
    limit: { most: 30, seconds: 60 },
    run: nameHand,
  }),
]
