import { bySystem, polling } from '@wardline/platform/server'
import type { Outgoing } from '@wardline/platform/server'
import { askDirectory, LdapRefused } from './ask.ts'
import type { Snapshot } from './ask.ts'
import { passwordOf } from './connection.ts'
import { claim, dueConnections, noteProblem } from './queries.ts'
import { follow } from './sync.ts'

/** Asks each directory once a minute: who is disabled or gone there is out here within that minute. */
export const synchronisation = (outgoing: Outgoing) =>
  polling({
    name: 'ldap.sync',
    budgetMs: 50_000,
    due: (sweep) => dueConnections(sweep, 50),
    claim,
    call: async (services, org, row): Promise<Snapshot | LdapRefused> => {
      const password = passwordOf(services, org, row)
      try {
        return await askDirectory(outgoing, row.settings, password, services.clock.ms())
      } catch (thrown) {
        return thrown instanceof LdapRefused ? thrown : new LdapRefused('answer', 'The answer cannot be read.')
      }
    },
    late: new LdapRefused('unreachable', 'The directory did not answer in 50 s.'),
    then: async (services, org, row, outcome) => {
      if (outcome instanceof LdapRefused) await services.db.write(org, bySystem, (tx) => noteProblem(tx, outcome.message))
      else await follow(services, org, row.source, outcome)
    },
  })
