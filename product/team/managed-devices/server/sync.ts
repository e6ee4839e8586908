import type { Tx } from '@wardline/platform/db'
import { bySystem, polling } from '@wardline/platform/server'
import { MdmRefused } from '@wardline/product/team/managed-devices/contract'
import type { Mdm, MdmPage } from '@wardline/product/team/managed-devices/contract'
import { compliancesLost } from '../contract.ts'
import { vouchForKnown } from './admission.ts'
import { secretOf } from './connection.ts'
import { claim, dueConnections, markGone, noteNext, noteProblem, noteWait, noteWhole, putDevices } from './queries.ts'

/** Asks for one page of each connection that is due; the next page at once, a new run after 15 minutes, after a refusal when it says so. */
export const synchronisation = (mdm: Mdm) =>
  polling({
    name: 'mdm.sync',
    budgetMs: 40_000,
    due: (sweep) => dueConnections(sweep, 50),
    claim,
    call: async ({ keys }, org, row): Promise<MdmPage | MdmRefused> => {
      const secret = secretOf(keys, org, row)
      try {
        return await mdm.page(row.settings, secret, row.next)
      } catch (thrown) {
        return thrown instanceof MdmRefused ? thrown : new MdmRefused('unreadable', 'The answer cannot be read.')
      }
    },
    late: new MdmRefused('unreachable', 'Device management did not answer in 40 s.'),
    then: async ({ db, hint }, org, row, outcome) => {
      await db.write(org, bySystem, (tx) =>
        outcome instanceof MdmRefused ? noteRefusal(tx, row.run, outcome) : follow(tx, row.run, outcome),
      )
      if (!(outcome instanceof MdmRefused)) hint()
    },
  })

/** A vendor that asks to wait is asked for the same page then; whatever else it refuses is begun anew. */
async function noteRefusal(tx: Tx, run: number, { code, message, retryAfterSeconds }: MdmRefused): Promise<void> {
  if (code === 'throttled') await noteWait(tx, run, { seconds: retryAfterSeconds, what: message })
  else await noteProblem(tx, run, message)
}

async function follow(tx: Tx, run: number, { devices, next }: MdmPage): Promise<void> {
  // Set up anew while this page was under way: it is another connection's.
  if ((await noteNext(tx, run, next)) === 0) return
  for (const { id, device } of await putDevices(tx, run, devices))
    tx.announce(compliancesLost, { key: `managed|${id}`, payload: { managed: id, device } })
  if (next !== null) return
  await markGone(tx, run)
  await noteWhole(tx, run)
  await vouchForKnown(tx)
}
