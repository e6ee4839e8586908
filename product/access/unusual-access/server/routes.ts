import { recordRead, refuse, serve } from '@wardline/platform/server'
import type { Route } from '@wardline/platform/server'
import { can } from '@wardline/product/access/roles/server'
import * as contract from '../contract.ts'
import { close, queue } from './queue.ts'

export const routes: readonly Route[] = [
  serve(contract.listAlerts, {
    who: can('unusual-access.review'),
    audit: recordRead,
    phi: 'reads',
    run: async (ctx) => {
      const found = await ctx.read((db) => queue(db, ctx.keys))
      const subjects = found.alerts.flatMap((it) => it.patient ?? [])
      // That somebody looked at an empty queue is known too.
      ctx.saw(subjects.length > 0 ? subjects : [ctx.caller.org], 'unusual access')
      return found
    },
  }),
  serve(contract.closeAlert, {
    who: can('unusual-access.review'),
    audit: contract.alertClosed,
    phi: 'writes',
    run: async (ctx, body, { alert }) => {
      const done = await ctx.write((tx) => close(tx, ctx.keys, alert, body))
      if (done === undefined) throw refuse(contract.closeAlert, 'not-found')
      if (done !== 'closed') throw refuse(contract.closeAlert, done)
      return {}
    },
  }),
]
