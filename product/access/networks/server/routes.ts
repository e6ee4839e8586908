import type { Static } from '@wardline/platform/contract'
import { refuse, serve } from '@wardline/platform/server'
import type { Route } from '@wardline/platform/server'
import { can } from '@wardline/product/access/roles/server'
import * as contract from '../contract.ts'
import { isIn, judgeList } from '../rules.ts'
import { forget, prefixesOf } from './admit.ts'
import { confirm, insertNetworks, lockNetworks, readInForce } from './queries.ts'
import { recordRoutes } from './records.ts'
import type { NetworksRow } from './tables.ts'

type Shown = Static<(typeof contract.setAdminNetworks)['gives']>

const shown = (row: NetworksRow | undefined): Shown => ({
  version: row?.version ?? 0,
  networks: row?.cidrs.map((cidr, i) => ({ cidr, name: row.names[i] ?? cidr })) ?? [],
  outside: row?.outside ?? 'absent',
  setBy: row?.set_by ?? null,
  setAt: row?.set_at.getTime() ?? 0,
  trialUntil: row && row.confirmed_at === null ? (row.trial_until?.getTime() ?? null) : null,
})

/** Headers by which a proxy says that it passes a request on. */
const passedOn = ['x-forwarded-for', 'x-forwarded-host', 'forwarded', 'x-real-ip']

const isPassedOn = (headers: Readonly<Record<string, unknown>>): boolean => passedOn.some((name) => headers[name] !== undefined)

/** The routes of networks. `behindProxy`: the server was told of its proxy, so addresses are whom the proxy saw. */
export const routesOf = (behindProxy: boolean): readonly Route[] => [
  serve(contract.adminNetworks, {
    who: can('security-policy.read'),
    audit: { none: 'networks are the organisation’s own; each change is a fact' },
    phi: 'none',
    run: async (ctx) => {
      const row = await ctx.read(readInForce)
      const { ip } = ctx.request
      return { inForce: shown(row), here: ip.slice(0, 64), hereIsIn: !row || row.cidrs.length === 0 || isIn(ip, prefixesOf(row)) }
    },
  }),
  serve(contract.setAdminNetworks, {
    who: can('network.set'),
    audit: contract.networksSet,
    phi: 'none',
    run: async (ctx, body) => {
      const refused = judgeList({
        cidrs: body.networks.map((it) => it.cidr),
        here: ctx.request.ip,
        trial: body.trialMinutes !== undefined,
        passedOn: !behindProxy && isPassedOn(ctx.request.headers),
      })
      if (refused)
        throw refuse(
          contract.setAdminNetworks,
          refused.code,
          refused.code === 'not-a-network' ? { field: `networks.${refused.line}.cidr` } : {},
        )
      return ctx.write(async (tx) => {
        await lockNetworks(tx)
        const row = await insertNetworks(tx, {
          cidrs: body.networks.map((it) => it.cidr.trim().toLowerCase()),
          names: body.networks.map((it) => it.name),
          outside: body.outside,
          trialMinutes: body.trialMinutes ?? null,
        })
        const made = shown(row)
        tx.announce(contract.networksSet, {
          key: 'networks',
          payload: { version: made.version, networks: [...row.cidrs], outside: row.outside, trialUntil: made.trialUntil },
        })
        tx.afterCommit(() => forget(ctx.db, tx.org))
        return made
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
        if (tried.cidrs.length > 0 && !isIn(ctx.request.ip, prefixesOf(tried))) throw refuse(contract.confirmAdminNetworks, 'locks-you-out')
        const row = await confirm(tx, version)
        if (!row) throw refuse(contract.confirmAdminNetworks, 'trial-over')
        tx.announce(contract.networksConfirmed, { key: 'networks', payload: { version } })
        tx.afterCommit(() => forget(ctx.db, tx.org))
        return shown(row)
      }),
  }),
  ...recordRoutes((headers) => !behindProxy && isPassedOn(headers)),
]
