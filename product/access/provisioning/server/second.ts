import type { Tx } from '@wardline/platform/db'
import { askSecond, hasSecond } from '@wardline/product/access/dual-control/server'
import type { Performer } from '@wardline/product/access/dual-control/server'
import { grantsOfPeople, holdersOf, isSameWindow, judgeRolesOf, needsSecond, RolesRefused } from '@wardline/product/access/roles/server'
import type { Grant, Role, RoleWindow } from '@wardline/product/access/roles/server'
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
  /** They have the role; it is to count at other times than it does. */
  readonly other?: true
}

const days = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday']
const clock = (minute: number) => `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`

/** "on Monday, Friday 07:00–19:00, until 2026-03-31 05:00 UTC": what somebody agrees to. */
const timesOf = ({ until, hours }: RoleWindow): string =>
  [
    ...(hours ? [`on ${hours.days.map((day) => days[day - 1]).join(', ')} ${clock(hours.from)}–${clock(hours.to)}`] : []),
    ...(until === undefined ? [] : [`until ${new Date(until).toISOString().slice(0, 16).replace('T', ' ')} UTC`]),
  ].join(', ') || 'always'

/** Gives a role that a second person agreed to. */
export const grantOnApproval: Performer = {
  kind: 'role-grant',
  ask: 'role.grant',
  approve: 'role.approve',
  says: (payload) => {
    const { role, window, other } = payload as Waiting
    const name = role.replaceAll('-', ' ')
    if (other) return `let the role ${name} count ${timesOf(window ?? {})}`
    return `give the role ${name}${window ? `, which counts ${timesOf(window)}` : ''}`
  },
  async perform(tx, person, payload) {
    const { role, exception, window, other } = payload as Waiting
    const held = (await grantsOfPeople(tx, [person])).get(person) ?? []
    const windows = [...windowsOf(held).filter((it) => it.role !== role), ...(window ? [{ role, ...window }] : [])]
    // What was taken away meanwhile is not given back by consent to its hours.
    if (other && !held.some((it) => it.role === role)) return false
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

const windowsOf = (held: readonly Grant[]): Windows =>
  held.filter((it) => it.until !== undefined || it.hours).map(({ inForce: _, ...window }) => window)

/** Roles as somebody is to have them; `windows`: when they count, those that are not among them always. */
export interface WantedRoles {
  readonly roles: readonly Role[]
  readonly exception?: string | undefined
  readonly windows?: Windows | undefined
}

/** What of it is done now, and which roles wait for a second person: to be given, or (`held`) to count at other times than they do. */
export interface Parted {
  readonly now: readonly Role[]
  readonly windows: Windows
  readonly waits: readonly Role[]
  readonly held: readonly Role[]
}

/**
 * Of the roles that somebody is to have, and of when they count: what is done now, and what waits for a second person because there is one to
 * ask. An officer's hours are part of what was agreed to. What could not be done as a whole is not asked for: throws RolesRefused.
 */
export async function partForSecond(tx: Tx, person: string, it: WantedRoles): Promise<Parted> {
  const { roles, exception, windows = [] } = it
  await judgeRolesOf(tx, person, roles, exception, windows)
  const grants = (await grantsOfPeople(tx, [person])).get(person) ?? []
  const held = grants.map((one) => one.role)
  const isOther = (role: Role) => {
    const one = grants.find((grant) => grant.role === role)
    return one === undefined || !isSameWindow(windows.find((window) => window.role === role) ?? {}, one)
  }
  const waits = roles.filter((role) => needsSecond(role) && isOther(role))
  const atOnce = { now: roles, windows, waits: [], held }
  if (waits.length === 0) return atOnce
  const people = await holdersOf(tx, seconds)
  if (!(await hasSecond(tx, { subject: person, approve: 'role.approve', people }))) return atOnce
  return {
    now: roles.filter((role) => !waits.includes(role) || held.includes(role)),
    windows: [...windows.filter((one) => !waits.includes(one.role)), ...windowsOf(grants.filter((one) => waits.includes(one.role)))],
    waits,
    held,
  }
}

/** Asks a second person for each of the roles that wait, for when it is to count. */
export async function askForRoles(tx: Tx, person: string, { waits, held }: Parted, it: WantedRoles): Promise<void> {
  const { exception } = it
  for (const role of waits) {
    const { role: _role, ...window } = it.windows?.find((one) => one.role === role) ?? { role }
    const isLimited = window.until !== undefined || window.hours !== undefined
    const payload = {
      role,
      ...(exception === undefined ? {} : { exception }),
      ...(isLimited ? { window } : {}),
      ...(held.includes(role) ? { other: true } : {}),
    }
    await askSecond(tx, { kind: 'role-grant', subject: person, payload })
  }
}
