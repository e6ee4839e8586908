import { bySystem } from '../db/database.ts'
import type { Database, Db, Tx } from '../db/types.ts'
import type { Feature } from '../http/feature.ts'
import type { Services } from '../http/route.ts'
import { openWorkers } from './workers.ts'
import type { Workers } from './workers.ts'

/** What an organisation asks of a service outside, again and again. */
export interface Polling<Row, Outcome> {
  readonly name: string
  /** Milliseconds that one answer may take. */
  readonly budgetMs: number
  /** Organisations whose time has come. */
  due(sweep: Db): Promise<readonly { readonly org: string }[]>
  /** Takes on an organisation's question and says when the next one is due; undefined: another node was quicker. */
  claim(tx: Tx): Promise<Row | undefined>
  /** Asks. A refusal is an outcome; what is thrown is logged, and nothing is written down. */
  call(services: Services, org: string, row: Row): Promise<Outcome>
  readonly late: Outcome
  then(services: Services, org: string, row: Row, outcome: Outcome): Promise<void>
}

interface Node {
  readonly services: Services
  readonly workers: Workers
}

/** The half of a feature that asks beside the sweep: four organisations at a time, one question of each. */
export function polling<Row, Outcome>(it: Polling<Row, Outcome>): Required<Pick<Feature, 'start' | 'due'>> {
  const nodes = new Map<Database, Node>()
  async function begin({ services, workers }: Node, org: string): Promise<boolean> {
    const slot = workers.take(org)
    if (!slot) return false
    const row = await services.db.write(org, bySystem, it.claim).catch((thrown: unknown) => {
      services.log.error('polling.not-claimed', { work: it.name, org }, thrown)
      return undefined
    })
    if (row === undefined) {
      slot.release()
      return false
    }
    slot.run({
      call: () => it.call(services, org, row),
      late: it.late,
      then: (outcome) => it.then(services, org, row, outcome),
    })
    return true
  }
  return {
    async start(services) {
      const workers = openWorkers({
        name: it.name,
        most: 4,
        mostEach: 1,
        budgetMs: it.budgetMs,
        log: services.log,
        freed: services.hint,
      })
      nodes.set(services.db, { services, workers })
      return async () => {
        nodes.delete(services.db)
        await workers.stop()
      }
    },
    due: [
      {
        name: it.name,
        idle: async () => (await Promise.all([...nodes.values()].map(({ workers }) => workers.idle()))).includes(true),
        async run({ db }) {
          const node = nodes.get(db)
          if (!node) return 0
          let begun = 0
          for (const { org } of await db.sweep((sweep) => it.due(sweep))) if (await begin(node, org)) begun += 1
          return begun
        },
      },
    ],
  }
}
