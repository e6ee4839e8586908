import type { Ctx, Route, Tx } from '@wardline/platform/server'
import { refuse, serve, signedIn } from '@wardline/platform/server'
import { roleExceptionSigned, roleGranted, roleLimited, roleWithdrawn } from '@wardline/product/access/roles/contract'
import { can, RolesRefused } from '@wardline/product/access/roles/server'
import * as contract from '../contract.ts'
import { changeRoles } from './change-roles.ts'
import { createPerson } from './create.ts'
import { deactivatePerson } from './deactivate.ts'
import { issueEnrolment } from './enrol.ts'
import { people, whoAmI } from './read.ts'
import { ProvisioningRefused } from './refused.ts'

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
    audit: [contract.personAdded, roleGranted, roleLimited, roleExceptionSigned, contract.enrolmentIssued],
    phi: 'none',
    run: (ctx, body) => change(ctx, async (tx) => issueEnrolment(tx, await createPerson(tx, body as Parameters<typeof createPerson>[1]))),
  }),
  serve(contract.reissueEnrolment, {
    who: can('person.enrol'),
    audit: contract.enrolmentIssued,
    phi: 'none',
    run: (ctx, _body, { person }) => change(ctx, (tx) => issueEnrolment(tx, person)),
  }),
  serve(contract.setRoles, {
    who: can('role.grant'),
    audit: [roleGranted, roleWithdrawn, roleLimited, roleExceptionSigned],
    phi: 'none',
    run: (ctx, { roles, exception, windows }, { person }) =>
      change(ctx, async (tx) => ({ roles: [...(await changeRoles(tx, person, roles, exception, windows))] })),
  }),
  serve(contract.deactivate, {
    who: can('person.deactivate'),
    audit: contract.personDeactivated,
    phi: 'none',
    run: (ctx, _body, { person }) => change(ctx, async (tx) => ({ sessionsEnded: await deactivatePerson(tx, person) })),
  }),
]
