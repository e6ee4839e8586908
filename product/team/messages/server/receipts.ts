import type { Database, DueWork, Live, Services } from '@wardline/platform/server'
import type { Tx } from '@wardline/platform/db'
import { topicOf } from '@wardline/product/team/conversations/server'
import { receiptMoved } from '@wardline/product/team/messages/contract'
import { moveWatermark } from '@wardline/product/team/messages/rules'
import type { Watermark } from '@wardline/product/team/messages/rules'
import { lockReceipts, putReceipts } from './queries.ts'

/** What a device has reported and the sweep has not stored yet. A crash loses at most a second of it: the device reports again. */
export interface Report extends Watermark {
  readonly org: string
  readonly conversation: string
  readonly device: string
  readonly person: string
}

/** Reports of one server, the newest of each device and conversation. */
export interface Reports {
  add(report: Report): void
  /** How many wait to be stored. */
  readonly waiting: number
  /** Takes out what may be stored at this moment (ms): a watermark moves at most once a second. */
  take(now: number): Report[]
}

const most = 100_000
const everyMs = 1_000

/** An empty set of reports. */
export function openReports(): Reports {
  const waiting = new Map<string, Report>()
  const moved = new Map<string, number>()
  const keyOf = (it: Report) => `${it.org} ${it.conversation} ${it.device}`
  return {
    get waiting() {
      return waiting.size
    },
    add(report) {
      const key = keyOf(report)
      const before = waiting.get(key)
      if (!before && waiting.size >= most) return
      waiting.set(key, {
        ...report,
        delivered: Math.max(report.delivered, before?.delivered ?? 0),
        shown: Math.max(report.shown, before?.shown ?? 0),
      })
    },
    take(now) {
      for (const [key, at] of moved) if (now - at >= everyMs || at > now) moved.delete(key)
      const taken: Report[] = []
      for (const [key, report] of waiting) {
        if (moved.has(key)) continue
        waiting.delete(key)
        moved.set(key, now)
        taken.push(report)
      }
      return taken
    },
  }
}

/** Stores an organisation's reports in one transaction: one row and one fact for each that moves. */
async function move(db: Database, live: Live, org: string, reports: readonly Report[]): Promise<number> {
  return db.write(org, { actor: null, device: null }, async (tx) => {
    const known = new Map((await lockReceipts(tx, reports)).map((row) => [`${row.conversation} ${row.device}`, row]))
    const moves = reports.flatMap((report) => {
      const row = known.get(`${report.conversation} ${report.device}`)
      // No row: no member, or a revoked device. Its report is worth nothing.
      const next = row && moveWatermark(row, report, row.last)
      return row && next ? [{ report, row, next }] : []
    })
    if (moves.length === 0) return 0
    await putReceipts(
      tx,
      moves.map(({ report, next }) => ({ conversation: report.conversation, device: report.device, person: report.person, ...next })),
    )
    for (const it of moves) record(tx, live, it)
    return moves.length
  })
}

function record(tx: Tx, live: Live, it: { report: Report; row: Watermark; next: Watermark }): void {
  const { conversation, device, person } = it.report
  tx.announce(receiptMoved, {
    key: `conversation|${conversation}`,
    payload: { conversation, device, delivered: [it.row.delivered, it.next.delivered], shown: [it.row.shown, it.next.shown] },
    actor: person,
    device,
  })
  tx.afterCommit(() => live.publish(topicOf(tx.org, conversation), { t: 'receipt', conversation, person, device, ...it.next }))
}

interface Desk {
  readonly reports: Reports
  readonly live: Live
}
const desks = new WeakMap<Database, Desk>()

/** The reports that wait on this server. */
export function reportsOf(services: Pick<Services, 'db' | 'live'>): Reports {
  let desk = desks.get(services.db)
  if (!desk) desks.set(services.db, (desk = { reports: openReports(), live: services.live }))
  return desk.reports
}

/** The sweep's share of receipts: stores what was reported, once a second at most for each watermark. */
export const receiptWork: DueWork = {
  name: 'messages.receipts',
  evenWhenHeld: true,
  async run({ db, clock }) {
    const desk = desks.get(db)
    if (!desk) return 0
    const byOrg = Map.groupBy(desk.reports.take(clock.ms()), (it) => it.org)
    let done = 0
    for (const [org, its] of byOrg) {
      for (let i = 0; i < its.length; i += 1_000) {
        const some = its.slice(i, i + 1_000)
        try {
          done += await move(db, desk.live, org, some)
        } catch (thrown) {
          for (const it of some) desk.reports.add(it)
          throw thrown
        }
      }
    }
    return done
  },
}
