import type { Db, Tx } from '@wardline/platform/db'
import { after, bySystem } from '@wardline/platform/server'
import { personDeactivated } from '@wardline/product/access/provisioning/contract'
import { readPerson } from '@wardline/product/access/provisioning/server'
import { leaverWipeOrdered } from '@wardline/product/team/devices/contract'
import { wipeStateOf } from '@wardline/product/team/devices/rules'
import type { WipeState } from '@wardline/product/team/devices/rules'
import { nameOf } from './names.ts'
import { careOfPeople, markLost } from './care-queries.ts'
import { dropKept } from './kept-queries.ts'
import { devicesOf, lockKeyPerson } from './queries.ts'

/** A device of somebody who has left. `wipe` is `waiting` until its signed receipt is here. Times in ms. */
export interface LeaverDevice {
  readonly device: string
  readonly name: string
  readonly seenAt: number
  readonly wipe: WipeState
  readonly wipedAt: number | null
}

/** The devices of somebody whose access ended may not come back and are told to wipe themselves; whoever comes back enrols anew. */
export const followLeavers = after('devices-follow-leavers', [personDeactivated], async (db, fact) => {
  if (!fact.payload) return
  const { person } = fact.payload
  await db.write(fact.org, bySystem, async (tx) => {
    await lockKeyPerson(tx, person)
    // The listener may come late: whoever is back by then keeps what they have enrolled since.
    if ((await readPerson(tx, person))?.active !== false) return
    await orderWipes(tx, person)
  })
})

async function orderWipes(tx: Tx, person: string): Promise<void> {
  for (const { device, revoked_at } of await devicesOf(tx, person)) {
    if (revoked_at !== null) continue
    await dropKept(tx, device)
    if ((await markLost(tx, { device, name: nameOf(device), by: null, why: 'left' })) > 0)
      tx.announce(leaverWipeOrdered, { key: `person|${person}`, payload: { person, device } })
  }
}

/** The devices of these people that were not revoked before they left. */
export async function devicesOfLeavers(db: Db, people: readonly string[]): Promise<ReadonlyMap<string, readonly LeaverDevice[]>> {
  const rows = await careOfPeople(db, people)
  return Map.groupBy(
    rows.map((row) => {
      const [lostAt, wipedAt] = [row.lost_at?.getTime() ?? null, row.wiped_at?.getTime() ?? null]
      return {
        person: row.person,
        device: row.device,
        name: row.name ?? nameOf(row.device),
        seenAt: (row.seen_at ?? row.enrolled_at).getTime(),
        wipe: wipeStateOf({ lostAt, wipedAt, hasKept: row.has_kept ?? true }),
        wipedAt,
      }
    }),
    (it) => it.person,
  )
}
