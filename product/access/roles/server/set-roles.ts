import type { Db, Tx } from '@wardline/platform/db'
import { roleExceptionSigned, roleGranted, roleLimited, roleWithdrawn } from '../contract.ts'
import type { RoleRefusal, RoleWindow } from '../rules.ts'
import { isInForce, isNarrower, isSameWindow, judgeRoles, judgeWindow } from '../rules.ts'
import type { Role } from '../words.ts'
import { roles as known } from '../words.ts'
import {
  deleteException,
  deleteGrants,
  insertCeiling,
  insertGrants,
  readGrants,
  readRoleFacts,
  setInForce,
  setWindow,
  upsertException,
} from './queries.ts'
import type { GrantRow } from './queries.ts'

/** Roles that cannot be set as asked; `code` says why. */
export class RolesRefused extends Error {
  readonly code: RoleRefusal
  constructor(code: RoleRefusal) {
    super(`roles: ${code}`)
    this.name = 'RolesRefused'
    this.code = code
  }
}

/** A role that a person was given, whether or not it counts at this hour. */
export interface Grant extends RoleWindow {
  readonly role: Role
  readonly inForce: boolean
}

const windowOf = (row: GrantRow): RoleWindow => ({
  ...(row.until ? { until: row.until.getTime() } : {}),
  ...(row.days ? { hours: { days: row.days, from: row.from_minute!, to: row.to_minute! } } : {}),
})
const counts = (row: GrantRow): boolean => isInForce(windowOf(row), { now: row.now.getTime(), day: row.day, minute: row.minute })

/** The roles of one person that count now, in the matrix's order. */
export async function rolesOf(db: Db, person: string): Promise<readonly Role[]> {
  return (await rolesOfPeople(db, [person])).get(person) ?? []
}

/** The same of several people; who has none is missing. */
export async function rolesOfPeople(db: Db, people: readonly string[]): Promise<ReadonlyMap<string, readonly Role[]>> {
  const grants = await grantsOfPeople(db, people)
  const counting = [...grants].map(([person, held]) => [person, held.filter((it) => it.inForce).map((it) => it.role)] as const)
  return new Map(counting.filter(([, held]) => held.length > 0))
}

/** Everything that several people were given, in the matrix's order; who has nothing is missing. */
export async function grantsOfPeople(db: Db, people: readonly string[]): Promise<ReadonlyMap<string, readonly Grant[]>> {
  const found = new Map<string, Grant[]>()
  for (const row of (await readGrants(db, people)).toSorted((a, b) => known.indexOf(a.role) - known.indexOf(b.role))) {
    const grant = { role: row.role, inForce: counts(row), ...windowOf(row) }
    found.set(row.person, [...(found.get(row.person) ?? []), grant])
  }
  return found
}

/** When each of several roles counts. */
type Windows = readonly (RoleWindow & { readonly role: Role })[]

/** Judges a wish without doing it: throws RolesRefused as `setRolesOf` would. */
export async function judgeRolesOf(
  tx: Tx,
  person: string,
  roles: readonly Role[],
  exception?: string,
  windows: Windows = [],
): Promise<void> {
  const facts = await readRoleFacts(tx, person)
  const held = (await grantsOfPeople(tx, [person])).get(person) ?? []
  judged({ facts, tx, person, held, after: known.filter((role) => roles.includes(role)), exception, windows })
}

function judged(it: {
  facts: Awaited<ReturnType<typeof readRoleFacts>>
  tx: Tx
  person: string
  held: readonly Grant[]
  after: readonly Role[]
  exception: string | undefined
  windows: Windows
}): void {
  const { facts, person, held, after, windows } = it
  const before = held.map((one) => one.role)
  const refused = judgeRoles({
    ...facts,
    person,
    before,
    after,
    actor: it.tx.by.actor,
    // A person who has no role yet is one more.
    people: facts.people + (before.length === 0 && after.length > 0 ? 1 : 0),
    exception: facts.exception || it.exception !== undefined,
  })
  if (refused) throw new RolesRefused(refused)
  const isBad = windows.some((one) => !after.includes(one.role) || judgeWindow(one.role, one, it.tx.at.getTime()) !== null)
  if (isBad) throw new RolesRefused('bad-window')
  // To leave the last officer's role a minute a week, or to give it an end, is to withdraw it.
  const narrowed = (one: Grant) => after.includes(one.role) && isNarrower(windows.find(({ role }) => role === one.role) ?? {}, one)
  if (held.some((one) => isLast(one.role, facts.others) && narrowed(one))) throw new RolesRefused('last-officer')
}

/**
 * Gives a person exactly these roles. `exception`: why one person may be administrator and privacy officer, signed by whoever acts.
 * `windows`: when a role counts; a role without one counts always. Throws RolesRefused. Sessions learn of it by `refreshCallers` of
 * access/sessions.
 */
export async function setRolesOf(tx: Tx, person: string, roles: readonly Role[], exception?: string, windows: Windows = []): Promise<void> {
  const after = known.filter((role) => roles.includes(role))
  const facts = await readRoleFacts(tx, person)
  const held = (await grantsOfPeople(tx, [person])).get(person) ?? []
  const before = held.map((it) => it.role)
  judged({ facts, tx, person, held, after, exception, windows })
  const withdrawn = before.filter((role) => !after.includes(role))
  const granted = after.filter((role) => !before.includes(role))
  if (withdrawn.length > 0) await deleteGrants(tx, person, withdrawn)
  if (granted.length > 0) await insertGrants(tx, person, granted)
  for (const role of withdrawn) tx.announce(roleWithdrawn, { key: `person|${person}`, payload: { person, role } })
  for (const role of granted) tx.announce(roleGranted, { key: `person|${person}`, payload: { person, role } })
  for (const role of after)
    await limit(
      tx,
      person,
      held.find((it) => it.role === role),
      windows.find((it) => it.role === role) ?? { role },
    )
  const both = after.includes('administrator') && after.includes('privacy-officer')
  if (both && exception !== undefined) {
    await upsertException(tx, person, exception)
    tx.announce(roleExceptionSigned, { key: `person|${person}`, payload: { person, reason: exception } })
  }
  // A signature is for the combination as it is now; taken up again, it is signed again.
  if (!both && facts.exception) await deleteException(tx, person)
}

/** Whether nobody else holds this officer's role at all times. */
const isLast = (role: Role, others: Awaited<ReturnType<typeof readRoleFacts>>['others']): boolean =>
  (role === 'privacy-officer' || role === 'security-officer') && others[role] === 0

/** A person's roles are never more than these, whoever changes them and by whatever way. Once for a person. */
export async function limitRolesTo(tx: Tx, person: string, roles: readonly Role[]): Promise<void> {
  await insertCeiling(tx, person, roles)
}

/** Sets when a role counts, where that differs. */
async function limit(tx: Tx, person: string, held: Grant | undefined, wanted: RoleWindow & { role: Role }): Promise<void> {
  const { role, until, hours } = wanted
  if (isSameWindow(held ?? {}, wanted)) return
  await setWindow(tx, person, role, wanted)
  const payload = {
    person,
    role,
    ...(until === undefined ? {} : { until }),
    ...(hours ? { hours: { ...hours, days: [...hours.days] } } : {}),
  }
  tx.announce(roleLimited, { key: `person|${person}`, payload })
}

/**
 * Notes which of a person's roles count now, and withdraws those whose time is over for good. True if that changed since the last look,
 * so that open windows must hear of it.
 */
export async function noteRolesInForce(tx: Tx, person: string): Promise<boolean> {
  let changed = false
  for (const row of await readGrants(tx, [person])) {
    if (row.until && row.until.getTime() <= row.now.getTime()) {
      await deleteGrants(tx, person, [row.role])
      tx.announce(roleWithdrawn, { key: `person|${person}`, payload: { person, role: row.role } })
      changed = true
    } else if (row.in_force !== counts(row)) {
      await setInForce(tx, person, row.role, counts(row))
      changed = true
    }
  }
  return changed
}
