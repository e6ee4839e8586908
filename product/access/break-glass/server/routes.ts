import { recordRead, refuse, serve, signedIn } from '@wardline/platform/server'
import type { Route } from '@wardline/platform/server'
import { can } from '@wardline/product/access/roles/server'
import * as contract from '../contract.ts'
import { closeRecord, openingsOf, openRecord } from './open.ts'
import type { BreakGlassPorts } from './port.ts'
import { setSeen } from './queries.ts'
import { notices, queue, review, viewOf } from './review.ts'

/** The routes of emergency openings. */
export const routesOf = (ports: BreakGlassPorts): readonly Route[] => [
  serve(contract.openRecord, {
    who: can('break-glass.open'),
    audit: contract.recordOpened,
    phi: 'writes',
    limit: { most: 30, seconds: 3_600 },
    run: async (ctx, body) => {
      const opened = await ctx.write((tx) => openRecord(tx, { keys: ctx.keys, live: ctx.live, ports }, ctx.caller, body))
      if (opened === undefined) throw refuse(contract.openRecord, 'not-found')
      if (typeof opened === 'string') throw refuse(contract.openRecord, opened)
      return opened
    },
  }),
  serve(contract.myOpenings, {
    who: signedIn,
    audit: { none: 'shows a person their own openings' },
    phi: 'none',
    run: (ctx) => ctx.read((db) => openingsOf(db, ctx.caller.person, ctx.clock.ms())),
  }),
  serve(contract.closeRecord, {
    who: can('break-glass.open'),
    audit: contract.recordClosed,
    phi: 'none',
    run: async (ctx, _body, { opening }) => {
      if (!(await ctx.write((tx) => closeRecord(tx, ctx.live, opening, ctx.caller.person)))) throw refuse(contract.closeRecord, 'not-found')
      return {}
    },
  }),
  serve(contract.listOpenings, {
    who: can('break-glass.read'),
    audit: recordRead,
    phi: 'reads',
    run: async (ctx) => {
      const found = await ctx.read((db) => queue(db, ctx.keys))
      // That somebody looked at an empty queue is known too.
      const subjects = found.openings.map((it) => it.patient)
      ctx.saw(subjects.length > 0 ? subjects : [ctx.caller.org], 'emergency openings')
      return found
    },
  }),
  serve(contract.reviewOpening, {
    who: can('break-glass.review'),
    audit: contract.openingReviewed,
    phi: 'writes',
    run: async (ctx, body, { opening }) => {
      const done = await ctx.write((tx) => review(tx, ctx.keys, opening, body))
      if (done === undefined) throw refuse(contract.reviewOpening, 'not-found')
      if (done !== 'reviewed') throw refuse(contract.reviewOpening, done)
      return {}
    },
  }),
  serve(contract.myNotices, {
    who: signedIn,
    audit: { none: 'ids of what one was told; who a patient is stands elsewhere' },
    phi: 'none',
    run: (ctx) => ctx.read((db) => notices(db, ctx.caller.person)),
  }),
  serve(contract.putAwayNotices, {
    who: signedIn,
    audit: { none: 'puts one’s own notices away; the openings stay in the queue' },
    phi: 'none',
    run: async (ctx, body) => {
      await ctx.write((tx) => setSeen(tx, ctx.caller.person, body.notices))
      return {}
    },
  }),
  serve(contract.patientsView, {
    who: can('break-glass.read'),
    audit: recordRead,
    phi: 'reads',
    run: async (ctx, _query, { patient }) => {
      const view = await ctx.read((db) => viewOf(db, patient))
      ctx.saw([patient], 'emergency openings of a patient')
      return view
    },
  }),
]
