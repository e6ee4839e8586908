import { setTimeout as wait } from 'node:timers/promises'
import type { Database } from '../db/types.ts'
import { installationOrg } from '../ids/ids.ts'
import { sql } from '../db/sql.ts'
import type { Log } from '../log/log.ts'

/**
 * The node's view of the database's clock, the only authority for due times.
 * Between two readings it goes on by the node's own monotonic clock.
 */
export interface Clock {
  /** The database's time now, to about a second. */
  now(): Date
  /** The same in ms since 1970. */
  ms(): number
  /** Asks the database; also the moment at which a jump is noticed. */
  read(db: Database): Promise<void>
  /**
   * True after the database's clock has jumped forward by more than 2 s, until it has either gone back or run evenly for 5 s of ours:
   * what would come too early waits meanwhile.
   */
  readonly held: boolean
}

const toleranceMs = 2_000
/** How long, by our own clock, the database's must run evenly after a jump before it is believed. */
const confirmMs = 5_000

/** A clock that has not been read yet; `read` it once before use. */
export function openClock(log: Log, monotonic: () => number = () => performance.now()): Clock {
  let at = 0
  let raw = 0
  let taken = 0
  /** By how much it has jumped ahead and is not believed yet; and when, by our own clock, it last jumped. */
  let ahead = 0
  let jumped = 0
  const ms = () => Math.round(at + (monotonic() - taken))
  return {
    ms,
    now: () => new Date(ms()),
    get held() {
      return ahead > toleranceMs
    },
    async read(db) {
      const asked = monotonic()
      const row = await db.read(installationOrg, (read) =>
        read.one<{ now: Date; raw: Date }>(sql`select wl_now() as now, wl_raw_clock() as raw`),
      )
      // The answer is from some moment of the round trip: its middle, give or take half of it.
      const answered = monotonic()
      const tick = (asked + answered) / 2
      const tolerance = toleranceMs + (answered - asked)
      if (taken !== 0) {
        // Judged on the unshifted clock: the demo's buttons move the shift, and that is no jump.
        const jump = row.raw.getTime() - raw - (tick - taken)
        if (Math.abs(jump) > tolerance) {
          ahead = Math.max(0, ahead + jump)
          jumped = tick
          log.error(jump > 0 ? 'clock.jumped-forward' : 'clock.jumped-back', { ms: Math.round(jump) })
        } else if (tick - jumped >= confirmMs) ahead = 0
      }
      at = row.now.getTime()
      raw = row.raw.getTime()
      taken = tick
    },
  }
}

/** Waits `ms` of real time, or until `signal` fires. Only platform waits; features have due rows. */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  await wait(ms, undefined, { signal, ref: false } as { signal?: AbortSignal; ref: boolean }).catch(() => {})
}
