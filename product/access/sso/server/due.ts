import type { DueWork } from '@wardline/platform/server'
import { purgeAssertions, purgeAttempts } from './queries.ts'

/** Removes attempts that ran out, and assertions that could no longer be used again. */
export const purge: DueWork = {
  name: 'sso.purge',
  run: ({ db }) => db.sweep(async (sweep) => (await purgeAttempts(sweep)) + (await purgeAssertions(sweep))),
}
