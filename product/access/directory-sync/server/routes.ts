import { refuse, serve } from '@wardline/platform/server'
import type { Route } from '@wardline/platform/server'
import { roleGranted, roleWithdrawn } from '@wardline/product/access/roles/contract'
import { can } from '@wardline/product/access/roles/server'
import * as contract from '../contract.ts'
import { apply, preview, stateOf } from './mapping.ts'
import { readSources, setBrakePercent, setReleased } from './queries.ts'

const largest = 512 * 1024

export const routes: readonly Route[] = [
  serve(contract.directoryState, {
    who: can('directory.read'),
    audit: { none: 'the organisation’s own settings' },
    phi: 'none',
    run: (ctx) => ctx.read(stateOf),
  }),
  serve(contract.previewMapping, {
    who: can('directory.set'),
    audit: { none: 'changes nothing' },
    phi: 'none',
    largest,
    run: (ctx, { mapping }) => ctx.read((db) => preview(db, mapping)),
  }),
  serve(contract.applyMapping, {
    who: can('directory.set'),
    audit: [contract.mappingApplied, roleGranted, roleWithdrawn, contract.officeSpared],
    phi: 'none',
    largest,
    run: async (ctx, { mapping, digest }) => ({ changed: await ctx.write((tx) => apply(tx, mapping, digest)) }),
  }),
  serve(contract.releaseFeed, {
    who: can('directory.set'),
    audit: contract.feedReleased,
    phi: 'none',
    run: async (ctx, _body, { source }) => {
      await ctx.write(async (tx) => {
        if ((await setReleased(tx, source)) !== 1) throw refuse(contract.releaseFeed, 'not-found')
        tx.announce(contract.feedReleased, { key: `directory|${source}`, payload: { source } })
      })
      return {}
    },
  }),
  serve(contract.setBrake, {
    who: can('directory.set'),
    audit: contract.sourceChanged,
    phi: 'none',
    run: async (ctx, { percent }, { source }) => {
      await ctx.write(async (tx) => {
        const [feed] = await readSources(tx, source)
        if (!feed) throw refuse(contract.setBrake, 'not-found')
        await setBrakePercent(tx, source, percent)
        tx.announce(contract.sourceChanged, { key: `directory|${source}`, payload: { source, kind: feed.kind } })
      })
      return {}
    },
  }),
]
