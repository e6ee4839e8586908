import type { Db } from '@wardline/platform/db'
import type { Caller } from '@wardline/platform/server'
import { figure } from './figures.ts'

/** How far a proof may lie in the future, ms: a node's clock and the database's differ by a little. */
const slackMs = 5_000

/** Whether a caller proved who they are so lately that it counts for what is grave. `now` in ms, by the database's clock. */
export async function provenLately(db: Db, caller: Pick<Caller, 'provenAt'>, now: number): Promise<boolean> {
  const age = now - caller.provenAt
  return age >= -slackMs && age <= (await figure(db, 'step-up.minutes')) * 60_000
}
