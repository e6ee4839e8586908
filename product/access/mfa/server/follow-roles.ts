import { after, bySystem } from '@wardline/platform/server'
import { roleGranted, roleLimited, roleWithdrawn } from '@wardline/product/access/roles/contract'
import { hasActive, insertRoleNotice } from './queries.ts'

/** Whoever can sign in already hears that their roles were changed, once for what belongs together; for a new colleague it is no news. */
export const followRoles = after('mfa-follows-roles', [roleGranted, roleWithdrawn, roleLimited], async (db, fact) => {
  const person = fact.payload?.person
  if (person === undefined) return
  await db.write(fact.org, bySystem, async (tx) => {
    if (await hasActive(tx, person)) await insertRoleNotice(tx, { notice: fact.id, person, by: fact.actor })
  })
})
