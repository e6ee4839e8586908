import type { Route } from '@wardline/platform/server'
import { refuse, serve, signedIn } from '@wardline/platform/server'
import { lockPerson } from '@wardline/product/access/provisioning/server'
import { sessionProven } from '@wardline/product/access/sessions/contract'
import { proveSession, signedInFreshly } from '@wardline/product/access/sessions/server'
import {
  beginTotp,
  codeRefused,
  confirmTotp,
  makeRecoveryCodes,
  notices,
  ownNotices,
  readNotice,
  recoveryCodesLeft,
  recoveryCodesMade,
  stepUpByCode,
  totpEnrolled,
} from '../contract.ts'
import { noticeDays } from '../rules.ts'
import { confirmTotpOf } from './enrol.ts'
import { notify } from './notify.ts'
import { codesOf, markRead, ownNotices as readOwnNotices, unreadNotices } from './queries.ts'
import { makeCodes } from './recovery-codes.ts'
import { beginReplacement } from './replace.ts'
import { useCode } from './use-code.ts'

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
      const result = await ctx.write(async (tx) => {
        const confirmed = await confirmTotpOf(tx, ctx.keys, ctx.caller.person, code)
        if (confirmed === 'done') await notify(tx, ctx.caller.person, 'authenticator-replaced')
        return confirmed
      })
      if (result !== 'done') throw refuse(confirmTotp, result)
      return {}
    },
  }),
  serve(stepUpByCode, {
    who: signedIn,
    audit: [sessionProven, codeRefused],
    phi: 'none',
    limit,
    run: async (ctx, { code }) => {
      const { person, session } = ctx.caller
      const until = await ctx.write(async (tx) => {
        await lockPerson(tx, person)
        const reason = await useCode(tx, ctx.keys, person, code)
        if (reason === 'right') return proveSession(tx, session, 'code')
        tx.announce(codeRefused, { key: `person|${person}`, payload: { person, reason } })
        return null
      })
      if (until === null) throw refuse(stepUpByCode, 'wrong-code')
      return { until }
    },
  }),
  serve(recoveryCodesLeft, {
    who: signedIn,
    audit: { none: 'tells a person how many of their own codes are left' },
    phi: 'none',
    run: async (ctx) => {
      const { left, of, made_at } = await ctx.read((db) => codesOf(db, ctx.caller.person))
      return { left, of, madeAt: made_at?.getTime() ?? null }
    },
  }),
  serve(makeRecoveryCodes, {
    who: signedInFreshly,
    audit: recoveryCodesMade,
    phi: 'none',
    limit,
    run: async (ctx) => ({ codes: await ctx.write((tx) => makeCodes(tx, ctx.caller.person)) }),
  }),
  serve(notices, {
    who: signedIn,
    audit: { none: 'tells people about changes that are in the log already' },
    phi: 'none',
    run: async (ctx) => {
      const rows = await ctx.read((db) => unreadNotices(db, ctx.caller.person, isOfficer(ctx.caller.roles), noticeDays))
      return {
        notices: rows.map(({ notice, at, ...it }) => ({ ...it, id: notice, at: at.getTime(), mine: it.person === ctx.caller.person })),
      }
    },
  }),
  serve(ownNotices, {
    who: signedIn,
    audit: { none: 'tells people about changes that are in the log already' },
    phi: 'none',
    run: async (ctx) => {
      const rows = await ctx.read((db) => readOwnNotices(db, ctx.caller.person, noticeDays))
      return { notices: rows.map(({ notice, at, ...it }) => ({ ...it, id: notice, at: at.getTime() })) }
    },
  }),
  serve(readNotice, {
    who: signedIn,
    audit: { none: 'only puts a notice away; the change itself is in the log' },
    phi: 'none',
    run: async (ctx, _body, { notice }) => {
      const { person, roles } = ctx.caller
      const read = await ctx.write((tx) => markRead(tx, notice, person, isOfficer(roles)))
      if (!read) throw refuse(readNotice, 'not-found')
      return {}
    },
  }),
]

/** Whoever runs or oversees the system hears of everybody's changes. */
const isOfficer = (roles: readonly string[]): boolean => roles.some((role) => officers.has(role))
const officers: ReadonlySet<string> = new Set(['administrator', 'privacy-officer', 'security-officer'])
