import type { Db, Tx } from '@wardline/platform/db'
import { roleExceptionSigned, roleGranted, roleWithdrawn } from '../contract.ts'
import type { RoleRefusal } from '../rules.ts'
import { judgeRoles } from '../rules.ts'
import type { Role } from '../words.ts'
import { roles as known } from '../words.ts'
import { deleteException, deleteGrants, insertGrants, readRoleFacts, readRoles, upsertException } from './queries.ts'

/** Roles that cannot be set as asked; `code` says why. */
export class RolesRefused extends Error {
  readonly code: RoleRefusal
  constructor(code: RoleRefusal) {
    super(`roles: ${code}`)
    this.name = 'RolesRefused'
    this.code = code
  }
}

/** The roles of one person, in the matrix's order. */
export async function rolesOf(db: Db, person: string): Promise<readonly Role[]> {
  return (await rolesOfPeople(db, [person])).get(person) ?? []
}

/** The roles of several people; who has none is missing. */
export async function rolesOfPeople(db: Db, people: readonly string[]): Promise<ReadonlyMap<string, readonly Role[]>> {
  const found = await readRoles(db, people)
  return new Map([...found].map(([person, roles]) => [person, known.filter((role) => roles.includes(role))]))
}

/**
 * Gives a person exactly these roles. `exception`: why one person may be administrator and privacy officer, signed by whoever acts.
 * Throws RolesRefused. Sessions learn of it by `refreshCallers` of access/sessions.
 */
export async function setRolesOf(tx: Tx, person: string, roles: readonly Role[], exception?: string): Promise<void> {
  const after = known.filter((role) => roles.includes(role))
  const facts = await readRoleFacts(tx, person)
  const before = await rolesOf(tx, person)
  const refused = judgeRoles({
    ...facts,
    person,
    before,
    after,
    actor: tx.by.actor,
    // A person who has no role yet is one more.
    people: facts.people + (before.length === 0 && after.length > 0 ? 1 : 0),
    exception: facts.exception || exception !== undefined,
  })
  if (refused) throw new RolesRefused(refused)
  const withdrawn = before.filter((role) => !after.includes(role))
  const granted = after.filter((role) => !before.includes(role))
  if (withdrawn.length > 0) await deleteGrants(tx, person, withdrawn)
  if (granted.length > 0) await insertGrants(tx, person, granted)
  for (const role of withdrawn) tx.announce(roleWithdrawn, { key: `person|${person}`, payload: { person, role } })
  for (const role of granted) tx.announce(roleGranted, { key: `person|${person}`, payload: { person, role } })
  const both = after.includes('administrator') && after.includes('privacy-officer')
  if (both && exception !== undefined) {
    await upsertException(tx, person, exception)
    tx.announce(roleExceptionSigned, { key: `person|${person}`, payload: { person, reason: exception } })
  }
  // A signature is for the combination as it is now; taken up again, it is signed again.
  if (!both && facts.exception) await deleteException(tx, person)
}
