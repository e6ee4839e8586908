import { pause } from '../clock/clock.ts'
import type { Log } from '../log/log.ts'

/** A place for one call to the outside, held by an organisation until the call is over or the place is given back. */
export interface Slot {
  /**
   * Makes the call and then writes down what it said, both beside the sweep. A call that has used up its time counts as `late`: whatever
   * it says afterwards is not heard. `call` must not throw; what `then` throws is logged.
   */
  run<T>(it: { readonly call: () => Promise<T>; readonly late: T; readonly then: (outcome: T) => Promise<void> }): void
  release(): void
}

/** Calls to the outside that due work begins and does not wait for, so that whoever answers slowly delays nothing but themselves. */
export interface Workers {
  /** A place for a call of this organisation; undefined if it, or everybody together, has as many as may be. */
  take(org: string): Slot | undefined
  /** Organisations that have all the places that one may have. */
  readonly full: readonly string[]
  /** Waits for the calls that are being made; true if there were any. */
  idle(): Promise<boolean>
  /** Lets the calls end, for a few seconds; those that are still open then count as late. */
  stop(graceMs?: number): Promise<void>
}

/** Opens workers: `most` calls at a time, `mostEach` of one organisation, each of `budgetMs` at most. `freed` hears when there is room again. */
export function openWorkers(options: {
  readonly name: string
  readonly most: number
  readonly mostEach: number
  readonly budgetMs: number
  readonly log: Log
  readonly freed: () => void
}): Workers {
  const held = new Map<string, number>()
  const running = new Set<Promise<void>>()
  const ending = new AbortController()
  let all = 0
  const give = (org: string) => {
    const before = held.get(org)!
    if (before === 1) held.delete(org)
    else held.set(org, before - 1)
    all -= 1
    if (before === options.mostEach || all === options.most - 1) options.freed()
  }
  const inTime = async <T>(call: () => Promise<T>, late: T): Promise<T> => {
    const over = new AbortController()
    const limit = pause(options.budgetMs, AbortSignal.any([over.signal, ending.signal])).then(() => late)
    try {
      return await Promise.race([call(), limit])
    } finally {
      over.abort()
    }
  }
  return {
    get full() {
      return [...held].flatMap(([org, count]) => (count >= options.mostEach ? [org] : []))
    },
    take(org) {
      const mine = held.get(org) ?? 0
      if (all >= options.most || mine >= options.mostEach || ending.signal.aborted) return undefined
      held.set(org, mine + 1)
      all += 1
      return {
        release: () => give(org),
        run({ call, late, then }) {
          const work = inTime(call, late)
            .then(then)
            .catch((thrown: unknown) => options.log.error('workers.failed', { work: options.name, org }, thrown))
            .finally(() => {
              running.delete(work)
              give(org)
            })
          running.add(work)
        },
      }
    },
    async idle() {
      if (running.size === 0) return false
      await Promise.all(running)
      return true
    },
    async stop(graceMs = 5_000) {
      const done = new AbortController()
      const grace = pause(graceMs, done.signal).then(() => ending.abort())
      await Promise.all(running)
      done.abort()
      await grace
    },
  }
}
