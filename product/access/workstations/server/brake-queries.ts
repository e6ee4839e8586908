import { sql } from '@wardline/platform/db'
import type { Db, Tx } from '@wardline/platform/db'
import { workstationPolicy } from '../rules.ts'

/** What is counted at a workstation. */
export type Tried = 'pin' | 'badge'

const most = { pin: workstationPolicy.mostWrongHere, badge: workstationPolicy.mostUnknownBadgesHere } as const
const minutes = workstationPolicy.brakeMinutes

/**
 * Counts a try at a workstation before it is looked at. False: there were so many that none is taken there for now; from the last one on, so
 * that whoever goes on trying waits the whole time.
 */
export const chargeStation = async (tx: Tx, workstation: string, kind: Tried): Promise<boolean> =>
  (await tx.count(sql`
    insert into workstation_brake as b (org, workstation, kind, tries, since) values (${tx.org}, ${workstation}, ${kind}, 1, wl_now())
    on conflict (org, workstation, kind) do update set
      tries = case when b.since <= wl_now() - make_interval(mins => ${minutes}) then 1 else b.tries + 1 end,
      since = case when b.tries = 0 or b.tries + 1 >= ${most[kind]} or b.since <= wl_now() - make_interval(mins => ${minutes})
        then wl_now() else b.since end
    where b.tries < ${most[kind]} or b.since <= wl_now() - make_interval(mins => ${minutes})`)) === 1

/** It was right: it does not count. */
export const refundStation = (tx: Tx, workstation: string, kind: Tried) =>
  tx.count(sql`
    update workstation_brake set tries = greatest(tries - 1, 0) where org = ${tx.org} and workstation = ${workstation} and kind = ${kind}`)

/** Seconds until tries are taken there again. */
export const stationWait = async (db: Db, workstation: string, kind: Tried): Promise<number> =>
  (
    await db.maybe<{ seconds: number }>(sql`
      select greatest(1, ceil(extract(epoch from since + make_interval(mins => ${minutes}) - wl_now())))::int as seconds
      from workstation_brake where org = ${db.org} and workstation = ${workstation} and kind = ${kind}`)
  )?.seconds ?? 1
