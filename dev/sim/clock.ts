/** The virtual time of a simulation, and what happens in it: one event at a time, each to its rest. */
export interface Clock {
  /** ms since 1970. */
  now(): number
  /** Runs once, so many ms from now; returns how to call it off. */
  later(ms: number, run: () => void): () => void
  /** Does everything that is due up to a moment. */
  runTo(moment: number): Promise<void>
  /** Does what comes until this is so, or until the moment. True: it is so. */
  runUntil(so: () => boolean, moment: number): Promise<boolean>
  /** Time passes in which nothing runs, as when all machines sleep; what was due meanwhile is due now. */
  sleep(ms: number): void
}

interface Event {
  readonly at: number
  readonly order: number
  run: (() => void) | null
}

const before = (a: Event, b: Event): boolean => a.at < b.at || (a.at === b.at && a.order < b.order)

/** A clock that begins at a moment. `rest` resolves once nothing runs any more. */
export function openClock(start: number, rest: () => Promise<void>): Clock {
  let now = start
  let order = 0
  const heap: Event[] = []

  function push(it: Event): void {
    let i = heap.push(it) - 1
    while (i > 0) {
      const above = (i - 1) >> 1
      if (!before(it, heap[above]!)) break
      heap[i] = heap[above]!
      i = above
    }
    heap[i] = it
  }
  function pop(): Event {
    const top = heap[0]!
    const last = heap.pop()!
    if (heap.length === 0) return top
    let i = 0
    for (;;) {
      let child = 2 * i + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child += 1
      if (!before(heap[child]!, last)) break
      heap[i] = heap[child]!
      i = child
    }
    heap[i] = last
    return top
  }
  async function step(): Promise<void> {
    const it = pop()
    if (!it.run) return
    now = Math.max(now, it.at)
    it.run()
    await rest()
  }

  return {
    now: () => now,
    later(ms, run) {
      const it: Event = { at: now + Math.max(0, ms), order: order++, run }
      push(it)
      return () => {
        it.run = null
      }
    },
    async runTo(moment) {
      await rest()
      while (heap.length > 0 && heap[0]!.at <= moment) await step()
      now = Math.max(now, moment)
    },
    async runUntil(so, moment) {
      await rest()
      while (!so()) {
        if (heap.length === 0 || heap[0]!.at > moment) return false
        await step()
      }
      return true
    },
    sleep(ms) {
      now += ms
    },
  }
}
