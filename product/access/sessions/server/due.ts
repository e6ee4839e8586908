import { bySystem } from '@wardline/platform/server'
import type { DueWork } from '@wardline/platform/server'
import { endOverdue } from './end.ts'
import { dueSessions, purgeSessions } from './queries.ts'

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

/** Removes rows of sessions that ended more than 30 days ago; that they were stands in the audit log. */
export const purge: DueWork = {
  name: 'sessions.purge',
  run: ({ db }) => db.sweep(purgeSessions),
}
