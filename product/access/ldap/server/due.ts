import type { Database } from '@wardline/platform/db'
import { bySystem, openWorkers } from '@wardline/platform/server'
import type { DueWork, Outgoing, Services, Workers } from '@wardline/platform/server'
import { askDirectory, LdapRefused } from './ask.ts'
import type { Snapshot } from './ask.ts'
import { passwordOf } from './connection.ts'
import { claim, dueConnections, noteProblem } from './queries.ts'
import { follow } from './sync.ts'

interface Node {
  readonly services: Services
  readonly workers: Workers
}
const nodes = new WeakMap<Database, Node>()
/** Nodes of this process whose calls may be under way. */
const known = new Set<Node>()

/** Opens the calls to directories; called once, when the server starts. */
export async function startSync(services: Services): Promise<() => Promise<void>> {
  const workers = openWorkers({ name: 'ldap.sync', most: 4, mostEach: 1, budgetMs: 50_000, log: services.log, freed: services.hint })
  const node = { services, workers }
  nodes.set(services.db, node)
  known.add(node)
  return async () => {
    known.delete(node)
    await workers.stop()
  }
}

/** Asks each directory once a minute, beside the sweep: who is disabled or gone there is out here within that minute. */
export const syncWith = (outgoing: Outgoing): DueWork => ({
  name: 'ldap.sync',
  idle: () => Promise.all([...known].map((it) => it.workers.idle())).then((answers) => answers.includes(true)),
  async run({ db }) {
    const node = nodes.get(db)
    if (!node) return 0
    let begun = 0
    for (const { org } of await db.sweep((sweep) => dueConnections(sweep, 50))) {
      const slot = node.workers.take(org)
      if (!slot) continue
      const row = await db.write(org, bySystem, claim)
      if (!row) {
        slot.release()
        continue
      }
      begun += 1
      const { services } = node
      slot.run<Snapshot | LdapRefused>({
        call: () =>
          askDirectory(outgoing, row.settings, passwordOf(services, org, row), services.clock.ms()).catch((thrown: unknown) =>
            thrown instanceof LdapRefused ? thrown : new LdapRefused('answer', 'The answer cannot be read.'),
          ),
        late: new LdapRefused('unreachable', 'The directory did not answer in 50 s.'),
        then: async (outcome) => {
          if (outcome instanceof LdapRefused) await db.write(org, bySystem, (tx) => noteProblem(tx, outcome.message))
          else await follow(services, org, row.source, outcome)
        },
      })
    }
    return begun
  },
})
