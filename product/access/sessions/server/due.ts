import { bySystem } from '@wardline/platform/server'
import type { DueWork } from '@wardline/platform/server'
import { deskOf } from './desk.ts'
import { endOverdue } from './end.ts'
import { dueSessions, endedAmong, purgeSessions } from './queries.ts'

/** Ends sessions whose idle or absolute time has passed. */
export const overdue: DueWork = {
  name: 'sessions.overdue',
  async run({ db }) {
    let done = 0
    for (const { org, session } of await db.sweep((sweep) => dueSessions(sweep, 200)))
      if (await db.write(org, bySystem, (tx) => endOverdue(tx, session))) done += 1
    return done
  },
}

const overlapMs = 60_000

/** Cuts off the windows of sessions that another node ended. */
export const endedElsewhere: DueWork = {
  name: 'sessions.ended-elsewhere',
  evenWhenHeld: true,
  async run({ db, clock }) {
    const desk = deskOf(db)
    const now = clock.ms()
    const here = [...new Set((desk?.live.sockets({}) ?? []).map((socket) => socket.caller.session))]
    if (!desk) return 0
    if (here.length > 0) {
      // A little further back each time: an end is visible only after its commit. A clock that went back looks from there.
      const since = Math.min(desk.lookedUntil, now) - overlapMs
      for (const { session } of await db.sweep((sweep) => endedAmong(sweep, here, since))) {
        desk.forget({ session })
        desk.live.end({ session })
      }
    }
    desk.lookedUntil = now
    return 0
  },
}

/** Removes rows of sessions that ended more than 30 days ago; that they were stands in the audit log. */
export const purge: DueWork = {
  name: 'sessions.purge',
  run: ({ db }) => db.sweep(purgeSessions),
}
