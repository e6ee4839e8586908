import type { DueWork } from '@wardline/platform/server'
import { purgeChallenges } from './queries.ts'

/** Removes challenges that nobody answered in time. */
export const purge: DueWork = {
  name: 'passkeys.purge',
  run: ({ db }) => db.sweep(purgeChallenges),
}
