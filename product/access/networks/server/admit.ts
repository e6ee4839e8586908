import type { Admission, Caller, Database, Guard, Services } from '@wardline/platform/server'
import { provenLately } from '@wardline/product/access/policies/server'
import { isIn, readNetwork } from '../rules.ts'
import type { Prefix } from '../rules.ts'
import { readInForce } from './queries.ts'
import type { NetworksRow } from './tables.ts'

/** Roles of those who treat patients or work at the desk: what one of them may do is no administration. */
const careRoles = ['clinician', 'nurse', 'front-desk', 'operator']

/** Whether a route is administration: officers and administrators may use it, and nobody who treats. A new route needs no entry in a list. */
export const isAdministration = (guard: Guard, caller: Caller): boolean =>
  !guard.open && guard.name.startsWith('can ') && !careRoles.some((role) => guard.may({ ...caller, roles: [role] }))

/** The networks of a row; what the database holds was read when it was saved. */
export const prefixesOf = (row: Pick<NetworksRow, 'cidrs'>): Prefix[] => row.cidrs.flatMap((it) => readNetwork(it) ?? [])

/** For how long a list that was read is believed, ms. */
const believeMs = 2_000
const memories = new WeakMap<Database, Map<string, { readAt: number; row: NetworksRow | undefined }>>()

/** What was read of an organisation's list is forgotten: it has changed. */
export const forget = (db: Database, org: string): void => void memories.get(db)?.delete(org)

/** Judges from where a caller administers. Without a list from everywhere. */
export const admission = (services: Services): Admission => {
  const memory = new Map<string, { readAt: number; row: NetworksRow | undefined }>()
  memories.set(services.db, memory)
  return async (guard, caller, request) => {
    if (!isAdministration(guard, caller)) return 'yes'
    const now = services.clock.ms()
    let it = memory.get(caller.org)
    if (!it || now - it.readAt >= believeMs || now < it.readAt) {
      it = { readAt: now, row: await services.db.read(caller.org, readInForce) }
      memory.set(caller.org, it)
    }
    if (!it.row || it.row.cidrs.length === 0 || isIn(request.ip, prefixesOf(it.row))) return 'yes'
    if (it.row.outside === 'absent') return 'absent'
    return (await services.db.read(caller.org, (db) => provenLately(db, caller, now))) ? 'yes' : 'step-up'
  }
}
