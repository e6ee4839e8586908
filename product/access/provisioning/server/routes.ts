import type { Ctx, Route, Tx } from '@wardline/platform/server'
import { newId, refuse, serve, signedIn } from '@wardline/platform/server'
import { pendingAsked } from '@wardline/product/access/dual-control/contract'
import { roleExceptionSigned, roleGranted, roleLimited, roleWithdrawn } from '@wardline/product/access/roles/contract'
import { can, grantsOfPeople, RolesRefused } from '@wardline/product/access/roles/server'
import * as contract from '../contract.ts'
import { changeRoles } from './change-roles.ts'
import { createPerson } from './create.ts'
import type { NewPerson } from './create.ts'
import { deactivatePerson } from './deactivate.ts'
import { issueEnrolment } from './enrol.ts'
import { people, whoAmI } from './read.ts'
import { readPerson } from './queries.ts'
import { ProvisioningRefused } from './refused.ts'
import { askForRoles, partForSecond } from './second.ts'

/** Writes, and answers a refusal of this feature with its code. */
async function change<T>(ctx: Ctx, run: (tx: Tx) => Promise<T>): Promise<T> {
  try {
    return await ctx.write(run)
  } catch (thrown) {
    if (thrown instanceof RolesRefused) throw refuse(contract.addPerson, thrown.code)
    if (thrown instanceof ProvisioningRefused && thrown.code === 'name-taken') throw refuse(contract.addPerson, 'name-taken')
    if (thrown instanceof ProvisioningRefused && thrown.code === 'no-such-person') throw refuse(contract.addPerson, 'not-found')
    if (thrown instanceof ProvisioningRefused) throw refuse(contract.addPerson, 'bad-request', { field: thrown.code })
    throw thrown
  }
}

export const routes: readonly Route[] = [
  serve(contract.me, {
    who: signedIn,
    audit: { none: 'shows a person themselves' },
    phi: 'none',
    run: (ctx) => ctx.read((db) => whoAmI(db, ctx.caller)),
  }),
  serve(contract.people, {
    who: can('colleague.read'),
    audit: { none: 'colleagues are not patients; names and roles are open to all of the organisation' },
    phi: 'none',
    run: (ctx, { after }) => ctx.read((db) => people(db, after ?? null)),
  }),
  serve(contract.addPerson, {
    who: can('person.create'),
    audit: [contract.personAdded, roleGranted, roleLimited, roleExceptionSigned, pendingAsked, contract.enrolmentIssued],
    phi: 'none',
    run: (ctx, body) =>
      change(ctx, async (tx) => {
        const person = newId()
        const { now, waits } = await partForSecond(tx, person, body.roles, body.exception)
        const windows = body.windows?.filter((it) => now.includes(it.role))
        await createPerson(tx, { ...(body as NewPerson), person, roles: now, ...(windows ? { windows } : {}) })
        await askForRoles(tx, person, waits, body.exception)
        return { ...(await issueEnrolment(tx, person)), waits: [...waits] }
      }),
  }),
  serve(contract.reissueEnrolment, {
    who: can('person.enrol'),
    audit: contract.enrolmentIssued,
    phi: 'none',
    run: (ctx, _body, { person }) => change(ctx, (tx) => issueEnrolment(tx, person)),
  }),
  serve(contract.setRoles, {
    who: can('role.grant'),
    audit: [roleGranted, roleWithdrawn, roleLimited, roleExceptionSigned, pendingAsked],
    phi: 'none',
    run: (ctx, { roles, exception, windows }, { person }) =>
      change(ctx, async (tx) => {
        const { now, waits } = await partForSecond(tx, person, roles, exception)
        const kept = windows?.filter((it) => now.includes(it.role))
        const given = await changeRoles(tx, person, now, exception, kept)
        await askForRoles(tx, person, waits, exception)
        return { roles: [...given], waits: [...waits] }
      }),
  }),
  serve(contract.rolesGiven, {
    who: can('pending.read'),
    audit: { none: 'roles of colleagues are open to all of the organisation; each change is a fact' },
    phi: 'none',
    run: async (ctx, _query, { person }) => {
      const { row, grants } = await ctx.read(async (db) => ({
        row: await readPerson(db, person),
        grants: await grantsOfPeople(db, [person]),
      }))
      if (!row?.active) throw refuse(contract.rolesGiven, 'not-found')
      return {
        grants: (grants.get(person) ?? []).map(({ hours, ...it }) => ({
          ...it,
          ...(hours ? { hours: { ...hours, days: [...hours.days] } } : {}),
        })),
      }
    },
  }),
  serve(contract.deactivate, {
    who: can('person.deactivate'),
    audit: contract.personDeactivated,
    phi: 'none',
    run: (ctx, _body, { person }) => change(ctx, async (tx) => ({ sessionsEnded: await deactivatePerson(tx, person) })),
  }),
]
