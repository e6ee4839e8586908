import type { DueWork } from '@wardline/platform/server'
import { noticeDays } from '../rules.ts'
import { purgeNotices } from './queries.ts'

/** Removes notices that are older than they are shown; what happened stands in the audit log. */
export const purge: DueWork = {
  name: 'mfa.purge-notices',
  run: ({ db }) => db.sweep((sweep) => purgeNotices(sweep, noticeDays)),
}
