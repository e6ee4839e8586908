import type { Demo } from '@wardline/dev'
import { verifyAudit } from '@wardline/product/compliance/audit/server'

/** Verifies the demonstration's log as `wardline verify-audit` does. */
export async function verifyInTour(demo: Demo): Promise<{ entries: number; intact: boolean }> {
  await demo.server.settle()
  const { db, services, clock } = demo.server
  const reports = await verifyAudit(db, services.keys, { now: clock.ms() })
  return { entries: reports.reduce((sum, it) => sum + it.entries, 0), intact: reports.every((it) => it.intact) }
}
