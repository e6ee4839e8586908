import type { Ctx, Route, Tx } from '@wardline/platform/server'
import { newId, refuse, serve, signedIn } from '@wardline/platform/server'
import { pendingAsked } from '@wardline/product/access/dual-control/contract'
import { roleExceptionSigned, roleGranted, roleLimited, roleWithdrawn } from '@wardline/product/access/roles/contract'
import { can, grantsOfPeople, may, RolesRefused } from '@wardline/product/access/roles/server'
import * as contract from '../contract.ts'
import { changeRoles } from './change-roles.ts'
import { createPerson } from './create.ts'
import type { NewPerson, Windows } from './create.ts'
import { deactivatePerson } from './deactivate.ts'
import { issueEnrolment, stopEnrolment } from './enrol.ts'
import type { Issued } from './enrol.ts'
import { people, whoAmI } from './read.ts'
import { openReEnrolments, readPerson } from './queries.ts'
import { ProvisioningRefused } from './refused.ts'
import { askForEnrolment, askForRoles, partForSecond } from './second.ts'

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

/** What of a code its receiver is told. */
const handed = ({ person, secret, until, effectiveAt }: Issued) => ({ person, secret, until, effectiveAt })

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
        const wanted = body as NewPerson
        const parted = await partForSecond(tx, person, wanted)
        await createPerson(tx, { ...wanted, person, roles: parted.now, windows: parted.windows })
        await askForRoles(tx, person, parted, wanted)
        return { ...handed(await issueEnrolment(tx, person)), waits: [...parted.waits] }
      }),
  }),
  serve(contract.reissueEnrolment, {
    who: can('person.enrol'),
    audit: [contract.enrolmentIssued, pendingAsked],
    phi: 'none',
    run: (ctx, _body, { person }) =>
      change(ctx, async (tx) => {
        const issued = await issueEnrolment(tx, person)
        return { ...handed(issued), second: await askForEnrolment(tx, issued) }
      }),
  }),
  serve(contract.waitingEnrolments, {
    who: signedIn,
    audit: { none: 'tells people about codes that are in the log already' },
    phi: 'none',
    run: async (ctx) => {
      const { person, roles } = ctx.caller
      const rows = await ctx.read((db) => openReEnrolments(db, may(roles, 'enrolment.stop').yes ? null : person))
      return {
        waiting: rows.map((row) => ({
          person: row.person,
          name: row.name,
          issuedAt: row.issued_at.getTime(),
          effectiveAt: row.effective_at.getTime(),
          until: row.until.getTime(),
          by: row.issued_by,
          mine: row.person === person,
        })),
      }
    },
  }),
  serve(contract.stopEnrolment, {
    who: signedIn,
    audit: contract.enrolmentStopped,
    phi: 'none',
    run: async (ctx, _body, { person }) => {
      const { caller } = ctx
      if (person !== caller.person && !may(caller.roles, 'enrolment.stop').yes) throw refuse(contract.stopEnrolment, 'not-found')
      if (!(await ctx.write((tx) => stopEnrolment(tx, person)))) throw refuse(contract.stopEnrolment, 'not-found')
      return {}
    },
  }),
  serve(contract.setRoles, {
    who: can('role.grant'),
    audit: [roleGranted, roleWithdrawn, roleLimited, roleExceptionSigned, pendingAsked],
    phi: 'none',
    run: (ctx, { roles, exception, windows }, { person }) =>
      change(ctx, async (tx) => {
        const wanted = { roles, exception, windows: windows as Windows | undefined }
        const parted = await partForSecond(tx, person, wanted)
        const given = await changeRoles(tx, person, parted.now, exception, parted.windows)
        await askForRoles(tx, person, parted, wanted)
        return { roles: [...given], waits: [...parted.waits] }
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
