import type { GivesOf } from '@wardline/platform/contract'
import type { Db } from '@wardline/platform/db'
import type { listLeavers } from '@wardline/product/team/conversations/contract'
import { openOfLeaver } from '@wardline/product/team/conversations/rules'
import { devicesOfLeavers } from '@wardline/product/team/devices/server'
import { recentLeavers } from './leaver-queries.ts'

/** Whose access ended lately, with what is still open of it. */
export async function leaversNow(db: Db): Promise<GivesOf<typeof listLeavers>['leavers']> {
  const rows = await recentLeavers(db)
  const devices = await devicesOfLeavers(
    db,
    rows.map((row) => row.person),
  )
  return rows.map((row) => {
    const its = (devices.get(row.person) ?? []).slice(0, 64)
    const { person, name, title, sessions, roles, conversations, roster, signed } = row
    const wipes = its.filter((it) => it.wipe !== 'done').length
    return {
      person,
      name,
      title,
      leftAt: row.left_at.getTime(),
      open: openOfLeaver({ sessions, roles, conversations, roster, signed, wasMember: row.was_member, wipes }),
      roster,
      devices: its.map((it) => ({ device: it.device, name: it.name, seenAt: it.seenAt, wipe: it.wipe, wipedAt: it.wipedAt })),
    }
  })
}
