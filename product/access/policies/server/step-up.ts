import type { Db } from '@wardline/platform/db'
import { isProvenLately } from '@wardline/platform/server'
import type { Caller } from '@wardline/platform/server'
import { figure } from './figures.ts'

/** Whether a caller proved who they are so lately that it counts for what is grave. `now` in ms, by the database's clock. */
export const provenLately = async (db: Db, caller: Pick<Caller, 'provenAt'>, now: number): Promise<boolean> =>
  isProvenLately({ provenAt: caller.provenAt, proofMinutes: await figure(db, 'step-up.minutes') }, now)
