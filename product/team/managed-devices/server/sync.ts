import type { Database, Tx } from '@wardline/platform/db'
import { bySystem, openWorkers } from '@wardline/platform/server'
import type { DueWork, Services, Workers } from '@wardline/platform/server'
import { MdmRefused } from '@wardline/product/team/managed-devices/contract'
import type { Mdm, MdmPage } from '@wardline/product/team/managed-devices/contract'
import { compliancesLost } from '../contract.ts'
import { vouchForKnown } from './admission.ts'
import { secretOf } from './connection.ts'
import { claim, dueConnections, markGone, noteNext, noteProblem, noteWhole, putDevices } from './queries.ts'

interface Node {
  readonly services: Services
  readonly workers: Workers
}
const nodes = new WeakMap<Database, Node>()
/** Nodes of this process whose calls may be under way. */
const known = new Set<Node>()

/** Opens the calls to device management; called once, when the server starts. */
export async function startSync(services: Services): Promise<() => Promise<void>> {
  const workers = openWorkers({ name: 'mdm.sync', most: 4, mostEach: 1, budgetMs: 40_000, log: services.log, freed: services.hint })
  const node = { services, workers }
  nodes.set(services.db, node)
  known.add(node)
  return async () => {
    known.delete(node)
    await workers.stop()
  }
}

/** Asks for one page of each connection that is due; the next page at once, a new run after 15 minutes, after a refusal when it says so. */
export const syncWith = (mdm: Mdm): DueWork => ({
  name: 'mdm.sync',
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
      const { keys, hint } = node.services
      slot.run<MdmPage | MdmRefused>({
        call: () =>
          mdm
            .page(row.settings, secretOf(keys, org, row), row.next)
            .catch((thrown: unknown) =>
              thrown instanceof MdmRefused ? thrown : new MdmRefused('unreadable', 'The answer cannot be read.'),
            ),
        late: new MdmRefused('unreachable', 'Device management did not answer in 40 s.'),
        then: async (outcome) => {
          await db.write(org, bySystem, (tx) =>
            outcome instanceof MdmRefused ? notePut(tx, row.run, row.next, outcome) : follow(tx, row.run, outcome),
          )
          if (!(outcome instanceof MdmRefused)) hint()
        },
      })
    }
    return begun
  },
})

/** A vendor that asks to wait is asked for the same page then; it is no problem that somebody has to look into. */
async function notePut(tx: Tx, run: number, next: string | null, refused: MdmRefused): Promise<void> {
  if (refused.code === 'throttled') await noteNext(tx, run, next, refused.retryAfterSeconds)
  else await noteProblem(tx, refused.message)
}

async function follow(tx: Tx, run: number, { devices, next }: MdmPage): Promise<void> {
  // Set up anew while this page was under way: it is another connection's.
  if ((await noteNext(tx, run, next, 0)) === 0) return
  for (const { id, device } of await putDevices(tx, run, devices))
    tx.announce(compliancesLost, { key: `managed|${id}`, payload: { managed: id, device } })
  if (next !== null) return
  await markGone(tx, run)
  await noteWhole(tx, run)
  await vouchForKnown(tx)
}
