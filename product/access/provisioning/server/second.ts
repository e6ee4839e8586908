import type { Tx } from '@wardline/platform/db'
import { askSecond, hasSecond } from '@wardline/product/access/dual-control/server'
import type { Performer } from '@wardline/product/access/dual-control/server'
import { grantsOfPeople, holdersOf, judgeRolesOf, needsSecond, RolesRefused } from '@wardline/product/access/roles/server'
import type { Role, RoleWindow } from '@wardline/product/access/roles/server'
import { judgeWindow } from '@wardline/product/access/roles/rules'
import { changeRoles } from './change-roles.ts'
import type { Windows } from './create.ts'
import { approveEnrolmentNow } from './enrol.ts'
import type { Issued } from './enrol.ts'
import { ProvisioningRefused } from './refused.ts'

interface Waiting {
  readonly role: Role
  readonly exception?: string
  /** When it is to count; absent: always. */
  readonly window?: RoleWindow
}

/** Gives a role that a second person agreed to. */
export const grantOnApproval: Performer = {
  kind: 'role-grant',
  ask: 'role.grant',
  approve: 'role.approve',
  says: (payload) => {
    const { role, window } = payload as Waiting
    return `give the role ${role.replaceAll('-', ' ')}${window ? ', for a time or at hours only' : ''}`
  },
  async perform(tx, person, payload) {
    const { role, exception, window } = payload as Waiting
    const held = (await grantsOfPeople(tx, [person])).get(person) ?? []
    const windows = [...held.filter((it) => it.until !== undefined || it.hours), ...(window ? [{ role, ...window }] : [])]
    try {
      await changeRoles(tx, person, [...held.map((it) => it.role), role], exception, windows)
      return true
    } catch (thrown) {
      if (thrown instanceof RolesRefused || thrown instanceof ProvisioningRefused) return false
      throw thrown
    }
  },
}

/** Lets a new code of somebody who has signed in before count at once. */
export const enrolOnApproval: Performer = {
  kind: 'enrolment-at-once',
  ask: 'person.enrol',
  approve: 'role.approve',
  says: () => 'let a new one-time code count at once',
  perform: (tx, person, payload) => approveEnrolmentNow(tx, person, (payload as { enrolment: string }).enrolment),
}

const seconds = ['privacy-officer', 'security-officer'] as const

/** Asks a second officer to let a code count at once; false: there is nobody to ask, or it counts already. */
export async function askForEnrolment(tx: Tx, { person, enrolment, effectiveAt }: Issued): Promise<boolean> {
  if (effectiveAt === null) return false
  const people = await holdersOf(tx, seconds)
  if (!(await hasSecond(tx, { subject: person, approve: 'role.approve', people }))) return false
  await askSecond(tx, { kind: enrolOnApproval.kind, subject: person, payload: { enrolment } })
  return true
}

/**
 * Of the roles that somebody is to have: which are given now, and which wait for a second person because there is one to ask. What could
 * not be given as a whole is not asked for: throws RolesRefused.
 */
export async function partForSecond(
  tx: Tx,
  person: string,
  wanted: readonly Role[],
  exception?: string,
): Promise<{ now: readonly Role[]; waits: readonly Role[] }> {
  await judgeRolesOf(tx, person, wanted, exception)
  const held = ((await grantsOfPeople(tx, [person])).get(person) ?? []).map((it) => it.role)
  const waits = wanted.filter((role) => needsSecond(role) && !held.includes(role))
  if (waits.length === 0) return { now: wanted, waits }
  const people = await holdersOf(tx, seconds)
  if (!(await hasSecond(tx, { subject: person, approve: 'role.approve', people }))) return { now: wanted, waits: [] }
  return { now: wanted.filter((role) => !waits.includes(role)), waits }
}

/** Asks a second person for each of these roles, for when it is to count. Throws RolesRefused. */
export async function askForRoles(
  tx: Tx,
  person: string,
  waits: readonly Role[],
  it: { readonly exception?: string | undefined; readonly windows?: Windows | undefined },
): Promise<void> {
  const { exception } = it
  for (const role of waits) {
    const { role: _role, ...window } = it.windows?.find((one) => one.role === role) ?? { role }
    const isLimited = window.until !== undefined || window.hours !== undefined
    if (judgeWindow(role, window, tx.at.getTime())) throw new RolesRefused('bad-window')
    const payload = { role, ...(exception === undefined ? {} : { exception }), ...(isLimited ? { window } : {}) }
    await askSecond(tx, { kind: 'role-grant', subject: person, payload })
  }
}
