import { Shape } from '@wardline/platform/contract'
import { signal } from '@wardline/platform/server'
import type { Admission, Caller, Guard, Services } from '@wardline/platform/server'
import { provenLately } from '@wardline/product/access/policies/server'
import { careRoles, overseen, overseers } from '@wardline/product/access/roles/preview'
import { can } from '@wardline/product/access/roles/server'
import { isIn, readNetwork } from '../rules.ts'
import type { Prefix } from '../rules.ts'
import { remembered } from './memory.ts'
import { readInForce } from './queries.ts'
import type { NetworksRow } from './tables.ts'

/** Whether a route is administration: officers and administrators may use it, and nobody who treats. A new route needs no entry in a list. */
export const isAdministration = (guard: Guard, caller: Caller): boolean =>
  !guard.open && guard.name.startsWith('can ') && !careRoles.some((role) => guard.may({ ...caller, roles: [role] }))

const oversight = new Set(overseen.map((action) => can(action).name))

/** Whether an officer or auditor sees by it what administrators do, or undoes this list: no list takes that from them. */
export const isOversight = (guard: Guard, caller: Caller): boolean =>
  oversight.has(guard.name) && guard.may({ ...caller, roles: caller.roles.filter((role) => overseers.some((it) => it === role)) })

/** The networks of a row; what the database holds was read when it was saved. */
export const prefixesOf = (row: Pick<NetworksRow, 'cidrs'>): Prefix[] => row.cidrs.flatMap((it) => readNetwork(it) ?? [])

const lists = remembered(readInForce)

/** What any node read of an organisation's list is forgotten: it has changed. */
export const listChanged = signal({
  kind: 'networks.list-changed',
  takes: Shape({}),
  heard: (services, org) => lists.forget(services, org),
  doubt: (services, org) => lists.forget(services, org),
})

/** How administration stands to a request by a list; without one it is open from everywhere, and from where that cannot be known it is not. */
const standing = (list: NetworksRow | undefined, whence: string | null): 'open' | NetworksRow['outside'] =>
  !list || list.cidrs.length === 0 || isIn(whence, prefixesOf(list)) ? 'open' : list.outside

/** Judges from where a caller administers. */
export const admission = (services: Services): Admission => {
  const listOf = lists.on(services)
  return async (guard, caller, request) => {
    if (!isAdministration(guard, caller)) return 'yes'
    const stands = standing(await listOf(caller.org), request.whence)
    if (stands === 'open') return 'yes'
    if (stands === 'absent' && !isOversight(guard, caller)) return 'absent'
    return (await services.db.read(caller.org, (db) => provenLately(db, caller, services.clock.ms()))) ? 'yes' : 'step-up'
  }
}

/** Whether administration is there at all from where a request comes: so that a screen says why it is not. */
export const administersFrom = (services: Services) => {
  const listOf = lists.on(services)
  return async (org: string, whence: string | null): Promise<boolean> => standing(await listOf(org), whence) !== 'absent'
}
