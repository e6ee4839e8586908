import { pendingAsked } from '@wardline/product/access/dual-control/contract'
import { askSecond, openAct } from '@wardline/product/access/dual-control/server'
import { refuse, serve } from '@wardline/platform/server'
import type { Route } from '@wardline/platform/server'
import { can } from '@wardline/product/access/roles/server'
import * as contract from '../contract.ts'
import { isIn, judgeList } from '../rules.ts'
import { listChanged, prefixesOf } from './admit.ts'
import { changeAdministrationOnApproval, hides, listCounts, opensMore, shown } from './list.ts'
import { confirm, insertNetworks, lockNetworks, readInForce, readVersion } from './queries.ts'
import { hasSecondForNetworks, recordRoutes } from './records.ts'

/** The routes of networks. */
export const routes: readonly Route[] = [
  serve(contract.adminNetworks, {
    who: can('security-policy.read'),
    audit: { none: 'networks are the organisation’s own; each change is a fact' },
    phi: 'none',
    run: (ctx) =>
      ctx.read(async (db) => {
        const row = await readInForce(db)
        const open = await openAct(db, changeAdministrationOnApproval, ctx.caller, ctx.clock.ms())
        const asked = open && (await readVersion(db, (open.payload as { version: number }).version))
        const { ip, whence } = ctx.request
        return {
          inForce: shown(row),
          waiting: open && asked ? { act: open.act, list: shown(asked), decidable: open.decidable } : null,
          here: ip.slice(0, 64),
          hereIsIn: !row || row.cidrs.length === 0 || isIn(whence, prefixesOf(row)),
        }
      }),
  }),
  serve(contract.setAdminNetworks, {
    who: can('network.set'),
    audit: [contract.networksSet, contract.networksAsked, pendingAsked],
    phi: 'none',
    run: async (ctx, body) => {
      const cidrs = body.networks.map((it) => it.cidr.trim().toLowerCase())
      const { trialMinutes = null, outside } = body
      const refused = judgeList({ cidrs, here: ctx.request.whence, trial: trialMinutes !== null })
      if (refused)
        throw refuse(
          contract.setAdminNetworks,
          refused.code,
          refused.code === 'not-a-network' ? { field: `networks.${refused.line}.cidr` } : {},
        )
      return ctx.write(async (tx) => {
        await lockNetworks(tx)
        const needsTwo = hides({ cidrs, outside }) || (await opensMore(tx, { cidrs, outside }))
        if (needsTwo && (await openAct(tx, changeAdministrationOnApproval, ctx.caller, tx.at.getTime())))
          throw refuse(contract.setAdminNetworks, 'already-asked')
        const waits = needsTwo && (await hasSecondForNetworks(tx))
        const names = body.networks.map((it) => it.name)
        const row = await insertNetworks(tx, { cidrs, names, outside, trialMinutes: waits ? null : trialMinutes, waits })
        const { version } = row
        if (waits) {
          tx.announce(contract.networksAsked, { key: 'networks', payload: { version, networks: cidrs } })
          await askSecond(tx, { kind: changeAdministrationOnApproval.kind, subject: tx.org, payload: { version, trialMinutes } })
        } else listCounts(tx, row)
        return { ...shown(row), waits }
      })
    },
  }),
  serve(contract.confirmAdminNetworks, {
    who: can('network.set'),
    audit: contract.networksConfirmed,
    phi: 'none',
    run: async (ctx, { version }) =>
      ctx.write(async (tx) => {
        await lockNetworks(tx)
        const tried = await readInForce(tx)
        if (tried?.version !== version || tried.confirmed_at !== null || tried.trial_until === null)
          throw refuse(contract.confirmAdminNetworks, 'trial-over')
        if (tried.cidrs.length > 0 && !isIn(ctx.request.whence, prefixesOf(tried)))
          throw refuse(contract.confirmAdminNetworks, 'locks-you-out')
        const row = await confirm(tx, version)
        if (!row) throw refuse(contract.confirmAdminNetworks, 'trial-over')
        tx.announce(contract.networksConfirmed, { key: 'networks', payload: { version } })
        tx.signal(listChanged, {})
        return shown(row)
      }),
  }),
  ...recordRoutes,
]
