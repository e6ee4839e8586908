import { refuse, serve } from '@wardline/platform/server'
import type { Route } from '@wardline/platform/server'
import { settleSetUp } from '@wardline/product/access/mfa/server'
import { archivePolicyStored, organisationKeysStored } from '@wardline/product/access/policies/contract'
import { enrolmentIssued, personAdded } from '@wardline/product/access/provisioning/contract'
import { isZone } from '@wardline/product/access/provisioning/rules'
import { roleGranted } from '@wardline/product/access/roles/contract'
import { can } from '@wardline/product/access/roles/server'
import { trustChanged } from '@wardline/product/team/devices/contract'
import * as contract from '../contract.ts'
import { storeFirstKeys } from './keys.ts'
import { addAll, problemsOf } from './people.ts'
import { deleteMark, readFirstRun, setFinished, updateOrganisation, upsertMark } from './queries.ts'
import { standingOf } from './standing.ts'

/** The routes of the first run. `publicOrigin`: where others reach this server. */
export const routesAt = (publicOrigin: () => string): readonly Route[] => [
  serve(contract.firstRun, {
    who: can('security-policy.read'),
    audit: { none: 'the state of the organisation’s own set-up' },
    phi: 'none',
    run: (ctx) => ctx.read((db) => standingOf(db, ctx.caller, ctx.clock.ms(), publicOrigin())),
  }),
  serve(contract.finishFirstRun, {
    who: can('security-policy.propose'),
    audit: contract.firstRunFinished,
    phi: 'none',
    run: (ctx) =>
      ctx.write(async (tx) => {
        const { items, next, passkeys } = await standingOf(tx, ctx.caller, ctx.clock.ms(), publicOrigin())
        if (next !== null) throw refuse(contract.finishFirstRun, 'step-open')
        const open = items.filter((it) => it.state !== 'done').map((it) => it.item)
        const since = (await readFirstRun(tx))?.begun_at
        if (since === undefined || !(await setFinished(tx))) return {}
        tx.announce(contract.firstRunFinished, { key: 'first-run', payload: { open } })
        // Whoever set it up knows what they did; at least one passkey is part of it, also where none is asked.
        await settleSetUp(tx, { person: ctx.caller.person, since, passkeys: Math.max(1, passkeys.required) })
        return {}
      }),
  }),
  serve(contract.markStep, {
    who: can('security-policy.propose'),
    audit: contract.stepMarked,
    phi: 'none',
    run: (ctx, { step, mark }) =>
      ctx.write(async (tx) => {
        if (mark === 'open') await deleteMark(tx, step)
        else await upsertMark(tx, step, mark)
        tx.announce(contract.stepMarked, { key: 'first-run', payload: { step, mark } })
        return {}
      }),
  }),
  serve(contract.changeOrganisation, {
    who: can('location.edit'),
    audit: contract.organisationChanged,
    phi: 'none',
    run: (ctx, { name, zone }) => {
      if (!isZone(zone)) throw refuse(contract.changeOrganisation, 'bad-zone', { field: 'zone' })
      if (name.trim() === '') throw refuse(contract.changeOrganisation, 'bad-request', { field: 'name' })
      return ctx.write(async (tx) => {
        await updateOrganisation(tx, { name: name.trim(), zone })
        tx.announce(contract.organisationChanged, { key: 'organisation', payload: { zone } })
        return {}
      })
    },
  }),
  serve(contract.checkPeople, {
    who: can('person.create'),
    audit: { none: 'judges a list and changes nothing' },
    phi: 'none',
    largest: 256 * 1024,
    run: async (ctx, { rows }) => ({ problems: await ctx.read((db) => problemsOf(db, rows)) }),
  }),
  serve(contract.importPeople, {
    who: can('person.create'),
    audit: [contract.peopleImported, personAdded, roleGranted, enrolmentIssued],
    phi: 'none',
    largest: 256 * 1024,
    limit: { most: 20, seconds: 3_600 },
    run: (ctx, { rows }) => addAll(ctx, rows),
  }),
  serve(contract.storeKeys, {
    who: can('role.grant'),
    audit: [organisationKeysStored, archivePolicyStored, trustChanged],
    phi: 'none',
    largest: 512 * 1024,
    limit: { most: 20, seconds: 3_600 },
    run: storeFirstKeys,
  }),
]
