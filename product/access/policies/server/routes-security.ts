import { refuse, serve } from '@wardline/platform/server'
import type { Ctx, Route } from '@wardline/platform/server'
import { can } from '@wardline/product/access/roles/server'
import * as contract from '../contract.ts'
import { holds, refuseRelease, releaseHold, setHold } from './holds.ts'
import { approve, history, propose, refuseProposal, takingBack, wholePolicy } from './security-policy.ts'
import type { AskedChange } from './security-policy.ts'
import { provenLately } from './step-up.ts'

const paper = { none: 'the policy is the organisation’s own paper; each step of a change is a fact' }

async function requireProof(ctx: Ctx): Promise<void> {
  if (!(await ctx.read((db) => provenLately(db, ctx.caller, ctx.clock.ms())))) throw refuse(contract.proposeChange, 'step-up-needed')
}

async function proposed(ctx: Ctx, find: (tx: Parameters<typeof propose>[0]) => Promise<AskedChange>) {
  await requireProof(ctx)
  const result = await ctx.write(async (tx) => propose(tx, ctx.keys, await find(tx)))
  if (typeof result === 'string') throw refuse(contract.proposeChange, result)
  return result
}

/** The routes of the security policy and of legal holds. */
export const securityRoutes: readonly Route[] = [
  serve(contract.securityPolicy, {
    who: can('security-policy.read'),
    audit: paper,
    phi: 'none',
    run: (ctx) => ctx.read((db) => wholePolicy(db, ctx.keys, ctx.caller.person)),
  }),
  serve(contract.policyHistory, {
    who: can('security-policy.read'),
    audit: paper,
    phi: 'none',
    run: async (ctx, { setting }) => ({ changes: await ctx.read((db) => history(db, ctx.keys, setting ?? null)) }),
  }),
  serve(contract.proposeChange, {
    who: can('security-policy.propose'),
    audit: [contract.changeProposed, contract.changeApproved],
    phi: 'none',
    run: (ctx, body) => proposed(ctx, () => Promise.resolve({ ...body, exceptionUntil: body.exceptionUntil ?? null, takesBack: null })),
  }),
  serve(contract.takeBackChange, {
    who: can('security-policy.propose'),
    audit: [contract.changeProposed, contract.changeApproved],
    phi: 'none',
    run: (ctx, { reason, exceptionUntil }, { change }) =>
      proposed(ctx, async (tx) => {
        const asked = await takingBack(tx, change)
        if (!asked) throw refuse(contract.takeBackChange, 'not-found')
        return { ...asked, reason, exceptionUntil: exceptionUntil ?? null }
      }),
  }),
  serve(contract.approveChange, {
    who: can('security-policy.approve'),
    audit: contract.changeApproved,
    phi: 'none',
    run: async (ctx, _body, { change }) => {
      await requireProof(ctx)
      const result = await ctx.write((tx) => approve(tx, ctx.keys, change))
      if (result === undefined) throw refuse(contract.approveChange, 'not-found')
      if (typeof result === 'string') throw refuse(contract.approveChange, result)
      return result
    },
  }),
  serve(contract.refuseChange, {
    who: can('security-policy.propose'),
    audit: contract.changeRefused,
    phi: 'none',
    run: async (ctx, _body, { change }) => {
      const result = await ctx.write((tx) => refuseProposal(tx, ctx.keys, change))
      if (result === undefined) throw refuse(contract.refuseChange, 'not-found')
      if (typeof result === 'string') throw refuse(contract.refuseChange, result)
      return result
    },
  }),
  serve(contract.listHolds, {
    who: can('hold.read'),
    audit: { none: 'holds are the officers’ own papers; each step is a fact' },
    phi: 'none',
    run: async (ctx) => ({ holds: await ctx.read((db) => holds(db, ctx.keys)) }),
  }),
  serve(contract.setHold, {
    who: can('hold.set'),
    audit: contract.holdSet,
    phi: 'none',
    run: async (ctx, body) => ({ hold: await ctx.write((tx) => setHold(tx, ctx.keys, body)) }),
  }),
  serve(contract.releaseHold, {
    who: can('hold.set'),
    audit: [contract.holdReleaseAsked, contract.holdReleased],
    phi: 'none',
    run: async (ctx, _body, { hold }) => {
      await requireProof(ctx)
      const done = await ctx.write((tx) => releaseHold(tx, hold))
      if (done === undefined) throw refuse(contract.releaseHold, 'not-found')
      if (done !== 'asked' && done !== 'released') throw refuse(contract.releaseHold, done)
      return { released: done === 'released' }
    },
  }),
  serve(contract.refuseRelease, {
    who: can('hold.set'),
    audit: contract.holdReleaseRefused,
    phi: 'none',
    run: async (ctx, _body, { hold }) => {
      if (!(await ctx.write((tx) => refuseRelease(tx, hold)))) throw refuse(contract.refuseRelease, 'not-found')
      return {}
    },
  }),
]
