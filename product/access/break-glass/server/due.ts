import type { Live } from '@wardline/platform/server'
import { bySystem } from '@wardline/platform/server'
import type { DueWork } from '@wardline/platform/server'
import { recordClosed, reviewOverdue } from '../contract.ts'
import { tellAll } from './live.ts'
import { officersBeside } from './officers.ts'
import { dueNotices, endedOpenings, insertNotices, overdueReviews, setAlarmed, setEnded, setTold } from './queries.ts'

/** The timed half: says that openings ended, hands out the morning's digest, raises the alarm for late reviews. `live` once the server runs. */
export const dueOf = (live: () => Live | undefined): readonly DueWork[] => {
  const tell = (people: readonly string[]) => {
    const open = live()
    if (open) tellAll(open, people)
  }
  return [
    {
      name: 'break-glass.ended',
      async run({ db }) {
        let done = 0
        for (const { org, opening } of await db.sweep((sweep) => endedOpenings(sweep, 100)))
          done += await db.write(org, bySystem, async (tx) => {
            const row = await setEnded(tx, opening)
            if (!row) return 0
            tx.announce(recordClosed, { key: `patient|${row.patient}`, payload: { opening, patient: row.patient, why: 'time' } })
            tx.afterCommit(() => tell([row.person]))
            return 1
          })
        return done
      },
    },
    {
      name: 'break-glass.digest',
      async run({ db }) {
        let done = 0
        for (const { org, notice } of await db.sweep((sweep) => dueNotices(sweep, 200)))
          done += await db.write(org, bySystem, async (tx) => {
            const row = await setTold(tx, notice)
            if (!row) return 0
            tx.afterCommit(() => tell([row.person]))
            return 1
          })
        return done
      },
    },
    {
      name: 'break-glass.overdue',
      async run({ db }) {
        let done = 0
        for (const { org, opening } of await db.sweep((sweep) => overdueReviews(sweep, 100)))
          done += await db.write(org, bySystem, async (tx) => {
            const row = await setAlarmed(tx, opening)
            if (!row) return 0
            const told = await officersBeside(tx, row.person)
            await insertNotices(tx, opening, 'overdue', told)
            tx.announce(reviewOverdue, { key: `patient|${row.patient}`, payload: { opening, patient: row.patient, told } })
            tx.afterCommit(() => tell(told))
            return 1
          })
        return done
      },
    },
  ]
}
