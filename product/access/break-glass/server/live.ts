import type { Live, LiveDigest } from '@wardline/platform/server'
import { countNotices } from './queries.ts'

/** Tells open windows of these people that openings or notices of theirs changed; they read them again. */
export function tellAll(live: Live, people: readonly string[]): void {
  for (const person of new Set(people)) for (const socket of live.sockets({ person })) socket.send({ t: 'break-glass' })
}

/** Each heartbeat says how many notices wait, so that a missed frame, or one of another node, is noticed. */
export const digest: LiveDigest = {
  connected: async () => {},
  beat: async (services, sockets) => {
    const waiting = new Map<string, number>()
    for (const org of new Set(sockets.map((it) => it.caller.org))) {
      const people = [...new Set(sockets.filter((it) => it.caller.org === org).map((it) => it.caller.person))]
      for (const row of await services.db.read(org, (db) => countNotices(db, people))) waiting.set(`${org}|${row.person}`, row.count)
    }
    return new Map(sockets.map((it) => [it, { t: 'beat', notices: waiting.get(`${it.caller.org}|${it.caller.person}`) ?? 0 }]))
  },
}
