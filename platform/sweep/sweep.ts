import { pause } from '../clock/clock.ts'
import type { Clock } from '../clock/clock.ts'
import type { Database } from '../db/types.ts'
import { DatabaseFailure } from '../db/failure.ts'
import type { Log } from '../log/log.ts'

/** What the timed half of a feature gets. */
export interface DueContext {
  readonly db: Database
  readonly clock: Clock
  readonly log: Log
}

/** Timed work of a feature: finds what is due and does it, each in its own guarded transaction. Returns how many it did; it is called again at once while that is not 0. */
export interface DueWork {
  readonly name: string
  /** Runs also while the clock is held after a forward jump: for work that is never too early (sequencing, retries). */
  readonly evenWhenHeld?: boolean
  run(context: DueContext): Promise<number>
  /** Waits for what `run` began and did not wait for (calls to the outside); true if there was any. */
  idle?(): Promise<boolean>
}

export interface Sweep {
  /** Something may be due: look now instead of at the next second. */
  hint(): void
  /** Runs every work until none finds anything and nothing that one began is under way; for tests and for a clean stop. */
  settle(): Promise<void>
  stop(): Promise<void>
}

/**
 * The sweep: every second and on a hint, every node looks for due rows. No timer is kept in memory. The works run one after the other:
 * none of them waits for anything but the database; what calls the outside claims its rows here and calls beside it (`openWorkers`).
 */
export function startSweep(works: readonly DueWork[], context: DueContext, options: { everyMs?: number } = {}): Sweep {
  const every = options.everyMs ?? 1_000
  let wake = new AbortController()
  let stopping = false
  let again = false
  /** What all passes together have found. */
  let found = 0
  const pass = async (): Promise<number> => {
    let done = 0
    await context.clock.read(context.db)
    for (const work of works) {
      if (context.clock.held && !work.evenWhenHeld) continue
      try {
        const some = await work.run(context)
        done += some
        found += some
      } catch (thrown) {
        const code = thrown instanceof DatabaseFailure ? thrown.code : 'broken'
        context.log.error('sweep.failed', { work: work.name, code }, thrown)
      }
    }
    return done
  }
  let running: Promise<unknown> = Promise.resolve()
  const exclusive = <T>(run: () => Promise<T>): Promise<T> => {
    const next = running.then(run, run)
    running = next.catch(() => {})
    return next
  }
  const loop = (async () => {
    while (!stopping) {
      again = false
      const done = await exclusive(pass).catch((thrown: unknown) => {
        context.log.error('sweep.failed', { work: 'clock' }, thrown)
        return 0
      })
      if (stopping) break
      if (done > 0 || again) continue
      wake = new AbortController()
      await pause(every, wake.signal)
    }
  })()
  return {
    hint: () => {
      again = true
      wake.abort()
    },
    settle: async () => {
      for (let i = 0; i < 1_000; i += 1) {
        const before = found
        // First what is under way: what it leaves behind when it ends, the pass after it finds.
        const under = await Promise.all(works.map(async (work) => (await work.idle?.()) ?? false))
        await exclusive(pass)
        if (!under.includes(true) && found === before) return
      }
      throw new Error('sweep: due work never settles')
    },
    stop: async () => {
      stopping = true
      wake.abort()
      await loop
    },
  }
}
