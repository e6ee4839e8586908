import { bySystem, installationOrg } from '@wardline/platform/server'
import type { DueWork } from '@wardline/platform/server'
import { strangersTurnedAway } from '../contract.ts'
import { hasStrangers, purgeBackoff, purgeKnown, purgeTickets, takeStrangers } from './queries.ts'

/** Tells the installation's log how many attempts were made with names that nobody has. */
export const tellStrangers: DueWork = {
  name: 'sign-in.strangers',
  async run({ db }) {
    if (!(await db.read(installationOrg, hasStrangers))) return 0
    return db.write(installationOrg, bySystem, async (tx) => {
      const attempts = await takeStrangers(tx)
      if (attempts > 0) tx.announce(strangersTurnedAway, { key: 'strangers', payload: { attempts } })
      return attempts > 0 ? 1 : 0
    })
  },
}

/** Removes tickets that ran out, waits that are long over, and browsers that were not used for long. */
export const purge: DueWork = {
  name: 'sign-in.purge',
  run: async ({ db }) => db.sweep(async (sweep) => (await purgeTickets(sweep)) + (await purgeBackoff(sweep)) + (await purgeKnown(sweep))),
}
