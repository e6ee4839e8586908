import { mayHere } from '@wardline/product/access/roles/server'
import type { Caller, LiveDigest } from '@wardline/platform/server'
import { reachOf } from '@wardline/product/patients/roster/server'
import { topicOf } from './port.ts'
import { waitingThreads } from './queries.ts'

const readsHere = (it: Caller): boolean => mayHere(it.roles, it.closed ?? [], 'patient.thread.read').yes

/** Open inboxes hear of threads that changed; each heartbeat says how new the newest change is, so that a missed frame is noticed. */
export const digest: LiveDigest = {
  connected: async (services, socket) => {
    const { caller } = socket
    if (!readsHere(caller)) return
    // A frame names a thread: who reaches only some patients hears by the heartbeat that something changed, and asks.
    const reached = await services.db.read(caller.org, (db) => reachOf(db, caller, 'patient.thread.read'))
    if (reached?.only === null) socket.join(topicOf(caller.org))
  },
  beat: async (services, sockets) => {
    const readers = sockets.filter((it) => readsHere(it.caller))
    const changed = new Map<string, number>()
    for (const org of new Set(readers.map((it) => it.caller.org))) {
      const newest = await services.db.read(org, waitingThreads)
      changed.set(org, newest.changed?.getTime() ?? 0)
    }
    return new Map(readers.map((it) => [it, { t: 'beat', patients: changed.get(it.caller.org) ?? 0 }]))
  },
}
