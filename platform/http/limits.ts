import type { Clock } from '../clock/clock.ts'
import { networkOf } from './network.ts'

/** Counts calls in windows, in memory and per node: a brake on floods, not a quota. */
export interface Limiter {
  /** Seconds to wait, or 0 when the call may pass. */
  take(key: string, most: number, seconds: number): number
}

/** At most so many calls in so many seconds. */
export interface Limit {
  readonly most: number
  readonly seconds: number
}

/**
 * What everybody has over all routes of a class together, beside each route's own limit. A hospital is behind one address: what is
 * counted by address is far above what its staff does. What is counted by organisation spares its neighbours, not itself.
 */
export const classLimits = {
  /** Calls of guarded routes without a session that is open: guessing. */
  stranger: { address: { most: 3_000, seconds: 60 } },
  read: { address: { most: 60_000, seconds: 60 }, person: { most: 6_000, seconds: 60 }, organisation: { most: 120_000, seconds: 60 } },
  /** Live connections being made. After a restart every window of the house comes back at once: 5,000 of them, twice. */
  upgrade: { address: { most: 12_000, seconds: 60 }, person: { most: 600, seconds: 60 } },
  write: { address: { most: 30_000, seconds: 60 }, person: { most: 3_000, seconds: 60 }, organisation: { most: 60_000, seconds: 60 } },
} as const

/** One limit that a call counts against. */
export interface Counted extends Limit {
  readonly key: string
}

/** What of a route decides its limits. */
export interface Limited {
  readonly name: string
  readonly method: string
  readonly open: boolean
  readonly limit: Limit
}

const classOf = (route: Limited): 'read' | 'write' => (route.method === 'GET' ? 'read' : 'write')

/** What a call counts against before anybody looks up who makes it: looking up an invented cookie costs a question to the database. */
export function limitsOfPlace(route: Limited, ip: string): Counted {
  const place = networkOf(ip)
  if (route.open) return { key: `${route.name}|${place}`, ...route.limit }
  return { key: `${classOf(route)}|address|${place}`, ...classLimits[classOf(route)].address }
}

/**
 * What a call of a guarded route counts against once it is known who makes it. A route that declares more than a class allows a person is
 * made for it (messages), and counts against its own limit alone.
 */
export function limitsOfCaller(route: Limited, by: { readonly person: string; readonly org: string }): Counted[] {
  const own = { key: `${route.name}|${by.person}`, ...route.limit }
  const kind = classOf(route)
  const of = classLimits[kind]
  if (route.limit.most * of.person.seconds > of.person.most * route.limit.seconds) return [own]
  return [own, { key: `${kind}|person|${by.person}`, ...of.person }, { key: `${kind}|organisation|${by.org}`, ...of.organisation }]
}

/** A clock that is set back by less than this, ms, opens no new window: readings of the database's clock differ by a little. */
const slack = 5_000

/** A limiter that forgets windows as they end; holds at most `capacity` keys. */
export function openLimiter(clock: Pick<Clock, 'ms'>, capacity = 100_000): Limiter {
  const windows = new Map<string, { ends: number; count: number }>()
  return {
    take(key, most, seconds) {
      const now = clock.ms()
      const window = windows.get(key)
      if (!window || window.ends <= now || window.ends > now + seconds * 1000 + slack) {
        // Oldest first: a Map keeps the order of insertion.
        if (windows.size >= capacity) windows.delete(windows.keys().next().value!)
        windows.delete(key)
        windows.set(key, { ends: now + seconds * 1000, count: 1 })
        return 0
      }
      window.count += 1
      return window.count <= most ? 0 : Math.max(1, Math.ceil((window.ends - now) / 1000))
    },
  }
}
