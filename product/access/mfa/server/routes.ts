import type { Route } from '@wardline/platform/server'
import { refuse, serve, signedIn } from '@wardline/platform/server'
import { beginTotp, codeRefused, confirmTotp, totpEnrolled } from '../contract.ts'
import { confirmTotpOf } from './enrol.ts'
import { beginReplacement } from './replace.ts'

// A stolen session must not be able to guess its way to an authenticator of its own.
const limit = { most: 10, seconds: 60 }

export const routes: readonly Route[] = [
  serve(beginTotp, {
    who: signedIn,
    audit: codeRefused,
    phi: 'none',
    limit,
    run: async (ctx, { code }) => {
      const begun = await beginReplacement(ctx, code)
      if (!begun) throw refuse(beginTotp, 'wrong-code')
      return begun
    },
  }),
  serve(confirmTotp, {
    who: signedIn,
    audit: totpEnrolled,
    phi: 'none',
    limit,
    run: async (ctx, { code }) => {
      const result = await ctx.write((tx) => confirmTotpOf(tx, ctx.keys, ctx.caller.person, code))
      if (result !== 'done') throw refuse(confirmTotp, result)
      return {}
    },
  }),
]
