import { Shape } from '@wardline/platform/contract'
import { signal } from '@wardline/platform/server'
import type { Admission, Caller, Guard, Services } from '@wardline/platform/server'
import { provenLately } from '@wardline/product/access/policies/server'
import { can } from '@wardline/product/access/roles/server'
import type { Action } from '@wardline/product/access/roles/server'
import { isIn, readNetwork } from '../rules.ts'
import type { Prefix } from '../rules.ts'
import { remembered } from './memory.ts'
import { readInForce } from './queries.ts'
import type { NetworksRow } from './tables.ts'

/** Roles of those who treat patients or work at the desk: what one of them may do is no administration. */
const careRoles = ['clinician', 'nurse', 'front-desk', 'operator']

/** Whether a route is administration: officers and administrators may use it, and nobody who treats. A new route needs no entry in a list. */
export const isAdministration = (guard: Guard, caller: Caller): boolean =>
  !guard.open && guard.name.startsWith('can ') && !careRoles.some((role) => guard.may({ ...caller, roles: [role] }))

const overseers = ['privacy-officer', 'security-officer', 'auditor']
const overseen: readonly Action[] = ['audit.read', 'audit.verify', 'pending.read', 'role.approve', 'network.set', 'security-policy.read']
const oversight = new Set(overseen.map((action) => can(action).name))

/** Whether an officer or auditor sees by it what administrators do, or undoes this list: no list takes that from them. */
const isOversight = (guard: Guard, caller: Caller): boolean =>
  oversight.has(guard.name) && guard.may({ ...caller, roles: caller.roles.filter((role) => overseers.includes(role)) })

/** The networks of a row; what the database holds was read when it was saved. */
export const prefixesOf = (row: Pick<NetworksRow, 'cidrs'>): Prefix[] => row.cidrs.flatMap((it) => readNetwork(it) ?? [])

const lists = remembered(readInForce)

/** What any node read of an organisation's list is forgotten: it has changed. */
export const listChanged = signal({
  kind: 'networks.list-changed',
  takes: Shape({}),
  heard: (services, org) => lists.forget(services, org),
})

/** Judges from where a caller administers. Without a list from everywhere; from where it cannot be known, as from elsewhere. */
export const admission = (services: Services): Admission => {
  const listOf = lists.on(services)
  return async (guard, caller, request) => {
    if (!isAdministration(guard, caller)) return 'yes'
    const list = await listOf(caller.org)
    if (!list || list.cidrs.length === 0 || isIn(request.whence, prefixesOf(list))) return 'yes'
    if (list.outside === 'absent' && !isOversight(guard, caller)) return 'absent'
    return (await services.db.read(caller.org, (db) => provenLately(db, caller, services.clock.ms()))) ? 'yes' : 'step-up'
  }
}
