import type { Admission, Caller, Database, Guard, Services } from '@wardline/platform/server'
import { provenLately } from '@wardline/product/access/policies/server'
import { can } from '@wardline/product/access/roles/server'
import type { Action } from '@wardline/product/access/roles/server'
import { isIn, readNetwork } from '../rules.ts'
import type { Prefix } from '../rules.ts'
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

/** For how long a list that was read is believed, ms. */
const believeMs = 2_000
type Memory = Map<string, { readAt: number; row: NetworksRow | undefined }>
const memories = new Map<Database, WeakRef<Memory>>()

/** What was read of an organisation's list is forgotten: it has changed. */
export function forget(org: string): void {
  for (const [db, ref] of memories) {
    const memory = ref.deref()
    if (!memory) memories.delete(db)
    memory?.delete(org)
  }
}

/** Judges from where a caller administers. Without a list from everywhere; from where it cannot be known, as from elsewhere. */
export const admission = (services: Services): Admission => {
  const memory: Memory = new Map()
  memories.set(services.db, new WeakRef(memory))
  return async (guard, caller, request) => {
    if (!isAdministration(guard, caller)) return 'yes'
    const now = services.clock.ms()
    let it = memory.get(caller.org)
    if (!it || now - it.readAt >= believeMs || now < it.readAt) {
      it = { readAt: now, row: await services.db.read(caller.org, readInForce) }
      memory.set(caller.org, it)
    }
    if (!it.row || it.row.cidrs.length === 0 || isIn(request.whence, prefixesOf(it.row))) return 'yes'
    if (it.row.outside === 'absent' && !isOversight(guard, caller)) return 'absent'
    return (await services.db.read(caller.org, (db) => provenLately(db, caller, now))) ? 'yes' : 'step-up'
  }
}
