/** When the pretend carrier does what it does later: on the wall clock in the demo, by hand in tests. */

/** Runs work later. `settled` resolves when nothing is waiting or under way, work added meanwhile included. */
export type Scheduler = {
  /** Runs `work` after so many milliseconds. Work must not throw. */
  readonly after: (delayMs: number, work: () => Promise<void>) => void
  readonly settled: () => Promise<void>
  /** Forgets what is waiting; what is under way runs to its end. */
  readonly stop: () => void
}

/** Real time, for the demo. Its timers keep no process alive. */
export const wallScheduler = (): Scheduler => {
  const timers = new Set<NodeJS.Timeout>()
  const running = new Set<Promise<void>>()
  const waiters: (() => void)[] = []
  const wake = () => {
    if (timers.size === 0 && running.size === 0) for (const waiter of waiters.splice(0)) waiter()
  }
  return {
    after: (delayMs, work) => {
      const timer = setTimeout(() => {
        timers.delete(timer)
        const run = work().finally(() => {
          running.delete(run)
          wake()
        })
        running.add(run)
      }, delayMs)
      timer.unref()
      timers.add(timer)
    },
    settled: () =>
      new Promise((resolve) => {
        waiters.push(resolve)
        wake()
      }),
    stop: () => {
      for (const timer of timers) clearTimeout(timer)
      timers.clear()
      wake()
    },
  }
}

/**
 * Virtual time, for tests: nothing happens until `advance` or `settled` is awaited, and then one piece of work after
 * the other in the order of due times. `settled` goes as far into the future as there is work.
 */
export const manualScheduler = (): Scheduler & { readonly advance: (ms: number) => Promise<void> } => {
  type Entry = { readonly at: number; readonly order: number; readonly work: () => Promise<void> }
  const waiting: Entry[] = []
  let now = 0
  let order = 0
  const next = () => waiting.toSorted((a, b) => a.at - b.at || a.order - b.order)[0]
  const runUntil = async (limit: number) => {
    for (let entry = next(); entry !== undefined && entry.at <= limit; entry = next()) {
      waiting.splice(waiting.indexOf(entry), 1)
      now = Math.max(now, entry.at)
      await entry.work()
    }
  }
  return {
    after: (delayMs, work) => {
      waiting.push({ at: now + delayMs, order: (order += 1), work })
    },
    advance: async (ms) => {
      const target = now + ms
      await runUntil(target)
      now = target
    },
    settled: () => runUntil(Number.POSITIVE_INFINITY),
    stop: () => {
      waiting.length = 0
    },
  }
}
