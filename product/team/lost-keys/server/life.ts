import type { GivesOf } from '@wardline/platform/contract'
import type { Db } from '@wardline/platform/db'
import { lifeOfDevices } from '@wardline/product/team/devices/server'
import type { newIdentities } from '../contract.ts'
import { keysWork } from '../rules.ts'
import type { NewIdentityRow } from './tables.ts'

/** What the server knows of the devices of whoever asked. */
export type Life = NonNullable<GivesOf<typeof newIdentities>['requests'][number]['devices']>

/** Whether somebody's keys work after all, judged now. A device that was reported as lost counts no more: a thief who keeps it alive stops nobody. */
export async function lifeOf(db: Db, { person, asked_at }: Pick<NewIdentityRow, 'person' | 'asked_at'>): Promise<Life> {
  const { inUse, lostAt } = await lifeOfDevices(db, person)
  const [last] = inUse
  return {
    holding: inUse.filter((it) => it.holdsKeys).length,
    seen: last ? { name: last.name, at: last.seenAt.getTime() } : null,
    work: keysWork(
      asked_at.getTime(),
      inUse.map((it) => it.seenAt.getTime()),
    ),
    lost: lostAt.length,
    lostAt: lostAt[0]?.getTime() ?? null,
  }
}
