import { isDay } from '@wardline/platform/contract'
import { recordRead, refuse, serve } from '@wardline/platform/server'
import type { Route } from '@wardline/platform/server'
import { readOrganisation } from '@wardline/product/access/provisioning/server'
import { can } from '@wardline/product/access/roles/server'
import { contactOf, mayReach } from '@wardline/product/patients/roster/server'
import {
  consentKeyMade,
  consentRecorded,
  consentRevoked,
  consentState,
  exportReceipt,
  optedOut,
  recordConsent,
  recordOptOut,
  revokeConsent,
} from '../contract.ts'
import { endOfDay, judgeGrant } from '../rules.ts'
import { grant, revoke, stopByStaff } from './receipts.ts'
import { portable, stateOf } from './state.ts'

/** The routes of consent. */
export const routes: readonly Route[] = [
  serve(recordConsent, {
    who: can('patient.consent.record'),
    audit: [consentRecorded, consentKeyMade],
    phi: 'writes',
    run: async (ctx, body, { patient }) => {
      if (body.expiresOn !== undefined && !isDay(body.expiresOn)) throw refuse(recordConsent, 'bad-request', { field: 'expiresOn' })
      return ctx.write(async (tx) => {
        const there = (await mayReach(tx, ctx.caller, 'patient.consent.record', patient)) && (await contactOf(tx, patient, body.number))
        if (!there) throw refuse(recordConsent, 'not-found')
        const { zone } = await readOrganisation(tx)
        const expiresAt = body.expiresOn === undefined ? null : endOfDay(body.expiresOn, zone)
        const asked = { ...body, warning: body.warning ?? null, attestation: body.attestation ?? null, expiresAt }
        const refused = judgeGrant(asked, tx.at.getTime())
        if (refused) throw refuse(recordConsent, refused)
        const recorded = await grant(tx, ctx.keys, { ...body, patient, expiresAt })
        if (recorded === 'id-taken') throw refuse(recordConsent, 'id-taken')
        return { receipt: body.receipt, hash: recorded.hash }
      })
    },
  }),
  serve(revokeConsent, {
    who: can('patient.consent.record'),
    audit: consentRevoked,
    phi: 'writes',
    run: async (ctx, body, { patient, consent }) =>
      ctx.write(async (tx) => {
        if (!(await mayReach(tx, ctx.caller, 'patient.consent.record', patient))) throw refuse(revokeConsent, 'not-found')
        const ended = await revoke(tx, ctx.keys, { ...body, patient, consent })
        if (ended === 'gone') throw refuse(revokeConsent, 'not-found')
        if (ended === 'id-taken') throw refuse(revokeConsent, 'id-taken')
        return ended
      }),
  }),
  serve(recordOptOut, {
    who: can('patient.opt-out.record'),
    audit: optedOut,
    phi: 'writes',
    run: async (ctx, body, { patient, number }) =>
      ctx.write(async (tx) => {
        const there = (await mayReach(tx, ctx.caller, 'patient.opt-out.record', patient)) && (await contactOf(tx, patient, number))
        if (!there) throw refuse(recordOptOut, 'not-found')
        if ((await stopByStaff(tx, ctx.keys, { ...body, number })) === 'id-taken') throw refuse(recordOptOut, 'id-taken')
        return { receipt: body.receipt }
      }),
  }),
  serve(consentState, {
    who: can('patient.roster.read'),
    audit: recordRead,
    phi: 'reads',
    run: async (ctx, _query, { patient }) => {
      const state = await ctx.read(async (db) => {
        const there = await mayReach(db, ctx.caller, 'patient.roster.read', patient)
        return there ? stateOf(db, ctx.keys, patient, ctx.clock.ms()) : undefined
      })
      if (!state) throw refuse(consentState, 'not-found')
      ctx.saw([patient], 'consent')
      return state
    },
  }),
  serve(exportReceipt, {
    who: can('patient.roster.read'),
    audit: recordRead,
    phi: 'reads',
    run: async (ctx, _query, { patient, consent }) => {
      const receipt = await ctx.read(async (db) =>
        (await mayReach(db, ctx.caller, 'patient.roster.read', patient)) ? portable(db, ctx.keys, patient, consent) : undefined,
      )
      if (!receipt) throw refuse(exportReceipt, 'not-found')
      ctx.saw([patient], 'consent receipt')
      return receipt
    },
  }),
]
