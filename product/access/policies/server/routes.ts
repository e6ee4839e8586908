import { encodeStatement, toBase64url } from '@wardline/crypto'
import { refuse, serve, signedIn } from '@wardline/platform/server'
import type { Route } from '@wardline/platform/server'
import { can } from '@wardline/product/access/roles/server'
import * as contract from '../contract.ts'
import { agreements, endAgreement, recordAgreement } from './agreements.ts'
import { currentArchivePolicy } from './archive-policy.ts'
import { organisationKeys } from './organisation-keys.ts'
import { PolicyRefused } from './refused.ts'
import { switchesOn, useSwitch } from './switches.ts'

export const routes: readonly Route[] = [
  serve(contract.archivePolicyInForce, {
    who: signedIn,
    audit: { none: 'public keys and signed policies are for every member' },
    phi: 'none',
    run: async (ctx) => {
      const { keys, policy } = await ctx.read(async (db) => ({ keys: await organisationKeys(db), policy: await currentArchivePolicy(db) }))
      if (!keys || !policy) throw refuse(contract.archivePolicyInForce, 'no-archive')
      return {
        rootPublicKey: toBase64url(keys.rootPublicKey),
        directoryKeyStatement: toBase64url(keys.directoryStatement),
        archivePolicyStatement: toBase64url(encodeStatement(policy)),
        version: policy.body.version,
      }
    },
  }),
  serve(contract.listAgreements, {
    who: can('agreement.read'),
    audit: { none: 'agreements are the organisation’s own papers' },
    phi: 'none',
    run: async (ctx) => ({ agreements: await ctx.read(agreements) }),
  }),
  serve(contract.recordAgreement, {
    who: can('agreement.record'),
    audit: contract.agreementRecorded,
    phi: 'none',
    run: async (ctx, body) => {
      try {
        return await ctx.write((tx) => recordAgreement(tx, body))
      } catch (thrown) {
        if (thrown instanceof PolicyRefused && (thrown.code === 'no-such-day' || thrown.code === 'ends-before-it-starts'))
          throw refuse(contract.recordAgreement, thrown.code)
        throw thrown
      }
    },
  }),
  serve(contract.endAgreement, {
    who: can('agreement.record'),
    audit: contract.agreementEnded,
    phi: 'none',
    run: async (ctx, _body, { agreement }) => {
      if (!(await ctx.write((tx) => endAgreement(tx, agreement)))) throw refuse(contract.endAgreement, 'not-found')
      return {}
    },
  }),
  serve(contract.readSwitches, {
    who: signedIn,
    audit: { none: 'what has stopped is for everybody to know' },
    phi: 'none',
    run: async (ctx) => ({ on: await ctx.read(switchesOn) }),
  }),
  serve(contract.setSwitch, {
    who: can('switch.set'),
    audit: contract.switchSet,
    phi: 'none',
    run: async (ctx, body) => {
      await ctx.write((tx) => useSwitch(tx, body))
      return {}
    },
  }),
]
