/** The door of team/managed-devices: what device management says of devices, and who is let in by it. */
import path from 'node:path'
import { refuse, serve } from '@wardline/platform/server'
import type { Feature } from '@wardline/platform/server'
import { countLocations } from '@wardline/product/access/locations/server'
import { can } from '@wardline/product/access/roles/server'
import type { Mdm } from '@wardline/product/team/managed-devices/contract'
import { bindManaged, connectionSet, managedBound, readManaged, ruleSet, setManaged, setRule, testManaged } from '../contract.ts'
import { answers } from '../rules.ts'
import { bind } from './admission.ts'
import { store, tryOut } from './connection.ts'
import { insertRule, lockOrganisation, readConnection } from './queries.ts'
import { standing } from './standing.ts'
import { synchronisation } from './sync.ts'

export { admission } from './admission.ts'

/** Managed devices; `mdm` asks the vendors. */
export const managedDevices = ({ mdm }: { readonly mdm: Mdm }): Feature => ({
  name: 'team/managed-devices',
  migrations: path.join(import.meta.dirname, 'migrations'),
  ...synchronisation(mdm),
  routes: [
    serve(readManaged, {
      who: can('directory.read'),
      audit: { none: 'the organisation’s own settings and devices, without the secret' },
      phi: 'none',
      run: (ctx, { after }) => ctx.read((db) => standing(db, after ?? null, ctx.clock.ms())),
    }),
    serve(setManaged, {
      who: can('directory.set'),
      audit: connectionSet,
      phi: 'none',
      run: async (ctx, body) => {
        await ctx.write((tx) => store(tx, ctx.keys, body))
        ctx.hint()
        return {}
      },
    }),
    serve(testManaged, {
      who: can('directory.set'),
      audit: { none: 'changes nothing' },
      phi: 'none',
      limit: { most: 30, seconds: 60 },
      run: (ctx, body) => tryOut(ctx, mdm, body),
    }),
    serve(bindManaged, {
      who: can('directory.set'),
      audit: managedBound,
      phi: 'none',
      run: (ctx, { id, device }) =>
        ctx.write(async (tx) => {
          const refused = await bind(tx, id, device)
          if (refused) throw refuse(bindManaged, refused)
          tx.announce(managedBound, { key: `managed|${id}`, payload: { managed: id, device } })
          return {}
        }),
    }),
    serve(setRule, {
      who: can('directory.set'),
      audit: ruleSet,
      phi: 'none',
      run: (ctx, body) =>
        ctx.write(async (tx) => {
          await lockOrganisation(tx)
          const places = [...new Set(body.locations)]
          if ((await countLocations(tx, places)) !== places.length) throw refuse(setRule, 'bad-location', { field: 'locations' })
          const connection = await readConnection(tx)
          const feed = { on: connection?.state === 'on', workedAt: connection?.worked_at?.getTime() ?? null }
          if (body.roles.length + places.length > 0 && !answers(feed, tx.at.getTime())) throw refuse(setRule, 'no-connection')
          const row = await insertRule(tx, body)
          tx.announce(ruleSet, { key: 'managed-devices', payload: { version: row.version, ...body } })
          return {}
        }),
    }),
  ],
})
